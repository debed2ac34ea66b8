"""The form of an access token: its name and its limits, for a new one and for one that stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

from gallery.models import AccessToken, ImageModel

MOST_PER_MINUTE = 100_000
LONGEST = timedelta(days=3653)
TOO_LATE = "Choose a day within the next ten years, or “Never”."
NOT_OFFERED = "“%(value)s” is not offered. Choose another model."


class Scope(models.TextChoices):
    EVERY = "every", "Every model"
    CHOSEN = "chosen", "Only chosen ones"


class Expiry(models.TextChoices):
    NEVER = "never", "Never"
    MONTH = "30", "30 days"
    QUARTER = "90", "90 days"
    YEAR = "365", "1 year"
    DATE = "date", "On a date"


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    full_id: str
    name: str
    is_chosen: bool


class AccessTokenForm(forms.Form):
    """`limits` are what the services take. No model chosen means every model, unless `scope` says "chosen"."""

    name = forms.CharField(
        max_length=60, error_messages={"required": "Give the token a name, so that you know it again."}
    )
    scope = forms.ChoiceField(choices=Scope.choices, required=False)
    models = forms.MultipleChoiceField(required=False, error_messages={"invalid_choice": NOT_OFFERED})
    expires = forms.ChoiceField(choices=Expiry.choices, required=False)
    expires_on = forms.DateField(required=False, error_messages={"invalid": "Write the day as 2027-03-31."})
    requests_per_minute = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        error_messages={
            "invalid": "Write a whole number, or leave this empty.",
            "min_value": "Allow at least one request, or leave this empty for no limit.",
            "max_value": "Write a smaller number, or leave this empty for no limit.",
        },
    )

    def __init__(self, data: Any = None, *, access_token: AccessToken | None = None):
        self.access_token = access_token
        initial = initial_of(access_token) if access_token else {"scope": Scope.EVERY, "expires": Expiry.QUARTER}
        super().__init__(data, initial=initial)
        field = self.fields["models"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(image_model.full_id, image_model.name) for image_model in self.offered]
        field.choices += [(full_id, full_id) for full_id in self.no_longer_offered]

    @cached_property
    def offered(self) -> list[ImageModel]:
        return list(ImageModel.objects.for_picker())

    @cached_property
    def no_longer_offered(self) -> list[str]:
        """Models the token was limited to and keeps: without them an empty list would open every model."""
        kept = self.access_token.model_ids if self.access_token else []
        return [full_id for full_id in kept if full_id not in {row.full_id for row in self.offered}]

    @property
    def chosen_scope(self) -> str:
        return str(self["scope"].value() or (Scope.CHOSEN if self["models"].value() else Scope.EVERY))

    @property
    def chosen_expiry(self) -> str:
        return str(self["expires"].value() or (Expiry.DATE if self["expires_on"].value() else Expiry.NEVER))

    def model_groups(self) -> Iterator[tuple[str, list[ModelChoice]]]:
        """The models to choose from under their gateways' names, in the picker's order."""
        chosen = set(self["models"].value() or [])
        groups: dict[str, list[ModelChoice]] = {}
        for row in self.offered:
            choice = ModelChoice(full_id=row.full_id, name=row.name, is_chosen=row.full_id in chosen)
            groups.setdefault(row.gateway.name, []).append(choice)
        kept = [
            ModelChoice(full_id=full_id, name="", is_chosen=full_id in chosen) for full_id in self.no_longer_offered
        ]
        return iter([*groups.items(), *([("No longer offered", kept)] if kept else [])])

    def clean(self) -> None:
        scope, chosen = self.cleaned_data.get("scope"), self.cleaned_data.get("models", [])
        if scope == Scope.EVERY:
            self.errors.pop("models", None)
            self.cleaned_data["models"] = []
        elif scope == Scope.CHOSEN and not chosen and "models" not in self.errors:
            self.add_error("models", "Choose at least one model, or allow every model.")
        if self.chosen_expiry != Expiry.DATE:
            self.errors.pop("expires_on", None)
        elif "expires_on" not in self.errors:
            self.check_day(self.cleaned_data.get("expires_on"))

    def check_day(self, day: date | None) -> None:
        today = timezone.localdate()
        if day is None:
            self.add_error("expires_on", "Choose a day.")
        elif day < today and day != self.initial.get("expires_on"):
            self.add_error("expires_on", "This day is past. Choose today or a later one.")
        elif day > today + LONGEST:
            self.add_error("expires_on", TOO_LATE)

    @property
    def limits(self) -> dict[str, Any]:
        """Name and limits of a valid form, by the services' own names."""
        return {
            "name": self.cleaned_data["name"],
            "model_ids": self.cleaned_data["models"],
            "expires_at": self.expires_at(),
            "requests_per_minute": self.cleaned_data["requests_per_minute"],
        }

    def expires_at(self) -> datetime | None:
        """The end of the chosen day in the reader's zone; a day that was left as it stood keeps its hour."""
        if self.chosen_expiry == Expiry.NEVER:
            return None
        if self.chosen_expiry != Expiry.DATE:
            return timezone.now() + timedelta(days=int(self.chosen_expiry))
        day = self.cleaned_data["expires_on"]
        if self.access_token and day == self.initial.get("expires_on"):
            return self.access_token.expires_at
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def initial_of(access_token: AccessToken) -> dict[str, Any]:
    expires_at = access_token.expires_at
    return {
        "name": access_token.name,
        "scope": Scope.CHOSEN if access_token.model_ids else Scope.EVERY,
        "models": access_token.model_ids,
        "expires": Expiry.DATE if expires_at else Expiry.NEVER,
        "expires_on": timezone.localdate(expires_at) if expires_at else None,
        "requests_per_minute": access_token.requests_per_minute,
    }
