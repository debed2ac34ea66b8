"""What differs between several recipes: plain words in, rows of a table out. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Scripts without spaces are told apart by character.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|\s+|[^\w\s]")
LONGEST_COMPARED = 4000
# Comparing looks at every pair of equal words, up to once for each word.
MOST_PAIRS = 20_000
FEWEST_WORDS = 4


@dataclass(frozen=True, kw_only=True)
class Piece:
    """`kind` is same, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting with its value in each recipe, as pieces; a recipe without this setting has none."""

    label: str
    cells: tuple[tuple[Piece, ...], ...]


def tell_apart(recipes: Sequence[Mapping[str, str]]) -> tuple[list[Row], list[Row]]:
    """Settings that differ and settings that are the same, each in the order in which the recipes name them."""
    labels = dict.fromkeys(label for recipe in recipes for label in recipe)
    rows = {label: [recipe.get(label, "") for recipe in recipes] for label in labels}
    differing = [
        Row(label=label, cells=compare_cells(values)) for label, values in rows.items() if len(set(values)) > 1
    ]
    same = [
        Row(label=label, cells=(plain(values[0]),))
        for label, values in rows.items()
        if len(set(values)) == 1 and values[0]
    ]
    return differing, same


def compare_cells(values: Sequence[str]) -> tuple[tuple[Piece, ...], ...]:
    """Sentences are compared word by word with the first; a value of a few words is only shown."""
    if min(len(tokens(value)) for value in values) < 2 * FEWEST_WORDS - 1:
        return tuple(plain(value) for value in values)
    return (plain(values[0]), *(compare_words(values[0], value) for value in values[1:]))


def plain(value: str) -> tuple[Piece, ...]:
    return (Piece(kind="same", text=value),) if value else ()


def compare_words(old: str, new: str) -> tuple[Piece, ...]:
    """What was taken out of `old` and put in to make `new`, in reading order. Texts of a book's length,
    or that repeat themselves over and over, are not compared."""
    if max(len(old), len(new)) > LONGEST_COMPARED:
        return plain(new)
    before, after = tokens(old), tokens(new)
    if count_pairs(before, after) > MOST_PAIRS:
        return plain(new)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(str.isspace, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(kind="same", text="".join(after[j1:j2])))
            continue
        for kind, text in (("removed", "".join(before[i1:i2])), ("added", "".join(after[j1:j2]))):
            if text:
                pieces.append(Piece(kind=kind, text=text))
    return tuple(pieces)


def count_pairs(before: Sequence[str], after: Sequence[str]) -> int:
    counts = Counter(after)
    return sum(count * counts[word] for word, count in Counter(before).items() if not word.isspace())


def tokens(text: str) -> list[str]:
    return WORD.findall(text)
