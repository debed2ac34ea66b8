"""API keys in the admin: their last four characters, order and state. The secret itself only goes in."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from gallery.admin import key_tests, states
from gallery.admin.audited import Audited
from gallery.admin.buttons import Button, ButtonsAdmin
from gallery.admin.secret_field import APIKeyField
from gallery.gateway import base_urls
from gallery.gateway.dialects import DIALECTS
from gallery.models import Act, APIKey, User
from gallery.services import api_keys, gateways

UNITS = {"usd": "US dollars", "points": "points"}
LIMITS = ("runs_a_day", "runs_a_month", "spend_a_day", "spend_a_month")
LIMITS_HELP = (
    "At a limit the key is passed over and the next one is used, until the studio’s next day or month. What the gateway "
    "refused does not count. Where the gateway does not tell what a run cost, what it was reckoned to counts. A run that "
    "nobody has a price for is let through as long as anything is left, and counts nothing where its gateway never tells: "
    "enter a price on its model’s page, or limit the runs. Empty: no limit."
)


class ShownKey:
    """What may be seen of a key, for the list, the page and the gateway's page."""

    @admin.display(description="API key")
    def key(self, api_key: APIKey) -> str:
        return str(api_key)

    @admin.display(description="API key")
    def kept(self, api_key: APIKey) -> str:
        if not gateways.is_in_environment(api_key):
            return (
                f"It was in the environment ({api_key.label}), where another value or none is now. It is used no more."
            )
        return (
            f"In the environment ({api_key.label}), and changed there. It goes before the keys that are saved here and has "
            "no limits of its own; another value is a new key."
        )

    @admin.display(description="Saved for")
    def saved_for(self, api_key: APIKey) -> str:
        return base_urls.in_words(api_key.host)

    @admin.display(description="State")
    def state(self, api_key: APIKey) -> str:
        return states.key_state(api_key)

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, api_key: APIKey) -> str:
        return states.moment(api_key.last_used_at) if api_key.last_used_at else "Never"

    @admin.display(description="Last error")
    def last_problem(self, api_key: APIKey) -> str:
        if not api_key.last_error_at:
            return api_key.last_error or "None"
        return f"{states.moment(api_key.last_error_at)}: {api_key.last_error}"

    @admin.display(description="Saved")
    def saved(self, api_key: APIKey) -> str:
        maker = api_key.created_by
        return f"{states.moment(api_key.created_at)}{f' by {maker.display_name}' if maker else ''}"


def run_limit(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=1_000_000_000, required=False)


def spend_limit(label: str) -> forms.DecimalField:
    least = Decimal("0.000001")
    return forms.DecimalField(label=label, min_value=least, max_digits=16, decimal_places=6, required=False)


class APIKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    api_key = APIKeyField()
    runs_a_day = run_limit("Runs a day")
    runs_a_month = run_limit("Runs a month")
    spend_a_day = spend_limit("Spend a day")
    spend_a_month = spend_limit("Spend a month")

    class Meta:
        model = APIKey
        fields = ["gateway", "label", "position", "is_enabled", *LIMITS]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        if not is_new:
            unit = UNITS[DIALECTS[self.instance.gateway.dialect].cost_unit]
            for name in ("spend_a_day", "spend_a_month"):
                self.fields[name].label = f"{self.fields[name].label} ({unit})"
                if (limit := getattr(self.instance, name)) is not None:
                    self.initial[name] = f"{limit.normalize():f}"
        secret = self.fields["api_key"]
        secret.required = is_new
        secret.help_text = "It is encrypted, never shown again, and sent only to the address its gateway has now."
        if not is_new:
            secret.label = "New API key"
            secret.help_text = f"Leave this empty to keep {self.instance.masked}. {secret.help_text}"

    def clean(self) -> None:
        gateway = self.cleaned_data.get("gateway") or (self.instance.gateway if self.instance.gateway_id else None)
        if gateway and not states.host_in_force(gateway):
            self.add_error(None, f"{gateway.name}’s address cannot be used. Correct it on the gateway’s page first.")
        if self.errors and self.cleaned_data.get("api_key"):
            self.add_error("api_key", "Enter the key again as well: it is never sent back to your browser.")


@admin.register(APIKey)
class APIKeyAdmin(Audited, ShownKey, ButtonsAdmin):
    added_as = Act.KEY_ADDED
    changed_as = Act.KEY_CHANGED
    removed_as = Act.KEY_REMOVED
    form = APIKeyForm
    list_display = ["key", "gateway", "saved_for", "state", "position", "last_used", "last_problem"]
    list_filter = ["gateway"]
    actions = ["use_selected_again"]
    shown = ["saved_for", "saved", "last_used", "last_problem"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[APIKey]:
        return super().get_queryset(request).select_related("gateway")

    def has_change_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_from_environment)

    def may_press(self, request: HttpRequest, row: APIKey) -> bool:
        return super().has_change_permission(request, row)

    def has_delete_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and is_fixed(obj))

    def get_fieldsets(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        if obj and obj.is_from_environment:
            happened = [name for name in self.shown if name != "saved"]
            return [(None, {"fields": ["state", "gateway", "kept"]}), ("What happened with it", {"fields": happened})]
        typed = ["gateway", "label", "api_key", "position", "is_enabled"]
        return [
            (None, {"fields": typed if obj is None else ["state", *typed]}),
            ("Limits of this key", {"fields": list(LIMITS), "description": LIMITS_HELP}),
            *([] if obj is None else [("What happened with it", {"fields": self.shown})]),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> list[str]:
        # A key never moves to another gateway: it would be another host.
        return ["state", *self.shown] if obj is None else ["state", "gateway", "kept", *self.shown]

    def buttons(self) -> Mapping[str, Button]:
        return {
            "test": Button("Test", self.test, is_in_force),
            "use-again": Button("Use again", self.use_again, lambda api_key: api_key.set_aside_at is not None),
            # Its place among the others shows on its gateway's page alone.
            "earlier": Button("Use earlier", self.use_earlier, lambda _: False),
        }

    def test(self, request: HttpRequest, api_key: APIKey) -> HttpResponse | None:
        """One cheap call with this key alone."""
        passed = key_tests.try_into_messages(request, api_key.gateway, only=api_key)
        if passed is not None:
            self.log_change(request, api_key, "Tested: passed." if passed else "Tested: failed.")
        return back(request, api_key)

    def use_again(self, request: HttpRequest, api_key: APIKey) -> HttpResponse | None:
        api_keys.use_again(api_key)
        self.log_change(request, api_key, "To be used again.")
        messages.success(request, f"{api_key} is used again from the next run on.")
        return back(request, api_key)

    def use_earlier(self, request: HttpRequest, api_key: APIKey) -> HttpResponse | None:
        api_keys.use_earlier(api_key)
        self.log_change(request, api_key, "To be used earlier.")
        return back(request, api_key)

    @admin.action(description="Use the selected keys again")
    def use_selected_again(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        for api_key in queryset:
            self.use_again(request, api_key)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        saved = gateways.save_api_key(
            gateway=obj.gateway,
            secret=form.cleaned_data["api_key"],
            label=obj.label,
            position=obj.position,
            is_enabled=obj.is_enabled,
            created_by=request.user if isinstance(request.user, User) else None,
            api_key=obj if change else None,
            limits=gateways.KeyLimits(**{name: getattr(obj, name) for name in LIMITS}),
        )
        obj.pk, obj.last_four, obj.host = saved.pk, saved.last_four, saved.host

    @method_decorator(sensitive_post_parameters("api_key"))
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)


def is_in_force(api_key: APIKey) -> bool:
    return api_key in states.keys_in_force(api_key.gateway)


def is_fixed(api_key: APIKey) -> bool:
    """What stands in the environment now would be back with the next run."""
    return api_key.is_from_environment and is_in_force(api_key)


def back(request: HttpRequest, api_key: APIKey) -> HttpResponse | None:
    """To the gateway's page, where its button was pressed there; else to the key's own."""
    return redirect("admin:gallery_gateway_change", api_key.gateway_id) if "at_gateway" in request.POST else None
