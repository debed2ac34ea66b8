"""Pictures of people: shown to everybody who is signed in, as names are; changed by their owner."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from gallery.images.errors import PictureError
from gallery.models import Avatar
from gallery.services import avatars
from gallery.views import profile
from gallery.views.access import current_user
from gallery.views.media import SAFE_HEADERS

TOO_LARGE = "This picture is too large: up to 20 MB are taken."
NONE_CHOSEN = "Choose a picture first."


@require_safe
def avatar(request: HttpRequest, user_id: int, stamp: str) -> HttpResponse:
    """`stamp` changes with the picture, so a browser may keep it."""
    row = get_object_or_404(Avatar, user_id=user_id, user__avatar_stamp=stamp)
    headers = {**SAFE_HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
    return HttpResponse(bytes(row.content), content_type="image/webp", headers=headers)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    file = request.FILES.get("picture")
    if file is None or (file.size or 0) > avatars.LARGEST_UPLOAD:
        return profile.show(request, user, picture_error=TOO_LARGE if file else NONE_CHOSEN, status=422)
    try:
        avatars.save_avatar(user=user, chunks=file.chunks())
    except PictureError as problem:
        return profile.show(request, user, picture_error=problem.sentence, status=422)
    messages.success(request, "The team sees your picture now.")
    return redirect("profile")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    avatars.remove_avatar(current_user(request))
    messages.success(request, "Your initials stand in its place.")
    return redirect("profile")
