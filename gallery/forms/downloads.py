"""How one picture is to leave."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from gallery.images import formats

MEDIA_TYPES = {"original": "", "png": formats.PNG, "jpeg": formats.JPEG, "webp": formats.WEBP}
RECIPES = ("keep", "embed", "strip")
LEAST_SIDE, MOST_SIDE = 16, 65_535
IS_NO_COPY = "“As it came” is the original file, in its own format and size. Choose whether a copy takes its recipe along or not."


class DownloadForm(forms.Form):
    """Everything may be left out: then it is the original as it came, and a copy takes the recipe along that there is."""

    format = forms.ChoiceField(
        choices=[(name, name) for name in MEDIA_TYPES],
        required=False,
        error_messages={"invalid_choice": "A picture is downloaded as original, png, jpeg or webp."},
    )
    side = forms.IntegerField(
        min_value=LEAST_SIDE,
        max_value=MOST_SIDE,
        required=False,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            f"The longest side is a whole number of pixels between {LEAST_SIDE} and {MOST_SIDE:,}.",
        ),
    )
    recipe = forms.ChoiceField(
        choices=[(name, name) for name in RECIPES],
        required=False,
        error_messages={"invalid_choice": "A recipe is kept as it came (keep), put in (embed) or left out (strip)."},
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        is_copy = bool(MEDIA_TYPES.get(data.get("format", ""), "") or data.get("side"))
        if is_copy and data.get("recipe") == "keep":
            raise ValidationError(IS_NO_COPY)
        data["recipe"] = data.get("recipe") or ("" if is_copy else "keep")
        return data

    @property
    def is_original(self) -> bool:
        return bool(self.cleaned_data["recipe"] == "keep")

    @property
    def copy(self) -> dict[str, Any]:
        """What `exports.make_copy` takes."""
        data = self.cleaned_data
        return {
            "media_type": MEDIA_TYPES.get(data.get("format", ""), ""),
            "side": data.get("side") or 0,
            "has_recipe": {"embed": True, "strip": False}.get(data["recipe"]),
        }

    @property
    def sentence(self) -> str:
        return " ".join(dict.fromkeys(str(error) for errors in self.errors.values() for error in errors))
