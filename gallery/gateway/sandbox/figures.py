"""Motif: one person, head and shoulders."""

import math

from gallery.gateway.sandbox import curves, fields
from gallery.gateway.sandbox.canvas import Canvas, Point
from gallery.gateway.sandbox.colours import Colour, lightness, mix


def draw_figure(canvas: Canvas) -> None:
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    dark, light = palette.ramp[0], palette.ramp[4]
    back, coat, hair, halo = chance.sample(palette.accents[:5], 4)
    canvas.fill_field(
        fields.warp(fields.clouds(chance, canvas.field_size, 1.4, 2), chance, 0.2),
        (mix(back, dark, 0.25), back, mix(back, light, 0.45)),
    )
    middle = canvas.width / 2 + unit * chance.uniform(-0.06, 0.06)
    foot = canvas.height
    scale = min(unit, canvas.height) * chance.uniform(0.92, 1.04)
    head = (middle, foot - scale * 0.6)
    side = chance.choice((-1, 1))
    canvas.disc(
        (middle - side * scale * 0.1, head[1] + scale * 0.02),
        scale * 0.36,
        halo,
        shade=mix(halo, light, 0.6),
        angle=math.pi / 2,
    )
    skin = mix(chance.choice((palette.ramp[3], palette.ramp[2], palette.ramp[4])), palette.accents[2], 0.3)
    shadow = mix(skin, dark, 0.55)
    lit = 0.0 if side > 0 else math.pi
    hair = min((hair, dark, palette.ramp[1]), key=lambda colour: -abs(lightness(colour) - lightness(skin)))
    long_hair = chance.random() < 0.55
    if long_hair:
        canvas.polygon(
            _shell(head, scale * 0.2, scale * chance.uniform(0.3, 0.5)), hair, shade=mix(hair, dark, 0.6), angle=lit
        )
    canvas.polygon(_shoulders(middle, foot, scale), coat, shade=mix(coat, dark, 0.7), angle=lit)
    canvas.polygon(_neck(middle, foot, scale), mix(skin, dark, 0.12), shade=shadow, angle=lit, strength=1)
    canvas.ellipse(
        (head[0], head[1] + scale * 0.17), scale * 0.062, scale * 0.045, shadow, opacity=0.5, blur=scale * 0.008
    )
    canvas.ellipse(head, scale * 0.135, scale * 0.18, skin, shade=shadow, angle=lit, strength=1, start=0.3)
    _features(canvas, head, scale, side, shadow, mix(palette.accents[0], shadow, 0.4))
    canvas.polygon(_fringe(head, scale, side), hair, shade=mix(hair, light, 0.35), angle=lit + math.pi)
    if not long_hair and chance.random() < 0.6:
        canvas.disc(
            (head[0] + side * scale * 0.02, head[1] - scale * 0.225),
            scale * 0.075,
            hair,
            shade=mix(hair, light, 0.3),
            angle=lit + math.pi,
        )


def _shell(head: Point, half: float, length: float) -> list[Point]:
    x, y = head
    outline = [
        (x - half * 1.05, y + length),
        (x - half * 1.1, y),
        (x - half * 0.8, y - half * 0.85),
        (x, y - half * 1.22),
        (x + half * 0.8, y - half * 0.85),
        (x + half * 1.1, y),
        (x + half * 1.05, y + length),
    ]
    return curves.smooth(outline)


def _neck(middle: float, foot: float, scale: float) -> list[Point]:
    """With the opening of the collar."""
    right = [(0.06, 0.52), (0.064, 0.38), (0.105, 0.335), (0.0, 0.2)]
    line = [(middle + x * scale, foot - y * scale) for x, y in right]
    return line + [(2 * middle - x, y) for x, y in reversed(line)]


def _shoulders(middle: float, foot: float, scale: float) -> list[Point]:
    right = [(0.06, 0.36), (0.11, 0.335), (0.24, 0.29), (0.34, 0.21), (0.4, 0.06), (0.42, -0.1)]
    line = curves.smooth([(middle + x * scale, foot - y * scale) for x, y in right])
    return line + [(2 * middle - x, y) for x, y in reversed(line)]


def _fringe(head: Point, scale: float, side: int) -> list[Point]:
    x, y = head
    outline = [
        (-0.142, 0.03),
        (-0.15, -0.08),
        (-0.115, -0.165),
        (-0.02, -0.205),
        (0.085, -0.185),
        (0.145, -0.1),
        (0.142, 0.0),
        (0.115, -0.06),
        (0.05, -0.105),
        (-0.05, -0.1),
        (-0.11, -0.05),
        (-0.142, 0.03),
    ]
    return curves.smooth([(x + side * a * scale, y + b * scale) for a, b in outline])


def _features(canvas: Canvas, head: Point, scale: float, side: int, shadow: Colour, lips: Colour) -> None:
    x, y = head
    nose = [
        (x + side * scale * 0.004, y - scale * 0.01),
        (x - side * scale * 0.026, y + scale * 0.052),
        (x + side * scale * 0.006, y + scale * 0.058),
    ]
    canvas.polygon(nose, shadow, opacity=0.55)
    for eye in (-1, 1):
        spot = x - side * scale * 0.012 + eye * scale * 0.052
        canvas.line(
            [
                (spot - scale * 0.022, y - scale * 0.012),
                (spot, y - scale * 0.005),
                (spot + scale * 0.022, y - scale * 0.012),
            ],
            scale * 0.007,
            shadow,
        )
        canvas.line(
            [
                (spot - scale * 0.028, y - scale * 0.045),
                (spot, y - scale * 0.053),
                (spot + scale * 0.026, y - scale * 0.046),
            ],
            scale * 0.006,
            shadow,
        )
    canvas.ellipse((x - side * scale * 0.012, y + scale * 0.102), scale * 0.032, scale * 0.011, lips)
