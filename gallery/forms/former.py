"""Forms as they stood before: they travel with the studio's form, so that Undo needs nothing but what is posted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.http import QueryDict

from gallery import specs
from gallery.forms.generation import GenerationForm
from gallery.forms.pictures import find_pictures
from gallery.models import Draft, Image, ImageModel, User
from gallery.services.ways_back import Filled

MOST_STEPS = 12
LONGEST_WAY = 120_000
LARGEST_ID = 2**63 - 1
BESIDE_KNOBS = ("prompt", "visibility", "group", "board")
STYLES = "prompt_styles"


@dataclass(frozen=True, kw_only=True)
class Former:
    """`values` are form texts by name, `inputs` ids of pictures by parameter, as a draft keeps them."""

    model_key: str
    values: dict[str, str]
    inputs: dict[str, list[int]]


def read_former(text: str) -> list[Former]:
    """The oldest first. What is no such list is nothing: it only ever came from a page of ours."""
    try:
        return [read_one(row) for row in json.loads(text or "[]")][-MOST_STEPS:]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return []


def read_one(row: Any) -> Former:
    values = {str(name): str(value) for name, value in row["values"].items()}
    inputs = {str(name): [pk for pk in map(int, ids) if 0 < pk <= LARGEST_ID] for name, ids in row["inputs"].items()}
    # Half a character can be neither shown nor kept: with one in it, it is no such list.
    json.dumps([row["model_key"], values, [*inputs]], ensure_ascii=False).encode()
    return Former(model_key=str(row["model_key"]), values=values, inputs=inputs)


def write_former(steps: Sequence[Former]) -> str:
    """The newest, as many as travel well; the last one always."""
    rows = [asdict(step) for step in steps[-MOST_STEPS:]]
    while len(rows) > 1 and len(json.dumps(rows)) > LONGEST_WAY:
        rows = rows[1:]
    return json.dumps(rows, ensure_ascii=False) if rows else ""


def former_of(data: QueryDict, image_model: ImageModel) -> Former:
    """The posted form as it stands, right or wrong. A switch that is off posts nothing, and is off nevertheless."""
    knobs = [parameter for parameter in image_model.spec if not parameter.is_image]
    texts = {name: str(data[name]) for name in (*BESIDE_KNOBS, *(p.name for p in knobs)) if name in data}
    if STYLES in data:
        texts[STYLES] = ",".join(data.getlist(STYLES))
    for parameter in knobs:
        if parameter.type == "boolean" and not parameter.choices:
            texts.setdefault(parameter.name, "false")
    given = {p.name: data.getlist(f"{p.name}_images") for p in image_model.image_parameters}
    inputs = {
        name: [int(pk) for pk in ids if pk.isdecimal() and len(pk) < 19] for name, ids in given.items() if any(ids)
    }
    return Former(model_key=image_model.full_id, values=texts, inputs=inputs)


def draft_as_former(user: User, *, unless_of: ImageModel | None) -> str:
    """What this person had under way, as the only step back; nothing where the form shown is of that model."""
    draft = Draft.objects.of(user)
    if draft is None or (unless_of and unless_of.full_id == draft.model_key):
        return ""
    return write_former([read_one({"model_key": draft.model_key, "values": draft.values, "inputs": draft.inputs})])


def open_former(former: Former, user: User) -> GenerationForm | None:
    """The form exactly as it was; None where its model is no longer offered. Pictures only as far as this person sees them."""
    image_model = ImageModel.objects.offered().named(former.model_key).first()
    if image_model is None:
        return None
    return GenerationForm(
        image_model=image_model, user=user, values=former.values, inputs=pictures_of(former.inputs, user)
    )


def filled_of(former: Former, image_model: ImageModel, user: User) -> Filled:
    """Its settings in their types, as far as they are right; words as they stand."""
    knobs = {parameter.name: parameter for parameter in image_model.spec if not parameter.is_image}
    values = {name: typed(knobs[name], text) if name in knobs else text for name, text in former.values.items()}
    return Filled(image_model=image_model, values=values, inputs=pictures_of(former.inputs, user))


def typed(parameter: specs.Parameter, text: str) -> Any:
    try:
        return specs.clean_value(parameter, text) if text else None
    except specs.ValueRefused:
        return text


def pictures_of(ids: Mapping[str, Sequence[int]], user: User) -> dict[str, list[Image]]:
    """Those that this person sees."""
    found = {name: find_pictures([str(pk) for pk in given], user) for name, given in ids.items()}
    return {name: images for name, images in found.items() if images}
