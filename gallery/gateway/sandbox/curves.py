"""Lines and outlines made of points: ridges, profiles, leaves."""

import math
import random
from collections.abc import Callable, Sequence

Point = tuple[float, float]


def wander(chance: random.Random, octaves: int = 3) -> Callable[[float], float]:
    """A smooth random function with values of about -1 to 1; its longest wave has a length of 1."""
    waves = [
        (0.55**octave, (1.0 + chance.uniform(-0.25, 0.25)) * 1.9**octave, chance.uniform(0, math.tau))
        for octave in range(octaves)
    ]
    total = sum(height for height, _, _ in waves)
    return lambda x: sum(height * math.sin(math.tau * pace * x + phase) for height, pace, phase in waves) / total


def peaks(chance: random.Random, octaves: int = 4) -> Callable[[float], float]:
    """Like `wander`, with sharp summits."""
    waves = [
        (0.48**octave, (1.0 + chance.uniform(-0.2, 0.2)) * 2.1**octave, chance.uniform(0, 1))
        for octave in range(octaves)
    ]
    total = sum(height for height, _, _ in waves)
    return lambda x: sum(height * (4 * abs((pace * x + phase) % 1 - 0.5) - 1) for height, pace, phase in waves) / total


def smooth(points: Sequence[Point], steps: int = 10) -> list[Point]:
    """A curve through all points (Catmull-Rom)."""
    line: list[Point] = []
    ends = [points[0], *points, points[-1]]
    for first, second, third, fourth in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(steps):
            t = step / steps
            line.append(
                (
                    _between(first[0], second[0], third[0], fourth[0], t),
                    _between(first[1], second[1], third[1], fourth[1], t),
                )
            )
    return [*line, points[-1]]


def turned(profile: Sequence[Point], foot: Point, size: float) -> list[Point]:
    """The outline of a turned body: `profile` gives (radius, height) from the foot upward, in shares of `size`."""
    right = [(foot[0] + radius * size, foot[1] - height * size) for radius, height in smooth(profile)]
    left = [(2 * foot[0] - x, y) for x, y in reversed(right)]
    return right + left


def leaf(foot: Point, length: float, width: float, angle: float, bend: float = 0.0) -> list[Point]:
    """`angle` in radians (0: to the right); `bend` moves the tip to one side, a share of the length."""
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))

    def place(t: float, side: float) -> Point:
        out = t * length
        off = side * width * math.sin(math.pi * t**0.8) / 2 + bend * length * t * t
        return foot[0] + along[0] * out + across[0] * off, foot[1] + along[1] * out + across[1] * off

    there = [place(step / 16, 1) for step in range(17)]
    return there + [place(step / 16, -1) for step in range(16, -1, -1)]


def tapered(points: Sequence[Point], start: float, end: float) -> list[Point]:
    """The outline of a stroke along the points, as wide as `start` at first and `end` at last."""
    sides: list[list[Point]] = [[], []]
    for place, (x, y) in enumerate(points):
        before, after = points[max(0, place - 1)], points[min(len(points) - 1, place + 1)]
        angle = math.atan2(after[1] - before[1], after[0] - before[0])
        half = (start + (end - start) * place / (len(points) - 1)) / 2
        sides[0].append((x - math.sin(angle) * half, y + math.cos(angle) * half))
        sides[1].append((x + math.sin(angle) * half, y - math.cos(angle) * half))
    return sides[0] + sides[1][::-1]


def _between(first: float, second: float, third: float, fourth: float, t: float) -> float:
    return 0.5 * (
        2 * second
        + (third - first) * t
        + (2 * first - 5 * second + 4 * third - fourth) * t * t
        + (3 * second - first - 3 * third + fourth) * t * t * t
    )
