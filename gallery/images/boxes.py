"""A part of a picture, in its upright pixels."""

from dataclasses import dataclass
from typing import Self

LEAST_SIDE = 16


@dataclass(frozen=True, kw_only=True)
class Box:
    left: int
    top: int
    width: int
    height: int

    def within(self, width: int, height: int) -> Self:
        """The nearest box that lies in a picture of this size: moved in as it is, made smaller only where it must be. No side
        is below LEAST_SIDE unless the picture's is."""
        across, down = clamp(self.width, LEAST_SIDE, width), clamp(self.height, LEAST_SIDE, height)
        left, top = clamp(self.left, 0, width - across), clamp(self.top, 0, height - down)
        return type(self)(left=left, top=top, width=across, height=down)

    def is_whole(self, width: int, height: int) -> bool:
        return (self.left, self.top, self.width, self.height) == (0, 0, width, height)

    def to_json(self) -> list[int]:
        return [self.left, self.top, self.width, self.height]


def clamp(value: int, least: int, most: int) -> int:
    return max(min(value, most), min(least, most))
