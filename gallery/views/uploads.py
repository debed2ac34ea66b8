"""Reference pictures: taken in as soon as they are chosen, so that they are stored when Generate is pressed."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gallery import specs
from gallery.forms.pictures import find_pictures
from gallery.gateway.errors import PictureNotFetched
from gallery.images.errors import PictureError, PictureNotStored, PictureRefused
from gallery.models import Image, ImageModel, User
from gallery.services import images, masks, questions
from gallery.views.access import current_user, require_maker


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take in one picture for a parameter of a model: a posted `file`, an `address` on the web, or a stored `image` (its id).

    Answers its thumbnail with the hidden id, or 422 with a sentence.
    """
    require_maker(request)
    parameter = find_parameter(request)
    if parameter is None:
        return sentence("This model takes no picture here. Reload the page and try again.")
    try:
        image = find_or_store(request, parameter)
    except (PictureError, PictureNotFetched) as problem:
        return sentence(problem.sentence)
    if image is None:
        return sentence("This picture is no longer there. Choose another.")
    return render(request, "_input_picture.html", {"row": parameter, "picture": image})


def find_parameter(request: HttpRequest) -> specs.Parameter | None:
    """The image parameter that was named, of the model that was, or the one that questions have."""
    image_model = ImageModel.objects.offered().named(sent(request, "model")).first()
    own = image_model.image_parameters if image_model else []
    names = {parameter.name: parameter for parameter in (questions.ANALYSIS_PICTURES, *own)}
    return names.get(sent(request, "parameter"))


def sent(request: HttpRequest, name: str) -> str:
    return (request.POST if request.method == "POST" else request.GET).get(name, "")


def find_visible(request: HttpRequest, name: str) -> Image | None:
    """The stored picture whose id was sent under this name, as far as this person may see it."""
    key = sent(request, name)
    rows = Image.objects.visible_to(current_user(request)).kept()
    return rows.filter(pk=key).first() if is_id(key) else None


def find_or_store(request: HttpRequest, parameter: specs.Parameter) -> Image | None:
    user = current_user(request)
    limit = parameter.max_megabytes * 1024 * 1024
    if file := request.FILES.get("file"):
        if (file.size or 0) > limit:
            size = (file.size or 0) / 1024 / 1024
            raise PictureRefused(
                "too_large", f"This picture has {size:.0f} MB; up to {parameter.max_megabytes} MB are taken."
            )
        return images.store_upload(source=file.chunks(), owner=user, max_bytes=limit)
    if address := request.POST.get("address"):
        return images.store_from_address(address=address, owner=user, max_bytes=limit)
    return find_visible(request, "image")


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
                stored = store_file(parameter, file, data, user)
                data.appendlist(f"{parameter.name}_images", str(stored.pk))
            except PictureError as problem:
                problems.append((parameter.name, problem.sentence))
            except OSError:
                problems.append((parameter.name, PictureNotStored().sentence))
    return data, problems


def store_file(parameter: specs.Parameter, file: UploadedFile, data: QueryDict, user: User) -> Image:
    """A mask is made to fit its picture where that is given too; without one the form says what is missing."""
    limit = parameter.max_megabytes * 1024 * 1024
    covered = find_pictures(data.getlist(f"{parameter.mask_of}_images")[:1], user) if parameter.is_mask else []
    if not covered:
        return images.store_upload(source=file.chunks(), owner=user, max_bytes=limit)
    marks = parameter.mask_marks
    return masks.store_mask(
        picture=covered[0], chunks=file.chunks(), owner=user, reads=marks, marks=marks, max_bytes=limit
    )
