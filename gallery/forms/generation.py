"""The generation form: the prompt and one field per parameter of the chosen model. Fields check against the spec."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from gallery import specs
from gallery.forms.rows import Row
from gallery.models import Image, ImageModel, User, Visibility

LONGEST_PROMPT = 32_000


class ParameterField(forms.Field):
    """A value of one parameter, in its JSON type once cleaned; None when left unset."""

    def __init__(self, parameter: specs.Parameter):
        super().__init__(label=parameter.label, help_text=parameter.description, required=False)
        self.parameter = parameter

    def clean(self, value: Any) -> Any:
        if self.parameter.type == "boolean" and not self.parameter.choices:
            value = value or False
        if value is None or value == "":
            if self.parameter.is_required and self.parameter.default is None:
                raise forms.ValidationError(f"{self.parameter.label} is needed.")
            return None
        try:
            return specs.clean_value(self.parameter, value)
        except specs.ValueRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class StoredPicturesInput(forms.Widget):
    """Stored pictures travel as ids under `<name>_images`."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> list[str]:
        key = f"{name}_images"
        found = data.getlist(key) if isinstance(data, QueryDict) else data.get(key, [])
        return [value for value in found if value]


class StoredPicturesField(forms.Field):
    """The pictures given to one image parameter: stored ones this person may see, in the order given."""

    widget = StoredPicturesInput

    def __init__(self, parameter: specs.Parameter, user: User):
        super().__init__(label=parameter.label, help_text=parameter.description, required=False)
        self.parameter = parameter
        self.user = user

    def clean(self, value: Sequence[str]) -> list[Image]:
        images = find_pictures(value, self.user)
        if len(images) < len(value):
            raise forms.ValidationError("One of these pictures is no longer there. Remove it and choose another.")
        if len(images) > self.parameter.max_images:
            most = self.parameter.max_images
            raise forms.ValidationError(
                f"{self.parameter.label} takes {'one picture' if most == 1 else f'up to {most} pictures'}; there are {len(images)}."
            )
        if self.parameter.is_required and not images:
            raise forms.ValidationError("This model works from a picture. Paste, drop or choose one.")
        return images


def find_pictures(ids: Sequence[str], user: User) -> list[Image]:
    """The stored pictures of these ids that this person may see, in the order of the ids."""
    wanted = [int(value) for value in ids if value.isdecimal() and len(value) < 19]
    rows = Image.objects.visible_to(user).kept().in_bulk(wanted[:100])
    return [rows[pk] for pk in wanted if pk in rows]


class GenerationForm(forms.Form):
    """Bound to a POST, or filled from `values` and `inputs` (a recall, another model's form). Use `rows` to draw it."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        image_model: ImageModel,
        user: User,
        values: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Sequence[Image]] | None = None,
    ):
        initial = {"visibility": Visibility.TEAM, **(values or {})}
        super().__init__(data, initial=initial, prefix=None)
        self.image_model = image_model
        self.user = user
        self.inputs = inputs or {}
        needs_prompt = f"Write a prompt first. {image_model.prompt_help}.".replace("..", ".")
        self.fields["prompt"] = forms.CharField(
            max_length=LONGEST_PROMPT,
            error_messages={"required": needs_prompt},
            widget=forms.Textarea(attrs={"rows": 4}),
        )
        for parameter in image_model.spec:
            is_image = parameter.is_image
            self.fields[parameter.name] = (
                StoredPicturesField(parameter, user) if is_image else ParameterField(parameter)
            )
        self.fields["visibility"] = forms.ChoiceField(choices=Visibility.choices, required=False)

    def clean_prompt(self) -> str:
        prompt: str = self.cleaned_data["prompt"]
        if "\x00" in prompt:
            raise forms.ValidationError("The prompt holds a character that cannot be sent.")
        try:
            specs.refuse_forbidden_text(prompt, self.image_model.prompt_forbids)
        except specs.ValueRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return prompt

    def clean_visibility(self) -> str:
        return self.cleaned_data["visibility"] or Visibility.TEAM

    @property
    def parameters(self) -> dict[str, Any]:
        """What was chosen, by name, after `is_valid`; unset knobs are left out."""
        values = {p.name: self.cleaned_data.get(p.name) for p in self.image_model.spec if not p.is_image}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def chosen_inputs(self) -> dict[str, list[Image]]:
        return {
            p.name: self.cleaned_data[p.name]
            for p in self.image_model.image_parameters
            if self.cleaned_data.get(p.name)
        }

    # For the page --------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[Row]:
        pictures = {parameter.name: self.pictures_of(parameter) for parameter in self.image_model.image_parameters}
        given = {name for name, images in pictures.items() if images}
        return [self.build_row(parameter, pictures, given) for parameter in self.image_model.spec]

    def build_row(self, parameter: specs.Parameter, pictures: Mapping[str, Sequence[Image]], given: set[str]) -> Row:
        value = None if parameter.is_image else self[parameter.name].value()
        if value is None and not (self.is_bound and parameter.type == "boolean"):
            value = "" if parameter.default is None else parameter.default
        if parameter.type == "boolean" and not parameter.choices:
            value = bool(value) if not isinstance(value, str) else value.lower() in ("on", "true", "1", "yes")
        return Row(
            parameter=parameter,
            value=value,
            pictures=pictures.get(parameter.name, ()),
            errors=[str(error) for error in self.errors.get(parameter.name, [])] if self.is_bound else [],
            is_ignored=specs.is_ignored(parameter, given),
            ignored_reason="Not used once a reference picture is given." if parameter.ignored_with else "",
        )

    def pictures_of(self, parameter: specs.Parameter) -> Sequence[Image]:
        """What is shown as given: of a posted form whatever can be shown, right or wrong."""
        if not self.is_bound:
            return self.inputs.get(parameter.name, ())
        return find_pictures(self[parameter.name].data or [], self.user)

    @property
    def basic_rows(self) -> list[Row]:
        return [row for row in self.rows if row.parameter.is_basic]

    @property
    def more_rows(self) -> list[Row]:
        return [row for row in self.rows if not row.parameter.is_basic]
