"""Motifs of the open air: hills, sea, forest, city."""

import math
from collections.abc import Callable

from gallery.gateway.sandbox import curves, fields
from gallery.gateway.sandbox.canvas import DOWN, Canvas, Point
from gallery.gateway.sandbox.colours import Colour, lightness, mix


def draw_hills(canvas: Canvas) -> None:
    chance, palette = canvas.chance, canvas.palette
    horizon = canvas.height * chance.uniform(0.46, 0.6)
    _sky(canvas, horizon)
    _sun(
        canvas,
        (canvas.width * _third(canvas), horizon - canvas.unit * chance.uniform(0.04, 0.3)),
        chance.uniform(0.05, 0.11),
    )
    layers = chance.randint(5, 7)
    is_sharp = chance.random() < 0.45
    near, middle, far = palette.ramp[0], palette.ramp[1], mix(palette.sky[-1], palette.ramp[2], 0.55)
    for layer in range(layers):
        depth = layer / (layers - 1)
        line = curves.peaks(chance) if is_sharp and depth < 0.75 else curves.wander(chance, 4)
        colour = mix(far, middle, depth * 1.6) if depth < 0.62 else mix(middle, near, (depth - 0.62) / 0.38)
        base = horizon + (canvas.height * 1.02 - horizon) * depth**1.15 * 0.86
        reach = canvas.unit * (0.16 - 0.085 * depth) * chance.uniform(0.7, 1.3)
        mist = mix(colour, palette.sky[-1], 0.5 * (1 - depth))
        _ridge(canvas, line, base, reach, canvas.unit * chance.uniform(0.8, 1.5), colour, mist)


def draw_sea(canvas: Canvas) -> None:
    chance, palette = canvas.chance, canvas.palette
    horizon = canvas.height * chance.uniform(0.42, 0.58)
    _sky(canvas, horizon)
    sun = (canvas.width * _third(canvas), horizon - canvas.unit * chance.uniform(-0.02, 0.16))
    radius = chance.uniform(0.08, 0.15)
    _sun(canvas, sun, radius)
    if chance.random() < 0.7:
        _coast(canvas, horizon)
    deep, shallow = palette.ramp[0], mix(palette.ramp[2], palette.sky[-1], 0.45)
    canvas.rectangle(
        (-9, horizon, canvas.width + 9, canvas.height + 9), shallow, shade=palette.ramp[2], strength=1, start=0
    )
    waves = chance.randint(4, 6)
    for wave in range(waves):
        depth = (wave + 1) / waves
        base = horizon + (canvas.height - horizon) * (0.12 + 0.86 * depth**1.5)
        colour = mix(palette.ramp[2], deep, 0.15 + 0.8 * depth)
        crest = mix(colour, palette.sky[-1], 0.42 - 0.2 * depth)
        line = curves.wander(chance, 2)
        reach, length = canvas.unit * (0.008 + 0.03 * depth), canvas.unit * (0.35 + 0.6 * depth)
        swell = base + (canvas.height - base) * 0.5 + canvas.unit * 0.12
        _ridge(canvas, line, base, reach, length, crest, colour, swell)
        canvas.rectangle((-9, swell - 1, canvas.width + 9, canvas.height + 9), colour)
    _glitter(canvas, sun[0], horizon, radius)


def _coast(canvas: Canvas, horizon: float) -> None:
    """A far island or cape on the horizon."""
    line, middle = curves.peaks(canvas.chance, 3), canvas.chance.uniform(0.1, 0.9)

    def height(x: float) -> float:
        return max(0.0, 0.6 + 0.5 * line(x) - abs(x * canvas.unit / canvas.width - middle) * 2.2) * 2 - 1

    far, unit = mix(canvas.palette.sky[-1], canvas.palette.ramp[1], 0.5), canvas.unit
    _ridge(canvas, height, horizon + unit * 0.05, unit * 0.06, unit, far, canvas.palette.sky[-1], horizon)


def draw_forest(canvas: Canvas) -> None:
    chance, palette = canvas.chance, canvas.palette
    _sky(canvas, canvas.height * 0.8)
    _sun(canvas, (canvas.width * _third(canvas), canvas.height * chance.uniform(0.2, 0.42)), chance.uniform(0.07, 0.13))
    layers = 5
    for layer in range(layers):
        depth = layer / (layers - 1)
        colour = mix(mix(palette.sky[-1], palette.ramp[2], 0.45), palette.ramp[0], depth**0.9)
        mist = mix(colour, palette.sky[-1], 0.75 * (1 - depth) + 0.08)
        ground = canvas.height * (0.6 + 0.42 * depth) + canvas.unit * 0.02
        size = canvas.unit * (0.13 + 0.32 * depth**1.4)
        _trees(canvas, ground, size, colour, mist)


def draw_city(canvas: Canvas) -> None:
    chance, palette = canvas.chance, canvas.palette
    _sky(canvas, canvas.height * 0.9)
    _sun(canvas, (canvas.width * _third(canvas), canvas.height * chance.uniform(0.24, 0.5)), chance.uniform(0.12, 0.24))
    layers = 4
    for layer in range(layers):
        depth = layer / (layers - 1)
        colour = mix(mix(palette.sky[-1], palette.ramp[2], 0.6), palette.ramp[0], depth)
        mist = mix(colour, palette.sky[-1], 0.6 * (1 - depth) + 0.05)
        x = -canvas.unit * chance.uniform(0, 0.1)
        while x < canvas.width:
            width = canvas.unit * chance.uniform(0.06, 0.13) * (0.7 + 0.6 * depth)
            top = (
                canvas.height
                - canvas.unit * chance.uniform(0.2, 0.62) * (1.15 - 0.6 * depth) * canvas.height / canvas.unit
            )
            _house(canvas, (x, top, x + width, canvas.height + 9), colour, mist, depth)
            x += width + canvas.unit * chance.choice((0.0, 0.0, 0.012, 0.03, 0.06)) * (1 - depth * 0.4)


def _sky(canvas: Canvas, horizon: float) -> None:
    chance, palette = canvas.chance, canvas.palette
    canvas.fill_downward((*palette.sky, palette.sky[-1]), 1.0)
    canvas.fill_downward(palette.sky, min(1.0, max(0.05, horizon / canvas.height)))
    veil = fields.clouds(chance, (max(8, canvas.field_size[0] // 3), canvas.field_size[1]), 3.0, 3)
    mask = veil.resize(canvas.size).convert("L").point([round(max(0, value - 120) * 0.42) for value in range(256)])
    canvas.image.paste(mix(palette.sky[-1], palette.light, 0.35), (0, 0, *canvas.size), mask)
    if palette.is_night:
        for _ in range(90):
            spot = (canvas.width * chance.random(), horizon * chance.random() ** 1.3)
            canvas.disc(
                spot,
                canvas.unit * chance.choice((0.0012, 0.0016, 0.0028)),
                palette.light,
                opacity=chance.uniform(0.4, 1),
            )


def _sun(canvas: Canvas, centre: Point, radius: float) -> None:
    palette = canvas.palette
    size = radius * canvas.unit
    canvas.glow(centre, size * 7, mix(palette.sky[-1], palette.light, 0.6), 0.75)
    canvas.glow(centre, size * 2.6, palette.light, 0.6)
    tint = (
        mix(palette.light, palette.sky[-1], 0.35) if not palette.is_night else mix(palette.light, palette.sky[-1], 0.5)
    )
    canvas.disc(centre, size, palette.light, shade=tint, angle=DOWN, strength=0.7, start=0.35)


def _ridge(
    canvas: Canvas,
    line: Callable[[float], float],
    base: float,
    reach: float,
    length: float,
    colour: Colour,
    mist: Colour,
    bottom: float | None = None,
) -> None:
    """From a wavy upper edge down to `bottom`, or to the lower edge of the sheet."""
    steps = max(24, round(canvas.width / max(4, canvas.unit / 160)))
    floor = canvas.height + 4.0 if bottom is None else bottom
    points = [
        (canvas.width * step / steps, base - reach * line(canvas.width * step / steps / length))
        for step in range(steps + 1)
    ]
    edge = [(x, min(y, floor)) for x, y in points]
    canvas.polygon(
        [(-4, floor), (-4, edge[0][1]), *edge, (canvas.width + 4, edge[-1][1]), (canvas.width + 4, floor)],
        colour,
        shade=mist,
        strength=0.85,
        start=0.05,
    )


def _glitter(canvas: Canvas, x: float, horizon: float, radius: float) -> None:
    chance, palette = canvas.chance, canvas.palette
    for step in range(26):
        depth = (step / 26) ** 1.5
        y = horizon + (canvas.height - horizon) * (0.012 + 0.6 * depth)
        width = canvas.unit * radius * (1.0 - 0.45 * depth) * chance.uniform(0.35, 1.15)
        shift = canvas.unit * radius * chance.uniform(-0.35, 0.35)
        canvas.ellipse(
            (x + shift, y), width, canvas.unit * (0.0022 + 0.005 * depth), palette.light, opacity=0.85 - 0.5 * depth
        )


def _trees(canvas: Canvas, ground: float, size: float, colour: Colour, mist: Colour) -> None:
    """One row of spruces as a single outline, standing on a wavy ground."""
    chance = canvas.chance
    line = curves.wander(chance, 2)
    points: list[Point] = [(-size, canvas.height + 4)]
    x = -size * 0.5
    while x < canvas.width + size * 0.5:
        height = size * chance.uniform(0.55, 1.25)
        half = height * chance.uniform(0.16, 0.22)
        foot = ground - size * 0.2 * line(x / (size * 4))
        tiers = 7
        left, right = [], []
        for tier in range(tiers):
            share = tier / tiers
            y = foot - height * (0.08 + 0.92 * share)
            reach = half * (1 - share) * chance.uniform(0.85, 1.1)
            left += [(x - reach, y + height * 0.035), (x - reach * 0.5, y - height * 0.035)]
            right += [(x + reach, y + height * 0.035), (x + reach * 0.5, y - height * 0.035)]
        floor = foot - height * 0.13
        points += [(x - half, floor), *left[2:], (x, foot - height * 1.06), *right[:1:-1], (x + half, floor)]
        x += half * chance.uniform(0.7, 1.7)
    points += [(canvas.width + size, canvas.height + 4)]
    canvas.polygon(points, colour, shade=mist, strength=1, start=0.1)


def _house(canvas: Canvas, box: tuple[float, float, float, float], colour: Colour, mist: Colour, depth: float) -> None:
    chance, palette = canvas.chance, canvas.palette
    left, top, right, _ = box
    crown = chance.random()
    middle, width = (left + right) / 2, right - left
    if crown < 0.18:
        canvas.polygon(
            [(left, top + 1), (left if crown < 0.09 else right, top - width * 0.35), (right, top + 1)], colour
        )
    elif crown < 0.3:
        canvas.slice((middle, top + 1), width / 2, 180, 360, colour)
    elif crown < 0.42:
        canvas.line([(middle, top), (middle, top - width * 0.7)], canvas.unit * 0.004, colour)
    canvas.rectangle(box, colour, shade=mist, strength=0.9, start=0.1)
    if depth < 0.6:
        return
    lamp = mix(palette.light, palette.accents[1] if lightness(palette.accents[1]) > 0.6 else palette.light, 0.4)
    columns = max(2, round(width / (canvas.unit * 0.026)))
    cell = width / (columns + 0.6)
    rows = math.floor((canvas.height - top) / (cell * 1.5))
    for row in range(min(rows, 40)):
        for column in range(columns):
            if chance.random() < 0.24:
                x, y = left + cell * (0.5 + column), top + cell * (0.9 + row * 1.5)
                canvas.rectangle((x, y, x + cell * 0.55, y + cell * 0.8), lamp, opacity=chance.uniform(0.5, 0.95))


def _third(canvas: Canvas) -> float:
    """Where along the width something stands well."""
    return canvas.chance.choice((0.32, 0.38, 0.62, 0.68)) + canvas.chance.uniform(-0.05, 0.05)
