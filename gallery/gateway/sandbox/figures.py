"""Motif: one person, head and shoulders, before a disc."""

import math
from dataclasses import dataclass

from gallery.gateway.sandbox import curves, fields
from gallery.gateway.sandbox.canvas import Canvas, Point
from gallery.gateway.sandbox.colours import Colour, lightness, mix

# Outlines in shares of the figure's scale: right halves, from the middle of the lower edge upward; and the hair, from
# the middle of the head.
_SHOULDERS = [(0.06, 0.36), (0.11, 0.335), (0.24, 0.29), (0.34, 0.21), (0.4, 0.06), (0.42, -0.1)]
_NECK = [(0.06, 0.52), (0.064, 0.38), (0.105, 0.335), (0.0, 0.2)]
_FRINGE = [
    (-0.142, 0.03),
    (-0.15, -0.08),
    (-0.115, -0.165),
    (-0.02, -0.205),
    (0.085, -0.185),
    (0.145, -0.1),
    (0.142, 0.0),
]
_FRINGE += [(0.115, -0.06), (0.05, -0.105), (-0.05, -0.1), (-0.11, -0.05), (-0.142, 0.03)]


@dataclass(frozen=True)
class _Person:
    """`side` is 1 when the light comes from the left, -1 when from the right."""

    canvas: Canvas
    middle: float
    scale: float
    side: int
    skin: Colour
    hair: Colour

    @property
    def shadow(self) -> Colour:
        return mix(self.skin, self.canvas.palette.ramp[0], 0.55)

    @property
    def dark_side(self) -> float:
        """The direction in which it gets darker."""
        return 0.0 if self.side > 0 else math.pi

    def at(self, across: float, down: float) -> Point:
        """A place measured from the middle of the head; `across` is positive away from the light."""
        return (
            self.middle + self.side * across * self.scale,
            self.canvas.height - self.scale * 0.6 + down * self.scale,
        )

    def halves(self, right: list[Point], steps: int = 10) -> list[Point]:
        """The whole outline for its right half."""
        line = [
            (self.middle + x * self.scale, self.canvas.height - y * self.scale) for x, y in curves.smooth(right, steps)
        ]
        return line + [(2 * self.middle - x, y) for x, y in reversed(line)]


def draw_figure(canvas: Canvas) -> None:
    chance, palette = canvas.chance, canvas.palette
    dark, light = palette.ramp[0], palette.ramp[4]
    back, coat, hair, halo = chance.sample(palette.accents[:5], 4)
    ground = fields.warp(fields.clouds(chance, canvas.field_size, 1.4, 2), chance, 0.2)
    canvas.fill_field(ground, (mix(back, dark, 0.25), back, mix(back, light, 0.45)))
    skin = mix(chance.choice(palette.ramp[2:5]), palette.accents[2], 0.3)
    person = _Person(
        canvas,
        middle=canvas.width / 2 + canvas.unit * chance.uniform(-0.06, 0.06),
        scale=canvas.unit * chance.uniform(0.92, 1.04),
        side=chance.choice((-1, 1)),
        skin=skin,
        hair=max((hair, dark, palette.ramp[1]), key=lambda colour: abs(lightness(colour) - lightness(skin))),
    )
    canvas.disc(person.at(-0.1, 0.02), person.scale * 0.36, halo, shade=mix(halo, light, 0.6))
    has_long_hair = chance.random() < 0.55
    if has_long_hair:
        _draw_long_hair(person, chance.uniform(0.3, 0.5))
    _draw_body(person, coat)
    _draw_face(person)
    shine = mix(person.hair, light, 0.35)
    fringe = curves.smooth([person.at(x, y) for x, y in _FRINGE])
    canvas.polygon(fringe, person.hair, shade=shine, angle=person.dark_side + math.pi)
    if not has_long_hair and chance.random() < 0.6:
        knot = person.scale * 0.075
        canvas.disc(person.at(0.02, -0.225), knot, person.hair, shade=shine, angle=person.dark_side + math.pi)


def _draw_long_hair(person: _Person, length: float) -> None:
    right = [(0.0, -0.244), (0.16, -0.17), (0.22, 0.0), (0.21, length)]
    outline = [person.at(-x, y) for x, y in reversed(right[1:])] + [person.at(x, y) for x, y in right]
    shade = mix(person.hair, person.canvas.palette.ramp[0], 0.6)
    person.canvas.polygon(curves.smooth(outline), person.hair, shade=shade, angle=person.dark_side)


def _draw_body(person: _Person, coat: Colour) -> None:
    canvas, dark = person.canvas, person.canvas.palette.ramp[0]
    canvas.polygon(person.halves(_SHOULDERS), coat, shade=mix(coat, dark, 0.7), angle=person.dark_side)
    neck = mix(person.skin, dark, 0.12)
    canvas.polygon(person.halves(_NECK, 1), neck, shade=person.shadow, angle=person.dark_side, strength=1)


def _draw_face(person: _Person) -> None:
    canvas, scale, shadow = person.canvas, person.scale, person.shadow
    canvas.ellipse(person.at(0, 0.17), scale * 0.062, scale * 0.045, shadow, opacity=0.5, blur=scale * 0.008)
    canvas.ellipse(
        person.at(0, 0),
        scale * 0.135,
        scale * 0.18,
        person.skin,
        shade=shadow,
        angle=person.dark_side,
        strength=1,
        start=0.3,
    )
    canvas.polygon([person.at(0.004, -0.01), person.at(-0.026, 0.052), person.at(0.006, 0.058)], shadow, opacity=0.55)
    for eye in (-0.064, 0.04):
        lid = [person.at(eye - 0.022, -0.012), person.at(eye, -0.005), person.at(eye + 0.022, -0.012)]
        brow = [person.at(eye - 0.028, -0.045), person.at(eye, -0.053), person.at(eye + 0.026, -0.046)]
        canvas.line(curves.smooth(lid, 5), scale * 0.007, shadow)
        canvas.line(curves.smooth(brow, 5), scale * 0.006, shadow)
    lips = mix(canvas.palette.accents[0], shadow, 0.4)
    canvas.ellipse(person.at(-0.012, 0.102), scale * 0.032, scale * 0.011, lips)
