"""The forms of budgets: a new one, another sum for one there is, and what a gateway's points cost."""

from decimal import Decimal
from typing import Any

from django import forms

from gallery.gateway.dialects import DIALECTS
from gallery.models import AccessToken, Budget, Gateway, Group, User
from gallery.services.budget_changes import SUBJECTS

SUM = "Write a sum like 20 or 2.50, or leave it empty."
CHOOSE = {
    "person": "Choose a person.",
    "group": "Choose a group.",
    "access_token": "Choose a token.",
    "gateway": "Choose a gateway.",
}


def sum_field(label: str, help_text: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=4,
        error_messages={"invalid": SUM, "min_value": SUM, "max_digits": SUM, "max_decimal_places": SUM},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "never"}),
    )


class AmountsForm(forms.Form):
    """The sums of a budget. `cleaned_data` has them as `services.budget_changes` takes them."""

    warn_at = sum_field("Warn at", "Everything still runs, and the studio says so before each run.")
    stop_at = sum_field("Stop at", "What would go beyond it is refused.")
    is_strict = forms.BooleanField(label="Also refuse runs of unknown price", required=False)

    def clean(self) -> None:
        warn_at, stop_at = self.cleaned_data.get("warn_at"), self.cleaned_data.get("stop_at")
        if self.errors:
            return
        if warn_at is None and stop_at is None:
            self.add_error("stop_at", "Write at least one of the two sums.")
        elif warn_at is not None and stop_at is not None and warn_at > stop_at:
            self.add_error("warn_at", "A warning above the stop would never be seen.")


class BudgetForm(AmountsForm):
    """A new budget; somebody who is no administrator may bound their own tokens, and the groups they lead."""

    scope = forms.ChoiceField(choices=Budget.Scope.choices, initial=Budget.Scope.PERSON)
    person = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Choose a person")
    group = forms.ModelChoiceField(Group.objects.none(), required=False, empty_label="Choose a group")
    access_token = forms.ModelChoiceField(AccessToken.objects.none(), required=False, empty_label="Choose a token")
    gateway = forms.ModelChoiceField(Gateway.objects.none(), required=False, empty_label="Choose a gateway")
    period = forms.ChoiceField(choices=Budget.Period.choices, initial=Budget.Period.MONTH)
    unit = forms.ChoiceField(choices=Budget.Unit.choices, initial=Budget.Unit.USD)

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Select):
                field.widget.attrs["class"] = "select"
        tokens = AccessToken.objects.usable().select_related("owner").order_by("name", "id")
        fields: dict[str, Any] = self.fields
        fields["access_token"].queryset = tokens if user.is_superuser else tokens.filter(owner=user)
        fields["access_token"].label_from_instance = lambda row: f"{row.name} · {row.owner.display_name}"
        fields["person"].label_from_instance = lambda row: row.display_name
        fields["group"].queryset = Group.objects.open().led_by(user).order_by("name")
        if user.is_superuser:
            fields["person"].queryset = User.objects.active()
            fields["gateway"].queryset = Gateway.objects.order_by("position", "id")
        else:
            own = {Budget.Scope.GROUP: "group", Budget.Scope.TOKEN: "access_token"}
            fields["scope"].choices = [(s.value, s.label) for s, name in own.items() if fields[name].queryset.exists()]
            fields["scope"].initial = next((value for value, _ in fields["scope"].choices), "")

    @property
    def scopes(self) -> list[tuple[str, str, bool]]:
        chosen = self["scope"].value()
        return [(value, label, value == chosen) for value, label in self.fields["scope"].choices]  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        name = SUBJECTS.get(self.cleaned_data.get("scope", ""), "")
        if name and not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, CHOOSE[name])
        gateway, unit = self.cleaned_data.get("gateway"), self.cleaned_data.get("unit")
        if name == "gateway" and gateway and unit and not is_charged_in(gateway, unit):
            own = "points" if unit == Budget.Unit.USD else "dollars"
            self.add_error("unit", f"{gateway.name} charges in {own}: nothing would ever count in this budget.")

    @property
    def subject(self) -> Any:
        return self.cleaned_data.get(SUBJECTS.get(self.cleaned_data["scope"], ""))

    @property
    def amounts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("warn_at", "stop_at", "is_strict")}


def is_charged_in(gateway: Gateway, unit: str) -> bool:
    """Whether what it charges can count in this unit: by itself, or by the rate of its points."""
    own = DIALECTS[gateway.dialect].cost_unit
    return own == unit or (own == Budget.Unit.POINTS and gateway.usd_per_1000_points is not None)


class RateForm(forms.Form):
    usd_per_1000_points = forms.DecimalField(
        label="Dollars for 1,000 points",
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        error_messages={"invalid": SUM, "min_value": "Write a sum above zero, or leave it empty."},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "not stated"}),
    )
