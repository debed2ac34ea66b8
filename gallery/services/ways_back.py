"""Back to a model one had before: what a model between could not take comes back, where nobody chose anew since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gallery import specs
from gallery.models import Image, ImageModel, User
from gallery.services import recalls

Inputs = Mapping[str, Sequence[Image]]


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What stands in a form."""

    image_model: ImageModel
    values: Mapping[str, Any]
    inputs: Inputs


def fit_on_return(first: Filled, between: Sequence[ImageModel], now: Filled, user: User) -> recalls.Fitted:
    """`first` is the former form of the model that is gone back to, `now` the present form, `between` the models on the way."""
    image_model, spec_now = first.image_model, now.image_model.spec
    back = values_that_come_back(first, between, now)
    answered = {name for one in back for name in specs.translate({one: back[one]}, image_model.spec, spec_now).values}
    rest = {name: value for name, value in now.values.items() if name not in answered}
    come_back = pictures_come_back(first, between, now, user)
    fitted = recalls.fit(image_model, rest, spec_now, {} if come_back else now.inputs, user)
    words = [
        f"{p.label} {p.label_of(back[p.name])}" for p in image_model.spec if back.get(p.name, p.default) != p.default
    ]
    inputs = fitted.inputs
    if come_back:
        inputs = recalls.fit(image_model, {}, image_model.spec, first.inputs, user).inputs
        words.append(recalls.pictures_in_words(sum(map(len, inputs.values()))))
    return replace(fitted, values={**fitted.values, **back}, inputs=inputs, brought_back=words)


def values_that_come_back(first: Filled, between: Sequence[ImageModel], now: Filled) -> dict[str, Any]:
    """Settings that the present form still says as it got them, or says nothing of since a model could not take them."""
    spec, spec_now = first.image_model.spec, now.image_model.spec
    chosen = {p.name: now.values[p.name] for p in spec_now if now.values.get(p.name) not in (None, "", p.default)}
    explicit = specs.translate(chosen, spec_now, spec).values
    carried = specs.translate(now.values, spec_now, spec).values
    back: dict[str, Any] = {}
    for parameter in spec:
        name, value = parameter.name, first.values.get(parameter.name)
        if parameter.is_image or value is None or value == "" or carried.get(name) == value:
            continue
        there = specs.translate({name: value}, spec, spec_now).values
        is_untouched = bool(there) and all(now.values.get(at) == new for at, new in there.items())
        was_lost = any(not specs.translate({name: value}, spec, one.spec).values for one in (*between, now.image_model))
        if is_untouched or (was_lost and name not in explicit):
            back[name] = value
    return back


def pictures_come_back(first: Filled, between: Sequence[ImageModel], now: Filled, user: User) -> bool:
    """Whether there were more and nobody gave or took any since."""
    if count(first.inputs) <= count(now.inputs):
        return False
    for image_model in (now.image_model, *between):
        there = recalls.fit(image_model, {}, first.image_model.spec, first.inputs, user).inputs
        if ids_of(there) == ids_of(now.inputs):
            return True
    return False


def count(inputs: Inputs) -> int:
    return sum(len(images) for images in inputs.values())


def ids_of(inputs: Inputs) -> list[int]:
    return [image.pk for images in inputs.values() for image in images]
