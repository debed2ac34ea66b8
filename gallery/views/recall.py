"""Which model the studio opens with, and its form filled from what was there before."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from gallery import specs
from gallery.forms import GenerationForm
from gallery.models import Board, Draft, Generation, Group, Image, ImageModel, Snippet, User
from gallery.services import drafts, generations, recalls, written_prompts
from gallery.views.uploads import is_id

LOOKED_AT = 200


def choose_model(request: HttpRequest, user: User) -> ImageModel | None:
    """The one asked for, else that of the draft, else what this person chose on the profile or used last, else the one
    chosen at first."""
    offered = ImageModel.objects.offered()
    if (wanted := request.GET.get("model", "")) and (found := offered.named(wanted).first()):
        return found
    if group := Group.objects.first_for(user):
        offered = group.usable(offered)
    draft = Draft.objects.of(user)
    if draft and (found := offered.named(draft.model_key).first()):
        return found
    if user.default_model_id and (chosen := offered.filter(pk=user.default_model_id).first()):
        return chosen
    # What their scripts use is no choice of theirs here. Looked for among their latest runs alone: there may be millions.
    latest = list(user.generations.order_by("-id").values_list("pk", flat=True)[:LOOKED_AT])
    mine = offered.filter(generations__in=latest, generations__request_hash="", generations__client="studio")
    last = mine.order_by("-generations__id").first()
    makes_images = offered.exclude(output=ImageModel.Output.TEXT)
    return last or makes_images.order_by("-is_default", "gateway__position", "position").first()


def recall(generation: Generation, user: User) -> tuple[GenerationForm | None, list[str]]:
    """The form as it was for an old generation, in its model or, where that is gone, in the one chosen at first."""
    image_model = ImageModel.objects.offered().filter(generations=generation).first()
    notes = []
    if image_model is None:
        image_model = ImageModel.objects.offered().order_by("-is_default", "position").first()
        notes.append(f"{generation.model_name} is no longer offered.")
    if image_model is None:
        return None, notes
    prompt = written_prompts.write_plainly(generation.prompt, Snippet.objects.lists_for(user))
    values = {**generation.parameters, "prompt": prompt, "visibility": generation.visibility}
    values["group"] = generation.group_id or ""
    values["board"] = generation.board_id
    spec = specs.parse_parameters(generation.spec)
    form, dropped = fill_form(image_model, user, values, generations.inputs_of(generation), spec)
    return form, notes + dropped


def choose_board(request: HttpRequest, user: User, form: GenerationForm) -> Board | None:
    """The one asked for, else that of the draft or run this form was filled from, else the one this person used last."""
    is_open = Board.objects.open_to(user)
    if is_id(wanted := request.GET.get("board", "")):
        if found := is_open.filter(pk=int(wanted)).first():
            return found
        messages.warning(request, "That board is no longer open. What you make here goes to the library alone.")
        return None
    if (before := form.initial.get("board")) == "":
        return None
    kept = is_open.filter(pk=int(before)).first() if before and is_id(str(before)) else None
    return kept or Board.objects.last_used_by(user).first()


def start_from(image: Image, request: HttpRequest, user: User) -> tuple[GenerationForm | None, list[str]]:
    """The draft with this picture as its reference: in the model asked for or last used, if that takes pictures, else in one
    that does."""
    image_model = choose_model(request, user)
    if image_model is None or not image_model.image_parameters:
        offered = ImageModel.objects.for_picker().order_by("-is_default", "gateway__position", "position")
        image_model = next((row for row in offered if row.image_parameters), None)
    if image_model is None:
        return None, []
    first = image_model.image_parameters[0].name
    draft = Draft.objects.of(user)
    if draft is None:
        return fill_form(image_model, user, {}, {first: [image]})
    pictures, _ = drafts.pictures_of(draft, user)
    given = {**pictures, first: [image, *(other for other in pictures.get(first, []) if other != image)]}
    return fill_form(image_model, user, drafts.settings_of(draft), given, specs.parse_parameters(draft.spec))


def fill_form(
    image_model: ImageModel,
    user: User,
    values: Mapping[str, Any],
    inputs: Mapping[str, Sequence[Image]],
    spec_before: Sequence[specs.Parameter] = (),
) -> tuple[GenerationForm, list[str]]:
    """A form of this model filled with what fits of some values; the sentences say what does not."""
    fitted = recalls.fit(image_model, values, spec_before, inputs, user)
    return open_fitted(image_model, fitted, user), fitted.sentences


def open_fitted(image_model: ImageModel, fitted: recalls.Fitted, user: User) -> GenerationForm:
    form = GenerationForm(image_model=image_model, user=user, values=fitted.values, inputs=fitted.inputs)
    form.fitted = fitted
    return form
