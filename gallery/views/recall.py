"""Which model the studio opens with, and its form filled from what was there before."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from gallery import specs
from gallery.forms import GenerationForm
from gallery.models import Generation, Image, ImageModel, User
from gallery.services import generations, recalls


def choose_model(request: HttpRequest, user: User) -> ImageModel | None:
    """The one asked for, else the one this person used last, else the one chosen at first."""
    offered = ImageModel.objects.offered()
    if wanted := request.GET.get("model", ""):
        if found := offered.named(wanted).first():
            return found
        messages.warning(request, f"{wanted[:120]} is not offered here. This is the form of another model.")
    # What their scripts use is no choice of theirs here.
    last = offered.filter(generations__owner=user, generations__request_hash="").order_by("-generations__id").first()
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
    values = {**generation.parameters, "prompt": generation.prompt, "visibility": generation.visibility}
    spec = specs.parse_parameters(generation.spec)
    form, dropped = fill_form(image_model, user, values, generations.inputs_of(generation), spec)
    return form, notes + dropped


def start_from(image: Image, request: HttpRequest, user: User) -> tuple[GenerationForm | None, list[str]]:
    """A form with this picture as its reference: of the model asked for or last used, if that takes pictures, else of one
    that does."""
    image_model = choose_model(request, user)
    if image_model is None or not image_model.image_parameters:
        offered = ImageModel.objects.for_picker().order_by("-is_default", "gateway__position", "position")
        image_model = next((row for row in offered if row.image_parameters), None)
    if image_model is None:
        return None, []
    first = image_model.image_parameters[0].name
    return fill_form(image_model, user, {}, {first: [image]})


def fill_form(
    image_model: ImageModel,
    user: User,
    values: Mapping[str, Any],
    inputs: Mapping[str, Sequence[Image]],
    spec_before: Sequence[specs.Parameter] = (),
) -> tuple[GenerationForm, list[str]]:
    """A form of this model filled with what fits of some values; the sentences say what does not."""
    fitting, dropped = recalls.fit_values(image_model, values, spec_before)
    pictures, lost = recalls.fit_inputs(image_model, inputs, user)
    form = GenerationForm(image_model=image_model, user=user, values={**values, **fitting}, inputs=pictures)
    sentences = [f"Left out: {', '.join(dropped)}."] if dropped else []
    return form, sentences + lost
