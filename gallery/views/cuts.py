"""Cropping a reference: the dialog's content, and the cut itself."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from gallery import specs
from gallery.images.boxes import Box
from gallery.images.errors import PictureError
from gallery.models import Image, ImageModel, User
from gallery.services import cuts, masks
from gallery.views.access import current_user, require_maker
from gallery.views.uploads import find_parameter, find_visible, is_id, sentence

GONE = "This picture is no longer there. Choose another."
DISPLAYED = 1600
USUAL_SHAPES = [("1:1", 1, 1), ("4:3", 4, 3), ("3:4", 3, 4), ("16:9", 16, 9), ("9:16", 9, 16)]


@require_GET
def crop(request: HttpRequest) -> HttpResponse:
    """One that was cut before is cut anew from its original, with the box as it was."""
    require_maker(request)
    picture = find_visible(request, "image")
    if picture is None:
        return sentence(GONE)
    original = find_original(picture, current_user(request))
    source = original or picture
    box = (picture.cut if original else None) or [0, 0, source.width, source.height]
    image_model = ImageModel.objects.offered().named(request.GET.get("model", "")).first()
    shapes = specs.shapes_offered(image_model.spec) if image_model else []
    context = {
        "source": source,
        "picture_url": source.thumbnail_of(DISPLAYED),
        "ratio": f"{source.width / source.height:.6f}",
        "box": ",".join(map(str, box)),
        "shapes": [(words, f"{width / height:.6f}") for words, width, height in shapes or USUAL_SHAPES],
    }
    return render(request, "studio/_crop.html", context)


@require_POST
def cut(request: HttpRequest) -> HttpResponse:
    """Answers as an upload does: the new thumbnail with its id, or 422 with a sentence. A mask is cut to lie over the picture
    `of` which it is by now."""
    require_maker(request)
    parameter = find_parameter(request)
    picture = find_visible(request, "image")
    if parameter is None or picture is None:
        return sentence(GONE)
    edges = [request.POST.get(name, "") for name in ("left", "top", "width", "height")]
    if not all(is_id(edge) for edge in edges):
        return sentence("This crop has no size. Try again.")
    left, top, width, height = (min(int(edge), max(picture.width, picture.height)) for edge in edges)
    box = Box(left=left, top=top, width=width, height=height)
    covered = find_visible(request, "of") if parameter.is_mask else None
    try:
        if covered:
            made = masks.cut_mask(mask=picture, box=box, picture=covered, owner=current_user(request))
        else:
            made = cuts.cut_image(image=picture, box=box, owner=current_user(request))
    except (PictureError, FileNotFoundError) as problem:
        return sentence(problem.sentence if isinstance(problem, PictureError) else GONE)
    return render(request, "_input_picture.html", {"row": parameter, "picture": made})


def find_original(picture: Image, user: User) -> Image | None:
    """What it was cut out of, as far as this person may still see that."""
    if not picture.cut or picture.original_id is None:
        return None
    return Image.objects.visible_to(user).kept().filter(pk=picture.original_id).first()
