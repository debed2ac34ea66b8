"""The generation form: the prompt and one field per parameter of the chosen model. Fields check against the spec."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict

from gallery import specs
from gallery.forms import for_group
from gallery.forms.pictures import StoredPicturesField, find_pictures, mask_problems
from gallery.forms.rows import Row
from gallery.models import Board, Image, ImageModel, Snippet, User
from gallery.services import prompt_limits, written_prompts
from gallery.services.recalls import Fitted

MOST_BOARDS = 300
MOST_STYLES = 12
MOST_STYLES_SHOWN = 100
STYLE_GONE = "A style you had chosen is no longer there: this is the prompt without it."
BOARD_GONE = "This board is no longer open to you. Choose another one, or none."


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


class StylesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def clean(self, value: Any) -> Any:
        if not all(map(is_id, value or ())):
            raise forms.ValidationError(STYLE_GONE)
        if (count := len(set(value or ()))) > MOST_STYLES:
            over = count - MOST_STYLES
            raise forms.ValidationError(
                f"At most {MOST_STYLES} styles go around a prompt; these are {count}. Take {over} away."
            )
        return super().clean(value)


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


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
        super().__init__(data, initial=for_group.beginning(user, dict(values or {})), prefix=None)
        self.image_model = image_model
        self.user = user
        self.inputs = inputs or {}
        # What became of the settings this was filled from.
        self.fitted: Fitted | None = None
        needs_prompt = f"Write a prompt first. {image_model.prompt_help}.".replace("..", ".")
        self.fields["prompt"] = forms.CharField(
            error_messages={"required": needs_prompt},
            widget=forms.Textarea(attrs={"rows": 4}),
        )
        self.fields["prompt_styles"] = StylesField(
            Snippet.objects.styles_for(user),
            required=False,
            error_messages={"invalid_choice": STYLE_GONE, "invalid_pk_value": STYLE_GONE},
        )
        for parameter in image_model.spec:
            is_image = parameter.is_image
            self.fields[parameter.name] = (
                StoredPicturesField(parameter, user) if is_image else ParameterField(parameter)
            )
        for_group.add_fields(self, user)
        self.fields["board"] = forms.ModelChoiceField(
            Board.objects.open_to(user), required=False, error_messages={"invalid_choice": BOARD_GONE}
        )

    def clean_prompt(self) -> str:
        prompt: str = self.cleaned_data["prompt"].replace("\r\n", "\n")
        if "\x00" in prompt:
            raise forms.ValidationError("The prompt holds a character that cannot be sent.")
        return prompt

    def clean(self) -> None:
        for_group.check_fields(self, [self.image_model])
        if "prompt" in self.cleaned_data and (problem := next(self.problems(), "")):
            self.add_error("prompt", problem)
        for name, problem in mask_problems(self.image_model.image_parameters, self.cleaned_data):
            self.add_error(name, problem)

    def problems(self) -> Iterator[str]:
        """Why what is written cannot be sent, with its styles and choices."""
        limit = prompt_limits.limit_of(self.image_model)
        if len(self.written.text) > prompt_limits.LONGEST_PROMPT:
            yield prompt_limits.too_long(len(self.written.text), limit)
            return
        if self.written.fault:
            yield self.written.fault
            return
        texts = [one.text for one in self.written.prompts()]
        longest = max(map(len, texts))
        if longest > limit:
            yield prompt_limits.too_long(longest, limit)
        for text in texts:
            try:
                specs.refuse_forbidden_text(text, self.image_model.prompt_forbids)
            except specs.ValueRefused as refusal:
                yield str(refusal)

    @cached_property
    def written(self) -> written_prompts.WrittenPrompt:
        """The prompt as it stands in the form, with its styles. A model that answers in words takes it as it is."""
        words = getattr(self, "cleaned_data", {}).get("prompt", self["prompt"].value() or "")
        if not self.image_model.makes_images:
            return written_prompts.WrittenPrompt(words=words, styles=self.chosen_styles, is_literal=True)
        return written_prompts.read(words, self.user, self.chosen_styles)

    @cached_property
    def chosen_styles(self) -> list[Snippet]:
        """In the order in which they were laid on; those that are gone are left out. A form kept as texts has them by comma."""
        value = self["prompt_styles"].value() or []
        ids = value.split(",") if isinstance(value, str) else [str(pk) for pk in value]
        wanted = [int(pk) for pk in ids if is_id(pk)][:MOST_STYLES_SHOWN]
        rows = Snippet.objects.styles_for(self.user).in_bulk(wanted) if wanted else {}
        return [rows[pk] for pk in dict.fromkeys(wanted) if pk in rows]

    @property
    def other_styles(self) -> list[Snippet]:
        """Those that are not laid around it, for browsers without scripts."""
        chosen = {style.pk for style in self.chosen_styles}
        return [row for row in Snippet.objects.styles_for(self.user)[:MOST_STYLES_SHOWN] if row.pk not in chosen]

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

    @property
    def standing(self) -> dict[str, Any]:
        """What stands in the knobs now, right or not; of a posted form what suits the spec."""
        if self.is_bound and hasattr(self, "cleaned_data"):
            return self.parameters
        values = {p.name: self.initial.get(p.name) for p in self.image_model.spec if not p.is_image}
        return {name: value for name, value in values.items() if value not in (None, "")}

    @property
    def given(self) -> dict[str, Sequence[Image]]:
        """The pictures that are shown as given, by parameter."""
        pictures = {parameter.name: self.pictures_of(parameter) for parameter in self.image_model.image_parameters}
        return {name: images for name, images in pictures.items() if images}

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
            was=self.fitted.mark_of(parameter.name) if self.fitted else "",
        )

    def pictures_of(self, parameter: specs.Parameter) -> Sequence[Image]:
        """What is shown as given: of a posted form whatever can be shown, right or wrong."""
        if not self.is_bound:
            return self.inputs.get(parameter.name, ())
        return find_pictures(self[parameter.name].data or [], self.user)

    @property
    def group_id(self) -> int | None:
        return for_group.group_chosen(self, self.user)

    @property
    def who(self) -> for_group.GroupFields:
        return for_group.GroupFields(self, self.user)

    @property
    def board_choices(self) -> list[tuple[int, str, bool]]:
        """Boards that results may go to, the last changed first: key, name, whether it is the chosen one."""
        chosen = str(self["board"].value() or "")
        rows = Board.objects.open_to(self.user).order_by("-changed_at", "-id")
        return [(pk, name, str(pk) == chosen) for pk, name in rows.values_list("pk", "name")[:MOST_BOARDS]]

    @property
    def prompt_rows(self) -> list[Row]:
        """What is written beside the prompt."""
        return [row for row in self.rows if row.parameter.is_beside_prompt]

    @property
    def basic_rows(self) -> list[Row]:
        return [row for row in self.rows if row.parameter.is_basic and not row.parameter.is_beside_prompt]

    @property
    def more_rows(self) -> list[Row]:
        return [row for row in self.rows if not row.parameter.is_basic and not row.parameter.is_beside_prompt]
