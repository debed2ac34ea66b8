"""The form of a group: its name, who sees at first what is made for it, which models it may use, and whether its members always
work for a group."""

from typing import Any

from django import forms

from gallery.forms.models_allowed import ModelsAllowedForm, Scope
from gallery.models import Group, Visibility


class GroupForm(ModelsAllowedForm):
    name = forms.CharField(max_length=80, error_messages={"required": "Give the group a name."})
    default_visibility = forms.ChoiceField(choices=Visibility.choices, required=False, initial=Visibility.GROUP)

    binds_members = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, group: Group | None = None):
        kept = [row.full_id for row in group.image_models.select_related("gateway")] if group else []
        is_limited = group is not None and group.is_limited
        initial: dict[str, Any] = {"scope": Scope.CHOSEN if is_limited else Scope.EVERY, "models": kept}
        if group:
            initial |= {name: getattr(group, name) for name in ("name", "default_visibility", "binds_members")}
        super().__init__(data, kept=kept, initial=initial)

    def clean_default_visibility(self) -> str:
        return self.cleaned_data["default_visibility"] or Visibility.GROUP

    @property
    def settings(self) -> dict[str, Any]:
        """What the services take."""
        names = ("name", "default_visibility", "binds_members")
        return {**{name: self.cleaned_data[name] for name in names}, "model_ids": self.cleaned_data["models"]}
