"""The form of a share link: for how long it works and what it shows, for a new one and for one that stands."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

from gallery.models import Share

SHORTEST_PASSWORD = 6


class Lasting(models.TextChoices):
    DAY = "1", "1 day"
    WEEK = "7", "7 days"
    MONTH = "30", "30 days"
    NEVER = "never", "Never ends"
    KEPT = "kept", "As it is"


class ShareForm(forms.Form):
    """`options` are what the services take."""

    lasts = forms.ChoiceField(error_messages={"required": "Choose for how long the link works."})
    title = forms.CharField(max_length=120, required=False)
    shows_prompts = forms.BooleanField(required=False)
    allows_download = forms.BooleanField(required=False)
    password = forms.CharField(
        max_length=128,
        min_length=SHORTEST_PASSWORD,
        strip=False,
        required=False,
        error_messages={"min_length": f"At least {SHORTEST_PASSWORD} characters, or leave it empty."},
    )
    removes_password = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, share: Share | None = None):
        self.share = share
        super().__init__(data, initial=initial_of(share) if share else {"lasts": Lasting.MONTH})
        field = self.fields["lasts"]
        assert isinstance(field, forms.ChoiceField)
        # A link that has ended is not kept as it is.
        is_kept = share is not None and not share.is_expired and share.expires_at is not None
        field.choices = [(value, label) for value, label in Lasting.choices if is_kept or value != Lasting.KEPT]

    @property
    def options(self) -> dict[str, Any]:
        """Of a valid form."""
        chosen = self.cleaned_data
        options = {name: chosen[name] for name in ("title", "shows_prompts", "allows_download")}
        options["expires_at"] = self.expires_at()
        if self.share is None or chosen["password"]:
            options["password"] = chosen["password"]
        elif chosen["removes_password"]:
            options["password"] = ""
        return options

    def expires_at(self) -> datetime | None:
        lasts = self.cleaned_data["lasts"]
        if lasts == Lasting.NEVER:
            return None
        if lasts == Lasting.KEPT:
            assert self.share
            return self.share.expires_at
        return timezone.now() + timedelta(days=int(lasts))


def initial_of(share: Share) -> dict[str, Any]:
    is_kept = share.expires_at is not None and not share.is_expired
    return {
        "title": share.title,
        "shows_prompts": share.shows_prompts,
        "allows_download": share.allows_download,
        "lasts": Lasting.KEPT if is_kept else Lasting.NEVER if share.expires_at is None else Lasting.MONTH,
    }
