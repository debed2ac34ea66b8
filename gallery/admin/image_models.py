"""Image models in the admin: what is offered and its words. The spec has pages of its own: spec_editor, model_versions."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html

from gallery.admin import model_sync, model_versions, spec_editor
from gallery.admin.audited import Audited
from gallery.admin.buttons import Button, ButtonsAdmin
from gallery.admin.image_model_form import ImageModelForm
from gallery.admin.model_access import administrator, page_url
from gallery.models import Act, ImageModel
from gallery.services import corrections, image_models, spec_versions

COPIED = [name for name in spec_versions.FIELDS if name not in spec_versions.TASTE]
MOST_NAMED = 12


class AtTheGateway(admin.BooleanFieldListFilter):
    """Whether the gateway listed it when it was last asked."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.title = "at the gateway"


@admin.register(ImageModel)
class ImageModelAdmin(Audited, ButtonsAdmin):
    added_as = changed_as = removed_as = Act.MODEL_CHANGED
    form = ImageModelForm
    list_display = ["name", "full_id", "family", "offered", "at_gateway", "origin"]
    list_filter = ["gateway", "family", "is_enabled", ("is_available", AtTheGateway)]
    list_select_related = ["gateway"]
    list_per_page = 200
    empty_value_display = ""
    search_fields = ["name", "model_id", "family", "description"]
    actions = ["offer_selected", "withdraw_selected", "restore_selected"]
    fieldsets = [
        (None, {"fields": ["gateway", "model_id", "name", "family", "description"]}),
        ("In the studio", {"fields": ["is_enabled", "is_default", "position", "origin_in_full"]}),
        (
            "What it does",
            {"fields": ["tasks", "modalities", "surface", "output", "prompt_help", "prompt_forbids", "prompt_limit"]},
        ),
        ("Price", {"fields": ["price", "price_unit"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of one model's spec, behind the admin's own door."""
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "spec": ("spec/", spec_editor.edit),
            "spec_preview": ("spec/preview/", spec_editor.preview),
            "spec_try": ("spec/try/", spec_editor.try_out),
            "versions": ("versions/", model_versions.versions),
            "version": ("versions/<int:number>/", model_versions.version),
            "version_restore": ("versions/<int:number>/restore/", model_versions.restore),
            "correct": ("correct/", model_versions.correct),
            "restore_shipped": ("versions/shipped/", model_versions.restore_shipped),
        }
        own = [
            path(f"<int:image_model_id>/{place}", self.admin_site.admin_view(view), name=f"gallery_imagemodel_{name}")
            for name, (place, view) in pages.items()
        ]
        return [*own, *self.sync_urls(), *super().get_urls()]

    def sync_urls(self) -> list[URLPattern]:
        """The pages of what gateways list."""
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "sync": ("", model_sync.overview),
            "sync_gateway": ("<slug:slug>/", model_sync.show),
            "sync_read": ("<slug:slug>/read/", model_sync.read),
            "sync_accept": ("<slug:slug>/accept/", model_sync.accept),
        }
        return [
            path(f"gateways/{place}", self.admin_site.admin_view(view), name=f"gallery_imagemodel_{name}")
            for name, (place, view) in pages.items()
        ]

    def get_fieldsets(self, request: HttpRequest, obj: ImageModel | None = None) -> Any:
        form = "parameters" if obj is None else "knobs"
        return [*self.fieldsets, ("Form", {"fields": [form]})]

    def get_readonly_fields(self, request: HttpRequest, obj: ImageModel | None = None) -> list[str]:
        return ["origin_in_full"] if obj is None else ["origin_in_full", "gateway", "model_id", "knobs"]

    @admin.display(description="Parameter spec")
    def knobs(self, image_model: ImageModel) -> str:
        labels = [parameter.label for parameter in image_model.spec]
        more = f" and {len(labels) - MOST_NAMED} more" if len(labels) > MOST_NAMED else ""
        words = f"{', '.join(labels[:MOST_NAMED])}{more}" if labels else "The prompt alone"
        refused = ", ".join(one.label for one in corrections.find_refusals(image_model))
        told = (
            f"{image_model.gateway.name} refused {refused}: correct it"
            if refused
            else "Edit it, with its form beside it"
        )
        link = '{}<br><a class="spec-link" href="{}#refused">{}</a>'
        return format_html(link, words, page_url(image_model, "spec"), told)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?copy=` fills the form from another model; nothing is made before it is saved."""
        last = ImageModel.objects.aggregate(last=Max("position"))["last"] or 0
        filled: dict[str, Any] = {"tasks": ["text"], "modalities": ["image"]}
        if other := copied_from(request):
            filled = {name: getattr(other, name) for name in [*COPIED, "gateway"]} | {"name": f"{other.name} copy"}
        given = super().get_changeform_initial_data(request)
        return {"position": last + 1} | filled | {name: value for name, value in given.items() if name != "copy"}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        other = copied_from(request)
        title = {"title": f"A copy of {other.name}"} if other else {}
        return super().add_view(request, form_url, {**title, **(extra_context or {})})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Shipped models would come back at the next start: they are switched off instead."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.shipped is None)

    def get_actions(self, request: HttpRequest) -> Any:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description="Model", ordering="model_id")
    def full_id(self, image_model: ImageModel) -> str:
        return image_model.full_id

    @admin.display(description="In the studio", ordering="is_enabled")
    def offered(self, image_model: ImageModel) -> str:
        return ("Offered first" if image_model.is_default else "Offered") if image_model.is_enabled else "Not offered"

    @admin.display(description="At the gateway", ordering="is_available")
    def at_gateway(self, image_model: ImageModel) -> str:
        if image_model.is_available is None:
            return "Not asked"
        return "Listed" if image_model.is_available else "Gone"

    @admin.display(description="Changed")
    def origin(self, image_model: ImageModel) -> str:
        """A mark in the list for what is not as it was shipped."""
        if image_model.shipped is None:
            return "added here" if image_model.pk else ""
        return ", ".join(label_of(name) for name in image_models.changed_fields(image_model))

    @admin.display(description="Origin")
    def origin_in_full(self, image_model: ImageModel) -> str:
        if image_model.shipped is None:
            return "Added here. It can be deleted; what was made with it stays."
        changed = self.origin(image_model)
        stands = f"Changed here: {changed}." if changed else "Unchanged."
        return f"Shipped with Proofsheet. {stands} To be rid of it, no longer offer it: deleted, it would come back."

    def buttons(self) -> Mapping[str, Button]:
        return {
            "restore": Button(
                "Back to the shipped spec", self.restore, lambda row: bool(image_models.changed_fields(row))
            )
        }

    def restore(self, request: HttpRequest, image_model: ImageModel) -> None:
        author = administrator(request)
        names = [label_of(name) for name in image_models.restore_shipped(image_model, author=author)]
        if not names:
            messages.info(request, f"{image_model.name} stands as it was shipped.")
            return
        self.log_change(request, image_model, f"Back to the shipped spec: {', '.join(names)}.")
        messages.success(request, f"{image_model.name} is back to the shipped spec: {', '.join(names)}.")

    @admin.action(description="Back to the shipped spec")
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[ImageModel]) -> None:
        for image_model in queryset:
            self.restore(request, image_model)

    @admin.action(description="Offer in the studio")
    def offer_selected(self, request: HttpRequest, queryset: QuerySet[ImageModel]) -> None:
        self.switch(request, queryset, is_enabled=True)

    @admin.action(description="No longer offer")
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[ImageModel]) -> None:
        self.switch(request, queryset, is_enabled=False)

    def switch(self, request: HttpRequest, queryset: QuerySet[ImageModel], *, is_enabled: bool) -> None:
        rows = list(queryset)
        count = image_models.offer(rows, is_enabled=is_enabled, author=administrator(request))
        for row in rows:
            self.log_change(request, row, "Offered." if is_enabled else "No longer offered.")
        what = "1 model is" if count == 1 else f"{count} models are"
        messages.success(request, f"{what} {'offered now' if is_enabled else 'no longer offered'}.")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own note alone: what changes a model records that itself, whichever page it came from."""
        return super(Audited, self).log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super(Audited, self).log_change(request, obj, message)

    def response_add(self, request: HttpRequest, obj: ImageModel, post_url_continue: str | None = None) -> HttpResponse:
        """On to its form, which is what one looks at next; the list has dozens."""
        if "_save" not in request.POST:
            return super().response_add(request, obj, post_url_continue)
        offered = "offered now" if obj.is_enabled else "added, and not offered yet"
        messages.success(request, f"{obj.name} is {offered}. This is its form.")
        return HttpResponseRedirect(page_url(obj, "spec"))

    def save_model(self, request: HttpRequest, obj: ImageModel, form: Any, change: bool) -> None:
        author = administrator(request)
        if not change:
            other = copied_from(request)
            note = f"A copy, begun from {other.full_id}." if other else ""
            image_models.add_model(obj, author=author, note=note)
        elif form.changed_data:
            # Only what was changed on this page, so that it overwrites nothing else.
            changes = {name: getattr(obj, name) for name in form.changed_data if name != "is_default"}
            spec_versions.save_changes(image_model=obj, changes=changes, author=author)
        if "is_default" in form.changed_data:
            first = {"is_default": obj.is_default}
            if obj.is_default:
                image_models.choose_at_first(obj, author=author)
            else:
                spec_versions.save_changes(image_model=obj, changes=first, author=author)


def copied_from(request: HttpRequest) -> ImageModel | None:
    key = request.GET.get("copy", "")
    if not (key.isascii() and key.isdecimal()):
        return None
    return ImageModel.objects.select_related("gateway").filter(pk=key[:18]).first()


def label_of(name: str) -> str:
    return str(getattr(ImageModel._meta.get_field(name), "verbose_name", name))
