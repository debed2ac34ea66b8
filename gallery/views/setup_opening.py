"""What the set-up of a comparison or a matrix opens with: the studio's form, what was posted, or its draft."""

from dataclasses import dataclass, field

from django.http import Http404, HttpRequest, QueryDict

from gallery.forms import SetupForm
from gallery.forms.batches import data_of
from gallery.models import Draft, ImageModel, User
from gallery.services import plans, recalls
from gallery.views.access import current_user
from gallery.views.drafted import keep_draft, kind_of, reopen, save_posted
from gallery.views.picker import group_in
from gallery.views.recall import choose_model
from gallery.views.uploads import store_posted_files


@dataclass(frozen=True, kw_only=True)
class OpenedSetup:
    """`draft` is the one that it shows."""

    setup: SetupForm
    draft: Draft | None = None
    said: list[str] = field(default_factory=list)


def open_setup(request: HttpRequest, *, beside: int) -> OpenedSetup:
    """Begun with so many models beside the studio's own. A page that is not swapped in is kept by the server: whatever
    brings it back asks for it by its address alone."""
    if request.method != "POST":
        return reopen_setup(request, beside=beside)
    setup = read_setup(request, beside=beside)
    return OpenedSetup(setup=setup, draft=None if "HX-Request" in request.headers else keep_setup(request, setup))


def read_setup(request: HttpRequest, *, beside: int = 0) -> SetupForm:
    """What was posted: the studio's form, or a set-up that goes on."""
    user = current_user(request)
    offered = ImageModel.objects.offered()
    base = offered.named(request.POST.get("previous_model", "") or request.POST.get("model", "")).first()
    first = base or choose_model(request, user)
    if first is None:
        raise Http404
    return build_setup(store_posted_files(request, first, user)[0], first, user, beside=beside)


def reopen_setup(request: HttpRequest, *, beside: int) -> OpenedSetup:
    """The draft; where nothing was ever set up, what stands in the studio."""
    user = current_user(request)
    kept = None if request.GET.get("model") else Draft.objects.of(user, Draft.Kind.SET_UP)
    draft = kept or Draft.objects.of(user)
    offered = ImageModel.objects.offered()
    base = offered.named(draft.model_key).first() if draft else None
    others = offered.in_order(kept.plan.get("models", [])) if kept else []
    first = base or next(iter(others), None) or choose_model(request, user)
    if first is None:
        raise Http404
    if draft is None or request.GET.get("model"):
        return OpenedSetup(setup=build_setup(data_of({}, {}), first, user, beside=beside))
    form, said = reopen(draft, first, user)
    data = data_of(form.initial, form.inputs)
    data.setlist("prompt_styles", [*filter(None, str(form.initial.get("prompt_styles") or "").split(","))])
    for name, texts in draft.plan.items():
        data.setlist(name, texts)
    gone = set(draft.plan.get("models", [])) - {row.full_id for row in others}
    said += [f"No longer offered: {', '.join(sorted(gone))}."] if gone else []
    return OpenedSetup(setup=build_setup(data, first, user, beside=beside), draft=kept, said=said)


def build_setup(data: QueryDict, first: ImageModel, user: User, *, beside: int) -> SetupForm:
    group = group_in(data, user)
    offered = ImageModel.objects.offered()
    chosen = offered.exclude(output=ImageModel.Output.TEXT).in_order(data.getlist("models"))
    if not data.getlist("models"):
        suggested = ImageModel.objects.suggested(user, beside=first)
        chosen = [first, *(group.usable(suggested) if group else suggested)[:beside]]
    chosen = chosen[: plans.MOST_MODELS]
    added = offered.named(data.get("model", "")).first()
    if added and added not in chosen and len(chosen) < plans.MOST_MODELS:
        chosen.append(added)
    chosen = [row for row in chosen if row.full_id != data.get("take_out")] or [first]
    setup = SetupForm(data, image_model=first, image_models=chosen, user=user)
    return setup if first in chosen else in_words_of(setup, chosen[0], user)


def in_words_of(setup: SetupForm, image_model: ImageModel, user: User) -> SetupForm:
    """The same set-up when the model whose settings were shown is taken out: the next one's are."""
    before = setup.recipe
    fitted = recalls.fit(image_model, before.parameters, before.image_model.spec, before.inputs, user)
    data = setup.data.copy()
    for parameter in before.image_model.spec:
        data.pop(parameter.name, None)
        data.pop(f"{parameter.name}_images", None)
    return SetupForm(
        data_of(fitted.values, fitted.inputs, data), image_model=image_model, image_models=setup.image_models, user=user
    )


def keep_setup(request: HttpRequest, setup: SetupForm) -> Draft:
    """As it was posted, with the models it shows. What was begun from the studio's form is that form's draft as well."""
    data = setup.data.copy()
    data.setlist("models", [row.full_id for row in setup.image_models])
    is_begun = kind_of(data) != Draft.Kind.SET_UP
    if is_begun:
        keep_draft(request, setup.image_model, data)
        data["draft_kind"], data["draft_seen"] = Draft.Kind.SET_UP, ""
    return save_posted(request, setup.image_model, data, is_elsewhere=is_begun).draft
