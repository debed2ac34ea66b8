"""The form of an analysis: pictures, a model that sees, a question."""

from typing import Any

from django import forms

from gallery.forms.generation import LONGEST_PROMPT, StoredPicturesField
from gallery.models import ImageModel, User, Visibility
from gallery.services.questions import ANALYSIS_PICTURES


class AnalysisForm(forms.Form):
    """`images` are ids of stored pictures; at least one. `model` is a full id, as in URLs."""

    prompt = forms.CharField(
        label="Question", max_length=LONGEST_PROMPT, error_messages={"required": "Write what you want to know."}
    )
    model = forms.CharField(max_length=300)
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["images"] = StoredPicturesField(ANALYSIS_PICTURES, user)
        self.fields["images"].error_messages["required"] = "Choose at least one picture."

    def clean_model(self) -> ImageModel:
        chosen = ImageModel.objects.for_analysis().named(self.cleaned_data["model"]).first()
        if chosen is None:
            raise forms.ValidationError("This model is not offered. Choose another.")
        return chosen

    def clean_images(self) -> list[Any]:
        images: list[Any] = self.cleaned_data["images"]
        if not images:
            raise forms.ValidationError("Choose at least one picture.")
        return images

    def clean_visibility(self) -> str:
        return self.cleaned_data["visibility"] or Visibility.TEAM
