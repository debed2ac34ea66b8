"""Bytes of pictures to visitors of a share link. The link is asked again for each of them: what is revoked is gone at once."""

from collections.abc import Mapping

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.views.decorators.http import require_safe

from gallery.images.errors import PictureError
from gallery.models import Image, Share
from gallery.services import shares
from gallery.views import downloads
from gallery.views.media import SAFE_HEADERS, file_of, stream
from gallery.views.share_door import QUIET_HEADERS, is_unlocked

# Kept by the visitor's browser, but asked about each time.
HEADERS = {**SAFE_HEADERS, **QUIET_HEADERS, "Cache-Control": "private, no-cache"}


@login_not_required
@require_safe
async def media(request: HttpRequest, token: str, image_id: int, size: str) -> HttpResponse | StreamingHttpResponse:
    """`size` as in `views.media`; the original only of what has nothing smaller, a vector say."""
    share, image = await sync_to_async(find_picture)(request, token, image_id)
    if size == "original" and image.thumbnail_widths:
        raise Http404
    etag = f'"{image.sha256}-{size}-{share.shows_prompts:d}"'
    headers = {**HEADERS, "ETag": etag}
    if image.is_vector:
        headers["Content-Disposition"] = f'attachment; filename="picture-{image.pk}.svg"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    if size == "original":
        return await send_original(share, image, headers)
    return await stream(request, *file_of(image, size), headers)


@login_not_required
@require_safe
async def download(request: HttpRequest, token: str, image_id: int) -> HttpResponse | StreamingHttpResponse:
    share, image = await sync_to_async(find_picture)(request, token, image_id)
    if not share.allows_download:
        raise Http404
    return await send_original(share, image, HEADERS)


async def send_original(share: Share, image: Image, headers: Mapping[str, str]) -> StreamingHttpResponse:
    try:
        prepared = await sync_to_async(shares.prepare_original)(share, image)
    except (PictureError, FileNotFoundError) as problem:
        raise Http404("The picture’s file is missing or broken.") from problem
    response = downloads.send(prepared)
    for name, value in headers.items():
        response.headers[name] = value
    return response


def find_picture(request: HttpRequest, token: str, image_id: int) -> tuple[Share, Image]:
    try:
        share = shares.find_share(token)
    except shares.ShareGone as problem:
        raise Http404 from problem
    image = share.pictures().filter(pk=image_id).first() if is_unlocked(request, share) else None
    if image is None:
        raise Http404
    return share, image
