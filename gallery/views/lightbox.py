"""What the lightbox asks for beside a picture and its panel: the strip of its run."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery.models import Image, Mark, WallQuery
from gallery.views.access import current_user, get_visible_image
from gallery.views.wall_tiles import LARGE, prompt_of


@require_GET
def run(request: HttpRequest, image_id: int) -> HttpResponse:
    """The pictures of this one's run in their order, as frames; the query string is the wall's."""
    image = get_visible_image(request, image_id)
    user = current_user(request)
    words = WallQuery.read(request.GET).encode()
    of_run = Image.objects.for_page(user).kept().filter(generation=image.generation_id).order_by("position")
    rows = list(of_run) if image.generation_id else []
    marks = Mark.objects.of_images(user, [row.pk for row in rows])
    frames = [
        {
            "image": row,
            "url": f"{row.get_absolute_url()}{f'?{words}' if words else ''}",
            "preview_url": row.thumbnail_of(LARGE),
            "original_url": row.media_url(),
            "is_circled": row.pk in marks and marks[row.pk].is_favourite,
        }
        for row in rows
    ]
    return render(request, "_run_frames.html", {"frames": frames, "prompt": prompt_of(image, image.generation)})
