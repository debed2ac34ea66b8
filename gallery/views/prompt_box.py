"""The prompt box of the studio: what a prompt stands for before it is run, and the prompts there were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from gallery import specs
from gallery.forms import GenerationForm
from gallery.models import Batch, Generation, ImageModel, Snippet, User
from gallery.services import brace_faults, prompt_limits, written_prompts
from gallery.services.expansion import Expansion
from gallery.views.access import current_user, require_maker
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import age, owner_name

MOST_PREVIEWED = 60
MOST_READ = 300
MOST_OFFERED = 60
LONGEST_SEARCH = 120


@dataclass(frozen=True, kw_only=True)
class Box:
    """What stands below the prompt. `is_asking`: Generate was pressed before its count had been seen."""

    limit: int
    count: int
    pictures: int
    prompts: Sequence[Expansion]
    fault: str
    doubts: Sequence[str]
    is_asking: bool

    @property
    def rest(self) -> int:
        return self.count - len(self.prompts)


def build_box(form: GenerationForm, *, is_live: bool = False) -> Box:
    """`is_live`: while it is written, when nobody has pressed anything; else a fault is told beside the field."""
    written = form.written
    is_many = written.count > 1 and not written.fault
    each = specs.count_chosen(form.image_model.spec, form.standing, set(form.given)) if is_many else 0
    return Box(
        limit=prompt_limits.limit_of(form.image_model),
        count=written.count if is_many else 1,
        pictures=each * written.count,
        prompts=written.prompts(MOST_PREVIEWED) if is_many else [],
        fault=written.fault if is_live else "",
        doubts=written.doubts,
        is_asking=not is_live and form.is_bound and not form.errors and is_many_unseen(form),
    )


def is_many_unseen(form: GenerationForm) -> bool:
    """Whether this stands for more prompts than the page had said when it was posted."""
    return form.written.count > 1 and form.data.get("prompts_shown") != str(form.written.count)


def create_batch(request: HttpRequest, form: GenerationForm) -> Batch:
    return written_prompts.create_batch(
        written=form.written,
        owner=current_user(request),
        image_model=form.image_model,
        parameters=form.parameters,
        inputs=form.chosen_inputs,
        visibility=form.cleaned_data["visibility"],
        group=form.cleaned_data["group"],
        board=form.cleaned_data["board"],
        submission=request.POST.get("submission", ""),
    )


@require_POST
def expansion(request: HtmxRequest) -> HttpResponse:
    """What the posted form's prompt stands for, and what that costs."""
    require_maker(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        raise Http404
    form = GenerationForm(request.POST, image_model=image_model, user=current_user(request))
    form.is_valid()
    return render(request, "studio/_expansion.html", {"box": build_box(form, is_live=True)})


# Earlier prompts ---------------------------------------------------------------------------------------------------


@require_GET
def earlier(request: HttpRequest) -> HttpResponse:
    """One's own prompts, newest first and each once, then the team's; with `?q=` those that hold these words."""
    user = require_maker(request)
    search = request.GET.get("q", "").replace("\x00", "")[:LONGEST_SEARCH]
    lists = Snippet.objects.lists_for(user)
    styles = set(Snippet.objects.styles_for(user).values_list("pk", flat=True))
    seen: set[str] = set()
    prompts: list[dict[str, Any]] = []
    for is_team in (False, True):
        rows = Generation.objects.for_prompt_box(user, team=is_team, search=search)[:MOST_READ]
        prompts += distinct(rows, user, lists, styles, seen)
    return JsonResponse({"prompts": prompts})


def distinct(
    rows: Sequence[Generation] | Any,
    user: User,
    lists: Mapping[str, Sequence[str]],
    styles: set[int],
    seen: set[str],
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in rows:
        entry = entry_of(row, user, lists, styles)
        key = f"{entry['text'].strip()} {[style['id'] for style in entry['styles']]}"
        if key not in seen:
            seen.add(key)
            found.append(entry)
        if len(found) == MOST_OFFERED:
            break
    return found


def entry_of(row: Generation, user: User, lists: Mapping[str, Sequence[str]], styles: set[int]) -> dict[str, Any]:
    """As it was written, so that runs of one prompt are one; as it was sent where it rests on a style that is gone or on
    somebody's own list."""
    written = row.written or {}
    used = written.get("styles", [])
    is_whole = bool(written) and all(style["id"] in styles for style in used)
    is_whole = is_whole and not brace_faults.unknown_names(written["prompt"], lists)
    text = written["prompt"] if is_whole else written_prompts.write_plainly(row.prompt, lists)
    return {
        "text": text.replace("\r\n", "\n"),
        "styles": used if is_whole else [],
        "who": "" if row.owner_id == user.pk else owner_name(row),
        "model": row.model_name,
        "age": age(row.created_at),
    }
