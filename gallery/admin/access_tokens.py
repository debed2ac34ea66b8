"""Everybody's access tokens in the admin: who has which, what they were used for, and a way to revoke them."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from gallery.admin import states
from gallery.admin.buttons import Button, ButtonsAdmin
from gallery.models import AccessToken
from gallery.models.tokens import TokenState
from gallery.services import tokens


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TokenState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> QuerySet[AccessToken]:
        shown = AccessToken.objects.in_state(self.value() or "")
        return queryset.filter(pk__in=shown.values("pk")) if self.value() else queryset


@admin.register(AccessToken)
class AccessTokenAdmin(ButtonsAdmin):
    """Oversight: limits are the owner's to change, the token itself is known to nobody, and its history stays."""

    list_display = ["name", "owner_name", "state", "last_used", "requests", "cost", "shown_prefix"]
    list_filter = [StateFilter]
    search_fields = ["name", "prefix", "owner__username", "owner__name"]
    actions = ["revoke_selected"]
    who = ("state", "owner_name", "shown_prefix", "created")
    limits = ("models", "pace", "expires")
    use = ("last_used", "requests", "cost")
    fieldsets = [(None, {"fields": who}), ("Limits", {"fields": limits}), ("Use", {"fields": use})]
    readonly_fields = [*who, *limits, *use]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessToken]:
        return AccessToken.objects.for_admin()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The costs of all rows of the page are read at once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        costs = AccessToken.objects.costs_of(rows)
        for row in rows:
            row.__dict__["costs_shown"] = costs[row.pk]
        changelist.result_list = rows
        return changelist

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        hidden = {"show_save": False, "show_save_and_continue": False, "show_close": False}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **hidden})

    def save_model(self, request: HttpRequest, obj: AccessToken, form: Any, change: bool) -> None:
        """Nothing on the page can be typed; saving the row would only undo what was counted meanwhile."""

    def buttons(self) -> Mapping[str, Button]:
        return {"revoke": Button("Revoke", self.revoke, lambda row: row.revoked_at is None)}

    def revoke(self, request: HttpRequest, access_token: AccessToken) -> None:
        if access_token.revoked_at is not None:
            messages.info(request, f"{access_token} was revoked before.")
            return
        tokens.revoke_token(access_token)
        self.log_change(request, access_token, "Revoked.")
        messages.success(request, f"{access_token} no longer works.")

    @admin.action(description="Revoke the selected tokens")
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        for access_token in queryset:
            self.revoke(request, access_token)

    @admin.display(description="Owner", ordering="owner__username")
    def owner_name(self, access_token: AccessToken) -> str:
        return access_token.owner.display_name

    @admin.display(description="Begins with", ordering="prefix")
    def shown_prefix(self, access_token: AccessToken) -> str:
        return f"{access_token.prefix}…"

    @admin.display(description="State")
    def state(self, access_token: AccessToken) -> str:
        label = access_token.state.label
        return f"{label} {states.moment(access_token.revoked_at)}" if access_token.revoked_at else label

    @admin.display(description="Made")
    def created(self, access_token: AccessToken) -> str:
        return states.moment(access_token.created_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, access_token: AccessToken) -> str:
        return states.moment(access_token.last_used_at) if access_token.last_used_at else "Never"

    @admin.display(description="Requests", ordering="request_count")
    def requests(self, access_token: AccessToken) -> str:
        return str(access_token.request_count)

    @admin.display(description="Cost")
    def cost(self, access_token: AccessToken) -> str:
        costs = access_token.__dict__.get("costs_shown")
        costs = costs or AccessToken.objects.costs_of([access_token])[access_token.pk]
        return ", ".join(costs.words) or "None yet"

    @admin.display(description="Models")
    def models(self, access_token: AccessToken) -> str:
        return ", ".join(access_token.model_ids) or "Every model"

    @admin.display(description="Requests a minute")
    def pace(self, access_token: AccessToken) -> str:
        return str(access_token.requests_per_minute or "No limit")

    @admin.display(description="Expires")
    def expires(self, access_token: AccessToken) -> str:
        return states.moment(access_token.expires_at) if access_token.expires_at else "Never"
