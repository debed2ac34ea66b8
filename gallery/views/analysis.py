"""Ask about pictures: choose them, choose a model that sees, ask, read the answer as it comes, ask again."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from gallery import tasks
from gallery.forms.analysis import AnalysisForm
from gallery.forms.generation import find_pictures
from gallery.forms.rows import Row
from gallery.images.errors import PictureError
from gallery.models import Generation, Image, ImageModel, User
from gallery.services import gateways, generations, images
from gallery.services.questions import ANALYSIS_PICTURES
from gallery.views.access import current_user, get_visible_generation
from gallery.views.uploads import is_id

QUESTIONS = (
    ("Describe", "Describe this picture: subject, setting, light, colours, style."),
    ("Read the text", "Read all text in this picture and write it down as it stands, line by line."),
    ("Compare", "Compare these pictures: what is the same, what differs, which serves the same purpose better?"),
    ("As a prompt", "Write a prompt that would make a picture like this one."),
)


@require_http_methods(["GET", "HEAD", "POST"])
def analysis(request: HttpRequest) -> HttpResponse:
    """`?images=1,2` starts with stored pictures, `?generation=` with those of an earlier question."""
    user = current_user(request)
    if request.method == "POST":
        return ask(request, user)
    values, pictures = start(request, user)
    return render(request, "analysis/page.html", page_context(values, pictures, {}))


def ask(request: HttpRequest, user: User) -> HttpResponse:
    data, upload_errors = store_posted_files(request, user)
    form = AnalysisForm(data, user=user)
    for sentence in upload_errors:
        form.add_error("images", sentence)
    if not form.is_valid():
        values = {name: data.get(name, "") for name in ("prompt", "model", "visibility")}
        pictures = find_pictures(data.getlist("images_images"), user)
        return render(request, "analysis/page.html", page_context(values, pictures, form.errors), status=422)
    generation = generations.create_generation(
        owner=user,
        image_model=form.cleaned_data["model"],
        prompt=form.cleaned_data["prompt"],
        parameters={},
        inputs={ANALYSIS_PICTURES.name: form.cleaned_data["images"]},
        visibility=form.cleaned_data["visibility"],
        submission=request.POST.get("submission", "")[:80],
        kind=Generation.Kind.ANALYSIS,
    )
    tasks.run_next()
    return redirect("generation-detail", generation.pk)


def store_posted_files(request: HttpRequest, user: User) -> tuple[QueryDict, list[str]]:
    """Files of a browser without scripts."""
    data = request.POST.copy()
    problems = []
    for file in request.FILES.getlist(ANALYSIS_PICTURES.name)[: ANALYSIS_PICTURES.max_images]:
        try:
            stored = images.store_upload(chunks=file.chunks(), owner=user)
            data.appendlist(f"{ANALYSIS_PICTURES.name}_images", str(stored.pk))
        except PictureError as problem:
            problems.append(problem.sentence)
    return data, problems


def start(request: HttpRequest, user: User) -> tuple[dict[str, str], Sequence[Image]]:
    earlier = request.GET.get("generation", "")
    if is_id(earlier):
        generation = get_visible_generation(request, int(earlier))
        ids = [str(image.pk) for rows in generations.inputs_of(generation).values() for image in rows]
        return {"model": generation.full_model_id, "visibility": generation.visibility}, find_pictures(ids, user)
    ids = request.GET.get("images", "").split(",")[: ANALYSIS_PICTURES.max_images]
    return {"model": request.GET.get("model", "")}, find_pictures(ids, user)


def page_context(values: dict[str, str], pictures: Sequence[Image], errors: dict[str, Any]) -> dict[str, Any]:
    offered = list(ImageModel.objects.for_analysis())
    chosen = next((row for row in offered if row.full_id == values.get("model")), offered[0] if offered else None)
    return {
        "image_models": offered,
        "chosen": chosen,
        "simulated": chosen is not None and gateways.is_simulated(chosen.gateway),
        "row": Row(parameter=ANALYSIS_PICTURES, value=None, pictures=pictures, errors=errors.get("images", [])),
        "values": values,
        "errors": errors,
        "questions": QUESTIONS,
        "submission": uuid.uuid4().hex,
    }
