"""Image models in the admin: what is offered, its words, and its parameter spec as JSON."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest

from gallery import specs
from gallery.admin.buttons import Button, ButtonsAdmin
from gallery.admin.spec_field import SpecField
from gallery.models import ImageModel
from gallery.services import image_models

TASKS = {
    "text": "from text",
    "image": "from an image",
    "edit": "edit",
    "upscale": "upscale",
    "vector": "vector",
    "lettering": "text in image",
    "analysis": "analysis",
}
MODALITIES = {"image": "image", "text": "text"}
FORBIDDEN = {"url": "web addresses", "flags": "--flags"}


class WordsField(forms.MultipleChoiceField):
    """A list of known words as check boxes; words that a catalogue brought and we do not know stay choosable."""

    def __init__(self, words: Mapping[str, str], **options: Any):
        self.words = dict(words)
        super().__init__(
            choices=list(self.words.items()), required=False, widget=forms.CheckboxSelectMultiple, **options
        )

    def include(self, kept: list[str]) -> None:
        self.choices = list(({word: word for word in kept} | self.words).items())


class ImageModelForm(forms.ModelForm):  # type: ignore[type-arg]
    tasks = WordsField(TASKS, help_text="What people can filter by.")
    modalities = WordsField(MODALITIES, help_text="What the model is asked to answer with.")
    prompt_forbids = WordsField(
        {word: FORBIDDEN.get(word, word) for word in specs.FORBIDDEN_TEXT}, label="Prompt may not hold"
    )
    parameters = SpecField(
        label="Parameter spec",
        help_text="A list of tables, one for each knob of the form: name and type, then label, description, required, "
        "basic, always_sent, choices, minimum, maximum, step, default, max_images, max_megabytes, forbids, "
        "ignored_with, transport. Runs that already wait keep the spec they were made with.",
    )

    class Meta:
        model = ImageModel
        fields = [
            "gateway",
            "model_id",
            "name",
            "family",
            "description",
            "is_enabled",
            "is_default",
            "position",
            "tasks",
            "modalities",
            "output",
            "prompt_help",
            "prompt_forbids",
            "parameters",
        ]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("tasks", "modalities", "prompt_forbids"):
            field = self.fields[name]
            if isinstance(field, WordsField):
                field.include(list(getattr(self.instance, name) or []))


@admin.register(ImageModel)
class ImageModelAdmin(ButtonsAdmin):
    form = ImageModelForm
    list_display = ["name", "full_id", "family", "offered", "is_available", "first", "origin"]
    list_filter = ["gateway", "family", "is_enabled", "is_available"]
    list_select_related = ["gateway"]
    list_per_page = 200
    search_fields = ["name", "model_id", "family", "description"]
    actions = ["offer_selected", "withdraw_selected", "restore_selected"]
    fieldsets = [
        (None, {"fields": ["gateway", "model_id", "name", "family", "description"]}),
        ("In the studio", {"fields": ["is_enabled", "is_default", "position", "origin_in_full"]}),
        ("What it does", {"fields": ["tasks", "modalities", "output", "prompt_help", "prompt_forbids"]}),
        ("Form", {"fields": ["parameters"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: ImageModel | None = None) -> list[str]:
        return ["origin_in_full"] if obj is None else ["origin_in_full", "gateway", "model_id"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last = ImageModel.objects.aggregate(last=Max("position"))["last"] or 0
        return {"position": last + 1, "tasks": ["text"], "modalities": ["image"]} | super().get_changeform_initial_data(
            request
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Shipped models would come back at the next start: they are switched off instead."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.shipped is None)

    def get_actions(self, request: HttpRequest) -> Any:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description="Model", ordering="model_id")
    def full_id(self, image_model: ImageModel) -> str:
        return image_model.full_id

    @admin.display(description="Offered", ordering="is_enabled")
    def offered(self, image_model: ImageModel) -> str:
        return "Yes" if image_model.is_enabled else "No"

    @admin.display(description="At first", ordering="is_default")
    def first(self, image_model: ImageModel) -> str:
        return "Chosen" if image_model.is_default else ""

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
        names = [label_of(name) for name in image_models.restore_shipped(image_model)]
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
        count = image_models.offer(rows, is_enabled=is_enabled)
        for row in rows:
            self.log_change(request, row, "Offered." if is_enabled else "No longer offered.")
        what = "1 model is" if count == 1 else f"{count} models are"
        messages.success(request, f"{what} {'offered now' if is_enabled else 'no longer offered'}.")

    def save_model(self, request: HttpRequest, obj: ImageModel, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data:
            # Only what was changed on this page, so that it overwrites nothing else.
            obj.save(update_fields=[*form.changed_data, "updated_at"])
        if obj.is_default and "is_default" in form.changed_data:
            image_models.choose_at_first(obj)


def label_of(name: str) -> str:
    return str(getattr(ImageModel._meta.get_field(name), "verbose_name", name))
