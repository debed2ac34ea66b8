"""Pictures that come from outside into the library: proven, stored, and with their recipe where this product wrote one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from gallery import specs
from gallery.images import formats, metadata
from gallery.images.errors import PictureRefused
from gallery.images.recipes import Recipe, check_recipe
from gallery.images.store import StoredPicture
from gallery.models import Gateway, Generation, Group, Image, ImageModel, User
from gallery.services import images, originals
from gallery.services.search import index_generation, index_images

TAKEN = (formats.PNG, formats.JPEG, formats.WEBP)
NOT_TAKEN = "Only PNG, JPEG and WebP files are taken. Save this one as one of them and try that copy."
LONGEST_NAME = 200
# Owner, visibility and group, as rows have them.
Whose = Mapping[str, Any]
# What turns the order of letters, or cannot be seen.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")


@dataclass(frozen=True, kw_only=True)
class Imported:
    image: Image
    is_new: bool

    @property
    def has_recipe(self) -> bool:
        return self.image.generation_id is not None


def import_picture(*, file: UploadedFile, owner: User, visibility: str, group: Group | None = None) -> Imported:
    """Keep one file as a picture of the library. The same bytes of one person are the same picture again.

    A recipe is believed as far as `check_recipe` goes; whoever imports it owns what comes of it. Raises PictureError, OSError.
    """
    if formats.sniff(file.read(formats.SNIFFED_BYTES)) in (formats.GIF, formats.SVG):
        raise PictureRefused("unsupported_format", NOT_TAKEN)
    file.seek(0)
    stored = images.take_in(file.chunks(), max_bytes=images.LARGEST_UPLOAD)
    same = Image.objects.on_wall().kept().filter(owner=owner, sha256=stored.sha256).first()
    if same is not None:
        return Imported(image=same, is_new=False)
    recipe = read_recipe(stored)
    with transaction.atomic():
        whose = {"owner": owner, "visibility": visibility, "group": group}
        image = create_image(stored, recipe, whose, name=clean_name(file.name or ""))
    return Imported(image=image, is_new=True)


def read_recipe(stored: StoredPicture) -> Recipe | None:
    """Decoders forgive more than a walk through the blocks does: what they could draw is taken, then without a recipe."""
    try:
        with originals.open_data(stored.original_name) as data:
            return check_recipe(metadata.read_recipe(data, stored.media_type))
    except PictureRefused:
        return None


def create_image(stored: StoredPicture, recipe: Recipe | None, whose: Whose, *, name: str) -> Image:
    fields: dict[str, Any] = {**images.image_fields(stored), "imported_name": name}
    if recipe is not None:
        generation = create_generation(stored, recipe, whose)
        fields |= images.origin_fields(generation)
        fields |= {
            "generation": generation,
            "is_simulated": recipe.is_simulated,
            "note": tell_maker(recipe, whose["owner"]),
        }
    image = Image.objects.create(source=Image.Source.IMPORTED, **{**fields, **whose})
    index_images([image.pk])
    return image


def create_generation(stored: StoredPicture, recipe: Recipe, whose: Whose) -> Generation:
    """The record of a run that took place elsewhere or long ago. It never ran here: it has no times, no request, no key."""
    image_model = ImageModel.objects.filter(gateway__slug=recipe.gateway_slug, model_id=recipe.model_id).first()
    spec: Sequence[specs.Parameter] = specs.parse_parameters(recipe.spec)
    if not spec and image_model:
        spec = image_model.spec
    generation = Generation.objects.create(
        status=Generation.Status.SUCCEEDED,
        **whose,
        owner_name=whose["owner"].display_name,
        client=Generation.IMPORT,
        image_model=image_model,
        gateway=Gateway.objects.filter(slug=recipe.gateway_slug).first(),
        gateway_slug=recipe.gateway_slug,
        model_id=recipe.model_id,
        model_name=recipe.model_name or recipe.model_id[:120],
        spec=specs.to_json(spec),
        spec_hash=specs.spec_hash(spec),
        prompt=recipe.prompt,
        parameters=recipe.parameters,
        revised_prompt=recipe.revised_prompt,
        shape_width=stored.width,
        shape_height=stored.height,
        finished_at=timezone.now(),
        is_simulated=recipe.is_simulated,
        cost=recipe.cost,
        cost_unit=recipe.cost_unit,
    )
    index_generation(generation)
    return generation


def tell_maker(recipe: Recipe, owner: User) -> str:
    """Who made it stands in the file, and anybody can write that: it is told, never believed."""
    day = f" on {recipe.made_at.day} {recipe.made_at:%B %Y}" if recipe.made_at else ""
    name = recipe.owner_name
    return f"According to its file made by {name}{day}." if name and name != owner.display_name else ""


def clean_name(name: str) -> str:
    """A file's name without folders, ending and what cannot be seen."""
    last = re.split(r"[\\/]", UNSEEN.sub("", name))[-1]
    stem = last.rpartition(".")[0] or last
    return stem.strip(" .")[:LONGEST_NAME]
