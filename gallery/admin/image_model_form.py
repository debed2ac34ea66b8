"""The form of an image model in the admin: its words, what it does, and for a new one its parameter spec as JSON."""

from collections.abc import Mapping
from typing import Any

from django import forms

from gallery import specs
from gallery.admin.gateways import UNITS
from gallery.admin.spec_field import SpecField
from gallery.gateway.dialects import DIALECTS
from gallery.models import ImageModel

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
            choices=list(self.words.items()),
            required=False,
            widget=forms.CheckboxSelectMultiple({"class": "word-boxes"}),
            **options,
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
        "ignored_with, mask_of, mask_marks, transport. Runs that already wait keep the spec they were made with.",
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
            "surface",
            "output",
            "prompt_help",
            "prompt_forbids",
            "price",
            "price_unit",
            "parameters",
        ]
        labels = {"position": "Place"}
        help_texts = {"position": "The models of a gateway stand in this order, 0 first."}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # The spec of one that is there has an editor of its own.
            del self.fields["parameters"]
        for name in ("tasks", "modalities", "prompt_forbids"):
            field = self.fields[name]
            if isinstance(field, WordsField):
                field.include(list(getattr(self.instance, name) or []))

    def clean(self) -> None:
        """What the gateway charges, and the limit above which it is asked about first, are in one unit."""
        super().clean()
        gateway = self.cleaned_data.get("gateway") or (self.instance.gateway if self.instance.gateway_id else None)
        price, unit = self.cleaned_data.get("price"), self.cleaned_data.get("price_unit")
        if gateway is None or price is None or unit is None:
            return
        charged = DIALECTS[gateway.dialect].cost_unit
        if unit != charged:
            words = UNITS[charged]
            self.add_error("price_unit", f"{gateway.name} charges in {words}. Enter the price in {words}.")
