"""The parameter spec as text: shown readable, kept exactly as typed until it is right, refused with the place named."""

import json
import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from gallery.models.image_models import check_spec


class SpecField(forms.JSONField):
    def __init__(self, **options: Any):
        attrs = {"rows": 30, "cols": 100, "class": "vLargeTextField spec", "spellcheck": "false", "wrap": "off"}
        super().__init__(widget=forms.Textarea(attrs=attrs), required=False, **options)

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, InvalidJSONInput) else json.dumps(value, indent=2, ensure_ascii=False)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, to the letter: parsing and writing it again would lose its layout."""
        return InvalidJSONInput(data or "")

    def to_python(self, value: Any) -> Any:
        """Nothing at all means no parameters. Checked here: empty values never reach a model's validators."""
        spec = load(value) if isinstance(value, str) and value.strip() else []
        check_spec(spec)
        return spec


def load(text: str) -> Any:
    """Parse strict JSON: no NaN, no name twice in a table, only characters that can be stored."""
    try:
        value = json.loads(
            text, parse_constant=refuse_constant, parse_float=finite_number, object_pairs_hook=unique_names
        )
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as problem:
        place = f"Line {problem.lineno}, column {problem.colno}"
        raise ValidationError(f"This is not JSON yet. {place}: {problem.msg}.") from problem
    except UnicodeEncodeError as problem:
        raise ValidationError("This holds half of a character (a lone \\ud800 to \\udfff). Take it out.") from problem
    except RecursionError as problem:
        raise ValidationError("This is nested too deeply for a spec.") from problem
    except ValueError as problem:
        raise ValidationError("This holds a number that is too long.") from problem
    if "\\u0000" in json.dumps(value):
        raise ValidationError("This holds the character \\u0000, which cannot be stored. Take it out.")
    return value


def refuse_constant(name: str) -> None:
    raise ValidationError(f"{name} is not a number in JSON. Use a number, or leave the line out.")


def finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValidationError(f"{digits[:40]} is too large a number.")
    return number


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValidationError(f"“{twice}” stands twice in one table. Keep one of them.")
    return table
