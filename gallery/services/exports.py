"""Pictures on their way out: their names, their recipes, copies in other formats and sizes."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count

from gallery.images import exporting, formats, metadata
from gallery.images.decoder import Decoder, shared_decoder
from gallery.images.errors import PictureRefused
from gallery.images.metadata.edits import Edited
from gallery.images.metadata.manifests import Manifest
from gallery.images.recipes import Recipe
from gallery.models import Generation, Image
from gallery.services import originals

WORDS, WORDS_LENGTH, MODEL_LENGTH = 6, 60, 50
CENT_STEP = Decimal("0.000001")
NO_RECIPE = "This picture came without a recipe. Download it as it came, or without one."


@dataclass(frozen=True, kw_only=True)
class Download:
    """`chunks` can be read once. `byte_size` is None where it shows only then."""

    file_name: str
    media_type: str
    byte_size: int | None
    chunks: Iterator[bytes]


def name_file(image: Image, media_type: str = "") -> str:
    """Words of the prompt or of the file it came in, the model, and the number, which makes it unique. No character that a
    file system minds."""
    generation = image.generation
    text = generation.prompt if generation else image.imported_name or image.note or image.source
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())[:WORDS]
    model_id = re.sub(r"[^a-z0-9]+", "-", generation.model_id.lower())[:MODEL_LENGTH].strip("-") if generation else ""
    parts = ["-".join(words)[:WORDS_LENGTH].strip("-_"), model_id, str(image.pk)]
    return f"{'-'.join(filter(None, parts))}.{formats.EXTENSIONS[media_type or image.media_type]}"


def make_copy(
    image: Image,
    *,
    media_type: str = "",
    side: int = 0,
    has_recipe: bool | None = None,
    run_sizes: Mapping[int, int] | None = None,
    decoder: Decoder = shared_decoder,
) -> Download:
    """The picture as `media_type` (its own when left out), no side above `side` pixels, with its recipe (None: if it has one) or
    with nothing told of it.

    Where neither format nor size changes, only the blocks around the pixels do: a recipe is added to what stands there.
    Blocks. Raises PictureError, FileNotFoundError.
    """
    recipe = None if has_recipe is False else recipe_of(image, run_sizes)
    if has_recipe and recipe is None:
        raise PictureRefused("unsupported_format", NO_RECIPE)
    media_type = media_type or image.media_type
    is_same = media_type == image.media_type and not 0 < side < max(image.width, image.height)
    if is_same:
        return edit_original(image, recipe)
    if media_type not in metadata.CONTAINERS and not image.is_vector:
        raise PictureRefused("unsupported_format", "A smaller copy is made as PNG, JPEG or WebP. Choose one of them.")
    exported = exporting.export(
        originals.read_chunks(image.file_name),
        folder=settings.INCOMING_DIR,
        media_type=media_type,
        max_side=side or exporting.ANY_SIDE,
        recipe=recipe,
        decoder=decoder,
    )
    return Download(
        file_name=name_file(image, media_type),
        media_type=media_type,
        byte_size=len(exported.content),
        chunks=iter([exported.content]),
    )


def edit_original(image: Image, recipe: Recipe | None) -> Download:
    """The recipe is added, or without one everything that was told of the picture goes. No pixel changes."""
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(originals.open_data(image.file_name))
        if recipe is None:
            edited = metadata.without_metadata(data, image.media_type)
        else:
            edited = metadata.with_recipe(data, image.media_type, recipe.to_json())
        chunks = read_edited(edited, stack.pop_all())
    return Download(file_name=name_file(image), media_type=image.media_type, byte_size=edited.byte_size, chunks=chunks)


def read_edited(edited: Edited, stack: contextlib.ExitStack) -> Iterator[bytes]:
    with stack:
        yield from edited.chunks()


def recipe_of(image: Image, run_sizes: Mapping[int, int] | None = None) -> Recipe | None:
    """How the picture was made; None for one that came without. `run_sizes` saves the count of its run's pictures."""
    generation = image.generation
    if generation is None:
        return None
    run_size = (count_runs([generation.pk]) if run_sizes is None else run_sizes).get(generation.pk, 1)
    cost = share_of_cost(generation, run_size)
    return Recipe(
        prompt=generation.prompt,
        gateway_slug=generation.gateway_slug,
        model_id=generation.model_id,
        model_name=generation.model_name,
        parameters=generation.parameters,
        spec=generation.spec,
        seed=generation.parameters.get("seed"),
        revised_prompt=generation.revised_prompt,
        kind=generation.kind,
        made_at=image.created_at,
        owner_name=maker_of(image),
        cost=cost,
        cost_unit="" if cost is None else generation.cost_unit,
        is_simulated=image.is_simulated,
    )


def maker_of(image: Image) -> str:
    if image.owner:
        return image.owner.display_name
    return image.generation.owner_name if image.generation else ""


def share_of_cost(generation: Generation, run_size: int) -> Decimal | None:
    """What one picture of a run cost, so that the sum over a list of pictures is what was paid. None when unknown: what was
    only reckoned here is nothing that a picture carries into the world."""
    if generation.cost is None or generation.is_cost_reckoned:
        return None
    return (generation.cost / max(run_size, 1)).quantize(CENT_STEP)


def count_runs(generation_ids: list[int]) -> dict[int, int]:
    """How many pictures each of these runs has made, thrown away or not."""
    rows = Image.objects.filter(generation__in=generation_ids).order_by().values_list("generation")
    return dict(rows.annotate(count=Count("pk")))


def read_manifest(image: Image) -> Manifest | None:
    """Which content credentials its file carries; None where there are none, or the file is missing."""
    if not image.has_content_credentials:
        return None
    try:
        with originals.open_data(image.file_name) as data:
            return metadata.read_manifest(data, image.media_type)
    except (FileNotFoundError, PictureRefused):
        return None
