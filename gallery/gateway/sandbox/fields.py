"""Scalar fields for the drawings, as pictures of mode F with values of 0 to 255; small, and made large by Pillow."""

import math
import random
from collections.abc import Sequence
from typing import cast

from PIL import Image, ImageChops, ImageMath

from gallery.gateway.sandbox.colours import Colour, ramp

Size = tuple[int, int]
GRAIN_TILE = 512


def noise(chance: random.Random, size: Size, cells: float) -> Image.Image:
    """Smooth random hills; `cells` is how many of them stand along the short side."""
    short = min(size)
    columns, rows = (max(2, math.ceil(cells * side / short)) for side in size)
    dots = Image.frombytes("L", (columns, rows), chance.randbytes(columns * rows))
    return dots.convert("F").resize(size, Image.Resampling.BICUBIC)


def clouds(chance: random.Random, size: Size, cells: float, octaves: int = 3) -> Image.Image:
    """Noise upon finer noise, spread over the full range."""
    total = noise(chance, size, cells)
    for octave in range(1, octaves):
        total = add(total, noise(chance, size, cells * 2**octave), 0.5**octave)
    return spread(total)


def warp(field: Image.Image, chance: random.Random, strength: float, cells: float = 2.5) -> Image.Image:
    """Push a field about by other noise; `strength` is a share of the short side."""
    width, height = field.size
    columns, rows = max(6, round(30 * width / max(field.size))), max(6, round(30 * height / max(field.size)))
    reach = strength * min(field.size) / 128
    across, down = (_values(noise(chance, (columns + 1, rows + 1), cells)) for _ in range(2))

    def source(column: int, row: int) -> tuple[float, float]:
        place = row * (columns + 1) + column
        x = column * width / columns + (across[place] - 128) * reach
        y = row * height / rows + (down[place] - 128) * reach
        return _mirror(x, width), _mirror(y, height)

    mesh = []
    for row in range(rows):
        for column in range(columns):
            box = (
                column * width // columns,
                row * height // rows,
                (column + 1) * width // columns,
                (row + 1) * height // rows,
            )
            corners = (
                source(column, row),
                source(column, row + 1),
                source(column + 1, row + 1),
                source(column + 1, row),
            )
            mesh.append((box, tuple(number for corner in corners for number in corner)))
    return field.transform(field.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def spread(field: Image.Image) -> Image.Image:
    """Stretch to the full range."""
    low, high = cast(tuple[float, float], field.getextrema())
    scale = 255 / max(high - low, 1e-6)
    return field.point(lambda value: value * scale - low * scale)


def folded(field: Image.Image, folds: float) -> Image.Image:
    """Up and down again, `folds` times over the range: bands without a seam."""
    return cast(
        Image.Image, ImageMath.lambda_eval(lambda given: abs((given["field"] * folds) % 510 - 255), field=field)
    )


def coloured(field: Image.Image, stops: Sequence[Colour], size: Size | None = None) -> Image.Image:
    """The field enlarged to `size` and seen through a ramp of colours."""
    if size is not None and size != field.size:
        field = field.resize(size, Image.Resampling.BICUBIC)
    table = ramp(stops)
    grey = field.convert("L")
    return Image.merge("RGB", [grey.point([colour[channel] for colour in table]) for channel in range(3)])


def downward(size: Size) -> Image.Image:
    """0 at the top to 255 at the bottom."""
    return Image.linear_gradient("L").convert("F").resize(size, Image.Resampling.BILINEAR)


def slope(size: Size, angle: float) -> Image.Image:
    """0 to 255 across the box in a direction, in radians (0: to the right, quarter turn: downward); of mode L."""
    across, down = math.cos(angle), math.sin(angle)
    side = 24
    reach = (abs(across) + abs(down)) * (side - 1)
    start = reach - max(0, across) * (side - 1) * 1.0 - max(0, down) * (side - 1)
    values = bytes(
        round(255 * min(1, max(0, (x * across + y * down + start) / reach))) for y in range(side) for x in range(side)
    )
    return Image.frombytes("L", (side, side), values).resize(size, Image.Resampling.BICUBIC)


def tiled(tile: Image.Image, size: Size) -> Image.Image:
    """The tile beside itself until the size is covered."""
    sheet = Image.new(tile.mode, size)
    for top in range(0, size[1], tile.height):
        for left in range(0, size[0], tile.width):
            sheet.paste(tile, (left, top))
    return sheet


def speckle(chance: random.Random, size: Size) -> Image.Image:
    """Independent dots of 0 to 255, of mode L."""
    tile = Image.frombytes("L", (GRAIN_TILE, GRAIN_TILE), chance.randbytes(GRAIN_TILE * GRAIN_TILE))
    return tiled(tile, size)


def add_grain(picture: Image.Image, chance: random.Random, strength: float = 10) -> Image.Image:
    """Film grain, which hides the steps of smooth gradients; `strength` in levels of 255."""
    side = GRAIN_TILE
    dots = [Image.frombytes("L", (side, side), chance.randbytes(side * side)) for _ in range(2)]
    tile = Image.blend(dots[0], dots[1], 0.5).point(
        [round(128 + (value - 128) * strength / 64) for value in range(256)]
    )
    sheet = tiled(tile, picture.size)
    return ImageChops.add(picture, Image.merge("RGB", (sheet, sheet, sheet)), 1, -128)


def add(first: Image.Image, second: Image.Image, share: float) -> Image.Image:
    """The first and a share of the second."""
    return cast(
        Image.Image,
        ImageMath.lambda_eval(lambda given: given["first"] + given["second"] * share, first=first, second=second),
    )


def _values(field: Image.Image) -> list[float]:
    return list(cast("Sequence[float]", field.get_flattened_data()))


def _mirror(place: float, side: int) -> float:
    """Back from beyond an edge."""
    place = abs(place)
    return 2 * side - place if place > side else place
