"""What was asked held against what came: count, size, shape, format. Gateways drop what they do not know, and charge."""

from collections.abc import Sequence
from typing import Any

from gallery import specs
from gallery.models import Generation, Image

SMALLEST_PIXELS = 64
RATIO_TOLERANCE = 0.03
FORMAT_PARAMETERS = ("output_format", "format")


def not_honoured(
    generation: Generation, images: Sequence[Image], sent: dict[str, Any], *, broken: int = 0
) -> list[str]:
    """Sentences on what the gateway did not keep to; `sent` is what travelled of the settings, `broken` how many pictures
    came and could not be kept."""
    if not images:
        return []
    spec = specs.parse_parameters(generation.spec)
    sentences = []
    if len(images) + broken != generation.image_count:
        sentences.append(f"Asked for {generation.image_count}, {len(images)} came.")
    asked = shape_sent(spec, sent)
    odd = next((image for image in images if asked and not is_kept(asked, image)), None)
    if asked and odd:
        sentences.append(f"Asked for {asked[0]}, got {odd.width} × {odd.height}.")
    for name in FORMAT_PARAMETERS:
        wanted = str(sent.get(name, "")).lower().replace("jpg", "jpeg")
        other = next((image for image in images if wanted and wanted not in image.media_type), None)
        if other:
            sentences.append(f"Asked for {wanted.upper()}, got {other.media_type.removeprefix('image/').upper()}.")
    return [f"Not honoured: {sentence}" for sentence in sentences]


def shape_kept(generation: Generation, image: Image) -> tuple[str, bool] | None:
    """The shape that was asked for in words, and whether this picture has it; None where none was asked for."""
    asked = shape_sent(specs.parse_parameters(generation.spec), settings_sent(generation))
    return (asked[0], is_kept(asked, image)) if asked else None


def settings_sent(generation: Generation) -> dict[str, Any]:
    """What travelled of the settings, wherever it stood in the request."""
    request = generation.request or {}
    within = request.get("image_config")
    names = {parameter.name for parameter in specs.parse_parameters(generation.spec)}
    beside = {name: value for name, value in request.items() if name in names}
    return beside | (within if isinstance(within, dict) else {})


def shape_sent(spec: Sequence[specs.Parameter], sent: dict[str, Any]) -> tuple[str, float, float] | None:
    """The shape that travelled, with its words; None where none did."""
    parameter = specs.shape_parameter(spec)
    if parameter is None or parameter.name not in sent:
        return None
    shape = specs.shape_of(sent[parameter.name])
    return (parameter.label_of(sent[parameter.name]), *shape) if shape else None


def is_kept(asked: tuple[str, float, float], image: Image) -> bool:
    """Pixels are kept to the pixel, ratios within three per cent; a vector has no pixels."""
    _, width, height = asked
    if min(width, height) >= SMALLEST_PIXELS and not image.is_vector:
        return (image.width, image.height) == (width, height)
    return abs((image.width / image.height) / (width / height) - 1) <= RATIO_TOLERANCE
