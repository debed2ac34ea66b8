"""API keys in the admin: their last four characters, order and state. The secret itself only goes in."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from gallery.admin import states
from gallery.admin.buttons import Button, ButtonsAdmin
from gallery.admin.secret_field import APIKeyField
from gallery.models import APIKey, User
from gallery.services import gateways


class ShownKey:
    """What may be seen of a key, for the list, the page and the gateway's page."""

    @admin.display(description="API key")
    def key(self, api_key: APIKey) -> str:
        return str(api_key)

    @admin.display(description="Saved for")
    def saved_for(self, api_key: APIKey) -> str:
        return states.plain_host(api_key.host)

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


class APIKeyInline(ShownKey, admin.TabularInline):  # type: ignore[type-arg]
    """The saved keys on their gateway's page."""

    model = APIKey
    verbose_name_plural = "Saved API keys"
    fields = ["label", "saved_for", "state", "position", "is_enabled", "last_used", "last_problem"]
    readonly_fields = ["saved_for", "state", "last_used", "last_problem"]
    ordering = ["position", "id"]
    extra = 0
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class APIKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    api_key = APIKeyField()

    class Meta:
        model = APIKey
        fields = ["gateway", "label", "position", "is_enabled"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
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
class APIKeyAdmin(ShownKey, ButtonsAdmin):
    form = APIKeyForm
    list_display = ["key", "gateway", "saved_for", "state", "position", "last_used", "last_problem"]
    list_filter = ["gateway"]
    actions = ["try_selected_again"]
    shown = ["saved_for", "saved", "last_used", "last_problem"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[APIKey]:
        return super().get_queryset(request).select_related("gateway")

    def get_fieldsets(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        typed = ["gateway", "label", "api_key", "position", "is_enabled"]
        return [(None, {"fields": typed if obj is None else ["state", *typed, *self.shown]})]

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> list[str]:
        # A key never moves to another gateway: it would be another host.
        return ["state", *self.shown] if obj is None else ["state", "gateway", *self.shown]

    def buttons(self) -> Mapping[str, Button]:
        return {"try-again": Button("Try again", self.try_again, lambda api_key: api_key.refused_at is not None)}

    def try_again(self, request: HttpRequest, api_key: APIKey) -> None:
        gateways.retry_api_key(api_key)
        self.log_change(request, api_key, "To be tried again.")
        messages.success(request, f"{api_key} will be tried again with the next run.")

    @admin.action(description="Try the selected keys again")
    def try_selected_again(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        for api_key in queryset:
            self.try_again(request, api_key)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        saved = gateways.save_api_key(
            gateway=obj.gateway,
            secret=form.cleaned_data["api_key"],
            label=obj.label,
            position=obj.position,
            is_enabled=obj.is_enabled,
            created_by=request.user if isinstance(request.user, User) else None,
            api_key=obj if change else None,
        )
        obj.pk, obj.last_four, obj.host = saved.pk, saved.last_four, saved.host

    @method_decorator(sensitive_post_parameters("api_key"))
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)
