"""The form of an access token: its name and its limits, for a new one and for one that stands."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

from gallery.forms.for_group import group_errors
from gallery.forms.models_allowed import ModelsAllowedForm, Scope
from gallery.models import AccessToken, Group, User

MOST_PER_MINUTE = 100_000
LONGEST = timedelta(days=3653)
TOO_LATE = "Choose a day within the next ten years, or “Never”."
NOT_CHOSEN = "You always work for a group. Choose for which one this token does."


class Expiry(models.TextChoices):
    NEVER = "never", "Never"
    MONTH = "30", "30 days"
    QUARTER = "90", "90 days"
    YEAR = "365", "1 year"
    DATE = "date", "On a date"


class AccessTokenForm(ModelsAllowedForm):
    """`limits` are what the services take."""

    name = forms.CharField(
        max_length=60, error_messages={"required": "Give the token a name, so that you know it again."}
    )
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

    def __init__(self, data: Any = None, *, user: User, access_token: AccessToken | None = None):
        self.access_token = access_token
        self.user = user
        initial = initial_of(access_token) if access_token else {"scope": Scope.EVERY, "expires": Expiry.QUARTER}
        super().__init__(data, kept=access_token.model_ids if access_token else (), initial=initial)
        groups = Group.objects.of_person(user) if user.group_ids else Group.objects.none()
        errors = group_errors(user, NOT_CHOSEN)
        self.fields["group"] = forms.ModelChoiceField(groups, required=user.is_bound, error_messages=errors)

    @property
    def groups(self) -> list[tuple[int, str, bool]]:
        """Those the owner works for: key, name, whether it is the chosen one."""
        chosen = str(self["group"].value() or "")
        rows = Group.objects.of_person(self.user) if self.user.group_ids else ()
        return [(row.pk, row.name, str(row.pk) == chosen) for row in rows]

    @property
    def chosen_expiry(self) -> str:
        return str(self["expires"].value() or (Expiry.DATE if self["expires_on"].value() else Expiry.NEVER))

    def clean(self) -> None:
        super().clean()
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
            "group": self.cleaned_data["group"],
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
        "group": access_token.group_id or "",
    }
