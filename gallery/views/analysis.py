"""Ask about pictures: choose them, choose a model that sees, ask, read the answer as it comes, ask again."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from gallery import tasks
from gallery.forms.analysis import AnalysisForm
from gallery.forms.for_group import beginning
from gallery.forms.pictures import find_pictures
from gallery.forms.rows import Row
from gallery.images.errors import PictureError, PictureNotStored
from gallery.models import Generation, Image, ImageModel, User
from gallery.services import budgets, gateways, generations, images, prices
from gallery.services.questions import ANALYSIS_PICTURES
from gallery.services.working_for import WorkRefused
from gallery.views.access import get_visible_generation, require_maker
from gallery.views.amounts import quote_in_words
from gallery.views.quotes import ask as put
from gallery.views.quotes import question_before_asking
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
    user = require_maker(request)
    if request.method == "POST":
        return ask(request, user)
    values, pictures = start(request, user)
    form = AnalysisForm(user=user, initial=beginning(user, dict(values)))
    return render(request, "analysis/page.html", page_context(values, pictures, form))


def ask(request: HttpRequest, user: User) -> HttpResponse:
    data, upload_errors = store_posted_files(request, user)
    form = AnalysisForm(data, user=user)
    for sentence in upload_errors:
        form.add_error("images", sentence)
    if not form.is_valid():
        return show_errors(request, user, data, form)
    if question := question_before_asking(form.cleaned_data["model"], user, data.get("confirmed", "")):
        context = page_context(typed(data), form.cleaned_data["images"], form) | {"question": put(question)}
        return render(request, "analysis/page.html", context, status=422)
    try:
        generation = create_question(request, user, form.cleaned_data)
    except WorkRefused as refusal:
        form.add_error("group", str(refusal))
        return show_errors(request, user, data, form)
    except budgets.BudgetRefused as refusal:
        form.add_error("prompt", str(refusal))
        return show_errors(request, user, data, form)
    tasks.run_next()
    return redirect("generation-detail", generation.pk)


def create_question(request: HttpRequest, user: User, asked: Mapping[str, Any]) -> Generation:
    return generations.create_generation(
        owner=user,
        image_model=asked["model"],
        prompt=asked["prompt"],
        parameters={},
        inputs={ANALYSIS_PICTURES.name: asked["images"]},
        visibility=asked["visibility"],
        group=asked["group"],
        submission=request.POST.get("submission", "")[:80],
        kind=Generation.Kind.ANALYSIS,
    )


def show_errors(request: HttpRequest, user: User, data: QueryDict, form: AnalysisForm) -> HttpResponse:
    pictures = find_pictures(data.getlist("images_images"), user)
    return render(request, "analysis/page.html", page_context(typed(data), pictures, form), status=422)


def typed(data: QueryDict) -> dict[str, str]:
    return {name: data.get(name, "") for name in ("prompt", "model", "visibility", "group")}


def store_posted_files(request: HttpRequest, user: User) -> tuple[QueryDict, list[str]]:
    """Files of a browser without scripts."""
    data = request.POST.copy()
    problems = []
    for file in request.FILES.getlist(ANALYSIS_PICTURES.name)[: ANALYSIS_PICTURES.max_images]:
        try:
            stored = images.store_upload(source=file.chunks(), owner=user)
            data.appendlist(f"{ANALYSIS_PICTURES.name}_images", str(stored.pk))
        except PictureError as problem:
            problems.append(problem.sentence)
        except OSError:
            problems.append(PictureNotStored().sentence)
    return data, problems


def start(request: HttpRequest, user: User) -> tuple[dict[str, str], Sequence[Image]]:
    earlier = request.GET.get("generation", "")
    if is_id(earlier):
        generation = get_visible_generation(request, int(earlier))
        ids = [str(image.pk) for rows in generations.inputs_of(generation).values() for image in rows]
        kept = {"visibility": generation.visibility, "group": str(generation.group_id or "")}
        return {"model": generation.full_model_id, **kept}, find_pictures(ids, user)
    ids = request.GET.get("images", "").split(",")[: ANALYSIS_PICTURES.max_images]
    return {"model": request.GET.get("model", "")}, find_pictures(ids, user)


def page_context(values: dict[str, str], pictures: Sequence[Image], form: AnalysisForm) -> dict[str, Any]:
    errors: dict[str, Any] = form.errors if form.is_bound else {}
    offered = list(ImageModel.objects.for_analysis())
    quotes = prices.quote_questions(offered)
    chosen = next((row for row in offered if row.full_id == values.get("model")), offered[0] if offered else None)
    return {
        "image_models": [(row, price_in_words(quotes[row.pk])) for row in offered],
        "chosen": chosen,
        "simulated": chosen is not None and gateways.is_simulated(chosen.gateway),
        "row": Row(parameter=ANALYSIS_PICTURES, value=None, pictures=pictures, errors=errors.get("images", [])),
        "values": values,
        "who": form.who,
        "errors": errors,
        "questions": QUESTIONS,
        "submission": uuid.uuid4().hex,
    }


def price_in_words(quote: prices.Quote) -> str:
    """Of one question; "" where nobody knows it, or nothing is charged."""
    return quote_in_words(quote) if quote.is_known and not quote.is_simulated else ""
