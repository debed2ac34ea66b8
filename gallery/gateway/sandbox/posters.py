"""Motif: quarter circles, leaves and stripes in a grid, as on a poster."""

import math
from collections.abc import Callable

from gallery.gateway.sandbox.canvas import Box, Canvas
from gallery.gateway.sandbox.colours import Colour, lightness, mix


def draw_grid(canvas: Canvas) -> None:
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    along = chance.choice((3, 4, 4, 5))
    columns, rows = (max(1, round(side * along / unit)) for side in canvas.size)
    for row in range(rows):
        for column in range(columns):
            box = (
                canvas.width * column / columns,
                canvas.height * row / rows,
                canvas.width * (column + 1) / columns,
                canvas.height * (row + 1) / rows,
            )
            back, front = chance.sample((*palette.accents, palette.paper), 2)
            while abs(lightness(back) - lightness(front)) < 0.12:
                back, front = chance.sample((*palette.accents, palette.paper, palette.ramp[0]), 2)
            canvas.rectangle(box, back)
            chance.choice(_CELLS)(canvas, box, front, back)


def _quarter(canvas: Canvas, box: Box, colour: Colour, back: Colour) -> None:
    left, top, right, bottom = box
    corner, start = canvas.chance.choice(
        (((left, top), 0), ((right, top), 90), ((right, bottom), 180), ((left, bottom), 270))
    )
    radius = min(right - left, bottom - top)
    shade = mix(colour, back, 0.75)
    canvas.slice(corner, radius, start, start + 90, colour, shade=shade, angle=math.radians(start + 225), strength=0.9)
    if canvas.chance.random() < 0.45:
        canvas.slice(corner, radius * 0.5, start, start + 90, back)


def _leaf(canvas: Canvas, box: Box, colour: Colour, back: Colour) -> None:
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    steps = [step * math.pi / 40 for step in range(21)]
    first = [(left + wide * math.sin(step), top + tall * (1 - math.cos(step))) for step in steps]
    second = [(left + wide * (1 - math.cos(step)), top + tall * math.sin(step)) for step in reversed(steps)]
    points = first + second
    if canvas.chance.random() < 0.5:
        points = [(left + right - x, y) for x, y in points]
    canvas.polygon(points, colour, shade=mix(colour, back, 0.7), angle=canvas.chance.choice((0.8, 2.3)))


def _dot(canvas: Canvas, box: Box, colour: Colour, back: Colour) -> None:
    left, top, right, bottom = box
    centre, radius = ((left + right) / 2, (top + bottom) / 2), min(right - left, bottom - top) / 2
    share = canvas.chance.choice((1.0, 0.72, 0.5))
    canvas.disc(
        centre, radius * share, colour, shade=mix(colour, back, 0.7), angle=canvas.chance.choice((0.5, 1.6, 2.6))
    )
    if share == 1.0:
        canvas.disc(centre, radius * 0.45, back)


def _stripes(canvas: Canvas, box: Box, colour: Colour, back: Colour) -> None:
    left, top, right, bottom = box
    count = canvas.chance.choice((3, 4, 5))
    is_upright = canvas.chance.random() < 0.5
    for number in range(count):
        begin, end = (number + 0.25) / count, (number + 0.75) / count
        if is_upright:
            canvas.rectangle((left + (right - left) * begin, top, left + (right - left) * end, bottom), colour)
        else:
            canvas.rectangle((left, top + (bottom - top) * begin, right, top + (bottom - top) * end), colour)


def _half(canvas: Canvas, box: Box, colour: Colour, back: Colour) -> None:
    left, top, right, bottom = box
    middle, radius = (left + right) / 2, min(right - left, bottom - top) / 2
    for centre in ((middle, top + radius), (middle, top + 2 * radius)):
        canvas.slice(centre, radius, 180, 360, colour, shade=mix(colour, back, 0.75))


def _triangle(canvas: Canvas, box: Box, colour: Colour, back: Colour) -> None:
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    corners.pop(canvas.chance.randrange(4))
    canvas.polygon(corners, colour, shade=mix(colour, back, 0.6))


_CELLS: tuple[Callable[[Canvas, Box, Colour, Colour], None], ...] = (
    _quarter,
    _quarter,
    _quarter,
    _leaf,
    _leaf,
    _dot,
    _dot,
    _stripes,
    _half,
    _triangle,
)
