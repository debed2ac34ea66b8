"""One picture: a stage beside everything known about it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery.models import Generation, Image, User, Visibility
from gallery.services import images
from gallery.views.access import current_user, get_editable_image, get_visible_image, may_edit
from gallery.views.generations import record_context
from gallery.views.tiles import picture_tile

SHOWN = 12


@require_GET
def detail(request: HttpRequest, image_id: int) -> HttpResponse:
    image = get_visible_image(request, image_id)
    user = current_user(request)
    record = record_context(image.generation, user) if image.generation else {}
    return render(request, "image/page.html", {**record, **picture_context(image, user)})


def picture_context(image: Image, user: User) -> dict[str, Any]:
    wall = Image.objects.for_wall(user)
    previous = wall.filter(pk__gt=image.pk).order_by("id").first()
    following = wall.filter(pk__lt=image.pk).first()
    siblings = Image.objects.for_page(user).kept().filter(generation=image.generation_id).order_by("position")
    prompt = image.generation.prompt if image.generation else ""
    used_in = Image.objects.made_from(user, image)[:SHOWN]
    return {
        "image": image,
        "prompt": prompt,
        "stage_url": image.thumbnail_of(1280),
        "original_url": image.media_url(),
        "srcset": image.srcset,
        "owner": image.owner,
        "is_private": image.visibility == Visibility.PRIVATE,
        "is_trashed": image.deleted_at is not None,
        "may_edit": may_edit(user, image),
        "is_mine": image.owner_id == user.pk,
        "previous_url": previous.get_absolute_url() if previous else "",
        "next_url": following.get_absolute_url() if following else "",
        "siblings": [picture_tile(row, prompt) for row in siblings] if image.generation_id else [],
        "used_in": [picture_tile(row, row.generation.prompt if row.generation else "") for row in used_in],
        "questions": Generation.objects.about(user, image)[:SHOWN],
        "asked": asked_size(image),
        "file_words": f"{image.width} × {image.height} · {file_kind(image)} · {size_in_words(image.byte_size)}",
    }


def asked_size(image: Image) -> str:
    """The size that was asked for in pixels, where another one came."""
    chosen = image.generation.parameters if image.generation else {}
    asked = str(chosen.get("size") or chosen.get("image_size") or "")
    is_kept = asked == f"{image.width}x{image.height}"
    return asked.replace("x", " × ") if asked[:1].isdigit() and "x" in asked and not is_kept else ""


def file_kind(image: Image) -> str:
    return image.media_type.removeprefix("image/").removesuffix("+xml").upper()


def size_in_words(byte_size: int) -> str:
    return f"{byte_size / 1024 / 1024:.1f} MB" if byte_size >= 1024 * 1024 else f"{max(byte_size // 1024, 1)} KB"


@require_POST
def visibility(request: HttpRequest, image_id: int) -> HttpResponse:
    """Only its owner decides who sees a picture."""
    image = get_editable_image(request, image_id)
    wanted = request.POST.get("visibility")
    if wanted in Visibility.values and image.owner_id == current_user(request).pk:
        images.set_image_visibility(image, wanted)
        messages.success(request, "Only you see it now." if wanted == Visibility.PRIVATE else "The team sees it now.")
    return redirect("image-detail", image_id)


@require_POST
def trash(request: HttpRequest, image_id: int) -> HttpResponse:
    image = get_editable_image(request, image_id)
    images.trash_image(image, by=current_user(request))
    messages.success(request, "Moved to the trash.", extra_tags=f"undo:{reverse('image-restore', args=[image_id])}")
    return redirect("library")


@require_POST
def restore(request: HttpRequest, image_id: int) -> HttpResponse:
    image = get_editable_image(request, image_id)
    images.restore_image(image)
    messages.success(request, "Back in the library.")
    return redirect("image-detail", image_id)
