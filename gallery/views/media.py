"""Bytes of pictures, to people who may see them. Streamed: a 40 MB original never stands in memory whole."""

import logging
import re
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from gallery.models import Image, User
from gallery.services import offloading
from gallery.services.exports import name_file
from gallery.views.access import current_user

CHUNK = 256 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# Nothing in a picture may run or load anything, whatever a browser takes it for.
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# In the place of a picture whose file is gone, drawn to whatever size the page gives it.
PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80" role="img"><title>The file is missing</title>'
    '<rect width="120" height="80" fill="#8a8a8a" fill-opacity=".18"/>'
    '<path d="M46 24h28v24H46zM42 54l36-36" fill="none" stroke="#8a8a8a" stroke-width="2"/>'
    '<text x="60" y="66" font-family="sans-serif" font-size="8" fill="#8a8a8a" text-anchor="middle">file missing</text></svg>'
)
logger = logging.getLogger(__name__)


@require_safe
async def media(request: HttpRequest, sha256: str, size: str) -> HttpResponse | StreamingHttpResponse:
    """`size` is a nominal thumbnail width or `original`. Immutable: the address is the content's hash."""
    image = await sync_to_async(find_image)(request, sha256)
    name, media_type = file_of(image, size)
    etag = f'"{sha256}-{size}"'
    headers = {**SAFE_HEADERS, "ETag": etag, "Cache-Control": "private, max-age=31536000, immutable"}
    if image.is_vector:
        headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name_file(image)) or ""
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return await stream(request, name, media_type, headers)


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
    if not (size.isascii() and size.isdecimal()) or int(size) not in image.thumbnail_widths:
        raise Http404
    return image.thumbnail_name(int(size)), "image/webp"


async def stream(
    request: HttpRequest, name: str, media_type: str, headers: dict[str, str]
) -> HttpResponse | StreamingHttpResponse:
    """The stored file; through the proxy in front, where it sends files itself."""
    try:
        if offloading.is_offloaded(getattr(request, "scope", {})):
            place = await sync_to_async(offloading.place_of)(name, request.method or "GET")
            return HttpResponse(content_type=media_type, headers={**headers, offloading.HEADER: place})
        file = await sync_to_async(default_storage.open)(name)
        length = await sync_to_async(lambda: file.size)()
    except OSError:
        # Not there, not to be read, or its disk is gone: the page around it stays whole.
        logger.warning("the file %s cannot be read", name)
        return placeholder()
    response = StreamingHttpResponse(chunks_of(file), content_type=media_type, headers=headers)
    response["Content-Length"] = str(length)
    return response


@login_not_required
@require_safe
def missing(request: HttpRequest) -> HttpResponse:
    """What a proxy that sends pictures itself shows in the place of one it does not find."""
    return placeholder()


def placeholder() -> HttpResponse:
    headers = {**SAFE_HEADERS, "Cache-Control": "no-store"}
    return HttpResponse(PLACEHOLDER, status=404, content_type="image/svg+xml", headers=headers)


async def chunks_of(file: Any) -> AsyncIterator[bytes]:
    try:
        while chunk := await sync_to_async(file.read)(CHUNK):
            yield chunk
    finally:
        await sync_to_async(file.close)()
