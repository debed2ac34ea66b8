"""Motif: stems with leaves and blossoms."""

import math

from gallery.gateway.sandbox import curves, fields
from gallery.gateway.sandbox.canvas import Canvas, Point
from gallery.gateway.sandbox.colours import mix


def draw_plant(canvas: Canvas) -> None:
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    canvas.fill_field(
        fields.clouds(chance, canvas.field_size, 1.2, 2), (palette.paper, mix(palette.paper, palette.ramp[3], 0.5))
    )
    sun = palette.accents[0] if chance.random() < 0.5 else palette.accents[3]
    canvas.disc(
        (canvas.width * chance.uniform(0.36, 0.64), canvas.height * chance.uniform(0.34, 0.5)),
        unit * chance.uniform(0.26, 0.36),
        sun,
        shade=mix(sun, palette.paper, 0.7),
    )
    stems = max(3, round(3.2 * canvas.width / unit))
    for stem in range(stems):
        x = canvas.width * (stem + 0.5 + chance.uniform(-0.2, 0.2)) / stems
        _stem(canvas, x, canvas.height * chance.uniform(0.5, 0.86), stem)


def _stem(canvas: Canvas, x: float, height: float, number: int) -> None:
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    colour = (palette.ramp[1], palette.ramp[2], palette.accents[1], palette.ramp[0])[number % 4]
    sway = unit * chance.uniform(-0.16, 0.16)
    rise = ((0.0, -9 / height), (0.1, 0.4), (0.5, 0.75), (1.0, 1.0))
    spine = curves.smooth([(x + sway * across, canvas.height - height * up) for across, up in rise])
    canvas.polygon(curves.tapered(spine, unit * 0.012, unit * 0.005), colour)
    pairs = chance.randint(4, 6)
    is_flower = chance.random() < 0.55
    for pair in range(pairs):
        share = 0.3 + 0.62 * pair / pairs
        length = unit * 0.24 * (1.1 - share * 0.75)
        for side in (-1, 1):
            angle = -math.pi / 2 + side * chance.uniform(0.8, 1.15)
            foot = spine[round(share * (len(spine) - 1))]
            leaf = curves.leaf(foot, length, length * chance.uniform(0.28, 0.38), angle, side * -0.2)
            canvas.polygon(leaf, colour, shade=mix(colour, palette.ramp[3], 0.75), angle=angle, strength=0.85)
    if is_flower:
        _blossom(canvas, spine[-1], unit * chance.uniform(0.07, 0.12))
    else:
        bud = curves.leaf(spine[-1], unit * 0.14, unit * 0.055, -math.pi / 2)
        canvas.polygon(bud, colour, shade=mix(colour, palette.ramp[3], 0.6), angle=-math.pi / 2)


def _blossom(canvas: Canvas, centre: Point, size: float) -> None:
    chance, palette = canvas.chance, canvas.palette
    petal, heart = chance.sample((palette.accents[2], palette.accents[3], palette.accents[5], palette.accents[0]), 2)
    petals, turn = chance.choice((5, 6, 8)), chance.uniform(0, 1)
    for number in range(petals):
        angle = math.tau * (number + turn) / petals
        canvas.polygon(
            curves.leaf(centre, size * 1.25, size * 3.4 / petals, angle),
            petal,
            shade=mix(petal, palette.ramp[1], 0.45),
            angle=angle + math.pi,
        )
    canvas.disc(centre, size * 0.3, heart, shade=mix(heart, palette.ramp[0], 0.5))
