"""The state of the wall: what a URL asks for, and selections made on it. Read by every page that shows a wall; how it
narrows the pictures is in narrowing.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from django.http import QueryDict

from gallery.images import traits
from gallery.models.url_state import (
    UNKNOWN,
    Reader,
    UrlState,
    one_of,
    read_cost,
    read_day,
    read_first_day,
    read_names,
    read_number,
    read_numbers,
    read_words,
    some_of,
)

KINDS = ("generated", "imported", "uploaded", "edited", "vector")
STATES = ("real", "simulated", "noted")


# More are not named one by one: a wall can be asked for all that it finds.
MOST_CHOSEN = 20_000


class SelectionRefused(Exception):
    """The text is a sentence for people."""


def read_rating(data: QueryDict, name: str) -> int:
    return min(read_number(data, name), 5)


@dataclass(frozen=True, kw_only=True)
class WallQuery(UrlState):
    """Field names are the names in the URL. Lists are sorted out as “any of these”, `tag` as “all of these”."""

    q: str = ""
    show: str = ""
    model: tuple[str, ...] = ()
    gateway: tuple[str, ...] = ()
    person: tuple[int, ...] = ()
    group: tuple[int, ...] = ()
    since: str = ""
    until: str = ""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    shape: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    colour: tuple[str, ...] = ()
    cost: str = ""
    unit: str = ""
    tag: tuple[int, ...] = ()
    board: int = 0
    favourite: str = ""
    rating: int = 0
    rejected: str = ""
    used: str = ""
    run: int = 0
    batch: int = 0
    stacks: str = ""
    order: str = ""

    readers: ClassVar[Mapping[str, Reader]] = {
        "q": read_words,
        "show": one_of("mine", "trash"),
        "model": read_names,
        "gateway": read_names,
        "person": read_numbers,
        "group": read_numbers,
        "since": read_first_day,
        "until": read_day,
        "kind": some_of(KINDS),
        "status": some_of(STATES),
        "shape": some_of(tuple(traits.SHAPES)),
        "size": some_of(tuple(traits.SIZES)),
        "colour": some_of(tuple(traits.SWATCHES)),
        "cost": read_cost,
        "unit": one_of("usd", "points"),
        "tag": read_numbers,
        "board": read_number,
        "favourite": one_of("me", "team"),
        "rating": read_rating,
        "rejected": one_of("only", "hide"),
        "used": one_of("yes"),
        "run": read_number,
        "batch": read_number,
        "stacks": one_of("off"),
        "order": one_of("hand"),
    }

    def settled(self) -> Self:
        """A unit without a cost and an order without a board mean nothing."""
        unit = self.unit if self.cost and self.cost != UNKNOWN else ""
        return self.changed(unit=unit, order=self.order if self.board else "")

    @property
    def is_trash(self) -> bool:
        return self.show == "trash"

    @property
    def is_plain(self) -> bool:
        """Nothing narrows it: the library as it opens."""
        return not self.changed(stacks="").pairs()

    @property
    def is_by_hand(self) -> bool:
        return bool(self.board and self.order == "hand")

    @property
    def is_stacked(self) -> bool:
        """Runs and batches are stacks as long as what is asked for is true of a whole one."""
        of_pictures = (self.kind, self.shape, self.size, self.colour, self.tag, self.board, self.favourite)
        return not any(
            [
                *of_pictures,
                self.q,
                self.rating,
                self.rejected,
                self.used,
                self.run,
                self.batch,
                self.stacks,
                self.is_trash,
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Pictures chosen on a wall: by their ids, or all that its query finds (`ids` is None). On a wall of stacks a chosen
    cover stands for its whole run."""

    query: WallQuery
    ids: tuple[int, ...] | None

    @classmethod
    def read(cls, data: QueryDict) -> "Selection":
        """`query` is the wall's query string, `all=1` means everything it finds, else `ids` (repeated or by comma). Raises
        SelectionRefused."""
        query = WallQuery.read(data.get("query", ""))
        if data.get("all") == "1":
            return cls(query=query, ids=None)
        words = [word for value in data.getlist("ids") for word in value.split(",")]
        ids = {int(word) for word in words if word.isascii() and word.isdecimal() and len(word) < 19}
        if len(ids) > MOST_CHOSEN:
            raise SelectionRefused(f"At most {MOST_CHOSEN:,} pictures can be chosen one by one. Select all instead.")
        return cls(query=query, ids=tuple(sorted(ids)))
