"""How a gateway is added (a local server, or another one of any dialect we speak) and removed again."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from gallery.admin.buttons import ButtonsAdmin
from gallery.admin.secret_field import APIKeyField
from gallery.gateway import base_urls
from gallery.models import Gateway, Preset
from gallery.services import added_gateways

DIALECTS = {
    "openai": "OpenAI-compatible: a local server, a LiteLLM proxy, OpenAI itself, most others",
    "openrouter": "OpenRouter",
    "openroute": "OpenRoute",
    "llmgateway": "LLMGateway",
    "routellm": "RouteLLM",
}
ADDRESS_HELP = (
    "As its makers write it, as in http://127.0.0.1:4000/v1. Addresses of this machine and of your network are called "
    "because you name them here: this very host and port, and no other."
)

ADD_FIELDSETS = [(None, {"fields": ["name", "slug", "dialect", "base_url", "needs_no_key", "api_key"]})]


class AddGatewayForm(forms.ModelForm):  # type: ignore[type-arg]
    name = forms.CharField(max_length=80, help_text="What people see in the picker and in the history.")
    slug = forms.SlugField(
        label="Short name",
        max_length=40,
        help_text="Scripts name its models by it, as in studio-server/flux-dev. It stays as it is.",
    )
    dialect = forms.ChoiceField(label="Speaks like", choices=list(DIALECTS.items()))
    base_url = forms.CharField(
        label="Address",
        max_length=250,
        help_text=ADDRESS_HELP,
        widget=forms.TextInput(attrs={"class": "vTextField", "inputmode": "url"}),
    )
    needs_no_key = forms.BooleanField(
        label="Needs no key",
        required=False,
        help_text="It is called without an API key, as a server of your own may allow.",
    )
    api_key = APIKeyField(
        help_text="Encrypted, never shown again and sent to this address only. Until there is one the sandbox answers, "
        "and everything made is marked as simulated."
    )

    class Meta:
        model = Gateway
        fields = ["name", "slug", "dialect", "base_url", "needs_no_key"]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if slug in added_gateways.TAKEN_SLUGS or Gateway.objects.filter(slug=slug).exists():
            raise ValidationError(f"“{slug}” is taken. Choose another short name.")
        return slug

    def clean(self) -> None:
        super().clean()
        address, dialect = self.cleaned_data.get("base_url"), self.cleaned_data.get("dialect")
        if address and dialect:
            try:
                self.cleaned_data["base_url"] = base_urls.normalise(address, dialect=dialect)
            except base_urls.BaseUrlRefused as refusal:
                self.add_error("base_url", str(refusal))
        if self.cleaned_data.get("needs_no_key") and self.cleaned_data.get("api_key"):
            self.add_error("api_key", "Either it needs no key, or this is its key: one of the two.")
        elif self.errors and self.cleaned_data.get("api_key"):
            self.add_error("api_key", "Enter the key again as well: it is never sent back to your browser.")


class AddedGatewaysAdmin(ButtonsAdmin):
    """`test` runs the test of a gateway and says what it proved."""

    def test(self, request: HttpRequest, gateway: Gateway) -> None:
        raise NotImplementedError

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Shipped gateways would come back at the next start: they are switched off instead."""
        return super().has_delete_permission(request, obj) and obj is not None and added_gateways.is_added(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Keys and models of a gateway go with it, and are no reason to keep it."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def get_form(self, request: HttpRequest, obj: Gateway | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else AddGatewayForm

    def get_prepopulated_fields(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        return {} if obj else {"slug": ["name"]}

    def add_gateway(self, gateway: Gateway, data: Mapping[str, Any]) -> None:
        """Save what the form holds, and fill `gateway` from it."""
        row = added_gateways.add_gateway(
            slug=data["slug"],
            name=data["name"],
            dialect=data["dialect"],
            address=data["base_url"],
            needs_no_key=data["needs_no_key"],
        )
        gateway.pk = row.pk
        gateway.refresh_from_db()

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        gateway = self.get_object(request, object_id)
        told = {"goes_along": goes_along(gateway)} if gateway else {}
        return super().delete_view(request, object_id, {**(extra_context or {}), **told})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "show_save_and_add_another": False}
        return super().change_view(request, object_id, form_url, context)

    def delete_model(self, request: HttpRequest, obj: Gateway) -> None:
        added_gateways.remove_gateway(obj)

    @method_decorator(sensitive_post_parameters("api_key"))
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "show_save_and_continue": False, "show_save_and_add_another": False}
        response = super().add_view(request, form_url, context)
        # Only now: saving is one transaction, which must not wait for somebody else's answer.
        if "_saveandtest" in request.POST and isinstance(response, HttpResponseRedirect):
            self.test(request, Gateway.objects.latest("pk"))
        return response

    def response_add(self, request: HttpRequest, obj: Gateway, post_url_continue: str | None = None) -> HttpResponse:
        """To its own page, where it is tested and its models are found; `save_model` said what was saved."""
        return redirect("admin:gallery_gateway_change", obj.pk)


def goes_along(gateway: Gateway) -> str:
    """What is deleted with a gateway, in a sentence."""
    counts = {
        "API key": gateway.api_keys.count(),
        "model": gateway.image_models.count(),
        "preset": Preset.objects.filter(image_model__gateway=gateway).count(),
        "budget": gateway.budgets.count(),
    }
    words = [f"{count} {name if count == 1 else f'{name}s'}" for name, count in counts.items() if count]
    if not words:
        return "It has no API keys and no models."
    *rest, last = words
    return f"Its {', '.join(rest)}{' and ' if rest else ''}{last} will be deleted with it."
