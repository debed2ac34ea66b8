"""One setting of a request as its parameter's value, or the refusal that names what is allowed."""

from typing import Any

from gallery import specs
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.wishes import Source

AUTO = "auto"


def is_auto(parameter: specs.Parameter, raw: object) -> bool:
    """Many clients send `auto` to every model: it means that nothing is said."""
    return raw == AUTO and parameter.type == "string" and parameter.choice(AUTO) is None


def read_sources(raw: Any, place: str) -> list[Source]:
    found = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(source, str) and source for source in found):
        raise Refusal(400, "Pictures are https addresses or data URLs, one or a list.", param=place)
    return found


def value_of(parameter: specs.Parameter, raw: object) -> specs.Value:
    """The value in its JSON type. Raises ValueRefused, also for an object where a text is meant: forms know none."""
    if isinstance(raw, list | dict) and parameter.type not in ("array", "object"):
        raise specs.ValueRefused(f"{parameter.label} is neither a list nor an object.")
    return specs.clean_value(parameter, raw)


def clean(parameter: specs.Parameter, raw: object, place: str) -> specs.Value:
    """The value in its JSON type. Raises Refusal, naming what is allowed."""
    try:
        return value_of(parameter, raw)
    except specs.ValueRefused as refusal:
        sentence = str(refusal).replace(parameter.label, place.rpartition(".")[2], 1)
        if parameter.choices:
            sentence = f"{parameter.name} takes one of: {', '.join(str(choice.value) for choice in parameter.choices)}."
        raise Refusal(400, sentence, param=place) from refusal
