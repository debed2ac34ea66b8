"""Two people's changes to one spec, put together where they do not touch the same."""

import dataclasses
from collections.abc import Mapping, Sequence

from gallery.specs.comparison import WORDS
from gallery.specs.parameters import Parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class Merged:
    """`overlaps` are places that both changed, in words: there mine stands."""

    spec: Sequence[Parameter]
    overlaps: Sequence[str]


def merge(base: Sequence[Parameter], theirs: Sequence[Parameter], mine: Sequence[Parameter]) -> Merged:
    """In my order; what only they added comes last."""
    was, other, ours = by_name(base), by_name(theirs), by_name(mine)
    overlaps: list[str] = []
    spec: list[Parameter] = []
    for name, parameter in ours.items():
        if name in other:
            spec.append(merge_parameter(was.get(name), other[name], parameter, overlaps))
        elif parameter != was.get(name):
            overlaps += [f"{name}: taken out by them, changed by you"] if name in was else []
            spec.append(parameter)
    for name, parameter in other.items():
        if name in ours or parameter == was.get(name):
            continue
        if name in was:
            overlaps.append(f"{name}: changed by them, taken out by you")
        else:
            spec.append(parameter)
    return Merged(spec=spec, overlaps=overlaps)


def by_name(spec: Sequence[Parameter]) -> Mapping[str, Parameter]:
    return {parameter.name: parameter for parameter in spec}


def merge_parameter(was: Parameter | None, theirs: Parameter, mine: Parameter, overlaps: list[str]) -> Parameter:
    taken = {}
    for attribute, word in WORDS.items():
        old = getattr(was, attribute) if was else None
        their, my = getattr(theirs, attribute), getattr(mine, attribute)
        if my == their or (was and their == old):
            continue
        if was and my == old:
            taken[attribute] = their
        else:
            overlaps.append(f"{mine.name}, {word}")
    return dataclasses.replace(mine, **taken)
