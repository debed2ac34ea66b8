"""Reference pictures: taken in as soon as they are chosen, so that Generate never waits for an upload."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gallery.images.errors import PictureError
from gallery.models import ImageModel, User
from gallery.services import images
from gallery.views.access import current_user


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Store one posted picture for a parameter of a model; answers its thumbnail with the hidden id, or 422 with a sentence."""
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    names = {parameter.name: parameter for parameter in image_model.image_parameters} if image_model else {}
    parameter = names.get(request.POST.get("parameter", ""))
    file = request.FILES.get("file")
    if parameter is None or file is None:
        return sentence("This model takes no picture here. Reload the page and try again.")
    limit = parameter.max_megabytes * 1024 * 1024
    if (file.size or 0) > limit:
        return sentence(
            f"This picture has {(file.size or 0) / 1024 / 1024:.0f} MB; the model takes up to {parameter.max_megabytes} MB."
        )
    try:
        image = images.store_upload(chunks=file.chunks(), owner=current_user(request), max_bytes=limit)
    except PictureError as problem:
        return sentence(problem.sentence)
    return render(request, "_input_picture.html", {"row": parameter, "picture": image})


def sentence(text: str) -> HttpResponse:
    return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")


def store_posted_files(
    request: HttpRequest, image_model: ImageModel, user: User
) -> tuple[QueryDict, list[tuple[str, str]]]:
    """Files that came with the form (a browser without scripts) become stored pictures, so that an error loses none."""
    data = request.POST.copy()
    problems = []
    for parameter in image_model.image_parameters:
        for file in request.FILES.getlist(parameter.name)[: parameter.max_images]:
            try:
                limit = parameter.max_megabytes * 1024 * 1024
                stored = images.store_upload(chunks=file.chunks(), owner=user, max_bytes=limit)
                data.appendlist(f"{parameter.name}_images", str(stored.pk))
            except PictureError as problem:
                problems.append((parameter.name, problem.sentence))
    return data, problems
