"""What varies in a matrix: models, places in the prompt, settings, references."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gallery import specs
from gallery.models import Image, ImageModel
from gallery.services import expansion
from gallery.services.axis_values import AxisRefused, read_values
from gallery.services.batches import MOST_RUNS
from gallery.services.generations import Inputs

MOST_AXES = 3
ONE_AT_A_TIME = "inputs:"
PICK = "prompt:"
LONGEST_LABEL = 80


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is asked, in the settings of one model; the others get what means the same. `lists` are the named lists that the
    prompt may use; `seed` is what runs get that leave theirs to chance, each its own where it is None."""

    image_model: ImageModel
    prompt: str
    parameters: Mapping[str, Any]
    inputs: Inputs
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seed: int | None = None

    @cached_property
    def prompts(self) -> list[str]:
        """What is sent, in the end."""
        return [one.text for one in expansion.expand_prompt(self.prompt, self.lists, most=MOST_RUNS)]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """An axis as somebody asked for it: the name of a parameter, or `inputs:<parameter>`; the values as text."""

    name: str
    text: str


@dataclass(kw_only=True)
class Axis:
    """`kind` is model, prompt, parameter or input. `sentences` are what to know, `errors` why it cannot run."""

    kind: str
    name: str
    label: str
    values: list[Any] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        plain = [value.full_id if isinstance(value, ImageModel) else value for value in self.values]
        values = [{"value": value, "label": label} for value, label in zip(plain, self.labels, strict=True)]
        return {"name": self.name, "label": self.label, "values": values}


def make_axes(recipe: Recipe, image_models: Sequence[ImageModel], wishes: Sequence[Wish]) -> list[Axis]:
    words = prompt_axes(recipe.prompt, recipe.lists)
    return [*model_axes(image_models), *words, *wished_axes(recipe, wishes, image_models)]


def model_axes(image_models: Sequence[ImageModel]) -> list[Axis]:
    if len(image_models) < 2:
        return []
    names = [row.name for row in image_models]
    labels = [row.name if names.count(row.name) == 1 else f"{row.name}, {row.gateway.name}" for row in image_models]
    return [Axis(kind="model", name="model", label="Model", values=list(image_models), labels=labels)]


def prompt_axes(prompt: str, lists: Mapping[str, Sequence[str]]) -> list[Axis]:
    """One for each place in the prompt that is filled in turn; one for the whole prompts where the places hang together."""
    count = expansion.count_prompts(prompt, lists)
    if count == 1:
        return []
    if count > MOST_RUNS:
        many = f"This prompt stands for {count:,} prompts; at most {MOST_RUNS} go together. Leave some words out."
        return [Axis(kind="prompt", name="prompt", label="Prompt", errors=[many])]
    prompts = expansion.expand_prompt(prompt, lists, most=count)
    names = list(dict.fromkeys(name for one in prompts for name in one.picks))
    options = {name: list(dict.fromkeys(one.picks.get(name, "") for one in prompts)) for name in names}
    if len(names) > MOST_AXES or not is_grid(prompts, options):
        texts = [one.text for one in prompts]
        return [
            Axis(kind="prompt", name="prompt", label="Prompt", values=texts, labels=[label(text) for text in texts])
        ]
    is_alone = len(names) == 1
    return [
        Axis(
            kind="pick",
            name=f"{PICK}{name}",
            label=name.capitalize() if not name.isdecimal() else "Words" if is_alone else f"Words {name}",
            values=options[name],
            labels=[label(option) or "nothing" for option in options[name]],
        )
        for name in names
    ]


def is_grid(prompts: Sequence[expansion.Expansion], options: Mapping[str, Sequence[str]]) -> bool:
    """Whether every choice goes with every other one, each once."""
    cells = {tuple(one.picks.get(name) for name in options) for one in prompts}
    is_whole = all(None not in cell for cell in cells)
    return is_whole and len(cells) == len(prompts) == math.prod(map(len, options.values()))


def label(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"


def wished_axes(recipe: Recipe, wishes: Sequence[Wish], image_models: Sequence[ImageModel]) -> list[Axis]:
    axes: list[Axis] = []
    for wish in wishes:
        axis = wished_axis(recipe, wish, image_models)
        if any(axis.name == other.name for other in axes):
            axis.errors.append(f"{axis.label} varies already.")
        axes.append(axis)
    return axes


def wished_axis(recipe: Recipe, wish: Wish, image_models: Sequence[ImageModel]) -> Axis:
    by_name = {parameter.name: parameter for parameter in recipe.image_model.spec}
    parameter = by_name.get(wish.name.removeprefix(ONE_AT_A_TIME))
    if parameter is None:
        gone = f"{recipe.image_model.name} has no such setting."
        return Axis(kind="parameter", name=wish.name, label="Setting", errors=[gone])
    if parameter.is_image:
        return input_axis(parameter, recipe.inputs.get(parameter.name, ()))
    axis = Axis(kind="parameter", name=parameter.name, label=parameter.label)
    try:
        texts = read_values(wish.text)
        axis.values = list(dict.fromkeys(specs.clean_value(parameter, value_of(parameter, text)) for text in texts))
    except (AxisRefused, specs.ValueRefused) as refusal:
        axis.errors.append(str(refusal))
    if not axis.values and not axis.errors:
        axis.errors.append(f"Write the values of {parameter.label}, with commas between.")
    axis.labels = [label(parameter.label_of(plain(value))) for value in axis.values]
    axis.sentences = differences(recipe.image_model, parameter, axis.values, image_models)
    return axis


def value_of(parameter: specs.Parameter, text: str) -> Any:
    """A choice may be written as it is labelled."""
    wanted = text.casefold()
    choices = (choice.value for choice in parameter.choices if choice.label.casefold() == wanted)
    return next(choices, text)


def plain(value: Any) -> Any:
    """3 rather than 3.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def input_axis(parameter: specs.Parameter, images: Sequence[Image]) -> Axis:
    axis = Axis(kind="input", name=f"{ONE_AT_A_TIME}{parameter.name}", label=parameter.label)
    axis.values = [image.pk for image in images]
    axis.labels = [f"Picture {number}" for number in range(1, len(images) + 1)]
    if not images:
        axis.errors.append(f"Give the pictures under {parameter.label} first: each is used once.")
    return axis


def differences(
    base: ImageModel, parameter: specs.Parameter, values: Sequence[Any], image_models: Sequence[ImageModel]
) -> list[str]:
    """What models other than that of the recipe make of an axis."""
    sentences = []
    for image_model in image_models:
        if image_model.pk == base.pk:
            continue
        found = [specs.translate({parameter.name: value}, base.spec, image_model.spec) for value in values]
        changed = [str(change).removeprefix(f"{parameter.label} ") for one in found for change in one.changed]
        if values and not any(one.values for one in found):
            sentences.append(f"{image_model.name} has no {parameter.label}: it makes the same each time.")
        elif changed:
            sentences.append(f"{image_model.name}: {'; '.join(changed[:3])}.")
    return sentences
