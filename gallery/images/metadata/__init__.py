"""A picture file's metadata, edited block by block: no pixel is decoded, what is kept is kept bit for bit.

Raises PictureRefused: unsupported_format for any type but PNG, JPEG and WebP (GIF and SVG can only be cleaned);
broken when blocks do not add up.
"""

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from gallery.images import formats
from gallery.images.containers import Data
from gallery.images.errors import PictureRefused
from gallery.images.metadata import gif, jpeg, png, svg, webp
from gallery.images.metadata.edits import Edited
from gallery.images.metadata.manifests import Manifest, read_store
from gallery.images.metadata.packing import LONGEST_JSON, decode_json

OTHER_TYPE = "The recipe of a {name} file can be neither written nor removed. Choose PNG, JPEG or WebP."
TOO_LONG = "This recipe is too long to be kept inside a picture. Download the picture without it."

Result = TypeVar("Result")


class Container(NamedTuple):
    with_recipe: Callable[[Data, Mapping[str, Any]], Edited]
    without_metadata: Callable[[Data], Edited]
    find_recipe: Callable[[Data], bytes | None]
    find_manifest_store: Callable[[Data], bytes]


CONTAINERS = {
    formats.PNG: Container(png.with_recipe, png.without_metadata, png.find_recipe, png.find_manifest_store),
    formats.JPEG: Container(jpeg.with_recipe, jpeg.without_metadata, jpeg.find_recipe, jpeg.find_manifest_store),
    formats.WEBP: Container(webp.with_recipe, webp.without_metadata, webp.find_recipe, webp.find_manifest_store),
}
CLEANERS = {
    **{media_type: container.without_metadata for media_type, container in CONTAINERS.items()},
    formats.GIF: gif.without_metadata,
    formats.SVG: svg.without_metadata,
}


def with_recipe(data: Data, media_type: str, recipe: Mapping[str, Any]) -> Edited:
    """The file with this recipe (and no earlier one of ours) in its text and XMP. Raises also too_large."""
    if len(json.dumps(recipe, ensure_ascii=False)) > LONGEST_JSON // 4:
        raise PictureRefused("too_large", TOO_LONG)
    return _walk(_container(media_type).with_recipe, data, recipe)


def without_metadata(data: Data, media_type: str) -> Edited:
    """The file without text, EXIF, XMP, comments and content credentials, and without what follows its end.

    Pixels, animation, colour profile and, where the picture is to be turned, the orientation stay.
    """
    if media_type not in CLEANERS:
        raise _refuse(media_type)
    return _walk(CLEANERS[media_type], data)


def read_recipe(data: Data, media_type: str) -> dict[str, Any] | None:
    """The JSON object that we wrote, not yet checked (`recipes.check_recipe`); None when there is none that can be read."""
    if media_type not in CONTAINERS:
        return None
    found = _walk(CONTAINERS[media_type].find_recipe, data)
    return None if found is None else decode_json(found)


def read_manifest(data: Data, media_type: str) -> Manifest | None:
    """Which content credentials (C2PA) the file carries; they are named, not verified."""
    if media_type not in CONTAINERS:
        return None
    store = _walk(CONTAINERS[media_type].find_manifest_store, data)
    return read_store(store) if store else None


def _container(media_type: str) -> Container:
    if media_type not in CONTAINERS:
        raise _refuse(media_type)
    return CONTAINERS[media_type]


def _refuse(media_type: str) -> PictureRefused:
    name = formats.SHORT_NAMES.get(media_type, "such a")
    return PictureRefused("unsupported_format", OTHER_TYPE.format(name=name))


def _walk(function: Callable[..., Result], *arguments: Any) -> Result:
    try:
        return function(*arguments)
    except (struct.error, IndexError) as error:
        raise PictureRefused("broken", detail=f"blocks do not add up: {error}") from error
