"""Masks over a reference: the content of the dialog one paints in, and storing one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from gallery import specs
from gallery.images.errors import PictureError
from gallery.services import masks
from gallery.views.access import current_user, require_maker
from gallery.views.uploads import find_parameter, find_visible, sentence

NO_PICTURE = "Give the picture first: a mask lies over it."
DISPLAYED = 1600


@require_GET
def paint(request: HttpRequest) -> HttpResponse:
    """The picture, and the mask it has so far."""
    require_maker(request)
    parameter, picture = find_mask_parameter(request), find_visible(request, "of")
    if parameter is None or picture is None:
        return sentence(NO_PICTURE)
    mask = find_visible(request, "mask")
    fits = mask is not None and (mask.width, mask.height) == (picture.width, picture.height)
    context = {
        "picture": picture,
        "picture_url": picture.thumbnail_of(DISPLAYED),
        "ratio": f"{picture.width / picture.height:.6f}",
        "marks": parameter.mask_marks,
        "mask_url": mask.media_url() if mask and fits else "",
        "label": parameter.label,
    }
    return render(request, "studio/_mask.html", context)


@require_POST
def store(request: HttpRequest) -> HttpResponse:
    """A `file` as a mask `of` a picture; a `painted` one marks by white, whatever the model takes. Answers as an upload does."""
    require_maker(request)
    parameter, picture = find_mask_parameter(request), find_visible(request, "of")
    file = request.FILES.get("file")
    if parameter is None or picture is None:
        return sentence(NO_PICTURE)
    if file is None:
        return sentence("Choose a mask, or paint one.")
    try:
        mask = masks.store_mask(
            picture=picture,
            chunks=file.chunks(),
            owner=current_user(request),
            reads="white" if request.POST.get("painted") else parameter.mask_marks,
            marks=parameter.mask_marks,
            max_bytes=parameter.max_megabytes * 1024 * 1024,
        )
    except PictureError as problem:
        return sentence(problem.sentence)
    return render(request, "_input_picture.html", {"row": parameter, "picture": mask})


def find_mask_parameter(request: HttpRequest) -> specs.Parameter | None:
    parameter = find_parameter(request)
    return parameter if parameter and parameter.is_mask else None
