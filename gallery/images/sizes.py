"""Which thumbnails a picture of some size gets, and how large each is. Pure arithmetic."""

from collections.abc import Iterable

WIDTHS = (320, 640, 1280)


def thumbnail_size(width: int, height: int, nominal_width: int) -> tuple[int, int]:
    """Pixels of the thumbnail: at most `nominal_width` wide and twice that high, at least 1, never upscaled.

    A tile is bound by its width, so portraits stay sharp; twice the width in height keeps 1×30000 in hand.
    """
    factor = min(1.0, nominal_width / width, 2 * nominal_width / height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def thumbnail_widths(width: int, height: int, nominal_widths: Iterable[int] = WIDTHS) -> tuple[int, ...]:
    """The nominal widths worth making, rising: none beyond the first that holds the picture at full size."""
    chosen: list[int] = []
    for nominal_width in sorted(set(nominal_widths)):
        chosen.append(nominal_width)
        if thumbnail_size(width, height, nominal_width) == (width, height):
            break
    return tuple(chosen)


def within(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Pixels of the picture scaled so that its longer side is at most `max_side`; never upscaled."""
    factor = min(1.0, max_side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))
