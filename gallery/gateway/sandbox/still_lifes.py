"""Motif: vessels and fruit on a table, before a wall."""

import math

from gallery.gateway.sandbox import curves, fields
from gallery.gateway.sandbox.canvas import Canvas, Point
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
_LIT_FROM_LEFT = math.radians(18)


def draw_still_life(canvas: Canvas, main: str = "") -> None:
    """`main` is the middle vessel, a name of `_PROFILES`; by chance without one."""
    chance, palette, unit = canvas.chance, canvas.palette, canvas.unit
    table = canvas.height - max(unit * chance.uniform(0.2, 0.28), canvas.height * 0.23)
    _room(canvas, table)
    size = min(unit * chance.uniform(0.5, 0.58), canvas.height * 0.62)
    middle = canvas.width / 2 + unit * chance.uniform(-0.1, 0.1)
    ground = table + unit * chance.uniform(0.07, 0.1)
    colours = sorted(
        palette.accents, key=lambda colour: abs(lightness(colour) - lightness(palette.sky[1])), reverse=True
    )
    side = chance.choice((-1, 1))
    companions = chance.sample(("vase", "bottle", "bowl", "jug", "fruit", "fruit"), 2)
    _thing(
        canvas,
        companions[0],
        (middle + side * size * 0.62, ground - unit * 0.035),
        size * chance.uniform(0.62, 0.92),
        colours[2],
    )
    if canvas.width > unit * 1.25:
        extra = chance.choice(("bottle", "vase", "fruit"))
        _thing(
            canvas,
            extra,
            (middle - side * size * 1.05, ground - unit * 0.03),
            size * chance.uniform(0.6, 0.9),
            colours[3],
        )
    _thing(
        canvas,
        main or chance.choice(("teapot", "vase", "jug", "cup")),
        (middle, ground),
        size,
        colours[chance.randint(0, 1)],
    )
    _thing(
        canvas,
        companions[1] if companions[1] == "fruit" else "fruit",
        (middle - side * size * 0.52, ground + unit * 0.035),
        size * 0.5,
        colours[4],
    )


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


def _thing(canvas: Canvas, kind: str, foot: Point, size: float, colour: Colour) -> None:
    palette, unit = canvas.palette, canvas.unit
    dark, light = mix(colour, palette.ramp[0], 0.75), mix(colour, palette.light, 0.6)
    width = size * (0.3 if kind == "fruit" else max(radius for radius, _ in _PROFILES[kind]))
    reach = [
        (foot[0] - width * 0.7, foot[1] - unit * 0.004),
        (foot[0] + width * 3.4, foot[1] - unit * 0.05),
        (foot[0] + width * 3.8, foot[1] - unit * 0.012),
        (foot[0] + width * 0.6, foot[1] + unit * 0.016),
    ]
    canvas.polygon(curves.smooth([*reach, reach[0]]), palette.ramp[0], opacity=0.5, blur=unit * 0.009)
    if kind == "fruit":
        centre = (foot[0], foot[1] - width * 0.9)
        canvas.ellipse(centre, width, width * 0.93, colour, shade=dark, angle=math.radians(40), start=0.3, strength=1)
        canvas.glow((centre[0] - width * 0.35, centre[1] - width * 0.35), width * 0.5, light, 0.8)
        canvas.polygon(
            curves.leaf((centre[0], centre[1] - width * 0.85), width * 0.8, width * 0.3, -0.7, -0.15), palette.ramp[1]
        )
        return
    if kind in ("teapot", "jug", "cup"):
        _handle(canvas, kind, foot, size, colour, dark)
    if kind == "teapot":
        spout = curves.smooth(
            [
                (foot[0] + size * 0.3, foot[1] - size * 0.2),
                (foot[0] + size * 0.48, foot[1] - size * 0.28),
                (foot[0] + size * 0.54, foot[1] - size * 0.46),
                (foot[0] + size * 0.66, foot[1] - size * 0.58),
            ]
        )
        canvas.polygon(curves.tapered(spout, size * 0.17, size * 0.065), colour, shade=dark, angle=_LIT_FROM_LEFT)
    top = foot[1] - size * _PROFILES[kind][-1][1]
    sole = size * _PROFILES[kind][0][0]
    canvas.ellipse((foot[0], foot[1] - 1), sole, sole * 0.1, mix(dark, colour, 0.3))
    canvas.polygon(
        curves.turned(_PROFILES[kind], foot, size), colour, shade=dark, angle=_LIT_FROM_LEFT, start=0.32, strength=1
    )
    mouth = size * _PROFILES[kind][-1][0]
    if kind == "teapot":
        canvas.ellipse((foot[0], top + size * 0.012), size * 0.21, size * 0.035, dark, opacity=0.7)
        canvas.polygon(
            curves.turned([(0.2, 0.62), (0.17, 0.66), (0.09, 0.7), (0.03, 0.71), (0.03, 0.72)], foot, size),
            colour,
            shade=dark,
            angle=_LIT_FROM_LEFT,
            start=0.3,
        )
        canvas.disc((foot[0], foot[1] - size * 0.745), size * 0.042, colour, shade=dark, angle=_LIT_FROM_LEFT)
    else:
        canvas.ellipse((foot[0], top), mouth, mouth * 0.16, mix(colour, palette.light, 0.25))
        canvas.ellipse((foot[0], top + mouth * 0.02), mouth * 0.86, mouth * 0.11, mix(dark, palette.ramp[0], 0.4))
    canvas.glow((foot[0] - width * 0.42, foot[1] - size * _PROFILES[kind][-1][1] * 0.52), width * 0.42, light, 0.55)


def _handle(canvas: Canvas, kind: str, foot: Point, size: float, colour: Colour, dark: Colour) -> None:
    radius, height = {"teapot": (0.19, 0.36), "jug": (0.18, 0.55), "cup": (0.14, 0.32)}[kind]
    centre = (foot[0] - size * (0.42 if kind == "teapot" else 0.3), foot[1] - size * height)
    canvas.ring(centre, size * radius * 0.85, size * radius, size * 0.052, mix(colour, dark, 0.2), shade=dark)
