"""What of old settings and pictures a model takes, by what they mean, and what became of each: for recalls from the
library, presets, drafts and for changing the model in the studio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gallery import specs
from gallery.models import Image, ImageModel, User

BESIDE_KNOBS = ("prompt", "prompt_styles", "visibility", "group", "board")


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """`values` and `inputs` fill a form of the model. `translation` tells what was kept, changed and left out, pictures and
    prompt too; `problems` are sentences on what is kept but will be refused; `brought_back` are settings, in words, that an
    earlier form of the same model had."""

    values: dict[str, Any]
    inputs: Mapping[str, Sequence[Image]]
    translation: specs.Translation
    problems: Sequence[str] = ()
    brought_back: Sequence[str] = ()

    @property
    def sentences(self) -> list[str]:
        """What did not stay as it was; nothing where everything did."""
        changed, left_out = self.translation.changed, self.translation.left_out
        words = [f"Changed: {'; '.join(map(str, changed))}."] if changed else []
        words += [f"Left out: {', '.join(map(str, left_out))}."] if left_out else []
        return [*words, *self.problems]

    def mark_of(self, name: str) -> str:
        """What a knob says of itself that did not stay as it was."""
        for change in self.translation.changed:
            if change.name == name:
                return f"was {change.before}"
        return next((f"{one.value} left out" for one in self.translation.left_out if one.name == name), "")


def fit(
    image_model: ImageModel,
    values: Mapping[str, Any],
    spec_before: Sequence[specs.Parameter],
    inputs: Mapping[str, Sequence[Image]],
    user: User,
) -> Fitted:
    """`values` by name, the prompt, visibility, group and board among them, as `spec_before` took them; `inputs` by parameter."""
    beside = {name: values[name] for name in BESIDE_KNOBS if name in values}
    knobs = {name: value for name, value in values.items() if name not in BESIDE_KNOBS}
    translation = specs.translate(knobs, spec_before, image_model.spec)
    prompt = str(beside.get("prompt") or "")
    if prompt.strip():
        translation.kept.insert(0, "Prompt")
    return Fitted(
        values={**beside, **translation.values},
        inputs=fit_pictures(translation, image_model, spec_before, inputs, user),
        translation=translation,
        problems=problems_of(prompt, image_model),
    )


def problems_of(prompt: str, image_model: ImageModel) -> list[str]:
    try:
        specs.refuse_forbidden_text(prompt, image_model.prompt_forbids)
    except specs.ValueRefused as refusal:
        return [str(refusal)]
    return []


def without_seed(values: Mapping[str, Any], spec: Sequence[specs.Parameter]) -> dict[str, Any]:
    """So that a new one is drawn."""
    seeds = {parameter.name for parameter in spec if parameter.is_seed}
    return {name: value for name, value in values.items() if name not in seeds}


# Pictures ----------------------------------------------------------------------------------------------------------


def fit_pictures(
    translation: specs.Translation,
    image_model: ImageModel,
    spec_before: Sequence[specs.Parameter],
    inputs: Mapping[str, Sequence[Image]],
    user: User,
) -> dict[str, list[Image]]:
    """Each to the parameter of the same name, else to one that means as much, up to its limit and only what may be seen."""
    sources = {parameter.name: parameter for parameter in spec_before}
    places = specs.place_pictures([name for name, images in inputs.items() if images], spec_before, image_model.spec)
    fitting: dict[str, list[Image]] = {}
    for name, target in sorted(places.items(), key=in_turn):
        source = sources.get(name)
        label = source.label if source else target.label if target else name.replace("_", " ").capitalize()
        seen = visible_among(inputs[name], user)
        leave_out(translation, label, len(inputs[name]) - len(seen), "not there for you any more")
        if target is None:
            leave_out(translation, label, len(seen), "this model takes none")
            continue
        if source and target.is_mask and first_of(inputs, source.mask_of) != first_of(fitting, target.mask_of):
            leave_out(translation, label, len(seen), "the picture it covers stays behind")
            continue
        room = target.max_images - len(fitting.get(target.name, []))
        taken = seen[: max(room, 0)]
        leave_out(translation, label, len(seen) - len(taken), f"this model takes {target.max_images}", target.name)
        if taken:
            fitting.setdefault(target.name, []).extend(taken)
            tell_taken(translation, label, len(taken), name, target)
    return fitting


def in_turn(place: tuple[str, specs.Parameter | None]) -> tuple[bool, bool]:
    """Those that keep their place come first where the room is short; masks come after what they cover."""
    name, target = place
    return (target is not None and target.is_mask, target is None or target.name != name)


def first_of(inputs: Mapping[str, Sequence[Image]], name: str) -> Image | None:
    return next(iter(inputs.get(name, ())), None)


def visible_among(images: Sequence[Image], user: User) -> list[Image]:
    rows = Image.objects.visible_to(user).kept().filter(pk__in=[image.pk for image in images])
    seen = set(rows.values_list("pk", flat=True))
    return [image for image in images if image.pk in seen]


def leave_out(translation: specs.Translation, label: str, count: int, reason: str, name: str = "") -> None:
    if count > 0:
        out = specs.LeftOut(name=name, label=label, value=pictures_in_words(count), reason=reason)
        translation.left_out.append(out)


def tell_taken(translation: specs.Translation, label: str, count: int, name: str, target: specs.Parameter) -> None:
    """Pictures that serve another purpose than before are a change."""
    words = pictures_in_words(count)
    if name == target.name or {name, target.name} <= set(specs.REFERENCE_NAMES):
        translation.kept.append(words)
    else:
        change = specs.Change(
            name=target.name, label=words.capitalize(), before=label, after=target.label, reason="their place here"
        )
        translation.changed.append(change)


def pictures_in_words(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
