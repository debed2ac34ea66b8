"""Bytes of pictures, to people who may see them. Streamed: a 40 MB original never stands in memory whole."""

import re
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.views.decorators.http import require_safe

from gallery.images import formats
from gallery.models import Image, User
from gallery.views.access import current_user, get_visible_image

CHUNK = 256 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# Nothing in a picture may run or load anything, whatever a browser takes it for.
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_safe
async def media(request: HttpRequest, sha256: str, size: str) -> HttpResponse | StreamingHttpResponse:
    """`size` is a nominal thumbnail width or `original`. Immutable: the address is the content's hash."""
    image = await sync_to_async(find_image)(request, sha256)
    name, media_type = file_of(image, size)
    etag = f'"{sha256}-{size}"'
    headers = {**SAFE_HEADERS, "ETag": etag, "Cache-Control": "private, max-age=31536000, immutable"}
    if image.is_vector:
        headers["Content-Disposition"] = f'attachment; filename="{download_name(image)}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return await stream(name, media_type, headers)


@require_safe
async def download(request: HttpRequest, image_id: int) -> HttpResponse | StreamingHttpResponse:
    """The original, bit for bit, under a name that tells what it is."""
    image = await sync_to_async(get_visible_image)(request, image_id)
    headers = {**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="{download_name(image)}"'}
    headers["Cache-Control"] = "private, no-cache"
    return await stream(image.file_name, image.media_type, headers)


def find_image(request: HttpRequest, sha256: str) -> Image:
    """Any row of these bytes that this person may see; those in the trash only for who may restore them."""
    user: User = current_user(request)
    if not SHA256.match(sha256):
        raise Http404
    rows = Image.objects.media_for(user, sha256).select_related("generation").order_by("-id")
    image = rows.kept().first() or rows.editable_by(user).first()
    if image is None:
        raise Http404
    return image


def file_of(image: Image, size: str) -> tuple[str, str]:
    if size == "original":
        return image.file_name, image.media_type
    if not size.isdecimal() or int(size) not in image.thumbnail_widths:
        raise Http404
    return image.thumbnail_name(int(size)), "image/webp"


def download_name(image: Image) -> str:
    """Words of the prompt, the model and the number, in plain letters."""
    generation = image.generation
    words = re.findall(r"[a-z0-9]+", generation.prompt.lower())[:6] if generation else ["upload"]
    model_id = re.sub(r"[^a-z0-9]+", "-", generation.model_id.lower()).strip("-") if generation else ""
    stem = "-".join(part for part in ["-".join(words), model_id, str(image.pk)] if part)
    return f"{stem[:120]}.{formats.EXTENSIONS[image.media_type]}"


async def stream(name: str, media_type: str, headers: dict[str, str]) -> StreamingHttpResponse:
    try:
        file = await sync_to_async(default_storage.open)(name)
        length = await sync_to_async(lambda: file.size)()
    except FileNotFoundError as problem:
        raise Http404("The picture’s file is missing.") from problem
    response = StreamingHttpResponse(chunks_of(file), content_type=media_type, headers=headers)
    response["Content-Length"] = str(length)
    return response


async def chunks_of(file: Any) -> AsyncIterator[bytes]:
    try:
        while chunk := await sync_to_async(file.read)(CHUNK):
            yield chunk
    finally:
        await sync_to_async(file.close)()
