"""Motifs without a subject: flowing fields, contour bands, soft shapes, a planet."""

import math

from PIL import Image

from gallery.gateway.sandbox import fields
from gallery.gateway.sandbox.canvas import Canvas, Shading
from gallery.gateway.sandbox.colours import Colour, lightness, mix


def draw_flame(canvas: Canvas) -> None:
    """Bright veins over the dark."""
    chance = canvas.chance
    field = fields.warp(
        fields.clouds(chance, canvas.field_size, chance.uniform(1.6, 2.6), 3), chance, chance.uniform(0.25, 0.45)
    )
    field = fields.warp(field, chance, 0.12, 6)
    veins = fields.spread(fields.folded(fields.spread(field), 2))
    dark, deep, middle, soft, light = canvas.palette.ramp
    canvas.fill_field(veins, (dark, dark, mix(dark, deep, 0.6), deep, middle, soft, light))


def draw_contours(canvas: Canvas) -> None:
    """Bands as on a map, or as in agate."""
    chance, palette = canvas.chance, canvas.palette
    field = fields.warp(
        fields.clouds(chance, canvas.field_size, chance.uniform(1.3, 2.2), 2), chance, chance.uniform(0.2, 0.4)
    )
    bands = fields.folded(fields.spread(field.resize(canvas.size, Image.Resampling.BICUBIC)), chance.uniform(3.2, 5.5))
    accents = chance.sample(palette.accents[:4], 2)
    stops = (
        palette.paper,
        palette.paper,
        mix(palette.paper, accents[0], 0.35),
        accents[0],
        palette.ramp[1],
        accents[1],
        mix(accents[1], palette.paper, 0.7),
    )
    canvas.fill_field(bands, stops)


def draw_silk(canvas: Canvas) -> None:
    """Folds of cloth, or light under water."""
    chance = canvas.chance
    field = fields.warp(fields.clouds(chance, canvas.field_size, chance.uniform(1.0, 1.6), 2), chance, 0.5, 1.6)
    field = fields.spread(fields.warp(field, chance, 0.3, 2.2)).resize(canvas.size, Image.Resampling.BICUBIC)
    folds = fields.folded(field, chance.uniform(5, 8))
    canvas.fill_field(fields.spread(fields.add(field, folds, 0.4)), canvas.palette.ramp)


def draw_shapes(canvas: Canvas) -> None:
    """A few large, calm shapes on soft light."""
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    ground = fields.warp(fields.clouds(chance, canvas.field_size, 1.3, 2), chance, 0.25)
    canvas.fill_field(
        ground, (mix(palette.ramp[3], palette.paper, 0.35), palette.paper, mix(palette.paper, palette.accents[2], 0.45))
    )
    colours = list(palette.accents)
    chance.shuffle(colours)
    count = max(5, round(5 * max(canvas.size) / unit))
    step = unit / 8
    taken: list[tuple[float, ...]] = []
    for number in range(count):
        # On a grid, and from large to small, so that it reads as composed.
        spots = [
            tuple(step * round(side * chance.uniform(0.16, 0.84) / step) for side in canvas.size) for _ in range(6)
        ]
        centre = max(spots, key=lambda spot: min((math.dist(spot, other) for other in taken), default=0))
        taken.append(centre)
        size = step * (2.5, 2, 2, 1.5, 1, 0.75, 0.5)[min(6, number * 7 // count)]
        kind = chance.choice(("disc", "card", "arch", "half", "disc", "pill"))
        _shape(canvas, kind, (centre[0], centre[1]), size, colours[number % len(colours)])


def draw_planet(canvas: Canvas) -> None:
    """A planet with a ring among stars."""
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    dark, deep, middle = palette.ramp[:3]
    field = fields.warp(fields.clouds(chance, canvas.field_size, 1.6, 4), chance, 0.3)
    canvas.fill_field(field, (dark, dark, mix(dark, deep, 0.7), deep, mix(deep, middle, 0.5)))
    for _ in range(120):
        spot = (canvas.width * chance.random(), canvas.height * chance.random())
        canvas.disc(
            spot, unit * chance.choice((0.001, 0.0014, 0.0022, 0.0034)), palette.light, opacity=chance.uniform(0.3, 1)
        )
    lit = math.radians(chance.choice((25, 40, 145, 155)))
    colour, second = (
        mix(accent, palette.light, 0.15) for accent in chance.sample((palette.accents[0], *palette.accents[2:4]), 2)
    )
    if chance.random() < 0.4:
        _rise(canvas, colour, second, lit)
        return
    _ringed(canvas, colour, second, lit)


def _ringed(canvas: Canvas, colour: Colour, second: Colour, lit: float) -> None:
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    centre = (canvas.width * chance.uniform(0.38, 0.62), canvas.height * chance.uniform(0.42, 0.58))
    radius, tilt = unit * chance.uniform(0.2, 0.27), chance.uniform(0.18, 0.36)
    rings = [(radius * (1.55 + 0.17 * number), mix(second, palette.light, 0.2 * number)) for number in range(3)]
    canvas.glow(centre, radius * 2.6, colour, 0.5)
    for reach, tint in rings:
        canvas.ring(centre, reach, reach * tilt, unit * 0.011, tint)
    canvas.disc(centre, radius, colour, shade=mix(palette.ramp[0], colour, 0.08), angle=lit, strength=1, start=0.25)
    for reach, tint in rings:
        box = (centre[0] - reach, centre[1] - reach * tilt, centre[0] + reach, centre[1] + reach * tilt)
        canvas.arc(box, 8, 172, unit * 0.011, tint)
    moon = (centre[0] + radius * chance.choice((-1.9, 1.9)), centre[1] - radius * chance.uniform(0.7, 1.1))
    canvas.disc(moon, radius * 0.2, palette.accents[5], shade=palette.ramp[0], angle=lit, strength=1)


def _rise(canvas: Canvas, colour: Colour, second: Colour, lit: float) -> None:
    """A second planet over the curve of a near one."""
    chance, unit, dark = canvas.chance, canvas.unit, canvas.palette.ramp[0]
    near = unit * chance.uniform(0.95, 1.2)
    low = (canvas.width * chance.uniform(0.3, 0.7), canvas.height + near * 0.62)
    high = (canvas.width * chance.uniform(0.3, 0.7), canvas.height * chance.uniform(0.28, 0.42))
    canvas.glow(high, unit * 0.5, second, 0.5)
    canvas.disc(high, unit * chance.uniform(0.1, 0.17), second, shade=dark, angle=lit, strength=1, start=0.35)
    canvas.glow((low[0], low[1] - near * 0.2), near * 1.25, colour, 0.9)
    canvas.disc(low, near, colour, shade=dark, strength=1, start=0.0, angle=math.pi / 2 + 0.3 * math.cos(lit))
    for share, size in ((0.34, 0.08), (0.6, 0.05), (0.2, 0.035)):
        spot = (low[0] + near * (share - 0.4), low[1] - near * 0.82 + near * abs(share - 0.4) * 0.4)
        canvas.ellipse(spot, near * size * 1.6, near * size * 0.55, mix(colour, dark, 0.35), shade=colour)


def _shape(canvas: Canvas, kind: str, centre: tuple[float, float], size: float, colour: Colour) -> None:
    palette, unit = canvas.palette, canvas.unit
    shade = mix(colour, palette.ramp[0], 0.5) if lightness(colour) > 0.55 else mix(colour, palette.ramp[3], 0.6)
    look = Shading(shade=shade, angle=canvas.chance.choice((0.6, 1.2, 2.2, -0.8)), strength=0.75)
    shadow = Shading(opacity=0.28, blur=unit * 0.02)
    turn = canvas.chance.choice((0, 90, 180, 270))
    wide, tall = size * canvas.chance.uniform(0.8, 1.3), size * canvas.chance.uniform(0.5, 0.9)
    below = (centre[0] + unit * 0.018, centre[1] + unit * 0.03)
    for (x, y), tint, filling in ((below, palette.ramp[0], shadow), (centre, colour, look)):
        if kind in ("card", "pill"):
            radius = min(wide, tall) if kind == "pill" else unit * 0.02
            canvas.rectangle((x - wide, y - tall, x + wide, y + tall), tint, radius=radius, **filling)
        elif kind == "arch":
            canvas.polygon(_arch(x, y, size), tint, **filling)
        elif kind == "half":
            canvas.slice((x, y), size, turn, turn + 180, tint, **filling)
        else:
            canvas.disc((x, y), size, tint, **filling)


def _arch(x: float, y: float, size: float) -> list[tuple[float, float]]:
    steps = [math.pi * step / 24 for step in range(25)]
    vault = [(x - size * 0.6 * math.cos(step), y - size * 0.3 - size * 0.6 * math.sin(step)) for step in steps]
    return [(x - size * 0.6, y + size), *vault, (x + size * 0.6, y + size)]
