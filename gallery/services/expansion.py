"""Prompts that stand for many: `a {red|blue} chair`, `{1..4}`, `{1..10..3}`, and `{colour}` where the team has a list of
that name. Pure: lists come in, prompts go out.

A named list used twice in a prompt is the same word in both places; alternatives are independent. Braces that hold none of
this are plain text, as is what follows a backslash.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

RANGE = re.compile(r"\s*(-?\d{1,6})\s*\.\.\s*(-?\d{1,6})(?:\s*\.\.\s*(\d{1,6}))?\s*\Z")
MOST_NESTED = 20
MOST_PICKS = 60
# Braces that hold more than this hold no name of a list.
LONGEST_NAMED = 200
MOST_OPTIONS = 1000
# Beyond this a count is only said to be too large, and need not be exact.
MOST_COUNTED = 1_000_000
SPECIAL = "{|}\\"


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Pick:
    """A place that is filled in turn. Those of one `name` are filled with the same option."""

    name: str
    options: tuple["Template", ...]


Template = tuple[Words | Pick, ...]


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """One prompt, and by the name of its place what was chosen there, in the order of the prompt. `pieces` are the text cut
    up, each with whether it was chosen."""

    text: str
    picks: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[tuple[str, bool], ...] = ()


def count_prompts(prompt: str, lists: Mapping[str, Sequence[str]]) -> int:
    """How many prompts this one stands for, without making them; 1 for a plain one. Of millions it is the most there can be."""
    template = parse(prompt, lists)
    bound = count_of(template, {})
    return bound if bound > MOST_COUNTED else ways_through(template, frozenset()).total()


def count_places(prompt: str, lists: Mapping[str, Sequence[str]]) -> int:
    """How many of its places are filled in turn; those beyond MOST_PICKS are read as plain text."""
    return read(prompt, lists)[1]


def expand_prompt(prompt: str, lists: Mapping[str, Sequence[str]], *, most: int) -> list[Expansion]:
    """The prompts in order, the last place changing fastest; at most so many."""
    return list(itertools.islice(expand(parse(prompt, lists), {}), most))


# From text to a template -------------------------------------------------------------------------------------------


@dataclass
class Braces:
    """A pair of braces in the text: where it ends, and where its own bars are."""

    end: int
    bars: list[int] = field(default_factory=list)


@dataclass
class Reader:
    """Reads a text once; what its braces are is known beforehand, so that nothing is read twice."""

    text: str
    lists: Mapping[str, Sequence[str]]
    braces: Mapping[int, Braces]
    picks: int = 0
    places: int = 0

    def read(self, start: int, end: int, depth: int = 0) -> Template:
        parts: list[Words | Pick] = []
        plain: list[str] = []
        at = start
        while at < end:
            pick = self.read_pick(at, depth) if at in self.braces else None
            if pick is None:
                at += is_escape(self.text, at)
                plain.append(self.text[at])
                at += 1
                continue
            if plain:
                parts.append(Words("".join(plain)))
                plain = []
            parts.append(pick)
            at = self.braces[at].end + 1
        return (*parts, Words("".join(plain))) if plain else tuple(parts)

    def read_pick(self, at: int, depth: int) -> Pick | None:
        """What the braces at `at` hold; None when they are plain text."""
        pair = self.braces[at]
        if depth >= MOST_NESTED or not (pair.bars or pair.end - at <= LONGEST_NAMED):
            return None
        if not pair.bars:
            inner = self.text[at + 1 : pair.end]
            return self.read_name(inner) or self.read_range(inner)
        if not self.take_place():
            return None
        name = self.next_name()
        edges = [at, *pair.bars, pair.end]
        options = tuple(self.read(low + 1, high, depth + 1) for low, high in itertools.pairwise(edges))
        return Pick(name, options)

    def take_place(self) -> bool:
        self.places += 1
        return self.places <= MOST_PICKS

    def next_name(self) -> str:
        self.picks += 1
        return str(self.picks)

    def read_name(self, inner: str) -> Pick | None:
        options = self.lists.get(inner.strip().casefold())
        if not options or not self.take_place():
            return None
        return Pick(inner.strip().casefold(), tuple((Words(option),) for option in options))

    def read_range(self, inner: str) -> Pick | None:
        found = RANGE.match(inner)
        if not found:
            return None
        first, last, step = int(found[1]), int(found[2]), int(found[3] or 1) or 1
        values = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
        if len(values) > MOST_OPTIONS or not self.take_place():
            return None
        return Pick(self.next_name(), tuple((Words(str(value)),) for value in values))


def parse(prompt: str, lists: Mapping[str, Sequence[str]]) -> Template:
    return read(prompt, lists)[0]


def read(prompt: str, lists: Mapping[str, Sequence[str]]) -> tuple[Template, int]:
    """And how many places it has."""
    known = {name.casefold(): options for name, options in lists.items()}
    reader = Reader(prompt, known, find_braces(prompt))
    return reader.read(0, len(prompt)), reader.places


def is_escape(text: str, at: int) -> bool:
    return text[at] == "\\" and at + 1 < len(text) and text[at + 1] in SPECIAL


def find_braces(text: str) -> dict[int, Braces]:
    """Every pair of braces by where it begins; those without a partner are plain, and so are bars outside."""
    return scan(text).pairs


@dataclass
class Scan:
    """`pairs` by where they begin; `open` are braces that nothing closes, with the bars after each, `closed` those that close
    nothing, with the bars before each."""

    pairs: dict[int, Braces] = field(default_factory=dict)
    open: list[tuple[int, list[int]]] = field(default_factory=list)
    closed: list[tuple[int, list[int]]] = field(default_factory=list)


def scan(text: str) -> Scan:
    found = Scan()
    bars_outside: list[int] = []
    at = 0
    while at < len(text):
        character = text[at]
        if is_escape(text, at):
            at += 1
        elif character == "{":
            found.open.append((at, []))
        elif character == "|":
            (found.open[-1][1] if found.open else bars_outside).append(at)
        elif character == "}" and found.open:
            start, bars = found.open.pop()
            found.pairs[start] = Braces(at, bars)
        elif character == "}":
            found.closed.append((at, bars_outside))
            bars_outside = []
        at += 1
    return found


# From a template to prompts ----------------------------------------------------------------------------------------


def count_of(template: Template, chosen: Mapping[str, int]) -> int:
    """At most so many: a list within an alternative is taken to be chosen anew outside."""
    total, seen = 1, dict(chosen)
    for part in template:
        if isinstance(part, Pick) and part.name not in seen:
            seen[part.name] = 0
            total *= sum(count_of(option, seen) for option in part.options)
    return total


def ways_through(template: Template, chosen: frozenset[str]) -> Counter[frozenset[str]]:
    """How many prompts there are, by the lists whose words are then chosen: exactly as `expand` goes."""
    ways = Counter({chosen: 1})
    for part in template:
        if isinstance(part, Pick):
            ways = fill(part, ways)
    return ways


def fill(pick: Pick, ways: Counter[frozenset[str]]) -> Counter[frozenset[str]]:
    # A place that only has a number comes once, so that nothing hangs on it.
    named = frozenset() if pick.name.isdecimal() else frozenset({pick.name})
    following: Counter[frozenset[str]] = Counter()
    for chosen, count in ways.items():
        if named and named <= chosen:
            following[chosen] += count
            continue
        for option in pick.options:
            for after, times in ways_through(option, chosen).items():
                following[after | named] += count * times
    return following


def expand(template: Template, chosen: Mapping[str, str]) -> Iterator[Expansion]:
    if not template:
        yield Expansion(text="", picks=dict(chosen))
        return
    first, rest = template[0], template[1:]
    if isinstance(first, Words):
        for following in expand(rest, chosen):
            pieces = ((first.text, False), *following.pieces)
            yield Expansion(text=first.text + following.text, picks=following.picks, pieces=pieces)
        return
    for option in first.options if first.name not in chosen else ((Words(chosen[first.name]),),):
        for filled in expand(option, chosen):
            for following in expand(rest, {**filled.picks, first.name: filled.text}):
                pieces = ((filled.text, True), *following.pieces)
                yield Expansion(text=filled.text + following.text, picks=following.picks, pieces=pieces)
