"""One generation: its record, and what may be done with it."""

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from gallery import specs, tasks
from gallery.models import Generation, Image, User, visibilities_of
from gallery.services import budgets, generations, runs
from gallery.services.working_for import WorkRefused
from gallery.views.access import current_user, get_editable_generation, get_visible_generation, require_maker
from gallery.views.amounts import SIMULATED, cost_told
from gallery.views.htmx import HtmxRequest
from gallery.views.prompt_words import words_seen
from gallery.views.queue import is_seen, poll_context, poller
from gallery.views.quotes import ask_on_its_page, question_before_repeat
from gallery.views.rewrites import find_rewrite
from gallery.views.tiles import Medians, build_group, may_show, owner_name

LIVE_SECONDS = 1
# What is said of pictures that went in and cannot be shown: of one, of more.
MISSING = (
    ("deleted", "that was deleted", "that were deleted"),
    ("trashed", "in the trash", "in the trash"),
    ("private", "private to somebody else", "private to somebody else"),
)


@require_GET
def detail(request: HttpRequest, generation_id: int) -> HttpResponse:
    generation = get_visible_generation(request, generation_id)
    return render(request, "generation/page.html", record_context(generation, current_user(request)))


@require_GET
def live(request: HtmxRequest, generation_id: int) -> HttpResponse:
    """The record's tiles and words while it is open; the whole page again once it has ended."""
    stamp = Generation.objects.stamp()
    if is_seen(request, stamp):
        return HttpResponse(status=204)
    user = current_user(request)
    generation = get_visible_generation(request, generation_id)
    median = Medians().of(generation.image_model) if generation.is_open else None
    context = poll_context(request, stamp) | {"group": build_group(generation, user, median)}
    response = render(request, "generation/page.html#poll", context | record_poller(generation, stamp))
    if not generation.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def run_again(request: HttpRequest, generation_id: int) -> HttpResponse:
    require_maker(request)
    return repeat(request, generation_id, is_varied=False)


@require_POST
def vary(request: HttpRequest, generation_id: int) -> HttpResponse:
    """The same with another seed; where the model has none, a new run is another picture anyway."""
    require_maker(request)
    return repeat(request, generation_id, is_varied=True)


def repeat(request: HttpRequest, generation_id: int, *, is_varied: bool) -> HttpResponse:
    generation = get_visible_generation(request, generation_id)
    if question := question_before_repeat(generation, current_user(request), request.POST.get("confirmed", "")):
        return ask_on_its_page(
            request,
            question,
            heading=f"{generation.model_name} again?",
            prompt=generation.prompt,
            back_url=reverse("generation-detail", args=[generation_id]),
        )
    try:
        submission = request.POST.get("submission", "")[:80]
        again = generations.run_again(
            generation, owner=current_user(request), submission=submission, is_varied=is_varied
        )
    except (generations.CannotRunAgain, WorkRefused, budgets.BudgetRefused) as problem:
        messages.error(request, str(problem))
        return redirect("generation-detail", generation_id)
    tasks.run_next()
    if generation.kind == Generation.Kind.ANALYSIS:
        return redirect("generation-detail", again.pk)
    # A variation is looked at and changed further: its form stands ready.
    shown = f"generation={again.pk}" if is_varied else f"model={generation.full_model_id}"
    return redirect(f"{reverse('studio')}?{shown}")


@require_POST
def look_again(request: HttpRequest, generation_id: int) -> HttpResponse:
    """Finish from the saved reply; costs nothing."""
    require_maker(request)
    generation = get_editable_generation(request, generation_id)
    if not runs.can_look_again(generation):
        messages.error(request, "There is no saved answer to look at. “Run again” makes a new one.")
    elif runs.ask_to_look_again(generation):
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
    user, wanted = current_user(request), request.POST.get("visibility", "")
    if wanted in dict(visibilities_of(generation.group)) and generation.owner_id == user.pk:
        generations.set_visibility(generation, wanted)
    return redirect("generation-detail", generation_id)


# The record --------------------------------------------------------------------------------------------------------


def record_context(generation: Generation, user: User) -> dict[str, Any]:
    """Everything known about a run, ready to print; shared by the record's page and the picture's."""
    inputs = generations.inputs_of(generation)
    return {
        "generation": generation,
        "written": words_seen(generation, user),
        "rewrite": find_rewrite(generation),
        "group": build_group(generation, user, Medians().of(generation.image_model) if generation.is_open else None),
        "owner_name": owner_name(generation),
        "is_mine": generation.owner_id == user.pk,
        "submission": uuid.uuid4().hex,
        "record_visibilities": [each for each in visibilities_of(generation.group) if each[0] != generation.visibility],
        "may_edit": Generation.objects.editable_by(user).filter(pk=generation.pk).exists(),
        "settings": settings_rows(generation, set(inputs)),
        "input_uses": {name: use_url(generation, name) for name in inputs},
        "model_use_url": use_url(generation, "model"),
        "took": took(generation),
        "cost": cost_in_words(generation),
        "inputs": inputs_shown(inputs, user),
        "missing_inputs": missing_inputs(inputs, user),
        "request_json": pretty(generation.request),
        "reply_json": pretty(generation.reply),
        "can_look_again": user.may_make and runs.can_look_again(generation),
        "can_run_again": user.may_make and generation.image_model is not None and generation.image_model.is_enabled,
        **(record_poller(generation) if generation.is_open else {}),
        "is_first_poll": True,
    }


def record_poller(generation: Generation, stamp: str = "") -> dict[str, Any]:
    url = f"{reverse('generation-live', args=[generation.pk])}?{urlencode({'stamp': stamp})}"
    return poller(url, is_busy=True, seconds=LIVE_SECONDS)


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
        if state_of_input(image, user) == "shown"
    ]


def missing_inputs(inputs: Mapping[str, Sequence[Image]], user: User) -> list[str]:
    """Those that cannot be shown, in words."""
    counts = Counter(state_of_input(image, user) for images in inputs.values() for image in images)
    return [
        f"{count} picture {one}" if count == 1 else f"{count} pictures {more}"
        for state, one, more in MISSING
        if (count := counts[state])
    ]


def state_of_input(image: Image, user: User) -> str:
    if image.purged_at:
        return "deleted"
    if not may_show(image, user):
        return "private"
    may_restore = user.is_staff or image.owner_id == user.pk
    return "shown" if image.deleted_at is None or may_restore else "trashed"


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
                "use_url": use_url(generation, parameter.name),
            }
        )
    return rows


def use_url(generation: Generation, name: str) -> str:
    """Takes one thing of an image run over into the studio's form; a question's settings fit no other form."""
    is_image = generation.kind == Generation.Kind.IMAGE
    return f"{reverse('studio')}?generation={generation.pk}&only={name}" if is_image else ""


def took(generation: Generation) -> str:
    return f"{generation.took.total_seconds():.1f} s" if generation.took is not None else ""


def cost_in_words(generation: Generation) -> str:
    """Cost with its unit; unknown is said as unknown."""
    if generation.is_simulated:
        return SIMULATED
    if generation.cost is None:
        return "unknown" if generation.status == Generation.Status.SUCCEEDED else ""
    return cost_told(generation)


def pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
