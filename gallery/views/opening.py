"""What the studio opens with: an old run, one thing of it, a picture to start from, a preset, or the draft."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from gallery.forms import GenerationForm
from gallery.forms.former import draft_as_former
from gallery.models import Draft, Generation, ImageModel, Preset, User
from gallery.services import drafts, presets
from gallery.services.ways_back import Filled
from gallery.views.access import current_user, get_visible_generation, get_visible_image, get_visible_preset
from gallery.views.drafted import reopen
from gallery.views.preset_lines import model_of, used_in_words
from gallery.views.recall import choose_board, choose_model, open_fitted, recall, start_from
from gallery.views.take_over import take_over
from gallery.views.uploads import is_id
from gallery.views.ways_out import take_value

FIRST_PROMPT = "A ceramic teapot on a windowsill at dusk, long shadows, matte glaze in ochre, film grain"


@dataclass(kw_only=True)
class Opened:
    """`draft` is the one that the form shows; none where it shows something else."""

    form: GenerationForm
    said: list[str]
    draft: Draft | None
    former: str

    @property
    def context(self) -> dict[str, Any]:
        return {"dropped": self.said, "draft": self.draft, "former": self.former}


def open_studio(request: HttpRequest) -> Opened | None:
    """None where no model is offered."""
    user = current_user(request)
    recalled, reference = request.GET.get("generation", ""), request.GET.get("reference", "")
    draft, preset = Draft.objects.of(user), request.GET.get("preset", "")
    if is_id(recalled):
        form, said = show_recalled(request, get_visible_generation(request, int(recalled)))
        draft = draft if request.GET.get("only") else None
    elif is_id(reference):
        form, said = start_from(get_visible_image(request, int(reference)), request, user)
    elif is_id(preset):
        form, said = open_preset(request, get_visible_preset(request, int(preset)))
    else:
        form, said = open_plainly(request, draft)
    if form is None:
        return None
    tell_not_asked(request, form.image_model)
    form.initial["board"] = choose_board(request, user, form)
    is_plain = not any(map(is_id, (recalled, reference, preset)))
    former = draft_as_former(user, unless_of=form.image_model if is_plain else None)
    return Opened(form=form, said=said, draft=draft, former=former)


def show_recalled(request: HttpRequest, generation: Generation) -> tuple[GenerationForm | None, list[str]]:
    """The whole of an old run, or with `?only=` one thing of it in the draft."""
    user = current_user(request)
    only = request.GET.get("only", "")
    image_model = choose_model(request, user) if only else None
    if image_model is None:
        taken = take_value(generation, request.GET.get("take", ""))
        form, dropped = recall(generation, user)
        return form, [taken, *dropped] if taken else dropped
    return take_over(generation, only, image_model, user)


def open_plainly(request: HttpRequest, draft: Draft | None) -> tuple[GenerationForm | None, list[str]]:
    """The draft, in its model or carried over to the one that is asked for; without one an empty form."""
    user = current_user(request)
    image_model = choose_model(request, user)
    if image_model is None:
        return None, []
    if draft is not None:
        tell_model_gone(request, draft, image_model)
        return reopen(draft, image_model, user)
    values = {"prompt": FIRST_PROMPT} if is_first_visit(user) else {}
    return open_new(image_model, values, user)


def open_new(image_model: ImageModel, values: dict[str, Any], user: User) -> tuple[GenerationForm, list[str]]:
    """A form without a past: with the preset that opens this model, if there is one."""
    preset = Preset.objects.opening(user, image_model)
    if preset is None:
        return GenerationForm(image_model=image_model, user=user, values=values), []
    now = Filled(image_model=image_model, values=values, inputs={})
    fitted = presets.fit_preset(preset, image_model, now, user)
    return open_fitted(image_model, fitted, user), [f"Opened with the preset “{preset.name}”."]


def open_preset(request: HttpRequest, preset: Preset) -> tuple[GenerationForm | None, list[str]]:
    """The draft with the settings of a preset, in the preset's model."""
    user = current_user(request)
    image_model = model_of(preset) or choose_model(request, user)
    if image_model is None:
        return None, []
    now = Filled(image_model=image_model, values={}, inputs={})
    draft = Draft.objects.of(user)
    before = ImageModel.objects.named(draft.model_key).select_related("gateway").first() if draft else None
    if draft and before:
        now = Filled(image_model=before, values=drafts.settings_of(draft), inputs=drafts.pictures_of(draft, user)[0])
    fitted = presets.fit_preset(preset, image_model, now, user)
    return open_fitted(image_model, fitted, user), [used_in_words(preset, image_model)]


def is_first_visit(user: User) -> bool:
    return not Generation.objects.filter(owner=user, request_hash="").exists()


def tell_not_asked(request: HttpRequest, image_model: ImageModel) -> None:
    """Of another model than the address names, where the one it names cannot be chosen."""
    wanted = request.GET.get("model", "")
    is_it = wanted in ("", image_model.full_id, image_model.model_id)
    if not is_it and not ImageModel.objects.offered().named(wanted).exists():
        messages.warning(request, f"{wanted[:120]} is not here, or not any more: showing {image_model.name}.")


def tell_model_gone(request: HttpRequest, draft: Draft, image_model: ImageModel) -> None:
    """The model of the draft cannot be chosen any more."""
    if draft.model_key == image_model.full_id or request.GET.get("model"):
        return
    if not ImageModel.objects.offered().named(draft.model_key).exists():
        messages.warning(request, f"{draft.model_key} is no longer offered. Your draft is in {image_model.name} now.")
