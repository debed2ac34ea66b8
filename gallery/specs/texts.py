"""A spec as a person types it: JSON text, read strictly, refused with the line, the parameter and the place of the fault."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from gallery.specs.parameters import Parameter, SpecRefused
from gallery.specs.parsing import parse_parameters

SPACE = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r"[^\s,\]}]+")
STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
DECODER = json.JSONDecoder()
Place = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong, and where: `line` and `column` count from 1 (0: not known), `parameter` is the name of the one it is in,
    `place` as in `parameters[2].default`."""

    problem: str
    line: int = 0
    column: int = 0
    parameter: str = ""
    place: str = ""

    def __str__(self) -> str:
        where = [f"Line {self.line}"] if self.line else []
        where += [f"column {self.column}"] if self.column and not self.place else []
        where += [f"“{self.parameter}”"] if self.parameter else []
        head = f"{', '.join(where)}. " if where else ""
        return head + (f"{self.place}: {self.problem}" if self.place else self.problem)


class TextRefused(ValueError):
    def __init__(self, fault: Fault):
        self.fault = fault
        super().__init__(str(fault))


def read_text(text: str) -> tuple[Any, tuple[Parameter, ...]]:
    """The spec as JSON and as parameters; nothing at all means no parameters. Raises TextRefused."""
    data, starts = load(text) if text.strip() else ([], {})
    try:
        return data, parse_parameters(data)
    except SpecRefused as refusal:
        place = steps_of(refusal.place)
        at = next((starts[place[:size]] for size in range(len(place), -1, -1) if place[:size] in starts), None)
        line, column = position(text, at) if at is not None else (0, 0)
        name = name_at(data, place)
        fault = Fault(problem=refusal.problem, line=line, column=column, parameter=name, place=refusal.place)
        raise TextRefused(fault) from refusal


def name_at(data: Any, place: Place) -> str:
    """The name of the parameter that a place is in."""
    number = place[0] if place else None
    table = data[number] if isinstance(data, list) and isinstance(number, int) else None
    name = table.get("name") if isinstance(table, dict) else None
    return name[:64] if isinstance(name, str) else ""


def steps_of(place: str) -> Place:
    """`parameters[2].choices[0].value` as (2, "choices", 0, "value")."""
    found = STEP.findall(place.removeprefix("parameters"))
    return tuple(int(number) if number else word for number, word in found)


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column of a character."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def load(text: str) -> tuple[Any, dict[Place, int]]:
    """Strict JSON, and at which character each value in it begins. Raises TextRefused."""
    try:
        data = json.loads(text)
        json.dumps(data, ensure_ascii=False).encode()
        walker = Walker(text)
        walker.walk(0, ())
    except json.JSONDecodeError as problem:
        words = f"This is not JSON yet: {problem.msg}."
        raise TextRefused(Fault(problem=words, line=problem.lineno, column=problem.colno)) from problem
    except UnicodeEncodeError as problem:
        raise refused(
            text, r"\ud", "This holds half of a character (a lone \\ud800 to \\udfff). Take it out."
        ) from problem
    except RecursionError as problem:
        raise TextRefused(Fault(problem="This is nested too deeply for a spec.")) from problem
    except ValueError as problem:
        if isinstance(problem, TextRefused):
            raise
        raise TextRefused(Fault(problem="This holds a number that is too long.")) from problem
    if "\\u0000" in json.dumps(data):
        raise refused(text, r"\u0000", "This holds the character \\u0000, which cannot be stored. Take it out.")
    return data, walker.starts


def refused(text: str, written: str, problem: str) -> TextRefused:
    at = text.lower().find(written)
    line, column = position(text, at) if at >= 0 else (0, 0)
    return TextRefused(Fault(problem=problem, line=line, column=column))


class Walker:
    """Goes through JSON that is known to be right and notes where everything begins; refuses what strict JSON has not."""

    def __init__(self, text: str):
        self.text = text
        self.starts: dict[Place, int] = {}

    def walk(self, at: int, place: Place) -> int:
        """Returns where the value ends."""
        at = self.skip(at)
        self.starts[place] = at
        first = self.text[at]
        if first == '"':
            return DECODER.raw_decode(self.text, at)[1]
        if first == "{":
            return self.walk_table(at, place)
        if first == "[":
            return self.walk_list(at, place)
        return self.walk_scalar(at)

    def walk_table(self, at: int, place: Place) -> int:
        names = set()
        at = self.skip(at + 1)
        while self.text[at] != "}":
            name, end = DECODER.raw_decode(self.text, at)
            if name in names:
                raise self.refuse(at, f"“{name}” stands twice in one table. Keep one of them.")
            names.add(name)
            after = self.walk(self.skip(end) + 1, (*place, name))
            # A value's place is that of its name, which is what a person looks for.
            self.starts[(*place, name)] = at
            at = self.next(after)
        return at + 1

    def walk_list(self, at: int, place: Place) -> int:
        number = 0
        at = self.skip(at + 1)
        while self.text[at] != "]":
            at = self.next(self.walk(at, (*place, number)))
            number += 1
        return at + 1

    def walk_scalar(self, at: int) -> int:
        match = SCALAR.match(self.text, at)
        word = match[0] if match else ""
        if word in ("NaN", "Infinity", "-Infinity"):
            raise self.refuse(at, f"{word} is not a number in JSON. Use a number, or leave the line out.")
        if word not in ("true", "false", "null") and not math.isfinite(float(word)) and not word.isdecimal():
            raise self.refuse(at, f"{word[:40]} is too large a number.")
        return at + len(word)

    def skip(self, at: int) -> int:
        match = SPACE.match(self.text, at)
        return match.end() if match else at

    def next(self, at: int) -> int:
        """Past the comma to what follows, or to the end of the table or list."""
        at = self.skip(at)
        return self.skip(at + 1) if self.text[at] == "," else at

    def refuse(self, at: int, problem: str) -> TextRefused:
        line, column = position(self.text, at)
        return TextRefused(Fault(problem=problem, line=line, column=column))
