"""The set-up of a comparison or a matrix: the settings of one model, which models run, what varies, and the stop."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from gallery.forms import for_group
from gallery.forms.generation import GenerationForm
from gallery.models import Image, ImageModel, User
from gallery.services import stops
from gallery.services.axes import ONE_AT_A_TIME, Recipe, Wish
from gallery.services.batches import Limit
from gallery.services.plans import MOST_MODELS

MOST_WISHES = 3
LONGEST_NAME, LONGEST_VALUES = 80, 4000
# What a set-up has beside the settings of its model, with how many of each.
PLAN = {
    "models": MOST_MODELS,
    "axis": MOST_WISHES,
    "axis_values": MOST_WISHES,
    "spend_limit": 1,
    "spend_unit": 1,
    "is_blind": 1,
}
UNITS = tuple(stops.WORDS.items())


class StopForm(forms.Form):
    """The sum at which a batch stops, and whether its names stay hidden until a winner is chosen."""

    spend_limit = forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
        error_messages={
            "invalid": "Write a sum like 2.50, or leave it empty.",
            "min_value": "Write a sum like 2.50, or leave it empty.",
        },
    )
    spend_unit = forms.ChoiceField(choices=UNITS, required=False)
    is_blind = forms.BooleanField(required=False)

    @property
    def limit(self) -> Limit | None:
        amount = self.cleaned_data.get("spend_limit")
        return None if amount is None else Limit(amount=amount, unit=self.cleaned_data.get("spend_unit") or "usd")


class SetupForm:
    """`data` is what was posted. `image_models` are the models that run, each once; `form` holds the settings, in the words of
    its model."""

    def __init__(self, data: QueryDict, *, image_model: ImageModel, image_models: Sequence[ImageModel], user: User):
        self.data = data
        self.user = user
        self.image_models = list(image_models)
        self.form = GenerationForm(data, image_model=image_model, user=user)
        self.stop = StopForm(data)
        if self.form.is_valid():
            for_group.check_fields(self.form, self.image_models)
        if self.stop.is_valid() and (limit := self.stop.limit):
            self.refuse_foreign_unit(limit)

    def refuse_foreign_unit(self, limit: Limit) -> None:
        if fault := stops.find_fault(limit.unit, [(row.name, row.gateway) for row in self.image_models]):
            self.stop.add_error("spend_limit", fault)

    @property
    def why_no_stop(self) -> str:
        """Said in the field's place, as long as no sum stands in it."""
        typed = self.data.get("spend_limit")
        return "" if typed else stops.why_none([(row.name, row.gateway) for row in self.image_models])

    @property
    def unit(self) -> str:
        """Of the stop. As long as it has no sum, that in which all of the models are charged."""
        chosen, units = self.data.get("spend_unit"), stops.units_of([row.gateway for row in self.image_models])
        if chosen in dict(UNITS) and (self.data.get("spend_limit") or len(units) != 1):
            return chosen
        return units[0] if units else stops.unit_of(self.image_model.gateway)

    @property
    def image_model(self) -> ImageModel:
        return self.form.image_model

    @property
    def is_full(self) -> bool:
        return len(self.image_models) >= MOST_MODELS

    @property
    def is_valid(self) -> bool:
        return not self.form.errors and self.stop.is_valid()

    @property
    def wishes(self) -> list[Wish]:
        names, texts = self.data.getlist("axis"), self.data.getlist("axis_values")
        pairs = zip(names, [*texts, *[""] * len(names)], strict=False)
        return [Wish(name=name[:LONGEST_NAME], text=text[:LONGEST_VALUES]) for name, text in pairs if name][
            :MOST_WISHES
        ]

    @property
    def recipe(self) -> Recipe:
        """What is known so far, complete or not."""
        return Recipe(
            image_model=self.image_model,
            prompt=self.form.written.text,
            parameters=self.form.parameters,
            inputs=self.form.chosen_inputs,
            lists=self.form.written.lists,
        )

    @property
    def axis_choices(self) -> list[tuple[str, str]]:
        """What may vary: every setting, and references one at a time."""
        spec = self.image_model.spec
        settings = [(parameter.name, parameter.label) for parameter in spec if not parameter.is_image]
        pictures = [(f"{ONE_AT_A_TIME}{p.name}", f"{p.label}, one at a time") for p in spec if p.is_image]
        return settings + pictures


def plan_of(data: QueryDict) -> dict[str, list[str]]:
    """As a draft keeps it."""
    lists = {name: data.getlist(name)[:most] for name, most in PLAN.items()}
    return {
        name: [text[:LONGEST_VALUES].replace("\x00", "") for text in texts] for name, texts in lists.items() if texts
    }


def data_of(
    values: Mapping[str, Any], inputs: Mapping[str, Sequence[Image]], more: QueryDict | None = None
) -> QueryDict:
    """Values as the form would post them; `more` is what was posted beside them."""
    data = more.copy() if more is not None else QueryDict(mutable=True)
    for name, value in values.items():
        if value is None or value is False:
            data.pop(name, None)
        else:
            data[name] = "true" if value is True else str(value)
    for name, images in inputs.items():
        data.setlist(f"{name}_images", [str(image.pk) for image in images])
    return data
