"""One thing of an old run taken over into the form one works in, and the sentence that says what happened. Generic over
the stored spec: any parameter, the pictures of one, the prompt or the model."""

from collections.abc import Sequence
from typing import Any

from gallery import specs
from gallery.forms import GenerationForm
from gallery.models import Draft, Generation, Image, ImageModel, Snippet, User
from gallery.services import drafts, generations, recalls, written_prompts
from gallery.views.recall import fill_form

Inputs = dict[str, Sequence[Image]]


def take_over(
    generation: Generation, only: str, image_model: ImageModel, user: User
) -> tuple[GenerationForm, list[str]]:
    """`only` is `prompt`, `model` or a parameter's name; `image_model` that of the form, its values the draft's or else what
    this person ran last with it. The seed of that run is not kept: it made that picture."""
    if only == "model":
        return take_model(generation, image_model, user)
    values, inputs = last_values(image_model, user)
    if only == "prompt":
        values["prompt"], sentence = prompt_of(generation, user), "Took over the prompt."
    else:
        taken, pictures, sentence = take_parameter(generation, only, image_model, user)
        values |= taken
        inputs |= pictures
    form, _ = fill_form(image_model, user, values, inputs, image_model.spec)
    return form, [sentence]


def take_model(generation: Generation, image_model: ImageModel, user: User) -> tuple[GenerationForm, list[str]]:
    """The form as it is, of the other model."""
    values, inputs = last_values(image_model, user)
    wanted = ImageModel.objects.offered().filter(generations=generation).first()
    if wanted is None:
        form, _ = fill_form(image_model, user, values, inputs, image_model.spec)
        return form, [f"{generation.model_name} is no longer offered: nothing changed."]
    form, dropped = fill_form(wanted, user, values, inputs, image_model.spec)
    return form, [f"Took over the model {wanted.name}.", *dropped]


def last_values(image_model: ImageModel, user: User) -> tuple[dict[str, Any], Inputs]:
    """What stands in this person's draft of a model, else what they ran last with it; nothing, where that was never."""
    draft = Draft.objects.of(user)
    if draft is not None and draft.model_key == image_model.full_id:
        return drafts.settings_of(draft), {**drafts.pictures_of(draft, user)[0]}
    last = Generation.objects.last_of(user, image_model).first()
    if last is None:
        return {}, {}
    values = recalls.without_seed(last.parameters, specs.parse_parameters(last.spec))
    kept = {"prompt": prompt_of(last, user), "visibility": last.visibility, "board": last.board_id}
    return {**values, **kept, "group": last.group_id or ""}, {**generations.inputs_of(last)}


def prompt_of(generation: Generation, user: User) -> str:
    """What was sent, written so that it is sent again."""
    return written_prompts.write_plainly(generation.prompt, Snippet.objects.lists_for(user))


def take_parameter(
    generation: Generation, name: str, image_model: ImageModel, user: User
) -> tuple[dict[str, Any], Inputs, str]:
    """Value or pictures of one parameter, as far as this model takes them."""
    spec = specs.parse_parameters(generation.spec)
    parameter = next((one for one in spec if one.name == name), None)
    if parameter is None:
        return {}, {}, "That run had no such setting: nothing changed."
    if parameter.is_image:
        return take_pictures(generation, parameter, image_model, user)
    value = generation.parameters.get(name, parameter.default)
    if value is None or value == "":
        return {}, {}, f"That run left {parameter.label} open: nothing changed."
    fitted = specs.translate({name: value}, spec, image_model.spec)
    words = f"{parameter.label} {parameter.label_of(value)}"
    if fitted.values:
        said = fitted.changed[0] if fitted.changed else words
        return fitted.values, {}, f"Took over {said}."
    has_it = any(one.name == name for one in image_model.spec)
    lacks = f"does not take {words}" if has_it else f"has no {parameter.label.lower()}"
    return {}, {}, f"This model {lacks}: nothing changed."


def take_pictures(
    generation: Generation, parameter: specs.Parameter, image_model: ImageModel, user: User
) -> tuple[dict[str, Any], Inputs, str]:
    if not image_model.image_parameters:
        return {}, {}, "This model takes no pictures: nothing changed."
    given = generations.inputs_of(generation).get(parameter.name, [])
    fitted = recalls.fit(image_model, {}, [parameter], {parameter.name: given}, user)
    count = sum(len(images) for images in fitted.inputs.values())
    taken = f"Took over {count} picture{'s' if count > 1 else ''}." if count else "Nothing changed."
    lost = [f"Left out: {one.value}, {one.reason}." for one in fitted.translation.left_out]
    return {}, dict(fitted.inputs), " ".join([taken, *lost])
