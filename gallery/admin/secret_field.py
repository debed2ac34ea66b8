"""The write-only field for an API key: what is typed goes in, and never comes back."""

import re

from django import forms
from django.core.exceptions import ValidationError

PLAIN = re.compile(r"[\x21-\x7e]+\Z")


class APIKeyField(forms.CharField):
    def __init__(self, *, label: str = "API key", help_text: str = "", required: bool = False):
        widget = forms.PasswordInput(
            render_value=False,
            attrs={"class": "vTextField", "autocomplete": "new-password", "spellcheck": "false", "maxlength": "500"},
        )
        super().__init__(label=label, help_text=help_text, required=required, max_length=500, widget=widget)

    def clean(self, value: str | None) -> str:
        """The key without surrounding spaces; the refusal never quotes what was typed."""
        secret: str = super().clean(value)
        if secret and not PLAIN.match(secret):
            raise ValidationError(
                "This does not look like an API key: it has spaces or unusual characters in it. "
                "Copy it again from the gateway’s own page, without “Bearer” before it."
            )
        return secret
