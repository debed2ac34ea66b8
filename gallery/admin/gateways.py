"""Gateways in the admin: address, key and test on one page. None are added or removed here: a gateway is a dialect."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from gallery.admin import states
from gallery.admin.api_keys import APIKeyInline
from gallery.admin.buttons import Button, ButtonsAdmin
from gallery.admin.secret_field import APIKeyField
from gallery.gateway import base_urls, errors
from gallery.models import APIKey, Gateway, User
from gallery.services import gateways, listings

ANOTHER_HOST = "This is another host. Enter its API key again below; saved keys stay with the host they were saved for."
TESTS_PER_MINUTE = 10


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

    class Meta:
        model = Gateway
        fields = ["base_url", "is_enabled", "sends_defaults", "max_running", "answer_seconds"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
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
        if address and not has_key and needs_key_again(self.instance, address):
            self.add_error("base_url", ANOTHER_HOST)
        if self.errors and self.cleaned_data.get("api_key"):
            self.add_error("api_key", "Enter the key again as well: it is never sent back to your browser.")


def needs_key_again(gateway: Gateway, address: str) -> bool:
    """Whether this address is of another host, for which no key was saved although there are keys."""
    host = base_urls.host_of(address)
    saved_for = set(gateway.api_keys.values_list("host", flat=True))
    return host != states.host_in_force(gateway) and bool(saved_for) and host not in saved_for


def fixed_by_environment(gateway: Gateway) -> list[str]:
    """Fields that cannot be changed here. A key from the environment was given for the address that stood then: another
    one typed here would be sent that key, so the address is fixed with it."""
    if states.key_variable(gateway):
        return ["base_url", "api_key"]
    return ["base_url"] if states.address_variable(gateway) else []


@admin.register(Gateway)
class GatewayAdmin(ButtonsAdmin):
    form = GatewayForm
    list_display = ["name", "state", "address"]
    readonly_fields = ["state", "address", "key_from_environment", "last_test"]
    actions = ["test_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gateway]:
        return Gateway.objects.for_admin()

    def get_inlines(self, request: HttpRequest, obj: Gateway | None) -> list[Any]:
        return [APIKeyInline] if obj and obj.api_keys.all() else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        fixed = fixed_by_environment(obj) if obj else []
        address = "address" if "base_url" in fixed else "base_url"
        key = "key_from_environment" if "api_key" in fixed else "api_key"
        return [
            (None, {"fields": ["state", address, key, "last_test"]}),
            ("Runs", {"fields": ["is_enabled", "sends_defaults", "max_running", "answer_seconds"]}),
        ]

    @admin.display(description="State")
    def state(self, gateway: Gateway) -> str:
        return states.gateway_state(gateway)

    @admin.display(description="Address")
    def address(self, gateway: Gateway) -> str:
        shown = gateways.base_url_of(gateway)
        if variable := states.address_variable(gateway):
            return f"{shown} (from the environment: {variable})"
        if variable := states.key_variable(gateway):
            name = variable.replace("_API_KEY", "_BASE_URL")
            return f"{shown} (set {name} in the environment to change it: the key comes from there)"
        return shown

    @admin.display(description="API key")
    def key_from_environment(self, gateway: Gateway) -> str:
        return f"From the environment ({states.key_variable(gateway)}). It is used instead of every key saved here."

    @admin.display(description="Last test")
    def last_test(self, gateway: Gateway) -> str:
        if gateway.tested_at is None:
            return "Not tested since address or key were saved."
        return f"{states.moment(gateway.tested_at)}: {gateway.test_report}"

    def buttons(self) -> Mapping[str, Button]:
        return {"test": Button("Test", self.test), "list": Button("Which models are there?", self.read_listing)}

    def read_listing(self, request: HttpRequest, gateway: Gateway) -> None:
        """Ask the gateway for its own list and mark our models by it."""
        try:
            listing = listings.read_listing(gateway)
        except errors.GatewayError as problem:
            messages.error(request, f"{gateway.name}: {problem.sentence}")
            return
        messages.success(request, f"{gateway.name}: {listing.sentence}")

    def test(self, request: HttpRequest, gateway: Gateway) -> None:
        """Run the test and say what it proved."""
        if not may_test(gateway):
            messages.warning(request, f"{gateway.name} was tested a lot just now. Wait a minute, then test it again.")
            return
        try_refused_key_again(gateway)
        passed, report = gateways.test_gateway(gateway)
        self.log_change(request, gateway, "Tested: passed." if passed else "Tested: failed.")
        messages.add_message(request, messages.SUCCESS if passed else messages.ERROR, f"{gateway.name}: {report}")

    @admin.action(description="Test the selected gateways")
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Gateway]) -> None:
        for gateway in queryset:
            self.test(request, gateway)

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        plain = [name for name in form.changed_data if name not in ("base_url", "api_key")]
        if plain:
            obj.save(update_fields=plain)
        if "base_url" in form.changed_data:
            gateways.save_base_url(gateway=obj, address=obj.base_url)
            warn_of_plain_http(request, obj)
        if secret := form.cleaned_data.get("api_key"):
            save_new_key(request, obj, secret)

    @method_decorator(sensitive_post_parameters("api_key"))
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "show_save_and_continue": False}
        response = super().change_view(request, object_id, form_url, context)
        # Only now: saving is one transaction, which must not wait for somebody else's answer.
        if "_saveandtest" in request.POST and isinstance(response, HttpResponseRedirect):
            self.test(request, Gateway.objects.get(pk=object_id))
        return response

    def response_change(self, request: HttpRequest, obj: Gateway) -> HttpResponse:
        response = super().response_change(request, obj)
        return HttpResponseRedirect(request.path) if "_saveandtest" in request.POST else response


def save_new_key(request: HttpRequest, gateway: Gateway, secret: str) -> None:
    last = gateway.api_keys.aggregate(last=Max("position"))["last"]
    user = request.user if isinstance(request.user, User) else None
    api_key = gateways.save_api_key(
        gateway=gateway,
        secret=secret,
        label="",
        position=0 if last is None else min(last + 1, 32767),
        is_enabled=True,
        created_by=user,
    )
    messages.success(request, f"The key {api_key.masked} is saved for {states.plain_host(api_key.host)}.")


def try_refused_key_again(gateway: Gateway) -> None:
    """A test is asked for by a person, perhaps after the account was mended: where every key was set aside, it
    tries the first of them once more."""
    api_keys = APIKey.objects.filter(gateway=gateway, host=states.host_in_force(gateway), is_enabled=True)
    refused = api_keys.order_by("position", "id").first()
    if refused and not api_keys.usable().exists():
        gateways.retry_api_key(refused)


def warn_of_plain_http(request: HttpRequest, gateway: Gateway) -> None:
    if gateway.base_url.startswith("http://"):
        messages.warning(
            request,
            "This address starts with http://: the API key and the pictures travel unencrypted. "
            "Keep it to this machine or a network you trust.",
        )


def may_test(gateway: Gateway) -> bool:
    """At most ten tests of one gateway a minute: each is a call to somebody else's service."""
    name = f"gateway-tests-{gateway.pk}"
    cache.add(name, 0, 60)
    try:
        return cache.incr(name) <= TESTS_PER_MINUTE
    except ValueError:  # it ran out between the two calls
        return True
