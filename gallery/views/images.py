"""One picture: a stage beside everything known about it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery.models import Image, WallQuery, visibilities_of
from gallery.services import images
from gallery.views.access import current_user, get_editable_image, get_visible_image
from gallery.views.audiences import told
from gallery.views.panel import panel_context
from gallery.views.steps import build_steps, suffix_of, way_back


@require_GET
def detail(request: HttpRequest, image_id: int) -> HttpResponse:
    """The query string is that of the wall one came from: steps and the way back keep to it."""
    image = get_visible_image(request, image_id)
    return render(request, "image/page.html", page_context(request, image))


@require_GET
def panel(request: HttpRequest, image_id: int) -> HttpResponse:
    """The panel alone, for pages that show the picture themselves."""
    image = get_visible_image(request, image_id)
    context = {**panel_context(image, current_user(request)), "suffix": suffix_of(WallQuery.read(request.GET))}
    return render(request, "image/_panel.html", context)


def page_context(request: HttpRequest, image: Image) -> dict[str, Any]:
    user = current_user(request)
    steps = build_steps(image, user, WallQuery.read(request.GET))
    return {
        **panel_context(image, user),
        "stage_url": image.thumbnail_of(1280),
        "original_url": image.media_url(),
        "srcset": image.srcset,
        "steps": steps,
        "suffix": steps.suffix,
    }


@require_POST
def visibility(request: HttpRequest, image_id: int) -> HttpResponse:
    """Only its owner decides who sees a picture."""
    image = get_editable_image(request, image_id)
    wanted = request.POST.get("visibility", "")
    if wanted in dict(visibilities_of(image.group)) and image.owner_id == current_user(request).pk:
        images.set_image_visibility(image, wanted)
        messages.success(request, told(wanted, image.group))
    return redirect(page_of(request, image))


@require_POST
def trash(request: HttpRequest, image_id: int) -> HttpResponse:
    """Then back to the wall one came from. What was made from it is said first; `confirmed` means that it was."""
    image = get_editable_image(request, image_id)
    query = WallQuery.read(request.GET)
    times_used = 0 if request.POST.get("confirmed") else Image.objects.times_used([image_id])
    if times_used:
        return render(
            request, "image/trash.html", {"image": image, "times_used": times_used, "suffix": suffix_of(query)}
        )
    images.trash_image(image, by=current_user(request))
    undo = f"{reverse('image-restore', args=[image_id])}{suffix_of(query)}"
    messages.success(request, "Moved to the trash.", extra_tags=f"undo:{undo}")
    back_url, _ = way_back(query, current_user(request))
    return redirect(back_url)


@require_POST
def restore(request: HttpRequest, image_id: int) -> HttpResponse:
    image = get_editable_image(request, image_id)
    images.restore_image(image)
    messages.success(request, "Back in the library.")
    return redirect(page_of(request, image))


def page_of(request: HttpRequest, image: Image) -> str:
    return f"{image.get_absolute_url()}{suffix_of(WallQuery.read(request.GET))}"
