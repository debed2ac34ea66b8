"""Which image models something may use: every one, or some that are chosen from the list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.db import models

from gallery.models import ImageModel

NOT_OFFERED = "“%(value)s” is not offered. Choose another model."


class Scope(models.TextChoices):
    EVERY = "every", "Every model"
    CHOSEN = "chosen", "Only chosen ones"


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    full_id: str
    name: str
    is_chosen: bool


class ModelsAllowedForm(forms.Form):
    """No model chosen means every model, unless `scope` says "chosen". `kept` are full ids that were chosen before."""

    scope = forms.ChoiceField(choices=Scope.choices, required=False)
    models = forms.MultipleChoiceField(required=False, error_messages={"invalid_choice": NOT_OFFERED})

    def __init__(self, data: Any = None, *, kept: Sequence[str] = (), **options: Any):
        self.kept = kept
        super().__init__(data, **options)
        field = self.fields["models"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(image_model.full_id, image_model.name) for image_model in self.offered]
        field.choices += [(full_id, full_id) for full_id in self.no_longer_offered]

    @cached_property
    def offered(self) -> list[ImageModel]:
        return list(ImageModel.objects.for_picker())

    @cached_property
    def no_longer_offered(self) -> list[str]:
        """What it was limited to stays: without it an empty list would open every model."""
        return [full_id for full_id in self.kept if full_id not in {row.full_id for row in self.offered}]

    @property
    def chosen_scope(self) -> str:
        return str(self["scope"].value() or (Scope.CHOSEN if self["models"].value() else Scope.EVERY))

    def model_groups(self) -> Iterator[tuple[str, list[ModelChoice]]]:
        """The models to choose from under their gateways' names, in the picker's order."""
        chosen = set(self["models"].value() or [])
        groups: dict[str, list[ModelChoice]] = {}
        for row in self.offered:
            choice = ModelChoice(full_id=row.full_id, name=row.name, is_chosen=row.full_id in chosen)
            groups.setdefault(row.gateway.name, []).append(choice)
        kept = [
            ModelChoice(full_id=full_id, name="", is_chosen=full_id in chosen) for full_id in self.no_longer_offered
        ]
        return iter([*groups.items(), *([("No longer offered", kept)] if kept else [])])

    def clean(self) -> None:
        scope, chosen = self.cleaned_data.get("scope"), self.cleaned_data.get("models", [])
        if scope == Scope.EVERY:
            self.errors.pop("models", None)
            self.cleaned_data["models"] = []
        elif scope == Scope.CHOSEN and not chosen and "models" not in self.errors:
            self.add_error("models", "Choose at least one model, or allow every model.")
