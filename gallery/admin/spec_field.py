"""The parameter spec as text: shown readable, kept exactly as typed until it is right, refused with the place named."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from gallery import specs


class SpecField(forms.JSONField):
    def __init__(self, **options: Any):
        attrs = {"rows": 30, "cols": 100, "class": "vLargeTextField spec", "spellcheck": "false", "wrap": "off"}
        super().__init__(widget=forms.Textarea(attrs=attrs), required=False, **options)

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, InvalidJSONInput) else as_text(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, to the letter: parsing and writing it again would lose its layout."""
        return InvalidJSONInput(data or "")

    def to_python(self, value: Any) -> Any:
        """Nothing at all means no parameters. Checked here: empty values never reach a model's validators."""
        try:
            return specs.read_text(value if isinstance(value, str) else "")[0]
        except specs.TextRefused as refusal:
            raise ValidationError(str(refusal)) from refusal


def as_text(parameters: Any) -> str:
    return json.dumps(parameters, indent=2, ensure_ascii=False)
