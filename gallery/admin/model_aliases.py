"""Other names of image models in the admin: what scripts may call them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from gallery.admin.audited import Audited
from gallery.admin.conflicts import ConflictsAdmin
from gallery.models import Act, ImageModel, ModelAlias
from gallery.services import model_aliases


class FullIdChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.full_id)


class ModelAliasForm(forms.ModelForm):  # type: ignore[type-arg]
    name = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false", "autocapitalize": "none"}),
        help_text="What scripts send as “model”. gpt-image-1 and dall-e-3 are written into many of them: "
        "with these names they work here unchanged.",
    )
    image_model = FullIdChoice(
        ImageModel.objects.none(), label="Model", help_text="What is used instead. Several names may stand for one."
    )

    class Meta:
        model = ModelAlias
        fields = ["name", "image_model"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["image_model"]
        assert isinstance(field, FullIdChoice)
        rows = ImageModel.objects.select_related("gateway")
        field.queryset = rows.order_by("gateway__position", "position", "id")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ImageModel.objects.named(name).exists():
            raise ValidationError("A model has this very name already. Choose one that is free.")
        return name


@admin.register(ModelAlias)
class ModelAliasAdmin(Audited, ConflictsAdmin):
    added_as = changed_as = removed_as = Act.MODEL_CHANGED
    form = ModelAliasForm
    list_display = ["name", "full_id", "is_offered"]
    search_fields = ["name", "image_model__model_id", "image_model__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelAlias]:
        return super().get_queryset(request).select_related("image_model__gateway")

    @admin.display(description="Model", ordering="image_model__model_id")
    def full_id(self, model_alias: ModelAlias) -> str:
        return model_alias.image_model.full_id

    @admin.display(description="Offered")
    def is_offered(self, model_alias: ModelAlias) -> str:
        image_model = model_alias.image_model
        return "Yes" if image_model.is_enabled and image_model.gateway.is_enabled else "No: scripts are refused"

    def save_model(self, request: HttpRequest, obj: ModelAlias, form: Any, change: bool) -> None:
        saved = model_aliases.save_alias(
            name=obj.name, image_model=obj.image_model, model_alias=obj if change else None
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: ModelAlias) -> None:
        model_aliases.remove_alias(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ModelAlias]) -> None:
        for model_alias in queryset:
            model_aliases.remove_alias(model_alias)
