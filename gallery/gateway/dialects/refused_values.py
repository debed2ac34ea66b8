"""Which setting a refusal is about, and what it takes instead, as far as the refusal says so.

Providers say it in structure (zod's and pydantic's lists of issues, OpenAI's `param`) or in words; gateways pass it on as
text, as JSON within text, or as JSON within JSON. Nothing here knows a gateway or a model.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

MOST_VALUES = 100
LONGEST_VALUE = 100
# A range is told as its numbers where there are few, else as its ends.
LONGEST_RANGE = 16
DEEPEST = 6
MOST_ISSUES = 20
# What a wrapper calls the fields it passes on.
_INNER = ("error", "message", "detail", "issues", "details", "raw", "body")
_NAME = r"[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*"
# What a refusal may be about and no setting is; and plain words that stand where a setting's name could.
_NO_SETTINGS = frozenset({"model", "messages", "content", "prompt", "key", "none", "null"})
_PLAIN_WORDS = _NO_SETTINGS | frozenset(
    {"value", "values", "input", "it", "this", "that", "which", "they", "parameter", "parameters", "request", "body"}
    | {"option", "argument", "message", "models", "json", "type", "api", "image", "images", "file", "url", "field"}
)

_PARAMETERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"- '(?P<name>{_NAME})'\s*\Z",
        rf"[Ii]nvalid value for (?:parameter |field )?['\"`]?(?P<name>{_NAME})",
        rf"(?:parameters?|argument|field|name)(?: supplied)?:? \[?\\?['\"`](?P<name>{_NAME})\\?['\"`]",
        rf"argument supplied: (?P<name>{_NAME})",
        rf"[Ii]nvalid ['\"`](?P<name>{_NAME})['\"`]",
        rf"[Ii]nvalid (?P<name>{_NAME})(?: for \S{{1,200}})?:",
        rf"[Ss]etting ['\"`](?P<name>{_NAME})['\"`]",
        rf"['\"`]?(?<![\w.])(?P<name>{_NAME})['\"`]? (?:must|should|has to|can only) be",
    )
)
_TAKEN = "supported|allowed|valid|accepted|permitted|available|possible"
_VALUES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rf"(?i:\b(?:{_TAKEN})(?: [\w-]+){{1,5}}?(?::| are:?| is:?| include:?)) ?(?P<values>\S.*)",
        r"(?i:\bone of:?) (?P<values>\S.*)",
        r"(?i:\binput should be) (?P<values>['\"].*)",
        r"(?i:\bexpected) (?P<values>['\"].*)",
    )
)
_REFUSED = tuple(
    re.compile(pattern)
    for pattern in (
        r"[Ii]nvalid value: ['\"](?P<value>[^'\"]{1,80})['\"]",
        r"(?:got|received) ['\"]?(?P<value>[\w.:-]{1,80})",
        r"['\"](?P<value>[^'\"]{1,80})['\"] is not one of",
        rf"[Ii]nvalid (?:value for )?{_NAME}: ['\"]?(?P<value>[\w.:-]{{1,80}}?)['\"]?(?:\.\s|\.\Z|\s|,|\Z)",
    )
)
_QUOTED = re.compile(r"\s*(?:(?:,|\||;|/|\band\b|\bor\b)\s*)*(?P<quote>['\"`])(?P<value>.{1,100}?)(?P=quote)")
_BETWEEN_WORDS = re.compile(r"\s*(?:[,;|]\s*(?:and |or )?|\s(?:and|or)\s)\s*")
_END = re.compile(r"[.)\]](?:\s|\Z)|\n|[\])]| - ")
_NUMBER = r"-?\d{1,9}(?:\.\d{1,6})?"
_RANGE = re.compile(rf"between (?P<low>{_NUMBER}) and (?P<high>{_NUMBER})")
_LIMIT = re.compile(
    rf"(?:<=|>=|at most|at least|no more than|up to|or equal to|maximum (?:is|of|value of|value is)|"
    rf"(?:cannot|must not) exceed) (?P<limit>{_NUMBER})"
)


@dataclass(frozen=True, kw_only=True)
class RefusedValue:
    """`supported` are the values that were named instead, in their order."""

    parameter: str
    value: str = ""
    supported: tuple[str, ...] = ()


def refused_value(*texts: str, parameter: str = "") -> RefusedValue | None:
    """What is known of the setting a refusal is about, from its texts and the `param` beside them. What names values
    wins over what only names the setting; None where no setting is named."""
    found = [one for text in texts for one in _found_in(text, parameter, 0)]
    return next((one for one in found if one.supported), found[0] if found else None)


def setting_name(name: object) -> str:
    """A setting's name without its path; "" for what is none."""
    last = name.rpartition(".")[2][:64] if isinstance(name, str) else ""
    return last if re.fullmatch(r"[A-Za-z][\w-]*", last) and last.lower() not in _NO_SETTINGS else ""


def _found_in(value: Any, parameter: str, depth: int) -> Iterator[RefusedValue]:
    """`parameter` is the name told by what stands around this value, "" when none was."""
    inner: list[Any] = []
    if isinstance(value, str):
        inner = [_json_in(value)]
        yield from _in_words(value, parameter)
    elif isinstance(value, list):
        inner = value[:MOST_ISSUES]
    elif isinstance(value, dict):
        parameter = _name_in(value) or parameter
        inner = [value.get(key) for key in _INNER]
        yield from _in_issue(value, parameter)
    for one in inner if depth < DEEPEST else ():
        yield from _found_in(one, parameter, depth + 1)


def _json_in(text: str) -> Any:
    """The first JSON object or list in a text; None when there is none."""
    start = re.search(r"\{\s*\"|\[\s*\{", text)
    if start is None:
        return None
    try:
        return json.JSONDecoder().raw_decode(text, start.start())[0]
    except (ValueError, RecursionError):
        return None


def _name_in(table: Mapping[str, Any]) -> str:
    for key in ("param", "path", "loc"):
        told = table.get(key)
        names = told if isinstance(told, list) else [told]
        if name := next((name for part in reversed(names) if (name := setting_name(part))), ""):
            return name
    return ""


def _in_issue(table: Mapping[str, Any], name: str) -> Iterator[RefusedValue]:
    """An entry of a list of issues, as zod and pydantic make them."""
    context = table.get("ctx")
    context = context if isinstance(context, dict) else {}
    said = table.get("msg") if isinstance(table.get("msg"), str) else ""
    listed: list[Any] = next(
        (table[key] for key in ("values", "options", "enum") if isinstance(table.get(key), list)), []
    )
    limits = [limit for limit in (table.get("maximum"), context.get("le")) if isinstance(limit, int | float)]
    supported = _clean([str(one) for one in listed if isinstance(one, str | int | float)] or [f"{n:g}" for n in limits])
    refused = next((table[key] for key in ("received", "input") if isinstance(table.get(key), str | int | float)), "")
    for found in _in_words(said, name) if said else ():
        yield replace(found, value=found.value or str(refused), supported=supported or found.supported)
    if name and supported and not said:
        yield RefusedValue(parameter=name, value=str(refused)[:LONGEST_VALUE], supported=supported)


def _in_words(text: str, parameter: str) -> Iterator[RefusedValue]:
    name = parameter or _parameter_in(text)
    if name:
        refused = next((found["value"] for pattern in _REFUSED if (found := pattern.search(text))), "")
        supported = _values_in(text) or _numbers_in(text)
        yield RefusedValue(parameter=name, value=refused, supported=tuple(one for one in supported if one != refused))


def _parameter_in(text: str) -> str:
    names = (setting_name(found["name"]) for pattern in _PARAMETERS for found in pattern.finditer(text))
    return next((name for name in names if name and name.lower() not in _PLAIN_WORDS), "")


def _values_in(text: str) -> tuple[str, ...]:
    for pattern in _VALUES:
        found = pattern.search(text)
        if found and (values := _listed_in(found["values"])):
            return values
    return ()


def _listed_in(text: str) -> tuple[str, ...]:
    """Values at the beginning of a text: each in quotes, or bare up to the end of the sentence. Prose is none."""
    text = text.lstrip("[( ")
    values, place = [], 0
    while found := _QUOTED.match(text, place):
        values.append(found["value"])
        place = found.end()
    if not values:
        end = _END.search(text)
        values = _BETWEEN_WORDS.split((text[: end.start()] if end else text).strip().rstrip("."))
        if any(len(value.split()) > 3 for value in values):
            return ()
    return _clean(values)


def _numbers_in(text: str) -> tuple[str, ...]:
    if between := _RANGE.search(text):
        low, high = between["low"], between["high"]
        is_short = low.lstrip("-").isdecimal() and high.isdecimal() and 0 <= int(high) - int(low) < LONGEST_RANGE
        return tuple(str(number) for number in range(int(low), int(high) + 1)) if is_short else (low, high)
    limit = _LIMIT.search(text)
    return (limit["limit"],) if limit else ()


def _clean(values: list[str]) -> tuple[str, ...]:
    kept = (value.strip(" '\"`[]") for value in values[:MOST_VALUES])
    return tuple(dict.fromkeys(value for value in kept if 0 < len(value) <= LONGEST_VALUE))
