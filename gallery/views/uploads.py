"""Reference pictures: taken in as soon as they are chosen, so that Generate never waits for an upload."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gallery import specs
from gallery.gateway.errors import PictureNotFetched
from gallery.images.errors import PictureError, PictureRefused
from gallery.models import Image, ImageModel, User
from gallery.services import images, questions
from gallery.views.access import current_user


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take in one picture for a parameter of a model: a posted `file`, an `address` on the web, or a stored `image` (its id).

    Answers its thumbnail with the hidden id, or 422 with a sentence.
    """
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    own = image_model.image_parameters if image_model else []
    names = {parameter.name: parameter for parameter in (questions.ANALYSIS_PICTURES, *own)}
    parameter = names.get(request.POST.get("parameter", ""))
    if parameter is None:
        return sentence("This model takes no picture here. Reload the page and try again.")
    try:
        image = find_or_store(request, parameter)
    except (PictureError, PictureNotFetched) as problem:
        return sentence(problem.sentence)
    if image is None:
        return sentence("This picture is no longer there. Choose another.")
    return render(request, "_input_picture.html", {"row": parameter, "picture": image})


def find_or_store(request: HttpRequest, parameter: specs.Parameter) -> Image | None:
    user = current_user(request)
    limit = parameter.max_megabytes * 1024 * 1024
    if file := request.FILES.get("file"):
        if (file.size or 0) > limit:
            size = (file.size or 0) / 1024 / 1024
            raise PictureRefused(
                "too_large", f"This picture has {size:.0f} MB; up to {parameter.max_megabytes} MB are taken."
            )
        return images.store_upload(chunks=file.chunks(), owner=user, max_bytes=limit)
    if address := request.POST.get("address"):
        return images.store_from_address(address=address, owner=user, max_bytes=limit)
    stored = request.POST.get("image", "")
    return Image.objects.visible_to(user).kept().filter(pk=stored).first() if is_id(stored) else None


def is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


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
