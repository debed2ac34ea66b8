"""Setting up a comparison of models or a matrix over settings: what will run and what it costs, before it is run."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery import specs, tasks
from gallery.forms import SetupForm
from gallery.forms.batches import MOST_WISHES, UNITS
from gallery.models import Batch, Draft
from gallery.services import batches, budgets, confirmations, drafts, gateways, plans
from gallery.services.axes import MOST_AXES
from gallery.services.confirmations import Question
from gallery.services.working_for import WorkRefused
from gallery.views.access import require_maker
from gallery.views.amounts import SIMULATED_SUM, total_in_words
from gallery.views.drafted import draft_context
from gallery.views.htmx import HtmxRequest
from gallery.views.model_samples import newest_pictures, swatch
from gallery.views.prompt_box import build_box
from gallery.views.quotes import ask
from gallery.views.setup_opening import OpenedSetup, keep_setup, open_setup, read_setup
from gallery.views.tiles import Medians


@dataclass(frozen=True, kw_only=True)
class Line:
    """One model of the set-up: what it takes differently, what it costs."""

    full_id: str
    name: str
    gateway: str
    sample_url: str
    colours: tuple[str, str]
    seconds: float | None
    changed: Sequence[specs.Change]
    left_out: Sequence[specs.LeftOut]
    problems: Sequence[str]
    price: str
    how: str
    is_base: bool


@require_http_methods(["GET", "HEAD", "POST"])
def compare_models(request: HtmxRequest) -> HttpResponse:
    """The set-up, begun from the studio's form with models beside its own."""
    require_maker(request)
    return show(request, open_setup(request, beside=2))


@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request: HtmxRequest) -> HttpResponse:
    """The same set-up, begun with the studio's model alone."""
    require_maker(request)
    return show(request, open_setup(request, beside=0))


@require_POST
def plan(request: HtmxRequest) -> HttpResponse:
    """What the set-up comes to now, as its form is changed."""
    require_maker(request)
    setup = read_setup(request)
    context = setup_context(request, setup)
    if request.POST.get("asked") and (question := question_before(setup, context["plan"], "")):
        context["question"] = ask(question)
    return render(request, "batches/setup.html#plan", context)


def show(request: HtmxRequest, opened: OpenedSetup) -> HttpResponse:
    template = "batches/setup.html#form" if request.htmx else "batches/setup.html"
    context = setup_context(request, opened.setup, opened.draft) | {"said": opened.said}
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@require_POST
def create(request: HtmxRequest) -> HttpResponse:
    """Check everything, write the batch and its runs, ring the bell. Refused or run, it is the draft now."""
    user = require_maker(request)
    setup = read_setup(request)
    draft = keep_setup(request, setup)
    made = plans.make_plan(setup.recipe, setup.image_models, setup.wishes, user)
    if not setup.is_valid or not made.is_runnable:
        return refuse(request, setup, draft, is_refused=True)
    if question := question_before(setup, made, request.POST.get("confirmed", "")):
        return refuse(request, setup, draft, question=ask(question))
    kind = Batch.Kind.COMPARE if made.is_comparison else Batch.Kind.MATRIX
    try:
        batch = batches.create_batch(
            owner=user,
            kind=kind,
            prompt=setup.recipe.prompt,
            axes=[axis.to_json() for axis in made.axes],
            runs=made.runs,
            visibility=setup.form.cleaned_data["visibility"],
            group=setup.form.cleaned_data["group"],
            limit=setup.stop.limit,
            submission=request.POST.get("submission", ""),
            written=setup.form.written.record,
            is_blind=bool(setup.stop.cleaned_data["is_blind"]) and kind == Batch.Kind.COMPARE,
        )
    except (batches.BatchRefused, WorkRefused) as refusal:
        setup.form.add_error(None, str(refusal))
        return refuse(request, setup, draft, is_refused=True)
    except budgets.BudgetRefused as refusal:
        return refuse(request, setup, draft, over_budget=str(refusal))
    drafts.mark_run(draft=draft)
    tasks.run_next()
    return redirect(batch)


def refuse(request: HtmxRequest, setup: SetupForm, draft: Draft, **said: Any) -> HttpResponse:
    """Nothing has run: the set-up as it was posted, with what is said about it."""
    context = setup_context(request, setup, draft) | said
    return render(request, "batches/setup.html", context, status=422)


def question_before(setup: SetupForm, made: plans.Plan, confirmed: str) -> Question | None:
    """What to ask before all of it is run; None where it may run."""
    offers = [(run.image_model.gateway, run.quote) for run in made.runs]
    stop = setup.stop.limit if setup.stop.is_valid() else None
    return confirmations.question_about(offers, setup.user, confirmed=confirmed, stop=stop)


# Contexts ----------------------------------------------------------------------------------------------------------


def setup_context(request: HtmxRequest, setup: SetupForm, draft: Draft | None = None) -> dict[str, Any]:
    made = plans.make_plan(setup.recipe, setup.image_models, setup.wishes, setup.user)
    is_simulated = all(gateways.is_simulated(row.gateway) for row in setup.image_models)
    return {
        "setup": setup,
        "form": setup.form,
        "box": build_box(setup.form),
        "image_model": setup.image_model,
        "submission": setup.data.get("submission") or uuid.uuid4().hex,
        "lines": build_lines(made, setup),
        "plan": made,
        "axes": build_axes(made, setup),
        "may_add_axis": len(made.axes) < MOST_AXES and len(setup.wishes) < MOST_WISHES,
        "words_of_axes": [axis for axis in made.axes if axis.kind in ("prompt", "pick")],
        "total": SIMULATED_SUM if is_simulated else total_in_words(made.total),
        "run_words": run_words(made),
        "units": UNITS,
        "unit": setup.unit,
        **draft_context(request, draft),
        "back_url": f"{reverse('studio')}?model={setup.image_model.full_id}",
    }


def run_words(made: plans.Plan) -> str:
    """What the button does."""
    if made.is_comparison or not made.axes:
        return f"Run {made.count} models" if made.count != 1 else "Run 1 model"
    return {0: "Run", 1: "Run 1"}.get(made.count, f"Run all {made.count}")


def build_axes(made: plans.Plan, setup: SetupForm) -> list[dict[str, Any]]:
    """The axes somebody asked for, and an empty one where “Vary a setting” was pressed."""
    planned = [axis for axis in made.axes if axis.kind in ("parameter", "input")]
    rows = [
        {
            "name": wish.name,
            "text": wish.text,
            "axis": axis,
            "choices": setup.axis_choices,
            "options": options_of(setup, wish.name),
        }
        for wish, axis in zip(setup.wishes, planned, strict=True)
    ]
    if setup.data.get("add_axis") and len(rows) < MOST_WISHES:
        rows.append({"name": "", "text": "", "axis": None, "choices": setup.axis_choices, "options": ""})
    return rows


def options_of(setup: SetupForm, name: str) -> str:
    """What may be written there."""
    parameter = next((p for p in setup.image_model.spec if p.name == name), None)
    if parameter is None or parameter.is_image:
        return ""
    if parameter.choices:
        return ", ".join(str(choice.label) for choice in parameter.choices)
    if parameter.type == "boolean":
        return "true, false"
    if not parameter.is_number:
        return "one, another"
    low, high = parameter.minimum, parameter.maximum
    return f"{low:g} to {high:g}, as in 1, 2, .., 10" if low is not None and high is not None else "1, 2, .., 10"


def build_lines(made: plans.Plan, setup: SetupForm) -> list[Line]:
    samples = newest_pictures(setup.image_models, setup.user)
    medians = Medians()
    return [
        Line(
            full_id=row.image_model.full_id,
            name=row.image_model.name,
            gateway=row.image_model.gateway.name,
            sample_url=samples[row.image_model.pk].thumbnail_url if row.image_model.pk in samples else "",
            colours=swatch(row.image_model),
            seconds=medians.of(row.image_model),
            changed=row.translation.changed,
            left_out=row.translation.left_out,
            problems=row.problems,
            price=total_in_words(row.total, is_simulated=gateways.is_simulated(row.image_model.gateway)),
            how=next((run.quote.how for run in made.runs if run.image_model.pk == row.image_model.pk), ""),
            is_base=row.image_model.pk == setup.image_model.pk,
        )
        for row in made.models
    ]
