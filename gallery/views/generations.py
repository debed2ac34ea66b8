"""One generation: its record, and what may be done with it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery import specs, tasks
from gallery.models import Generation, Image, User, Visibility
from gallery.services import generations, runs
from gallery.views.access import current_user, get_editable_generation, get_visible_generation
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import Medians, build_group, may_show, owner_name


@require_GET
def detail(request: HttpRequest, generation_id: int) -> HttpResponse:
    generation = get_visible_generation(request, generation_id)
    return render(request, "generation/page.html", record_context(generation, current_user(request)))


@require_GET
def live(request: HtmxRequest, generation_id: int) -> HttpResponse:
    """The record's tiles and words while it is open; the whole page again once it has ended."""
    user = current_user(request)
    generation = get_visible_generation(request, generation_id)
    median = Medians().of(generation.image_model) if generation.is_open else None
    context = {"generation": build_group(generation, user, median)}
    response = render(request, "_generation_group.html", context)
    if not generation.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def run_again(request: HttpRequest, generation_id: int) -> HttpResponse:
    generation = get_visible_generation(request, generation_id)
    try:
        submission = request.POST.get("submission", "")[:80]
        again = generations.run_again(generation, owner=current_user(request), submission=submission)
    except generations.CannotRunAgain as problem:
        messages.error(request, str(problem))
        return redirect("generation-detail", generation_id)
    tasks.run_next()
    if generation.kind == Generation.Kind.ANALYSIS:
        return redirect("generation-detail", again.pk)
    return redirect(f"{reverse('studio')}?model={generation.full_model_id}")


@require_POST
def look_again(request: HttpRequest, generation_id: int) -> HttpResponse:
    """Finish from the saved reply; costs nothing."""
    generation = get_editable_generation(request, generation_id)
    if not runs.can_look_again(generation):
        messages.error(request, "There is no saved answer to look at. “Run again” makes a new one.")
    else:
        tasks.look_again(generation.pk)
    return redirect("generation-detail", generation_id)


@require_POST
def cancel(request: HtmxRequest, generation_id: int) -> HttpResponse:
    generation = get_editable_generation(request, generation_id)
    if not generations.cancel_generation(generation):
        messages.info(request, "This had already ended.")
    if not request.htmx:
        return redirect("generation-detail", generation_id)
    user = current_user(request)
    row = Generation.objects.for_page(user).prefetch_related("images").get(pk=generation_id)
    return render(
        request, "_generation_group.html", {"generation": build_group(row, user, Medians().of(row.image_model))}
    )


@require_POST
def visibility(request: HttpRequest, generation_id: int) -> HttpResponse:
    generation = get_editable_generation(request, generation_id)
    wanted = request.POST.get("visibility")
    if wanted in Visibility.values and generation.owner_id == current_user(request).pk:
        generations.set_visibility(generation, wanted)
    return redirect("generation-detail", generation_id)


# The record --------------------------------------------------------------------------------------------------------


def record_context(generation: Generation, user: User) -> dict[str, Any]:
    """Everything known about a run, ready to print; shared by the record's page and the picture's."""
    inputs = generations.inputs_of(generation)
    shown = inputs_shown(inputs, user)
    return {
        "generation": generation,
        "group": build_group(generation, user, Medians().of(generation.image_model) if generation.is_open else None),
        "owner_name": owner_name(generation),
        "is_mine": generation.owner_id == user.pk,
        "submission": uuid.uuid4().hex,
        "may_edit": Generation.objects.editable_by(user).filter(pk=generation.pk).exists(),
        "settings": settings_rows(generation, set(inputs)),
        "took": took(generation),
        "cost": cost_in_words(generation),
        "inputs": shown,
        "hidden_inputs": sum(len(images) for images in inputs.values()) - len(shown),
        "request_json": pretty(generation.request),
        "reply_json": pretty(generation.reply),
        "can_look_again": runs.can_look_again(generation),
        "can_run_again": generation.image_model is not None and generation.image_model.is_enabled,
    }


def inputs_shown(inputs: Mapping[str, Sequence[Image]], user: User) -> list[dict[str, Any]]:
    """The pictures that went in, as far as this person may see them."""
    return [
        {
            "page_url": image.get_absolute_url(),
            "thumbnail_url": image.thumbnail_url,
            "parameter": parameter.replace("_", " "),
        }
        for parameter, images in inputs.items()
        for image in images
        if may_show(image, user)
    ]


def settings_rows(generation: Generation, given: set[str]) -> list[dict[str, Any]]:
    """Every parameter of the run in the spec's order: what was chosen, in words, and whether it stood at its default."""
    rows = []
    for parameter in specs.parse_parameters(generation.spec):
        value = generation.parameters.get(parameter.name, parameter.default)
        if parameter.is_image or value is None or value == "":
            continue
        rows.append(
            {
                "label": parameter.label,
                "value": parameter.label_of(value),
                "is_default": value == parameter.default,
                "is_ignored": specs.is_ignored(parameter, given),
            }
        )
    return rows


def took(generation: Generation) -> str:
    return f"{generation.took.total_seconds():.1f} s" if generation.took is not None else ""


def cost_in_words(generation: Generation) -> str:
    """Cost with its unit; unknown is said as unknown, simulated costs nothing."""
    if generation.is_simulated:
        return "nothing, simulated"
    if generation.cost is None:
        return "unknown" if generation.status == Generation.Status.SUCCEEDED else ""
    amount = f"{generation.cost.normalize():f}"
    return f"${amount}" if generation.cost_unit == "usd" else f"{amount} {generation.cost_unit}"


def pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
