"""Short-lived signed addresses of pictures, for clients that want links: whoever holds one sees that picture."""

from collections.abc import AsyncIterator
from functools import partial

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from gallery.endpoint import answers
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.surface import open_surface
from gallery.images import formats
from gallery.models import Generation, Image
from gallery.services import calls, offloading
from gallery.services.database_thread import in_database

VALID_SECONDS = 3600
CHUNK = 256 * 1024
signer = TimestampSigner(salt="gallery.endpoint.files", sep="~")


def origin_of(request: HttpRequest) -> str:
    """Where links begin; asked before a run, since a paid one must not end here. Raises Refusal when this server does
    not know the name it is called by."""
    try:
        return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    except DisallowedHost as problem:
        raise Refusal(400, "Call this studio by an address it knows: see PROOFSHEET_ALLOWED_HOSTS.") from problem


def links_of(origin: str, generation: Generation) -> list[str]:
    """One absolute address for each picture that was made."""
    return [
        f"{origin}/v1/files/{signer.sign(str(image.pk))}.{formats.EXTENSIONS[image.media_type]}"
        for image in answers.pictures_of(generation)
    ]


@open_surface("GET", "HEAD")
async def signed_file(request: HttpRequest, signed: str) -> HttpResponseBase:
    """A picture by its signed address. Gone: 404, too old: 403."""
    try:
        pk = signer.unsign(signed.rpartition(".")[0], max_age=VALID_SECONDS)
    except SignatureExpired as problem:
        raise Refusal(403, "This link has expired. The picture is in the studio’s library.") from problem
    except BadSignature as problem:
        raise Refusal(404, "There is no such picture.") from problem
    image = await in_database(Image.objects.kept().filter(pk=pk).first)
    if image is None:
        raise Refusal(404, "This picture was removed.")
    try:
        if offloading.is_offloaded(getattr(request, "scope", {})):
            place = await calls.in_thread(partial(offloading.place_of, image.file_name, request.method or "GET"))
            headers = {**headers_of(image), offloading.HEADER: place}
            del headers["Content-Length"]
            return HttpResponse(content_type=image.media_type, headers=headers)
        file = await calls.in_thread(partial(default_storage.open, image.file_name))
    except OSError as problem:
        raise Refusal(404, "The picture’s file is missing.") from problem
    if request.method == "HEAD":
        file.close()
        return HttpResponse(content_type=image.media_type, headers=headers_of(image))
    return StreamingHttpResponse(chunks_of(file), content_type=image.media_type, headers=headers_of(image))


async def chunks_of(file: "File[bytes]") -> AsyncIterator[bytes]:
    try:
        while chunk := await calls.in_thread(partial(file.read, CHUNK)):
            yield chunk
    finally:
        file.close()


def headers_of(image: Image) -> dict[str, str]:
    headers = {"X-Content-Type-Options": "nosniff", "Content-Length": str(image.byte_size)}
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    headers["Cache-Control"] = "private, max-age=600"
    if image.is_vector:
        headers["Content-Disposition"] = "attachment"
    return headers
