"""Values of an axis as people write them: `1, 2, .., 10`, `1..4`, `16:9, 1:1`, `"red, white"`. Pure: text in, texts out."""

import csv
import re
from collections.abc import Sequence
from decimal import Decimal

MOST_VALUES = 400
DOTS = ("..", "...", "…")
NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?\Z")
RANGE = re.compile(r"(-?\d{1,12}(?:\.\d{1,6})?)\s*(?:\.\.|…)\s*(-?\d{1,12}(?:\.\d{1,6})?)\Z")


class AxisRefused(Exception):
    """These values cannot be read; the text is a sentence for people."""


def read_values(text: str) -> list[str]:
    """The values in order, each once. Commas and lines part them; quotes hold one with a comma together. `..` goes on in the
    step of the two numbers before it, or in ones. Raises AxisRefused."""
    words = split_words(text)
    values: list[str] = []
    at = 0
    while at < len(words):
        if words[at] in DOTS:
            end = words[at + 1] if at + 1 < len(words) else ""
            values += numbers_up_to(values, end)
            at += 1
        elif found := RANGE.match(words[at]):
            values += count_up(Decimal(found[1]), Decimal(found[2]), step_between(found[1], found[2]))
        else:
            values.append(words[at])
        at += 1
        if len(values) > MOST_VALUES:
            raise AxisRefused(f"More than {MOST_VALUES} values: leave some out.")
    return list(dict.fromkeys(values))


def split_words(text: str) -> list[str]:
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    try:
        rows = list(csv.reader(lines, skipinitialspace=True))
    except csv.Error as problem:
        raise AxisRefused("These values cannot be read: write them with commas between.") from problem
    return [word.strip() for row in rows for word in row if word.strip()]


def numbers_up_to(before: Sequence[str], end: str) -> list[str]:
    """What two dots stand for, the end included where the steps meet it."""
    if not before or not NUMBER.match(before[-1]) or not NUMBER.match(end):
        raise AxisRefused("Two dots stand between numbers: 1, 2, .., 10.")
    last, target = Decimal(before[-1]), Decimal(end)
    step = step_between(before[-1], end)
    if len(before) > 1 and NUMBER.match(before[-2]):
        step = last - Decimal(before[-2])
    if last != target and (step == 0 or (target > last) != (step > 0)):
        raise AxisRefused(f"From {before[-1]} this never comes to {end}.")
    return count_up(last, target, step)[1:]


def step_between(first: str, last: str) -> Decimal:
    return Decimal(1) if Decimal(last) >= Decimal(first) else Decimal(-1)


def count_up(first: Decimal, last: Decimal, step: Decimal) -> list[str]:
    count = int((last - first) / step) + 1 if first != last else 1
    if count > MOST_VALUES:
        raise AxisRefused(f"More than {MOST_VALUES} values: leave some out.")
    return [f"{(first + number * step).normalize():f}" for number in range(count)]
