"""What vector pictures show: scenes as a few forms, from the back to the front. How they are inked is in `vectors`."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gallery.gateway.sandbox import curves
from gallery.gateway.sandbox.colours import Colour, mix
from gallery.gateway.sandbox.palettes import Palette

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Form:
    """`path` is SVG path data; `box` what it covers: left, top, right, bottom."""

    path: str
    box: Box
    colour: Colour


@dataclass(frozen=True)
class Sheet:
    width: int
    height: int
    palette: Palette
    chance: random.Random

    @property
    def unit(self) -> int:
        return min(self.width, self.height)

    @property
    def whole(self) -> Box:
        return 0, 0, self.width, self.height


def land(sheet: Sheet) -> list[Form]:
    chance, palette, unit = sheet.chance, sheet.palette, sheet.unit
    horizon = sheet.height * chance.uniform(0.45, 0.58)
    sun = (sheet.width * chance.choice((0.34, 0.66)), horizon - unit * chance.uniform(0.06, 0.26))
    radius = unit * chance.uniform(0.1, 0.15)
    forms = [_box(sheet.whole, palette.sky[0])]
    for ring in range(4, 0, -1):
        forms.append(_disc(sun, radius * (1 + ring * 0.62), mix(palette.light, palette.sky[0], 0.42 + 0.13 * ring)))
    forms.append(_disc(sun, radius, palette.light))
    layers = 5
    for layer in range(layers):
        depth = layer / (layers - 1)
        line = curves.peaks(chance, 3) if layer < 2 else curves.wander(chance, 3)
        base = horizon + (sheet.height - horizon) * depth * 0.84
        length, reach = unit * chance.uniform(0.8, 1.4), unit * (0.13 - 0.06 * depth)
        colour = mix(mix(palette.sky[-1], palette.ramp[2], 0.6), palette.ramp[0], depth)
        steps = max(32, round(40 * sheet.width / unit))
        xs = [sheet.width * step / steps for step in range(steps + 1)]
        ridge = [(x, base - reach * line(x / length)) for x in xs]
        forms.append(_outline([(0, sheet.height), *ridge, (sheet.width, sheet.height)], colour))
    return forms


def vessel(sheet: Sheet) -> list[Form]:
    chance, palette, unit = sheet.chance, sheet.palette, sheet.unit
    table = sheet.height - unit * 0.24
    size = unit * 0.6
    foot = (sheet.width / 2 + unit * chance.uniform(-0.08, 0.08), table + unit * 0.1)
    body, fruit, halo = chance.sample(palette.accents[:5], 3)
    belly, waist, mouth = chance.uniform(0.26, 0.36), chance.uniform(0.08, 0.13), chance.uniform(0.12, 0.2)
    profile = [(0.16, 0), (0.2, 0.03), (belly, chance.uniform(0.3, 0.45)), (0.2, 0.64), (waist, 0.82), (mouth, 1.0)]
    forms = [
        _box(sheet.whole, palette.paper),
        _disc((foot[0] - unit * 0.14, table - unit * 0.3), unit * 0.3, mix(halo, palette.paper, 0.25)),
        _box((0, table, sheet.width, sheet.height), palette.ramp[1]),
    ]
    for number in range(5):
        angle = math.radians(-90 + (number - 2) * 26 + chance.uniform(-6, 6))
        length = unit * chance.uniform(0.2, 0.3)
        leaf = curves.leaf((foot[0], foot[1] - size), length, length * 0.3, angle, (number - 2) * 0.08)
        forms.append(_outline(leaf, palette.ramp[1 + number % 2]))
    forms.append(_outline(curves.turned(profile, foot, size), body))
    forms.append(_outline(_band(profile, foot, size, 0.34, 0.44), mix(body, palette.light, 0.55)))
    apple = (foot[0] + unit * 0.3, foot[1] - size * 0.36 + unit * 0.13)
    forms.append(_disc(apple, unit * 0.1, fruit))
    leaf = curves.leaf((apple[0], apple[1] - unit * 0.095), unit * 0.09, unit * 0.035, -0.7)
    return [*forms, _outline(leaf, palette.ramp[1])]


def plant(sheet: Sheet) -> list[Form]:
    chance, palette, unit = sheet.chance, sheet.palette, sheet.unit
    forms = [
        _box(sheet.whole, palette.paper),
        _disc((sheet.width / 2, sheet.height * 0.45), unit * 0.33, palette.accents[0]),
    ]
    stems = max(3, round(3 * sheet.width / unit))
    for number in range(stems):
        x = sheet.width * (number + 0.5) / stems
        tip = (x + unit * chance.uniform(-0.1, 0.1), sheet.height * chance.uniform(0.16, 0.36))
        spine = curves.smooth([(x, sheet.height), ((x + tip[0]) / 2 - unit * 0.02, (sheet.height + tip[1]) / 2), tip])
        colour = palette.ramp[1] if number % 2 else palette.ramp[2]
        forms.append(_outline(curves.tapered(spine, unit * 0.016, unit * 0.007), colour))
        for pair in range(5):
            foot = spine[round((0.3 + 0.13 * pair) * (len(spine) - 1))]
            length = unit * (0.2 - 0.022 * pair)
            for side in (-1, 1):
                forms.append(
                    _outline(curves.leaf(foot, length, length * 0.36, -math.pi / 2 + side * 0.95, side * -0.2), colour)
                )
        for petal in range(7):
            forms.append(_outline(curves.leaf(tip, unit * 0.1, unit * 0.05, math.tau * petal / 7), palette.accents[2]))
        forms.append(_disc(tip, unit * 0.028, palette.accents[3]))
    return forms


def grid(sheet: Sheet) -> list[Form]:
    chance, palette = sheet.chance, sheet.palette
    columns, rows = (max(1, round(4 * side / sheet.unit)) for side in (sheet.width, sheet.height))
    wide, tall = sheet.width / columns, sheet.height / rows
    forms = [_box(sheet.whole, palette.paper)]
    for row in range(rows):
        for column in range(columns):
            left, top = column * wide, row * tall
            back, front = chance.sample((*palette.accents, palette.paper), 2)
            forms.append(_box((left, top, left + wide, top + tall), back))
            forms.append(
                chance.choice((_quarter, _quarter, _eye, _ball))(chance, (left, top, left + wide, top + tall), front)
            )
    return forms


SCENES: Mapping[str, Callable[[Sheet], list[Form]]] = {"land": land, "vessel": vessel, "plant": plant, "grid": grid}


def _quarter(chance: random.Random, box: Box, colour: Colour) -> Form:
    left, top, right, bottom = box
    corner = chance.randrange(4)
    x, y = ((left, top), (right, top), (right, bottom), (left, bottom))[corner]
    start = corner * math.pi / 2
    steps = [start + math.pi / 2 * step / 16 for step in range(17)]
    return _outline(
        [(x, y), *((x + (right - left) * math.cos(step), y + (bottom - top) * math.sin(step)) for step in steps)],
        colour,
    )


def _eye(chance: random.Random, box: Box, colour: Colour) -> Form:
    left, top, right, bottom = box
    steps = [math.pi / 2 * step / 14 for step in range(15)]
    points = [(left + (right - left) * math.sin(step), top + (bottom - top) * (1 - math.cos(step))) for step in steps]
    points += [
        (left + (right - left) * (1 - math.cos(step)), top + (bottom - top) * math.sin(step))
        for step in reversed(steps)
    ]
    return _outline(points if chance.random() < 0.5 else [(left + right - x, y) for x, y in points], colour)


def _ball(chance: random.Random, box: Box, colour: Colour) -> Form:
    left, top, right, bottom = box
    share = chance.choice((0.5, 0.36, 0.24))
    return _disc(((left + right) / 2, (top + bottom) / 2), min(right - left, bottom - top) * share, colour)


def _band(profile: Sequence[Point], foot: Point, size: float, low: float, high: float) -> list[Point]:
    """The part of a vessel between two heights."""
    side = [(radius, height) for radius, height in curves.smooth(profile) if low <= height <= high]
    right = [(foot[0] + radius * size, foot[1] - height * size) for radius, height in side]
    return right + [(2 * foot[0] - x, y) for x, y in reversed(right)]


def _outline(points: Sequence[Point], colour: Colour) -> Form:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
    return Form(path, (min(xs), min(ys), max(xs), max(ys)), colour)


def _box(box: Box, colour: Colour) -> Form:
    left, top, right, bottom = box
    return Form(f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}Z", box, colour)


def _disc(centre: Point, radius: float, colour: Colour) -> Form:
    x, y = centre
    arc = f"a{radius:.1f} {radius:.1f} 0 1 1"
    path = f"M{x - radius:.1f} {y:.1f}{arc} {2 * radius:.1f} 0{arc} {-2 * radius:.1f} 0Z"
    return Form(path, (x - radius, y - radius, x + radius, y + radius), colour)
