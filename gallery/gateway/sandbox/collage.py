"""How given pictures are worked into a drawing, so that one sees at a glance that they arrived."""

import random
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from gallery.gateway.sandbox import fields
from gallery.gateway.sandbox.palettes import Palette

MOST_PRINTS = 14

Pictures = Sequence[Image.Image]
Manner = Callable[[Image.Image, Pictures, Palette, random.Random], Image.Image]


def lay_prints(drawing: Image.Image, references: Pictures, palette: Palette, chance: random.Random) -> Image.Image:
    """The references as prints with a white border, lying tilted on the drawing."""
    count = min(len(references), MOST_PRINTS)
    width, height = drawing.size
    columns = max(1, min(count, round((count * width / height) ** 0.5)))
    rows = -(-count // columns)
    room = min(width / columns, height / rows) * (0.62 if count == 1 else 0.82)
    sheet = drawing.copy()
    for number, reference in enumerate(references[:count]):
        in_row = min(columns, count - number // columns * columns)
        x = width * (number % columns + 0.5) / in_row + room * chance.uniform(-0.05, 0.05)
        y = height * (number // columns + 0.5) / rows + room * chance.uniform(-0.05, 0.05)
        _lay(sheet, reference, (x, y), room, chance.choice((-1, 1)) * chance.uniform(2, 7))
    return sheet


def retouch(drawing: Image.Image, references: Pictures, palette: Palette, chance: random.Random) -> Image.Image:
    """The first reference, toned in the prompt's colours, with the drawing as light upon it; the others as prints."""
    base = _cover(references[0], drawing.size)
    toned = fields.coloured(ImageOps.autocontrast(base.convert("L"), cutoff=1), palette.ramp)
    mixed = Image.blend(base, toned, 0.62)
    light = Image.blend(mixed, ImageChops.soft_light(mixed, drawing), 0.6)
    return _with_others(light, references, palette, chance)


def trace_edges(drawing: Image.Image, references: Pictures, palette: Palette, chance: random.Random) -> Image.Image:
    """The drawing, with the edges of the reference as a line drawing on it."""
    # At a third of the size grain and texture are no edges any more.
    small = max(16, drawing.width // 3), max(16, drawing.height // 3)
    grey = ImageOps.autocontrast(_cover(references[0], small).convert("L").filter(ImageFilter.MedianFilter(5)))
    edges = grey.filter(ImageFilter.FIND_EDGES).point([min(255, max(0, (value - 22) * 4)) for value in range(256)])
    # The filter draws a frame where the picture ends.
    ImageDraw.Draw(edges).rectangle((0, 0, small[0] - 1, small[1] - 1), outline=0, width=2)
    mask = edges.resize(drawing.size, Image.Resampling.BICUBIC)
    paper = Image.blend(drawing, Image.new("RGB", drawing.size, palette.ramp[0]), 0.45)
    paper.paste(palette.light, (0, 0), mask)
    return paper


def shade_by_depth(drawing: Image.Image, references: Pictures, palette: Palette, chance: random.Random) -> Image.Image:
    """The shapes of the reference as soft relief in the palette's colours, over the drawing."""
    blurred = _cover(references[0], drawing.size).convert("L").filter(ImageFilter.GaussianBlur(min(drawing.size) / 90))
    relief = fields.coloured(ImageOps.autocontrast(blurred), palette.ramp)
    return Image.blend(relief, ImageChops.soft_light(relief, drawing), 0.55)


def fill_in(drawing: Image.Image, references: Pictures, palette: Palette, chance: random.Random) -> Image.Image:
    """The first reference, with the drawing where the second, the mask, is white; without a mask in a disc."""
    base = _cover(references[0], drawing.size)
    if len(references) > 1:
        mask = _cover(references[1], drawing.size).convert("L")
    else:
        dot = Image.radial_gradient("L").point([255 if value < 96 else 0 for value in range(256)])
        mask = dot.resize(drawing.size, Image.Resampling.BICUBIC)
    base.paste(drawing, (0, 0), mask)
    return base


MANNERS: Mapping[str, Manner] = {
    "prints": lay_prints,
    "retouch": retouch,
    "edges": trace_edges,
    "depth": shade_by_depth,
    "fill": fill_in,
}


def enlarge(reference: Image.Image, factor: float, longest: int) -> Image.Image:
    """The reference itself, larger and crisper; never beyond `longest` pixels on its long side."""
    factor = min(factor, longest / max(reference.size))
    size = max(1, round(reference.width * factor)), max(1, round(reference.height * factor))
    large = reference.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    return large.filter(ImageFilter.UnsharpMask(radius=2, percent=60, threshold=2))


def _with_others(picture: Image.Image, references: Pictures, palette: Palette, chance: random.Random) -> Image.Image:
    side = min(picture.size) * 0.26
    for number, reference in enumerate(references[1:4]):
        place = (picture.width - side * 0.75 - number * side * 0.8, picture.height - side * 0.75)
        _lay(picture, reference, place, side, chance.uniform(-5, 5))
    return picture


def _lay(sheet: Image.Image, reference: Image.Image, centre: tuple[float, float], room: float, angle: float) -> None:
    picture = reference.convert("RGB")
    inner = max(4, round(room * 0.9))
    picture = ImageOps.contain(picture, (inner, inner), Image.Resampling.LANCZOS)
    border = max(1, round(room * 0.035))
    framed = ImageOps.expand(picture, border, (252, 251, 247))
    mask = Image.new("L", (framed.width + 2, framed.height + 2))
    ImageDraw.Draw(mask).rectangle((1, 1, framed.width, framed.height), fill=255)
    turned = ImageOps.expand(framed, 1, (252, 251, 247)).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    mask = mask.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    blur = max(1.0, room * 0.025)
    margin = round(blur * 3)
    shadow = (
        ImageOps.expand(mask, margin, 0)
        .filter(ImageFilter.GaussianBlur(blur))
        .point([round(v * 0.45) for v in range(256)])
    )
    corner = round(centre[0] - turned.width / 2), round(centre[1] - turned.height / 2)
    sheet.paste((14, 12, 16), (corner[0] - margin, corner[1] - margin + round(blur)), shadow)
    sheet.paste(turned, corner, mask)


def _cover(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.BICUBIC)
