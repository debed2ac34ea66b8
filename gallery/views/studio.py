"""The studio: pick a model, fill its form, generate, watch the results arrive."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gallery import tasks
from gallery.forms import GenerationForm
from gallery.forms.former import read_former, write_former
from gallery.models import Draft, Generation, ImageModel, User
from gallery.services import batches, budgets, drafts, gateways, generations
from gallery.services.working_for import WorkRefused
from gallery.views import prompt_box, quotes
from gallery.views.access import current_user, require_maker
from gallery.views.batch_groups import build_result_groups
from gallery.views.drafted import draft_context, keep_draft
from gallery.views.form_notes import KEPT_WHOLE, RUN_STANDS, build_note
from gallery.views.htmx import HtmxRequest
from gallery.views.model_samples import newest_picture, swatch
from gallery.views.opening import open_studio
from gallery.views.preset_lines import build_menu
from gallery.views.recall import choose_model
from gallery.views.studio_live import live_context, queue_counts
from gallery.views.tiles import Medians
from gallery.views.uploads import store_posted_files

# Words of the address that fill the form with something else than what this person had in it.
FILLING = {"generation", "reference", "preset"}
SHOWN = 24
LOOK_BACK = timedelta(seconds=60)


@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: HtmxRequest) -> HttpResponse:
    if request.method == "POST":
        return submit(request)
    return show(request) if current_user(request).may_make else redirect("library")


def show(request: HtmxRequest) -> HttpResponse:
    opened = open_studio(request)
    if opened is None:
        return render(request, "studio/no_models.html", status=503)
    return render(request, "studio/page.html", page_context(request, opened.form, **opened.context))


def submit(request: HtmxRequest) -> HttpResponse:
    """Check the posted form, write the row, ring the bell. A bad form comes back whole with 422. Either is the draft now."""
    user = require_maker(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        return refuse_model(request, user)
    data, upload_errors = store_posted_files(request, image_model, user)
    draft = keep_draft(request, image_model, data)
    form = GenerationForm(data, image_model=image_model, user=user)
    for name, sentence in upload_errors:
        form.add_error(name, sentence)
    if not form.is_valid() or prompt_box.is_many_unseen(form):
        return show_errors(request, form, draft)
    if question := quotes.question_before(form, request.POST.get("confirmed", "")):
        return say_first(request, form, draft, "_question.html", {"question": quotes.ask(question)})
    try:
        generation = create_runs(request, form)
    except batches.BatchRefused as refusal:
        form.add_error("prompt", str(refusal))
        return show_errors(request, form, draft)
    except WorkRefused as refusal:
        form.add_error("group", str(refusal))
        return show_errors(request, form, draft)
    except budgets.BudgetRefused as refusal:
        return say_first(request, form, draft, "_over_budget.html", {"over_budget": str(refusal)})
    tasks.run_next()
    return show_submitted(request, generation, draft)


def create_runs(request: HtmxRequest, form: GenerationForm) -> Generation:
    """The run, or the first of the batch of all prompts that one stands for. What only has to wait for another run of unknown
    price is a batch of its own, which waits by itself. Raises BatchRefused, WorkRefused, BudgetRefused."""
    if form.written.count == 1:
        try:
            return create_run(request, form)
        except budgets.BudgetRefused as refusal:
            if not refusal.is_passing:
                raise
    try:
        batch = prompt_box.create_batch(request, form)
    except batches.RunAlready as already:
        return already.generation
    return Generation.objects.filter(batch=batch).earliest("pk")


def create_run(request: HtmxRequest, form: GenerationForm) -> Generation:
    return generations.create_generation(
        owner=form.user,
        image_model=form.image_model,
        prompt=form.written.first,
        written=form.written.record,
        parameters=form.parameters,
        inputs=form.chosen_inputs,
        visibility=form.cleaned_data["visibility"],
        group=form.cleaned_data["group"],
        submission=request.POST.get("submission", "")[:80],
        board=form.cleaned_data["board"],
    )


def show_submitted(request: HtmxRequest, generation: Generation, draft: Draft) -> HttpResponse:
    drafts.mark_run(draft=draft)
    if not request.htmx:
        return redirect(f"{reverse('studio')}?model={generation.full_model_id}")
    response = render(request, "studio/page.html#submitted", submitted_context(request, generation, draft))
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


def show_errors(request: HtmxRequest, form: GenerationForm, draft: Draft | None = None) -> HttpResponse:
    template = "studio/page.html#form" if request.htmx else "studio/page.html"
    return render(request, template, page_context(request, form, [], draft=draft), status=422)


def say_first(
    request: HtmxRequest, form: GenerationForm, draft: Draft, template: str, said: dict[str, Any]
) -> HttpResponse:
    """Nothing has run: the form stays as it is, with a question or a refusal in its foot."""
    if not request.htmx:
        return render(request, "studio/page.html", page_context(request, form, [], draft=draft) | said, status=422)
    response = render(request, template, said, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#run-question", "innerHTML"
    return response


# Contexts ----------------------------------------------------------------------------------------------------------


def page_context(
    request: HttpRequest,
    form: GenerationForm,
    dropped: Sequence[str],
    *,
    former: str | None = None,
    later: str = "",
    draft: Draft | None = None,
) -> dict[str, Any]:
    """`dropped` are sentences on what the form was filled from; `former` and `later` the forms that Undo and Redo bring back,
    those that were posted if it is not said. `draft` is the one that the form shows: another one it will not overwrite
    silently."""
    user = current_user(request)
    is_recalled = request.method == "GET" and not request.GET.keys().isdisjoint(FILLING)
    if former is None:
        former = write_former(read_former(request.POST.get("former", "")))
    image_model = form.image_model
    is_team = request.GET.get("results") == "team"
    rows = list(Generation.objects.for_results(user, team=is_team).one_of_batch()[: SHOWN + 1])
    newest = max((row.changed_at for row in rows), default=timezone.now())
    sample = newest_picture(image_model, user)
    return {
        "form": form,
        "box": prompt_box.build_box(form),
        "image_model": image_model,
        "typical_seconds": Medians().of(image_model),
        "sample_url": sample.thumbnail_url if sample else "",
        "colours": swatch(image_model),
        "simulated": gateways.is_simulated(image_model.gateway),
        "dropped": dropped,
        "price": quotes.price_line(form),
        "preset_menu": build_menu(user, image_model),
        "note": build_note(form, dropped, is_told=is_recalled or bool(former or later), whole=whole_in_words(request)),
        "former": former,
        "later": later,
        "is_recalled": is_recalled,
        **draft_context(request, draft),
        "submission": uuid.uuid4().hex,
        "generations": build_result_groups(rows[:SHOWN], user),
        "older_url": reverse("history") if len(rows) > SHOWN else "",
        "results": "team" if is_team else "mine",
        "queue": queue_counts(user),
        "key_url": reverse("admin:gallery_gateway_change", args=[image_model.gateway_id]),
        **live_context(request, newest),
        "is_first_poll": True,
    }


def whole_in_words(request: HttpRequest) -> str:
    """What a form that was filled without a loss is told of: one's own went on, or a run took its place."""
    is_run = request.method == "GET" and "generation" in request.GET and not request.GET.get("only")
    return RUN_STANDS if is_run else KEPT_WHOLE


def submitted_context(request: HttpRequest, generation: Generation, draft: Draft) -> dict[str, Any]:
    user = current_user(request)
    row = Generation.objects.for_results(user, team=False).get(pk=generation.pk)
    return {
        "generation": build_result_groups([row], user)[0],
        "submission": uuid.uuid4().hex,
        "draft_seen": draft.revision,
        "queue": queue_counts(user),
        # A poll that was under way is lost with the poller this replaces: the new one looks back far enough for it.
        **live_context(request, row.changed_at - LOOK_BACK, is_busy=True),
    }
