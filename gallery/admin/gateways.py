"""Gateways in the admin: address, key and test on one page. How one is added and removed is in `added_gateways`."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from gallery.admin import glance, key_tests, model_sync, states
from gallery.admin.added_gateways import ADD_FIELDSETS, AddedGatewaysAdmin
from gallery.admin.audited import Audited
from gallery.admin.buttons import Button
from gallery.admin.secret_field import APIKeyField
from gallery.gateway import base_urls
from gallery.gateway.dialects import DIALECTS
from gallery.models import Act, APIKey, Gateway, User
from gallery.services import gateways

ANOTHER_HOST = "This is another host. Enter its API key again below; saved keys stay with the host they were saved for."
IN_THE_CLEAR = (
    "This is the same host by http://, where the API key travels unencrypted. Enter its API key again below; a key that "
    "was saved for https:// is not sent in the clear."
)
ENCRYPTED = "This is the same host by https:// now. Enter its API key again below; saved keys stay with http://."
PLAIN_HTTP = (
    "This address starts with http://: the API key and the pictures travel unencrypted. "
    "Keep it to this machine or a network you trust."
)
UNITS = {"usd": "US dollars", "points": "points"}


class GatewayForm(forms.ModelForm):  # type: ignore[type-arg]
    base_url = forms.CharField(
        label="Address", max_length=250, widget=forms.TextInput(attrs={"class": "vTextField", "inputmode": "url"})
    )
    api_key = APIKeyField(
        help_text="Paste it here. It is encrypted, never shown again and sent to this address only. "
        "Where there are several, they are tried in their order, this one last."
    )
    max_running = forms.IntegerField(
        label="Runs at once",
        min_value=1,
        max_value=500,
        help_text="How many generations may wait for this gateway’s answer at the same time.",
    )
    answer_seconds = forms.IntegerField(
        label="Seconds to wait",
        min_value=5,
        max_value=3600,
        help_text="After this long without a whole answer a run is given up as uncertain.",
    )

    confirm_above = forms.DecimalField(
        min_value=0,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="A run, comparison or matrix that is reckoned to cost more here is asked about first. "
        "Where somebody’s own limit is lower, theirs holds. Empty: only people’s own limits.",
    )

    class Meta:
        model = Gateway
        fields = [
            "base_url",
            "is_enabled",
            "needs_no_key",
            "sends_defaults",
            "max_running",
            "answer_seconds",
            "confirm_above",
        ]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["confirm_above"].label = f"Ask above ({UNITS[DIALECTS[self.instance.dialect].cost_unit]})"
        # Declared fields stay in the form even where the page shows them read-only; a forged post must not reach them.
        for name in fixed_by_environment(self.instance):
            self.fields.pop(name, None)

    def clean_base_url(self) -> str:
        try:
            return base_urls.normalise(self.cleaned_data["base_url"], dialect=self.instance.dialect)
        except base_urls.BaseUrlRefused as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean(self) -> None:
        address = self.cleaned_data.get("base_url", "")
        has_key = self.cleaned_data.get("api_key") or "api_key" in self.errors
        has_key = has_key or self.cleaned_data.get("needs_no_key")
        if address and not has_key and needs_key_again(self.instance, address):
            self.add_error("base_url", why_again(self.instance, address))
        if self.errors and self.cleaned_data.get("api_key"):
            self.add_error("api_key", "Enter the key again as well: it is never sent back to your browser.")


def needs_key_again(gateway: Gateway, address: str) -> bool:
    """Whether this address is of another host, for which no key was saved although there are keys."""
    host = base_urls.host_of(address)
    saved_for = set(gateway.api_keys.filter(fingerprint="").values_list("host", flat=True))
    return host != states.host_in_force(gateway) and bool(saved_for) and host not in saved_for


def why_again(gateway: Gateway, address: str) -> str:
    after, before = base_urls.host_of(address), states.host_in_force(gateway)
    if after.removeprefix("http://") != before.removeprefix("http://"):
        return ANOTHER_HOST
    return IN_THE_CLEAR if after.startswith("http://") else ENCRYPTED


def fixed_by_environment(gateway: Gateway) -> list[str]:
    """Fields that cannot be changed here. A key from the environment was given for the address that stood then: another
    one typed here would be sent that key, so the address is fixed with it."""
    is_fixed = gateways.key_variable(gateway) or gateways.address_variable(gateway)
    return ["base_url"] if is_fixed else []


@admin.register(Gateway)
class GatewayAdmin(Audited, AddedGatewaysAdmin):
    added_as = changed_as = removed_as = Act.GATEWAY_CHANGED
    form = GatewayForm
    list_display = ["name"]
    readonly_fields = ["address", "key_from_environment"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gateway]:
        return Gateway.objects.for_admin()

    def get_fieldsets(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        if obj is None:
            return ADD_FIELDSETS
        fixed = fixed_by_environment(obj)
        address = "address" if "base_url" in fixed else "base_url"
        keys = ["key_from_environment", "api_key"] if gateways.key_variable(obj) else ["api_key"]
        return [
            ("Address and key", {"fields": [address, *keys, "needs_no_key"]}),
            ("Runs", {"fields": ["is_enabled", "sends_defaults", "max_running", "answer_seconds", "confirm_above"]}),
        ]

    @admin.display(description="Address")
    def address(self, gateway: Gateway) -> str:
        shown = gateways.base_url_of(gateway)
        if variable := gateways.address_variable(gateway):
            return f"{shown} (from the environment: {variable})"
        if variable := gateways.key_variable(gateway):
            name = variable.replace("_API_KEY", "_BASE_URL")
            return f"{shown} (set {name} in the environment to change it: the key comes from there)"
        return shown

    @admin.display(description="First API key")
    def key_from_environment(self, gateway: Gateway) -> str:
        return (
            f"From the environment ({gateways.key_variable(gateway)}), and changed there. Keys that are saved here take over "
            "when it is refused or spent."
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "glances": glance.glances()})

    def buttons(self) -> Mapping[str, Button]:
        return {
            "test": Button("Test", self.test),
            "list": Button("Which models are there?", self.read_listing),
        }

    def read_listing(self, request: HttpRequest, gateway: Gateway) -> HttpResponse:
        """Ask the gateway for its own list, mark our models by it, and show what differs."""
        model_sync.read_into_messages(request, gateway)
        return redirect(model_sync.sync_url(gateway))

    def test(self, request: HttpRequest, gateway: Gateway) -> None:
        """Run the test and say what it proved."""
        passed = key_tests.try_into_messages(request, gateway)
        if passed is not None:
            self.log_change(request, gateway, "Tested: passed." if passed else "Tested: failed.")

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        if not change:
            self.add_gateway(obj, form.cleaned_data)
        elif plain := [name for name in form.changed_data if name not in ("base_url", "api_key", "needs_no_key")]:
            obj.save(update_fields=plain)
        if change and "needs_no_key" in form.changed_data:
            gateways.save_needs_no_key(gateway=obj, needs_no_key=obj.needs_no_key)
        if change and "base_url" in form.changed_data:
            gateways.save_base_url(gateway=obj, address=obj.base_url)
        secret = form.cleaned_data.get("api_key")
        api_key = save_new_key(request, obj, secret) if secret else None
        tell_saved(request, obj, api_key, is_plain="base_url" in form.changed_data and is_plain_http(obj))

    @method_decorator(sensitive_post_parameters("api_key"))
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "show_save_and_continue": False, "show_save_and_add_another": False}
        if gateway := Gateway.objects.for_admin().filter(pk=object_id).first() if object_id.isdecimal() else None:
            context["glance"] = glance.glance_of(gateway)
        response = super().change_view(request, object_id, form_url, context)
        # Only now: saving is one transaction, which must not wait for somebody else's answer.
        if "_saveandtest" in request.POST and isinstance(response, HttpResponseRedirect):
            self.test(request, Gateway.objects.get(pk=object_id))
        return response

    def response_change(self, request: HttpRequest, obj: Gateway) -> HttpResponse:
        """Without Django's own message: `save_model` said already what was saved."""
        here = "_saveandtest" in request.POST or "_continue" in request.POST
        return HttpResponseRedirect(request.path) if here else self.response_post_save_change(request, obj)


def save_new_key(request: HttpRequest, gateway: Gateway, secret: str) -> APIKey:
    last = gateway.api_keys.aggregate(last=Max("position"))["last"]
    user = request.user if isinstance(request.user, User) else None
    return gateways.save_api_key(
        gateway=gateway,
        secret=secret,
        label="",
        position=0 if last is None else min(last + 1, 32767),
        is_enabled=True,
        created_by=user,
    )


def tell_saved(request: HttpRequest, gateway: Gateway, api_key: APIKey | None, *, is_plain: bool) -> None:
    """In one message, however much was saved."""
    told = [f"{gateway.name} is saved."]
    if api_key:
        told = [f"{gateway.name} and its key {api_key.masked} are saved, for {base_urls.in_words(api_key.host)}."]
    if is_plain:
        told.append(PLAIN_HTTP)
    messages.add_message(request, messages.WARNING if is_plain else messages.SUCCESS, " ".join(told))


def is_plain_http(gateway: Gateway) -> bool:
    return gateway.base_url.startswith("http://")
