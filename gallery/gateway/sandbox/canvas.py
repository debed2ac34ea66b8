"""A sheet to draw on: shapes with smooth edges, filled with colour and shaded by fine dots, as in a screen print."""

import math
import random
from collections.abc import Callable, Sequence
from typing import TypedDict, Unpack

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from gallery.gateway.sandbox import fields
from gallery.gateway.sandbox.colours import Colour
from gallery.gateway.sandbox.palettes import Palette

Point = tuple[float, float]
Box = tuple[float, float, float, float]
OVERSAMPLING = 2
DOWN = math.pi / 2
# A dot of the shading stands where brightness and speckle together reach the full range.
_DOTS = [255 if value >= 255 else 0 for value in range(256)]


class Shading(TypedDict, total=False):
    """How a shape is filled. `shade` grows from `start`, a share of its box, in the direction of `angle`, in radians
    (0: to the right); `strength` and `opacity` are 0 to 1, `blur` is in pixels."""

    shade: Colour | None
    angle: float
    strength: float
    start: float
    opacity: float
    blur: float


class Canvas:
    """Coordinates are pixels; `unit` is the short side, the measure for everything that must not grow with the format.
    `chance` is the only source of randomness, so that a seed gives the same picture."""

    def __init__(self, size: tuple[int, int], palette: Palette, chance: random.Random):
        self.width, self.height = size
        self.unit = min(size)
        self.palette = palette
        self.chance = chance
        self.image = Image.new("RGB", size, palette.paper)
        self.speckle = fields.speckle(chance, size)

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def field_size(self) -> tuple[int, int]:
        """The size in which fields are computed, before they are enlarged."""
        longest = max(self.size)
        scale = min(1.0, 288 / longest)
        return max(8, round(self.width * scale)), max(8, round(self.height * scale))

    def fill_field(self, field: Image.Image, stops: Sequence[Colour]) -> None:
        self.image = fields.coloured(field, stops, self.size)

    def fill_downward(self, stops: Sequence[Colour], bottom: float = 1.0) -> None:
        """A gradient from the top to `bottom`, a share of the height."""
        size = (self.width, max(1, round(self.height * bottom)))
        self.image.paste(fields.coloured(fields.downward(size), stops), (0, 0))

    def glow(self, centre: Point, radius: float, colour: Colour, strength: float = 0.8) -> None:
        """Light that fades with the distance."""
        side = max(2, round(radius * 2))
        table = [round(255 * strength * (1 - value / 255) ** 2.2) for value in range(256)]
        light = Image.radial_gradient("L").point(table)
        corner = (round(centre[0] - side / 2), round(centre[1] - side / 2))
        left, top = max(0, corner[0]), max(0, corner[1])
        right, bottom = min(self.width, corner[0] + side), min(self.height, corner[1] + side)
        if right <= left or bottom <= top:
            return
        scale = 256 / side
        part = (
            (left - corner[0]) * scale,
            (top - corner[1]) * scale,
            (right - corner[0]) * scale,
            (bottom - corner[1]) * scale,
        )
        mask = light.resize((right - left, bottom - top), Image.Resampling.BICUBIC, box=part)
        self.image.paste(colour, (left, top, right, bottom), mask)

    def polygon(self, points: Sequence[Point], colour: Colour, **shading: Unpack[Shading]) -> None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = (min(xs), min(ys), max(xs), max(ys))
        self._paint(
            box, lambda pen, place: pen.polygon([place(point) for point in points], fill=255), colour, **shading
        )

    def ellipse(self, centre: Point, across: float, down: float, colour: Colour, **shading: Unpack[Shading]) -> None:
        """`across` and `down` are the half axes."""
        box = (centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down)
        self._paint(box, lambda pen, place: pen.ellipse([place(box[:2]), place(box[2:])], fill=255), colour, **shading)

    def disc(self, centre: Point, radius: float, colour: Colour, **shading: Unpack[Shading]) -> None:
        self.ellipse(centre, radius, radius, colour, **shading)

    def slice(
        self, centre: Point, radius: float, first: float, last: float, colour: Colour, **shading: Unpack[Shading]
    ) -> None:
        """A piece of a disc between two angles in degrees, clockwise from the right."""
        x, y = centre
        box = (x - radius, y - radius, x + radius, y + radius)
        self._paint(
            box,
            lambda pen, place: pen.pieslice([place(box[:2]), place(box[2:])], first, last, fill=255),
            colour,
            **shading,
        )

    def ring(
        self, centre: Point, across: float, down: float, thickness: float, colour: Colour, **shading: Unpack[Shading]
    ) -> None:
        box = (centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down)
        width = max(1, round(thickness * OVERSAMPLING))
        self._paint(
            box,
            lambda pen, place: pen.ellipse([place(box[:2]), place(box[2:])], outline=255, width=width),
            colour,
            **shading,
        )

    def arc(
        self, box: Box, first: float, last: float, thickness: float, colour: Colour, **shading: Unpack[Shading]
    ) -> None:
        """A piece of an ellipse's line between two angles in degrees, clockwise from the right."""
        width = max(1, round(thickness * OVERSAMPLING))
        self._paint(
            box,
            lambda pen, place: pen.arc([place(box[:2]), place(box[2:])], first, last, fill=255, width=width),
            colour,
            **shading,
        )

    def rectangle(self, box: Box, colour: Colour, *, radius: float = 0, **shading: Unpack[Shading]) -> None:
        curve = radius * OVERSAMPLING
        self._paint(
            box,
            lambda pen, place: pen.rounded_rectangle([place(box[:2]), place(box[2:])], radius=curve, fill=255),
            colour,
            **shading,
        )

    def line(self, points: Sequence[Point], thickness: float, colour: Colour, **shading: Unpack[Shading]) -> None:
        """A stroke with round ends and joints."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        half = thickness / 2
        box = (min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half)

        def stroke(pen: ImageDraw.ImageDraw, place: Callable[[Point], Point]) -> None:
            placed = [place(point) for point in points]
            pen.line(placed, fill=255, width=max(1, round(thickness * OVERSAMPLING)), joint="curve")
            for x, y in placed:
                reach = max(0.0, half * OVERSAMPLING - 0.5)
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)

        self._paint(box, stroke, colour, **shading)

    def _paint(
        self,
        box: Box,
        draw_shape: Callable[[ImageDraw.ImageDraw, Callable[[Point], Point]], None],
        colour: Colour,
        **shading: Unpack[Shading],
    ) -> None:
        blur, opacity, shade = shading.get("blur", 0), shading.get("opacity", 1.0), shading.get("shade")
        left, top = max(0, math.floor(box[0] - 2 * blur - 1)), max(0, math.floor(box[1] - 2 * blur - 1))
        right = min(self.width, math.ceil(box[2] + 2 * blur + 1))
        bottom = min(self.height, math.ceil(box[3] + 2 * blur + 1))
        if right <= left or bottom <= top:
            return
        size = (right - left, bottom - top)
        large = Image.new("L", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING))
        draw_shape(
            ImageDraw.Draw(large), lambda point: ((point[0] - left) * OVERSAMPLING, (point[1] - top) * OVERSAMPLING)
        )
        mask = large.reduce(OVERSAMPLING)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur))
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        self.image.paste(colour, (left, top, right, bottom), mask)
        if shade is not None:
            dots = self._dots((left, top, right, bottom), shading)
            self.image.paste(shade, (left, top, right, bottom), ImageChops.multiply(mask, dots))

    def _dots(self, place: tuple[int, int, int, int], shading: Shading) -> Image.Image:
        strength, start = shading.get("strength", 0.9), shading.get("start", 0.15)
        table = [round(255 * strength * max(0.0, (value / 255 - start) / (1 - start)) ** 1.4) for value in range(256)]
        size = (place[2] - place[0], place[3] - place[1])
        smooth = fields.slope(size, shading.get("angle", DOWN)).point(table)
        dots = ImageChops.add(smooth, self.speckle.crop(place)).point(_DOTS)
        return Image.blend(smooth, dots, 0.4)
