"""What a comparison or a matrix will run, before it is run: every cell with its settings and price, and in words what each
model takes differently."""

import itertools
import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from gallery import specs
from gallery.models import ImageModel, User
from gallery.services import expansion, generations, prompt_limits, recalls
from gallery.services.axes import MOST_AXES, ONE_AT_A_TIME, PICK, Axis, Recipe, Wish, make_axes
from gallery.services.batches import MOST_RUNS, PlannedRun
from gallery.services.prices import Prices, Total, add_up

MOST_MODELS = 8
# Low enough for nearly every model; one that takes only lower ones gets its highest.
HIGHEST_DRAWN = 99_999


@dataclass(frozen=True, kw_only=True)
class ModelPlan:
    """What one model makes of the recipe. `problems` keep it from running."""

    image_model: ImageModel
    translation: specs.Translation
    problems: Sequence[str]
    total: Total


@dataclass(frozen=True, kw_only=True)
class Plan:
    axes: Sequence[Axis]
    models: Sequence[ModelPlan]
    runs: Sequence[PlannedRun]
    count: int
    total: Total
    problems: Sequence[str]

    @property
    def is_comparison(self) -> bool:
        return [axis.kind for axis in self.axes] == ["model"]

    @property
    def is_runnable(self) -> bool:
        has_errors = any(axis.errors for axis in self.axes) or any(model.problems for model in self.models)
        return bool(self.runs) and not self.problems and not has_errors


def make_plan(
    recipe: Recipe,
    image_models: Sequence[ImageModel],
    wishes: Sequence[Wish],
    user: User,
) -> Plan:
    """`image_models` are at most MOST_MODELS."""
    axes = make_axes(recipe, image_models, wishes)
    if any(axis.kind != "model" for axis in axes):
        recipe = with_one_seed(recipe, axes)
    count = math.prod(len(axis.values) for axis in axes)
    prices = Prices(image_models)
    problems = problems_with(axes, count)
    runs = [] if problems or any(axis.errors for axis in axes) else plan_runs(recipe, image_models, axes, prices, user)
    return Plan(
        axes=axes,
        models=[plan_model(recipe, image_model, runs, user) for image_model in image_models],
        runs=runs,
        count=count,
        total=add_up([run.quote for run in runs]),
        problems=problems,
    )


def problems_with(axes: Sequence[Axis], count: int) -> list[str]:
    problems = []
    if len(axes) > MOST_AXES:
        names = ", ".join(axis.label for axis in axes)
        problems.append(f"{len(axes)} things vary ({names}); a page shows {MOST_AXES}. Take one away.")
    if count > MOST_RUNS:
        problems.append(f"This makes {count:,} runs; at most {MOST_RUNS} go together. Leave some values out.")
    return problems


# Cells -------------------------------------------------------------------------------------------------------------


def plan_runs(
    recipe: Recipe, image_models: Sequence[ImageModel], axes: Sequence[Axis], prices: Prices, user: User
) -> list[PlannedRun]:
    """Every cell, the last axis changing fastest."""
    places = itertools.product(*(range(len(axis.values)) for axis in axes))
    prompts = prompts_of(recipe, axes)
    return [plan_run(recipe, image_models[0], axes, place, prompts, prices, user) for place in places]


def prompts_of(recipe: Recipe, axes: Sequence[Axis]) -> Mapping[tuple[str, ...], str]:
    """The finished prompt of each choice of words."""
    names = [axis.name.removeprefix(PICK) for axis in axes if axis.kind == "pick"]
    expanded = expansion.expand_prompt(recipe.prompt, recipe.lists, most=MOST_RUNS if names else 1)
    return {tuple(one.picks[name] for name in names): one.text for one in expanded}


def plan_run(
    recipe: Recipe,
    image_model: ImageModel,
    axes: Sequence[Axis],
    place: Sequence[int],
    prompts: Mapping[tuple[str, ...], str],
    prices: Prices,
    user: User,
) -> PlannedRun:
    parameters, inputs = dict(recipe.parameters), dict(recipe.inputs)
    prompt, words = "", []
    for axis, at in zip(axes, place, strict=True):
        value = axis.values[at]
        if axis.kind == "model":
            image_model = value
        elif axis.kind == "prompt":
            prompt = value
        elif axis.kind == "pick":
            words.append(value)
        elif axis.kind == "input":
            name = axis.name.removeprefix(ONE_AT_A_TIME)
            inputs[name] = [image for image in inputs[name] if image.pk == value]
        else:
            parameters[axis.name] = value
    fitted = fit(replace(recipe, parameters=parameters, inputs=inputs), image_model, user)
    values = dict(fitted.translation.values)
    if recipe.seed is not None:
        values = generations.with_seed(image_model.spec, values, set(fitted.inputs), recipe.seed)
    return PlannedRun(
        image_model=image_model,
        prompt=prompt or prompts[tuple(words)],
        parameters=values,
        inputs=fitted.inputs,
        cell=place,
        quote=prices.quote(image_model, values, set(fitted.inputs)),
    )


def fit(recipe: Recipe, image_model: ImageModel, user: User) -> recalls.Fitted:
    """The recipe as this model takes it; as it is for the model it was written for."""
    if image_model.pk == recipe.image_model.pk:
        translation = specs.Translation(values=dict(recipe.parameters))
        return recalls.Fitted(values=translation.values, inputs=recipe.inputs, translation=translation)
    return recalls.fit(image_model, recipe.parameters, recipe.image_model.spec, recipe.inputs, user)


def plan_model(recipe: Recipe, image_model: ImageModel, runs: Sequence[PlannedRun], user: User) -> ModelPlan:
    fitted = fit(recipe, image_model, user)
    own = [run for run in runs if run.image_model.pk == image_model.pk]
    return ModelPlan(
        image_model=image_model,
        translation=fitted.translation,
        problems=problems_of(image_model, {run.prompt for run in own}, fitted),
        total=add_up([run.quote for run in own]),
    )


def problems_of(image_model: ImageModel, prompts: Collection[str], fitted: recalls.Fitted) -> list[str]:
    problems = []
    for parameter in image_model.spec:
        if not parameter.is_required or parameter.default is not None:
            continue
        if parameter.is_image and not fitted.inputs.get(parameter.name):
            problems.append("It works from a picture: give one, or take this model out.")
        elif not parameter.is_image and fitted.translation.values.get(parameter.name) is None:
            problems.append(f"It needs {parameter.label}: choose it, or take this model out.")
    limit, longest = prompt_limits.limit_of(image_model), max(map(len, prompts), default=0)
    if longest > limit:
        problems.append(f"It takes prompts of at most {limit:,} characters; these have up to {longest:,}.")
    try:
        for prompt in prompts:
            specs.refuse_forbidden_text(prompt, image_model.prompt_forbids)
    except specs.ValueRefused as refusal:
        problems.append(str(refusal))
    return problems


def with_one_seed(recipe: Recipe, axes: Sequence[Axis]) -> Recipe:
    """In a matrix what is not varied stays as it is: a seed left to chance is drawn once for all cells and models."""
    if any(axis.name == "seed" for axis in axes):
        return recipe
    return replace(recipe, seed=random.SystemRandom().randint(0, HIGHEST_DRAWN))
