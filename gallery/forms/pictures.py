"""The pictures of a form: stored ones, by their ids, for one image parameter each; and whether a mask goes with its picture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from gallery import specs
from gallery.models import Image, User

NEEDS_PICTURE = "This model works from a picture. Paste, drop or choose one."
NEEDS_MASK = "This model works within a mask. Paint one over the picture."


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
            raise forms.ValidationError(NEEDS_MASK if self.parameter.is_mask else NEEDS_PICTURE)
        return images


def find_pictures(ids: Sequence[str], user: User) -> list[Image]:
    """The stored pictures of these ids that this person may see, in the order of the ids."""
    wanted = [int(value) for value in ids if value.isdecimal() and len(value) < 19]
    rows = Image.objects.visible_to(user).kept().in_bulk(wanted[:100])
    return [rows[pk] for pk in wanted if pk in rows]


def mask_problems(
    parameters: Sequence[specs.Parameter], given: Mapping[str, Sequence[Image]]
) -> Iterator[tuple[str, str]]:
    """Why masks do not go with the pictures they are for: the parameter's name and a sentence."""
    for parameter in parameters:
        mask, covered = given.get(parameter.name), given.get(parameter.mask_of)
        if not mask or not parameter.is_mask or covered is None:
            continue
        if not covered:
            yield parameter.name, "A mask lies over a picture. Give the picture too."
            continue
        sizes = [f"{image.width} × {image.height}" for image in (mask[0], covered[0])]
        if sizes[0] != sizes[1]:
            yield (
                parameter.name,
                f"This mask has {sizes[0]} pixels, its picture {sizes[1]}. Paint it over this picture.",
            )
