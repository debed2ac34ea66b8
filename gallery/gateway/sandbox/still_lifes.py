"""Motif: vessels and fruit on a table, before a wall."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gallery.gateway.sandbox import curves, fields
from gallery.gateway.sandbox.canvas import Canvas, Point, Shading
from gallery.gateway.sandbox.colours import Colour, lightness, mix

# Radius and height from the foot upward, in shares of the vessel's size.
_PROFILES = {
    "vase": [(0.16, 0), (0.2, 0.03), (0.31, 0.32), (0.29, 0.56), (0.12, 0.78), (0.1, 0.9), (0.17, 1.0)],
    "bottle": [(0.17, 0), (0.18, 0.02), (0.18, 0.5), (0.15, 0.62), (0.06, 0.74), (0.055, 0.96), (0.075, 1.0)],
    "jug": [(0.2, 0), (0.25, 0.05), (0.32, 0.35), (0.24, 0.62), (0.17, 0.76), (0.22, 0.92)],
    "bowl": [(0.14, 0), (0.16, 0.05), (0.36, 0.22), (0.46, 0.44)],
    "cup": [(0.2, 0), (0.25, 0.04), (0.32, 0.25), (0.335, 0.56)],
    "teapot": [(0.24, 0), (0.29, 0.03), (0.42, 0.3), (0.38, 0.5), (0.2, 0.63), (0.12, 0.66)],
}
_LID = [(0.2, 0.62), (0.17, 0.66), (0.09, 0.7), (0.03, 0.71), (0.03, 0.72)]
# Across, up and radius.
_HANDLES = {"teapot": (0.42, 0.36, 0.19), "jug": (0.3, 0.55, 0.18), "cup": (0.3, 0.32, 0.14)}
_FRUIT = 0.3
_LIT_FROM_LEFT = math.radians(18)


@dataclass(frozen=True)
class _Thing:
    """One thing on the table. `foot` is the middle of its lower edge; its profile is in shares of `size`."""

    canvas: Canvas
    kind: str
    foot: Point
    size: float
    colour: Colour

    @property
    def dark(self) -> Colour:
        return mix(self.colour, self.canvas.palette.ramp[0], 0.75)

    @property
    def light(self) -> Colour:
        return mix(self.colour, self.canvas.palette.light, 0.6)

    @property
    def half(self) -> float:
        """Half its width, in pixels."""
        return self.size * (_FRUIT if self.kind == "fruit" else max(radius for radius, _ in _PROFILES[self.kind]))

    @property
    def look(self) -> Shading:
        return Shading(shade=self.dark, angle=_LIT_FROM_LEFT, start=0.32, strength=1)

    def at(self, across: float, up: float) -> Point:
        """A place measured from the foot, in shares of the size."""
        return self.foot[0] + across * self.size, self.foot[1] - up * self.size


def draw_still_life(canvas: Canvas, main: str = "") -> None:
    """`main` is the vessel in the middle, a name of `_PROFILES`; by chance without one."""
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    table = canvas.height - max(unit * chance.uniform(0.2, 0.28), canvas.height * 0.23)
    _room(canvas, table)
    size = min(unit * chance.uniform(0.5, 0.58), canvas.height * 0.62)
    middle = canvas.width / 2 + unit * chance.uniform(-0.1, 0.1)
    ground = table + unit * chance.uniform(0.07, 0.1)
    wall = lightness(palette.sky[1])
    colours = sorted(palette.accents, key=lambda colour: -abs(lightness(colour) - wall))
    side = chance.choice((-1, 1)) * size

    def put(kind: str, across: float, down: float, share: float, colour: Colour) -> None:
        _put(_Thing(canvas, kind, (middle + side * across, ground + unit * down), size * share, colour))

    put(chance.choice(("vase", "bottle", "bowl", "jug", "fruit")), 0.62, -0.035, chance.uniform(0.62, 0.92), colours[2])
    if canvas.width > unit * 1.25:
        put(chance.choice(("bottle", "vase", "fruit")), -1.05, -0.03, chance.uniform(0.6, 0.9), colours[3])
    put(main or chance.choice(("teapot", "vase", "jug", "cup")), 0, 0, 1, colours[chance.randint(0, 1)])
    put("fruit", -0.52, 0.035, 0.5, colours[4])


def _room(canvas: Canvas, table: float) -> None:
    """A wall with something on it, and a table."""
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    wall = palette.sky[1] if not palette.is_night else palette.ramp[1]
    canvas.fill_field(
        fields.clouds(chance, canvas.field_size, 1.1, 2),
        (mix(wall, palette.ramp[1], 0.35), wall, mix(wall, palette.light, 0.3)),
    )
    chance.choice((_window, _window, _arch, _disc))(canvas, table, wall)
    cloth = mix(palette.ramp[1], palette.accents[1], 0.35)
    canvas.rectangle(
        (-9, table, canvas.width + 9, canvas.height + 9),
        cloth,
        shade=mix(cloth, palette.ramp[0], 0.75),
        strength=0.95,
        start=0,
    )
    canvas.rectangle((-9, table, canvas.width + 9, table + unit * 0.006), mix(cloth, palette.light, 0.4))


def _arch(canvas: Canvas, table: float, wall: Colour) -> None:
    """A niche behind the things."""
    palette, unit = canvas.palette, canvas.unit
    deep, half = mix(wall, palette.ramp[2], 0.55), unit * canvas.chance.uniform(0.3, 0.36)
    middle, spring = canvas.width / 2, min(table * 0.45, table - unit * 0.2)
    steps = [math.pi * step / 32 for step in range(33)]
    outline = [(middle - half * math.cos(step), spring - half * math.sin(step)) for step in steps]
    canvas.polygon(
        [(middle - half, table), *outline, (middle + half, table)],
        deep,
        shade=mix(wall, palette.light, 0.35),
        angle=0.5,
        strength=0.95,
    )


def _disc(canvas: Canvas, table: float, wall: Colour) -> None:
    """A sun on the wall."""
    palette, unit, chance = canvas.palette, canvas.unit, canvas.chance
    centre = (canvas.width / 2 + unit * chance.uniform(-0.22, 0.22), table * chance.uniform(0.42, 0.55))
    canvas.glow(centre, unit * 0.7, palette.light, 0.35)
    canvas.disc(
        centre,
        unit * chance.uniform(0.24, 0.3),
        mix(palette.accents[0], palette.light, 0.25),
        shade=mix(wall, palette.light, 0.3),
        strength=0.9,
    )


def _window(canvas: Canvas, table: float, wall: Colour) -> None:
    """Light that falls through four panes."""
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    left, slant = canvas.width / 2 + unit * chance.uniform(-0.4, 0.02), unit * chance.uniform(0.1, 0.2)
    tall, wide, bar = min(table * 0.36, unit * 0.3), unit * 0.19, unit * 0.018
    top = table - tall * 2.45
    light = mix(wall, palette.light, 0.62)
    for row in range(2):
        for column in range(2):
            x, y = left + column * (wide + bar) + slant * row * 0.5, top + row * (tall + bar)
            pane = [
                (x, y),
                (x + wide, y + slant * 0.18),
                (x + wide + slant * 0.5, y + tall + slant * 0.18),
                (x + slant * 0.5, y + tall),
            ]
            canvas.polygon(pane, light, shade=wall, strength=0.6, blur=unit * 0.004, opacity=0.85)


def _put(thing: _Thing) -> None:
    canvas, half, unit = thing.canvas, thing.half, thing.canvas.unit
    x, y = thing.foot
    shadow = [(x - half * 0.7, y - unit * 0.004), (x + half * 3.4, y - unit * 0.05), (x + half * 3.8, y - unit * 0.012)]
    shadow += [(x + half * 0.6, y + unit * 0.016), shadow[0]]
    canvas.polygon(curves.smooth(shadow), canvas.palette.ramp[0], opacity=0.5, blur=unit * 0.009)
    if thing.kind == "fruit":
        _fruit(thing)
        return
    for part in _BEHIND.get(thing.kind, ()):
        part(thing)
    _body(thing)
    (_lid if thing.kind == "teapot" else _mouth)(thing)
    height = _PROFILES[thing.kind][-1][1]
    shine = thing.at(0, height * 0.52)
    canvas.glow((shine[0] - half * 0.42, shine[1]), half * 0.42, thing.light, 0.55)


def _fruit(thing: _Thing) -> None:
    canvas, half = thing.canvas, thing.half
    x, y = thing.foot[0], thing.foot[1] - half * 0.9
    canvas.ellipse((x, y), half, half * 0.93, thing.colour, shade=thing.dark, angle=0.7, start=0.3, strength=1)
    canvas.glow((x - half * 0.35, y - half * 0.35), half * 0.5, thing.light, 0.8)
    leaf = curves.leaf((x, y - half * 0.85), half * 0.8, half * 0.3, -0.7, -0.15)
    canvas.polygon(leaf, canvas.palette.ramp[1])


def _body(thing: _Thing) -> None:
    profile = _PROFILES[thing.kind]
    sole = profile[0][0] * thing.size
    thing.canvas.ellipse((thing.foot[0], thing.foot[1] - 1), sole, sole * 0.1, mix(thing.dark, thing.colour, 0.3))
    thing.canvas.polygon(curves.turned(profile, thing.foot, thing.size), thing.colour, **thing.look)


def _mouth(thing: _Thing) -> None:
    canvas, (radius, height) = thing.canvas, _PROFILES[thing.kind][-1]
    mouth, (x, y) = radius * thing.size, thing.at(0, height)
    canvas.ellipse((x, y), mouth, mouth * 0.16, mix(thing.colour, canvas.palette.light, 0.25))
    inside = mix(thing.dark, canvas.palette.ramp[0], 0.4)
    canvas.ellipse((x, y + mouth * 0.02), mouth * 0.86, mouth * 0.11, inside)


def _lid(thing: _Thing) -> None:
    size = thing.size
    thing.canvas.ellipse(thing.at(0, 0.648), size * 0.21, size * 0.035, thing.dark, opacity=0.7)
    thing.canvas.polygon(curves.turned(_LID, thing.foot, size), thing.colour, **thing.look)
    thing.canvas.disc(thing.at(0, 0.745), size * 0.042, thing.colour, **thing.look)


def _spout(thing: _Thing) -> None:
    spine = curves.smooth([thing.at(0.3, 0.2), thing.at(0.48, 0.28), thing.at(0.54, 0.46), thing.at(0.66, 0.58)])
    thing.canvas.polygon(curves.tapered(spine, thing.size * 0.17, thing.size * 0.065), thing.colour, **thing.look)


def _handle(thing: _Thing) -> None:
    across, up, radius = _HANDLES[thing.kind]
    half = radius * thing.size
    colour = mix(thing.colour, thing.dark, 0.2)
    thing.canvas.ring(thing.at(-across, up), half * 0.85, half, thing.size * 0.052, colour, shade=thing.dark)


_BEHIND: Mapping[str, Sequence[Callable[[_Thing], None]]] = {
    "teapot": (_handle, _spout),
    "jug": (_handle,),
    "cup": (_handle,),
}
