"""A wish held against the model's spec: which kind it is, which settings it has, which picture goes where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery import specs
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.setting_values import AUTO, clean, is_auto, read_sources, value_of
from gallery.endpoint.wishes import CHAT_FIELDS, Source, Wish
from gallery.models import Generation, ImageModel
from gallery.services.questions import ANALYSIS_PICTURES, CHAT_OPTIONS

Kind = Generation.Kind
LONGEST_PROMPT = 32_000
LONGEST_QUESTION = 200_000
COUNT_NAMES = ("num_images", "n")
# The same thing under other clients' names, in the order in which a spec is asked for them.
OTHER_NAMES: Mapping[str, Sequence[str]] = {
    "quality": ("quality", "image_quality"),
    "resolution": ("resolution", "image_size"),
    "image_size": ("image_size", "resolution"),
}
PICTURE_TASKS = frozenset({"image", "edit"})
OPTIONS = {option.name: option for option in CHAT_OPTIONS}


@dataclass(kw_only=True)
class Order:
    """What will be run, but for its pictures, which are still where they came from."""

    image_model: ImageModel
    kind: str
    wish: Wish
    parameters: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, list[Source]] = field(default_factory=dict)


def settle(wish: Wish, image_model: ImageModel) -> Order:
    """Raises Refusal: 400 for what the model does not take."""
    order = Order(image_model=image_model, wish=wish, kind=kind_of(wish, image_model))
    check_prompt(order)
    if order.kind == Kind.ANALYSIS:
        settle_question(order)
    else:
        settle_picture(order)
    return order


def kind_of(wish: Wish, image_model: ImageModel) -> str:
    """Pictures or words. A model that gives but one of them needs no telling."""
    answers = "analysis" in image_model.tasks or not image_model.makes_images
    if "image" in wish.wants and not image_model.makes_images:
        raise Refusal(400, f"{image_model.full_id} answers in words only.", param="modalities")
    if wish.wants and "image" not in wish.wants and not answers:
        raise Refusal(
            400, f"{image_model.full_id} makes pictures only: modalities must hold image.", param="modalities"
        )
    if wish.wants or not answers or not image_model.makes_images:
        return Kind.IMAGE if "image" in wish.wants or not answers else Kind.ANALYSIS
    return Kind.IMAGE if asks_for_picture(wish, image_model) else Kind.ANALYSIS


def asks_for_picture(wish: Wish, image_model: ImageModel) -> bool:
    """Of a model that gives both, when nothing is said: settings of a picture ask for one; else a model that is made for
    pictures gives one, unless it is shown some to talk about."""
    # Many clients send n: 1 with every question: it tells nothing.
    has_settings = bool(wish.settings or wish.size or wish.count not in (None, 1, "1"))
    return has_settings or (bool(PICTURE_TASKS & set(image_model.tasks)) and not wish.pictures)


def check_prompt(order: Order) -> None:
    prompt, fields, is_image = order.wish.prompt, order.wish.fields, order.kind == Kind.IMAGE
    if not prompt.strip() and (is_image or not order.wish.pictures):
        raise Refusal(400, fields.needs_words, param=fields.prompt)
    longest = LONGEST_PROMPT if is_image else LONGEST_QUESTION
    if len(prompt) > longest:
        raise Refusal(400, f"A prompt takes {longest:,} characters; this has {len(prompt):,}.", param=fields.prompt)
    if is_image:
        try:
            specs.refuse_forbidden_text(prompt, order.image_model.prompt_forbids)
        except specs.ValueRefused as refusal:
            raise Refusal(400, str(refusal), param=fields.prompt) from refusal


# Words -------------------------------------------------------------------------------------------------------------


def settle_question(order: Order) -> None:
    wish = order.wish
    if len(wish.pictures) > ANALYSIS_PICTURES.max_images:
        raise Refusal(400, f"A message takes {ANALYSIS_PICTURES.max_images} pictures.", param="messages")
    if wish.pictures:
        order.pictures[ANALYSIS_PICTURES.name] = list(wish.pictures)
    for name, raw in wish.options.items():
        value = [raw] if name == "stop" and isinstance(raw, str) else raw
        value = {"type": raw["type"]} if name == "response_format" else value
        order.parameters[name] = clean(OPTIONS[name], value, name)
    if wish.settings:
        wish.warnings.append("image_config is for pictures and was left out: modalities asks for words.")
    if wish.count not in (None, 1, "1"):
        raise Refusal(400, "One answer is given to a question: n must be 1.", param="n")


# Pictures ----------------------------------------------------------------------------------------------------------


def settle_picture(order: Order) -> None:
    wish = order.wish
    spec = {parameter.name: parameter for parameter in order.image_model.spec}
    settings = dict(wish.settings)
    if "prompt" in settings:
        wish.warnings.append("image_config.prompt was left out: the message is the prompt.")
        del settings["prompt"]
    settle_count(order, spec, settings)
    for name, raw in settings.items():
        settle_setting(order, spec, name, raw)
    for name, raw in wish.loose.items():
        settle_loosely(order, spec, name, raw)
    if wish.size:
        settle_size(order)
    wish.warnings += [f"{name} is for answers in words and was left out." for name in wish.options]
    place_pictures(order)
    check_needed(order)
    warn_of_ignored(order)
    add_always_sent(order)


def settle_count(order: Order, spec: Mapping[str, specs.Parameter], settings: dict[str, Any]) -> None:
    """`n` and `num_images` are one thing under two names, at the top or in `image_config`."""
    told = [*(settings.pop(name) for name in COUNT_NAMES if name in settings), order.wish.count]
    counts = [value for value in told if value is not None]
    if len({str(value) for value in counts}) > 1:
        raise Refusal(400, "n and num_images are the same thing, and say two different numbers.", param="n")
    count = counts[0] if counts else None
    own = next((name for name in COUNT_NAMES if name in spec), None)
    if own is not None and count is not None:
        order.parameters[own] = clean(spec[own], count, "n")
    elif count not in (None, 1, "1", 1.0):
        raise Refusal(400, f"{order.image_model.full_id} makes one picture at a time: n must be 1.", param="n")


def settle_setting(order: Order, spec: Mapping[str, specs.Parameter], name: str, raw: Any) -> None:
    parameter, place = spec.get(name), f"image_config.{name}"
    if raw is None:
        return
    if parameter is None:
        order.wish.warnings.append(f"{place[:80]}: {order.image_model.full_id} has no such setting. It was left out.")
    elif parameter.is_image:
        order.pictures.setdefault(name, []).extend(read_sources(raw, place))
    elif not is_auto(parameter, raw):
        order.parameters[name] = clean(parameter, raw, place)


def settle_loosely(order: Order, spec: Mapping[str, specs.Parameter], name: str, raw: Any) -> None:
    """A setting that clients send to every model: taken where it fits, else named and left out."""
    known = next((spec[own] for own in OTHER_NAMES.get(name, (name,)) if own in spec), None)
    if raw is None or raw == AUTO:
        return
    try:
        if known is None or known.is_image:
            raise specs.ValueRefused(f"{order.image_model.full_id} has no such setting.")
        order.parameters.setdefault(known.name, value_of(known, raw))
    except specs.ValueRefused as refusal:
        order.wish.warnings.append(f"{name} was left out. {refusal}")


def settle_size(order: Order) -> None:
    """The allowed choice that is nearest to a size in pixels, with a word about it where it is another."""
    size, spec = order.wish.size, order.image_model.spec
    parameter = specs.shape_parameter(spec)
    if size == AUTO:
        return
    if parameter is not None and parameter.name in order.parameters:
        order.wish.warnings.append(f"size {size[:40]} was left out: {parameter.name} decides.")
        return
    nearest = specs.nearest_choice(parameter, size) if parameter else None
    if parameter is None or nearest is None:
        order.wish.warnings.append(f"size {size[:40]} was left out: {order.image_model.full_id} takes none.")
        return
    order.parameters[parameter.name] = nearest
    if str(nearest) != size:
        order.wish.warnings.append(
            f"size {size[:40]} is not one of this model’s: {parameter.name} {nearest} was taken."
        )


def place_pictures(order: Order) -> None:
    """Pictures of the message go to the model's image parameters in their order, each up to what it takes."""
    image_model = order.image_model
    waiting = list(order.wish.pictures)
    if order.wish.mask is not None:
        order.pictures.setdefault(mask_of(image_model), []).append(order.wish.mask)
    for parameter in image_model.image_parameters:
        given = order.pictures.setdefault(parameter.name, [])
        while waiting and not parameter.is_mask and len(given) < parameter.max_images:
            given.append(waiting.pop(0))
        if len(given) > parameter.max_images:
            raise Refusal(
                400,
                f"{parameter.name} takes {parameter.max_images} pictures; there are {len(given)}.",
                param=f"image_config.{parameter.name}",
            )
    if waiting:
        most = sum(parameter.max_images for parameter in image_model.image_parameters)
        words = f"{most} pictures" if most > 1 else "one picture" if most else "no pictures"
        raise Refusal(400, f"{image_model.full_id} takes {words}.", param=order.wish.fields.pictures)
    order.pictures = {name: sources for name, sources in order.pictures.items() if sources}


def mask_of(image_model: ImageModel) -> str:
    names = [parameter.name for parameter in image_model.image_parameters if parameter.is_mask]
    if not names:
        raise Refusal(400, f"{image_model.full_id} takes no mask.", param="mask")
    return names[0]


def check_needed(order: Order) -> None:
    for parameter in order.image_model.spec:
        if not parameter.is_required or parameter.default is not None or parameter.name in order.parameters:
            continue
        if parameter.is_image and parameter.name not in order.pictures:
            fields = order.wish.fields
            sentence = f"{order.image_model.full_id} works from a picture: {fields.how_to_send}."
            param = f"image_config.{parameter.name}" if fields is CHAT_FIELDS else fields.pictures
            raise Refusal(400, sentence, param=param)
        if not parameter.is_image and parameter.name != "prompt":
            raise Refusal(400, f"{parameter.name} is needed.", param=f"image_config.{parameter.name}")


def warn_of_ignored(order: Order) -> None:
    for parameter in order.image_model.spec:
        if parameter.name in order.parameters and specs.is_ignored(parameter, order.pictures):
            told = f"{parameter.name} is not used once {parameter.ignored_with} is given, and was left out."
            order.wish.warnings.append(told)
            del order.parameters[parameter.name]


def add_always_sent(order: Order) -> None:
    """As the studio's form does: what a gateway must be told even at its default."""
    for parameter in order.image_model.spec:
        is_needed = parameter.is_always_sent and not specs.is_ignored(parameter, order.pictures)
        if is_needed and parameter.default is not None:
            order.parameters.setdefault(parameter.name, parameter.default)
