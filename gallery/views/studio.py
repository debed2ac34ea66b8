"""The studio: pick a model, fill its form, generate, watch the results arrive."""

import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery import tasks
from gallery.forms import GenerationForm
from gallery.models import Generation, ImageModel, User
from gallery.models.generations import OPEN
from gallery.services import gateways, generations
from gallery.views.access import current_user, get_visible_generation, get_visible_image
from gallery.views.htmx import HtmxRequest
from gallery.views.picker import newest_picture, swatch
from gallery.views.recall import choose_model, fill_form, recall, start_from
from gallery.views.tiles import Group, Medians, build_group, build_groups
from gallery.views.uploads import is_id, store_posted_files

SHOWN = 24
MOST_CHANGES = 60
BUSY_SECONDS, QUIET_SECONDS = 1, 8
LOOK_BACK = timedelta(seconds=60)
FIRST_PROMPT = "A ceramic teapot on a windowsill at dusk, long shadows, matte glaze in ochre, film grain"


@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: HtmxRequest) -> HttpResponse:
    return submit(request) if request.method == "POST" else show(request)


def show(request: HtmxRequest) -> HttpResponse:
    user = current_user(request)
    recalled, reference = request.GET.get("generation", ""), request.GET.get("reference", "")
    if is_id(recalled):
        form, dropped = recall(get_visible_generation(request, int(recalled)), user)
    elif is_id(reference):
        form, dropped = start_from(get_visible_image(request, int(reference)), request, user)
    else:
        image_model = choose_model(request, user)
        is_first_visit = not Generation.objects.filter(owner=user, request_hash="").exists()
        values = {"prompt": FIRST_PROMPT} if is_first_visit else {}
        form, dropped = (GenerationForm(image_model=image_model, user=user, values=values) if image_model else None), []
    if form is None:
        return render(request, "studio/no_models.html", status=503)
    return render(request, "studio/page.html", page_context(request, form, dropped))


def submit(request: HtmxRequest) -> HttpResponse:
    """Check the posted form, write the row, ring the bell. A bad form comes back whole with 422."""
    user = current_user(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        return refuse_model(request, user)
    data, upload_errors = store_posted_files(request, image_model, user)
    form = GenerationForm(data, image_model=image_model, user=user)
    for name, sentence in upload_errors:
        form.add_error(name, sentence)
    if not form.is_valid():
        return show_errors(request, form)
    generation = generations.create_generation(
        owner=user,
        image_model=image_model,
        prompt=form.cleaned_data["prompt"],
        parameters=form.parameters,
        inputs=form.chosen_inputs,
        visibility=form.cleaned_data["visibility"],
        submission=request.POST.get("submission", "")[:80],
    )
    tasks.run_next()
    if not request.htmx:
        return redirect(f"{reverse('studio')}?model={image_model.full_id}")
    response = render(request, "studio/page.html#submitted", submitted_context(request, generation))
    response["HX-Reswap"] = "none"
    return response


def refuse_model(request: HtmxRequest, user: User) -> HttpResponse:
    """The form as it was posted, of a model that is no longer offered: the words stay, another model can be chosen."""
    gone = ImageModel.objects.named(request.POST.get("model", "")).select_related("gateway").first()
    image_model = gone or choose_model(request, user)
    if image_model is None:
        return render(request, "studio/no_models.html", status=503)
    form = GenerationForm(request.POST, image_model=image_model, user=user)
    form.add_error(None, "This model is no longer offered. Choose another one above; your words stay.")
    return show_errors(request, form)


def show_errors(request: HtmxRequest, form: GenerationForm) -> HttpResponse:
    template = "studio/page.html#form" if request.htmx else "studio/page.html"
    return render(request, template, page_context(request, form, []), status=422)


@require_POST
def form(request: HtmxRequest) -> HttpResponse:
    """The form of another model, keeping of the posted one what fits; says what does not."""
    user = current_user(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        return HttpResponse("This model is not offered.", status=404, content_type="text/plain")
    before = ImageModel.objects.named(request.POST.get("previous_model", "")).select_related("gateway").first()
    posted = GenerationForm(request.POST, image_model=before or image_model, user=user)
    posted.is_valid()
    values = {
        **posted.parameters,
        "prompt": request.POST.get("prompt", ""),
        "visibility": request.POST.get("visibility", "team"),
    }
    filled, dropped = fill_form(image_model, user, values, posted.chosen_inputs, posted.image_model.spec)
    response = render(request, "studio/page.html#form", page_context(request, filled, dropped))
    response["HX-Replace-Url"] = f"{reverse('studio')}?model={image_model.full_id}"
    return response


@require_GET
def live(request: HtmxRequest) -> HttpResponse:
    """What changed since the page last asked, as out-of-band swaps; 204 when nothing did."""
    user = current_user(request)
    since = read_moment(request.GET.get("since", ""))
    is_team = request.GET.get("results") == "team"
    rows = Generation.objects.for_results(user, team=is_team).changed_since(since)[:MOST_CHANGES]
    changed = build_groups(rows, user)
    if not changed:
        return HttpResponse(status=204)
    newest = max(row.changed_at for row in rows)
    context = live_context(request, newest) | {
        "generations": changed,
        "announcement": announce(changed),
        "queue": queue_counts(user),
    }
    return render(request, "studio/page.html#poll", context)


# Contexts ----------------------------------------------------------------------------------------------------------


def page_context(request: HttpRequest, form: GenerationForm, dropped: Sequence[str]) -> dict[str, Any]:
    user = current_user(request)
    image_model = form.image_model
    is_team = request.GET.get("results") == "team"
    rows = list(Generation.objects.for_results(user, team=is_team)[: SHOWN + 1])
    newest = max((row.changed_at for row in rows), default=timezone.now())
    sample = newest_picture(image_model, user)
    return {
        "form": form,
        "image_model": image_model,
        "typical_seconds": Medians().of(image_model),
        "sample_url": sample.thumbnail_url if sample else "",
        "colours": swatch(image_model),
        "simulated": gateways.is_simulated(image_model.gateway),
        "dropped": dropped,
        "submission": uuid.uuid4().hex,
        "generations": build_groups(rows[:SHOWN], user),
        "older_url": reverse("history") if len(rows) > SHOWN else "",
        "results": "team" if is_team else "mine",
        "queue": queue_counts(user),
        "key_url": reverse("admin:gallery_gateway_change", args=[image_model.gateway_id]),
        **live_context(request, newest),
    }


def submitted_context(request: HttpRequest, generation: Generation) -> dict[str, Any]:
    user = current_user(request)
    row = Generation.objects.for_results(user, team=False).get(pk=generation.pk)
    return {
        "generation": build_group(row, user, Medians().of(row.image_model)),
        "submission": uuid.uuid4().hex,
        "queue": queue_counts(user),
        # A poll that was under way is lost with the poller this replaces: the new one looks back far enough for it.
        **live_context(request, row.changed_at - LOOK_BACK, is_busy=True),
    }


def live_context(request: HttpRequest, since: datetime, *, is_busy: bool | None = None) -> dict[str, Any]:
    """The poller: quick while something of what is shown is open, slow else."""
    user = current_user(request)
    results = "team" if request.GET.get("results") == "team" else "mine"
    if is_busy is None:
        is_busy = Generation.objects.for_results(user, team=results == "team").filter(status__in=OPEN).exists()
    stamp = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {
        "live_url": f"{reverse('studio-live')}?results={results}&since={stamp}",
        "live_seconds": BUSY_SECONDS if is_busy else QUIET_SECONDS,
        "now_milliseconds": int(time.time() * 1000),
    }


def queue_counts(user: User) -> dict[str, int]:
    rows = Generation.objects.filter(status__in=OPEN)
    return {"waiting": rows.count(), "yours": rows.filter(owner=user).count()}


def announce(changed: Sequence[Group]) -> str:
    """One line for screen readers about what ended."""
    done = [group for group in changed if group.status == "succeeded"]
    failed = [group for group in changed if group.status == "failed"]
    if failed:
        return f"Failed: {failed[0].title}. {failed[0].sentence}"
    return f"Done: {done[0].title}" if done else ""


def read_moment(text: str) -> datetime:
    """An ISO moment from the page; a recent one if it is not readable."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = timezone.now() - timedelta(minutes=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
