"""Pictures taken away: one of them as it came or as a copy, a selection as a ZIP."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from gallery.forms.downloads import DownloadForm
from gallery.images import formats, metadata
from gallery.images.errors import PictureError
from gallery.models import Image, Selection
from gallery.services import archives, exports
from gallery.services.archives import ArchiveRefused
from gallery.services.exports import Download
from gallery.views.access import current_user, get_visible_image
from gallery.views.bulk_choices import show_dialog
from gallery.views.bulk_sentences import count_pictures
from gallery.views.htmx import HtmxRequest
from gallery.views.media import SAFE_HEADERS, stream

SIDES = (4096, 3072, 2048, 1536, 1024, 512)
RETRY_SECONDS = 60


@require_safe
async def download(request: HttpRequest, image_id: int) -> HttpResponse | StreamingHttpResponse:
    """The original, bit for bit, unless `format`, `side` (pixels) or `recipe` ask for a copy."""
    image = await sync_to_async(get_visible_image)(request, image_id)
    form = DownloadForm(request.GET)
    if not form.is_valid():
        return await sync_to_async(refuse)(request, form.sentence, 400, image.get_absolute_url())
    if form.is_original:
        return await stream(request, image.file_name, image.media_type, headers_for(exports.name_file(image)))
    try:
        copy = await sync_to_async(exports.make_copy)(image, **form.copy)
    except PictureError as problem:
        return await sync_to_async(refuse)(request, problem.sentence, 422, image.get_absolute_url())
    except FileNotFoundError as problem:
        raise Http404("The picture’s file is missing.") from problem
    return send(copy)


@require_POST
async def download_selection(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`query` and `ids` or `all=1`, as every action on a wall takes them; `format`, `side` and `recipe` as for one picture. With
    `ahead` it only tells whether it would be made, so that a refusal takes nobody's page away."""
    user = await sync_to_async(current_user)(request)
    selection = Selection.read(request.POST)
    back = f"{reverse('library')}?{selection.query.encode()}"
    form = DownloadForm(request.POST)
    if not form.is_valid():
        return await sync_to_async(refuse)(request, form.sentence, 400, back)
    copy = None if form.is_original else form.copy
    try:
        if "ahead" in request.POST:
            await sync_to_async(archives.check_archive)(user=user, selection=selection, copy=copy)
            return HttpResponse(status=204)
        archive = await sync_to_async(archives.build_archive)(user=user, selection=selection, copy=copy)
    except ArchiveRefused as refused:
        return await sync_to_async(refuse)(request, str(refused), refused.status, back)
    return send(archive)


@require_http_methods(["GET", "POST"])
def choose_download(request: HtmxRequest) -> HttpResponse:
    """The dialog of what a selection can be downloaded as."""
    data = request.POST or request.GET
    selection = Selection.read(data)
    total = Image.objects.selected(current_user(request), selection).count()
    if not total:
        raise Http404
    context = {"pictures": count_pictures(total), "download_sides": SIDES, "can_keep_format": True}
    return show_dialog(request, "download/choose.html", context, data)


@require_GET
def credentials(request: HttpRequest, image_id: int) -> HttpResponse:
    """A fragment that names the content credentials; a part of its own because it opens the file."""
    image = get_visible_image(request, image_id)
    context = {"image": image, "manifest": exports.read_manifest(image), "is_read": True}
    response = render(request, "image/_credentials.html", context)
    response["Cache-Control"] = "private, max-age=86400"
    return response


def download_context(image: Image) -> dict[str, object]:
    """What the menu of copies offers for this picture."""
    longest = max(image.width, image.height)
    return {
        "download_sides": [side for side in SIDES if side < longest],
        "download_kind": formats.SHORT_NAMES[image.media_type],
        "can_keep_format": image.media_type in metadata.CONTAINERS,
        "can_copy": not image.is_vector,
    }


def headers_for(file_name: str) -> dict[str, str]:
    name = content_disposition_header(as_attachment=True, filename=file_name) or "attachment"
    return {**SAFE_HEADERS, "Content-Disposition": name, "Cache-Control": "private, no-cache"}


def send(prepared: Download) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        ReadInThreads(prepared.chunks), content_type=prepared.media_type, headers=headers_for(prepared.file_name)
    )
    if prepared.byte_size is not None:
        response["Content-Length"] = str(prepared.byte_size)
    return response


class ReadInThreads:
    """Reading waits for the disk and for decoders; when whoever downloads leaves, be it before the first byte, what is open is
    closed."""

    def __init__(self, chunks: Iterator[bytes]):
        self.chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while chunk := await sync_to_async(next_chunk)(self.chunks):
                yield chunk
        finally:
            await sync_to_async(self.close)()

    def close(self) -> None:
        """Django calls it with the response’s own."""
        close = getattr(self.chunks, "close", None)
        if close is not None:
            close()


def next_chunk(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")


def refuse(request: HttpRequest, sentence: str, status: int, back_url: str) -> HttpResponse:
    response = render(request, "download/page.html", {"sentence": sentence, "back_url": back_url}, status=status)
    if status in (429, 503):
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
