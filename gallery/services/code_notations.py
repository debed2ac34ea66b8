"""JSON values written as code: the notation of each language, and a layout that breaks lines where people would."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 88
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Reference:
    """A picture that the run starts from, by the name of the file that the reader will have."""

    file_name: str
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How a language writes what its JSON text is not already."""

    constants: Mapping[Any, str]
    text: Callable[[str], str]
    key: Callable[[str], str]
    reference: Callable[[Reference], str]


def quote(text: str) -> str:
    """A text in double quotes as JSON has it, which Python and JavaScript read in the same way."""
    return json.dumps(text, ensure_ascii=False)


def escape_for_shell(text: str) -> str:
    """For a here-document in which the shell looks for commands."""
    return re.sub(r"([\\$`])", r"\\\1", text)


JSON_CONSTANTS = {True: "true", False: "false", None: "null"}
SHELL = Notation(
    constants=JSON_CONSTANTS,
    text=lambda text: escape_for_shell(quote(text)),
    key=quote,
    reference=lambda found: f"\"data:{found.media_type};base64,$(base64 < {found.file_name} | tr -d '\\n')\"",
)
JSON = Notation(constants=JSON_CONSTANTS, text=quote, key=quote, reference=lambda found: quote(found.file_name))
PYTHON = Notation(
    constants={True: "True", False: "False", None: "None"},
    text=quote,
    key=quote,
    reference=lambda found: f"data_url({quote(found.file_name)})",
)
JAVASCRIPT = Notation(
    constants=JSON_CONSTANTS,
    text=quote,
    key=lambda name: name if IDENTIFIER.fullmatch(name) else quote(name),
    reference=lambda found: f"dataUrl({quote(found.file_name)})",
)


def write(value: Any, notation: Notation, *, indent: int = 0, step: int = 2, comma: str = "") -> str:
    """The value in a language's words: on one line where it fits, else an entry a line. `comma` ends every last entry."""
    match value:
        case Reference():
            return notation.reference(value)
        case bool() | None:
            return notation.constants[value]
        case str():
            return notation.text(value)
        case dict() if value:
            entries = [(f"{notation.key(name)}: ", item) for name, item in value.items()]
            return write_entries("{}", entries, notation, indent, step, comma)
        case list() if value:
            return write_entries("[]", [("", item) for item in value], notation, indent, step, comma)
    return json.dumps(value)


def write_entries(
    brackets: str, entries: Sequence[tuple[str, Any]], notation: Notation, indent: int, step: int, comma: str
) -> str:
    inner = [f"{head}{write(item, notation, indent=indent + step, step=step, comma=comma)}" for head, item in entries]
    pad = " " if brackets == "{}" and notation is JAVASCRIPT else ""
    flat = f"{brackets[0]}{pad}{', '.join(inner)}{pad}{brackets[1]}"
    if "\n" not in flat and indent + len(flat) <= WIDTH and (indent or len(entries) == 1):
        return flat
    lines = f",\n{' ' * (indent + step)}".join(inner)
    return f"{brackets[0]}\n{' ' * (indent + step)}{lines}{comma}\n{' ' * indent}{brackets[1]}"


def has_reference(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(has_reference(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Reference)
