"""The form of an analysis: pictures, a model that sees, a question."""

from typing import Any

from django import forms

from gallery.forms import for_group
from gallery.forms.pictures import StoredPicturesField
from gallery.models import ImageModel, User
from gallery.services.prompt_limits import LONGEST_PROMPT
from gallery.services.questions import ANALYSIS_PICTURES


class AnalysisForm(forms.Form):
    """`images` are ids of stored pictures; at least one. `model` is a full id, as in URLs."""

    prompt = forms.CharField(
        label="Question", max_length=LONGEST_PROMPT, error_messages={"required": "Write what you want to know."}
    )
    model = forms.CharField(max_length=300)

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for_group.add_fields(self, user)
        self.user = user
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

    def clean(self) -> None:
        chosen = self.cleaned_data.get("model")
        for_group.check_fields(self, [chosen] if chosen else [])

    @property
    def who(self) -> for_group.GroupFields:
        return for_group.GroupFields(self, self.user)
