"""A batch as its page shows it: every cell with its newest run, laid out in columns, rows and pages."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from gallery.models import Batch, Generation, Image, User
from gallery.models.generations import Status
from gallery.services import contact_sheets
from gallery.views.amounts import SIMULATED, amount_in_words, cost_told
from gallery.views.tiles import Medians, Tile, build_group, may_show, shorten

LETTERS = "ABCDEFGH"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`key` names its element. Of a blind comparison `name` is a letter, and no other word tells which model it is."""

    key: str
    generation_id: int
    name: str
    number: int
    width: float
    height: float
    status: str
    tiles: Sequence[Tile]
    text: str
    sentence: str
    figures: str
    is_winner: bool
    winner_id: int
    may_retry: bool


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A value of an axis."""

    at: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Line:
    label: str
    cells: Sequence[Cell | None]


@dataclass(kw_only=True)
class Layout:
    """Which axis lies in which direction: places in `batch.axes`, None where there is none."""

    columns: int | None = None
    rows: int | None = None
    pages: int | None = None
    page: int = 0

    @property
    def words(self) -> str:
        places = {"columns": self.columns, "rows": self.rows}
        return urlencode({name: at for name, at in places.items() if at is not None})

    def shows(self, places: Sequence[int]) -> bool:
        return self.pages is None or places[self.pages] == self.page


@dataclass(kw_only=True)
class Grid:
    """`lines` of the page that is shown; of one axis a single line of all its cells."""

    columns: Sequence[Heading] = ()
    lines: list[Line] = field(default_factory=list)
    pages: Sequence[Heading] = ()


def is_veiled(batch: Batch) -> bool:
    """Names and figures stay hidden until a winner is chosen."""
    return batch.is_blind and batch.winner_id is None


def read_layout(batch: Batch, data: QueryDict) -> Layout:
    """`columns` and `rows` are places in the axes; the one left over is turned like pages."""
    count = len(batch.axes)
    wanted = [read_place(data.get(name, ""), count) for name in ("columns", "rows")]
    order = list(dict.fromkeys([at for at in wanted if at is not None] + list(range(count))))
    columns, rows, pages = [*order, None, None, None][:3]
    most = len(batch.axes[pages]["values"]) if pages is not None else 1
    page = read_place(data.get("page", ""), most) or 0
    return Layout(columns=columns, rows=rows, pages=pages, page=page)


def read_place(text: str, count: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 and int(text) < count else None


def order_of(batch: Batch, axis: int) -> list[int]:
    """Places of an axis as they are shown: of a blind comparison in an order that tells nothing."""
    places = list(range(len(batch.axes[axis]["values"])))
    if not is_veiled(batch):
        return places
    return sorted(places, key=lambda at: hashlib.sha256(f"{batch.pk} {batch.created_at} {at}".encode()).digest())


def headings(batch: Batch, axis: int | None) -> list[Heading]:
    if axis is None:
        return []
    if is_veiled(batch):
        return [Heading(at=at, label=LETTERS[place % 8]) for place, at in enumerate(order_of(batch, axis))]
    return [Heading(at=at, label=value["label"]) for at, value in enumerate(batch.axes[axis]["values"])]


def newest_runs(batch: Batch, user: User) -> dict[tuple[int, ...], Generation]:
    """The newest run of each cell that this person sees."""
    rows = Generation.objects.for_batch(user, batch)
    return {tuple(row.cell): row for row in rows}


class CellMaker:
    """What the cells of a page have in common."""

    def __init__(self, batch: Batch, user: User, *, may_edit: bool):
        self.batch = batch
        self.user = user
        self.may_edit = may_edit
        self.is_veiled = is_veiled(batch)
        self.medians = Medians()
        self.names = {heading.at: heading.label for heading in headings(batch, 0 if batch.axes else None)}
        self.numbers = {at: number for number, at in enumerate(order_of(batch, 0), 1)} if batch.axes else {}

    def cell(self, generation: Generation) -> Cell:
        group = build_group(
            generation, self.user, self.medians.of(generation.image_model) if generation.is_open else None
        )
        first = generation.cell[0] if generation.cell else 0
        pictures = [tile for tile in group.tiles if tile.kind == "picture"]
        winner = self.batch.winner_id
        return Cell(
            key=self.key(generation.cell),
            generation_id=generation.pk,
            name=self.names.get(first, ""),
            number=self.numbers.get(first, 1),
            width=group.tiles[0].width if group.tiles else generation.shape_width,
            height=group.tiles[0].height if group.tiles else generation.shape_height,
            status=generation.status,
            tiles=[tile for tile in group.tiles if tile.kind != "failed"],
            text="" if self.is_veiled else group.text,
            sentence=self.sentence(generation),
            figures="" if self.is_veiled else figures_of(generation),
            is_winner=any(tile.image_id == winner for tile in pictures),
            winner_id=pictures[0].image_id if pictures else 0,
            may_retry=self.may_edit and generation.status in (Status.FAILED, Status.CANCELLED),
        )

    def key(self, places: Sequence[int]) -> str:
        shown = [self.numbers.get(at, at) if axis == 0 and self.is_veiled else at for axis, at in enumerate(places)]
        return "-".join(map(str, shown))

    def sentence(self, generation: Generation) -> str:
        if generation.status == Status.HELD:
            return "Held back"
        if generation.status not in (Status.FAILED, Status.CANCELLED):
            return ""
        if self.is_veiled:
            return "This one was not made. Its name and the reason are told once you have chosen."
        return generation.error_sentence or "Cancelled. Nothing was charged."


def figures_of(generation: Generation) -> str:
    """`$0.06 · 12 s`."""
    words = []
    if generation.status in (Status.FAILED, Status.CANCELLED):
        words.append(cost_told(generation) if generation.cost else "no charge known")
    elif generation.status == Status.SUCCEEDED:
        words.append(SIMULATED if generation.is_simulated else cost_told(generation))
    elif generation.quote is not None:
        words.append(f"about {amount_in_words(generation.quote, generation.quote_unit)}" if generation.quote else "")
    if generation.took is not None:
        words.append(f"{generation.took.total_seconds():.0f} s")
    return " · ".join(word for word in words if word)


def build_grid(batch: Batch, layout: Layout, runs: dict[tuple[int, ...], Generation], maker: CellMaker) -> Grid:
    columns, rows = headings(batch, layout.columns), headings(batch, layout.rows)
    lines = []
    for row in rows or [Heading(at=0, label="")]:
        places = [place_of(batch, layout, column.at, row.at) for column in columns or [Heading(at=0, label="")]]
        cells = [maker.cell(runs[place]) if place in runs else None for place in places]
        lines.append(Line(label=row.label, cells=cells))
    return Grid(columns=columns, lines=lines, pages=headings(batch, layout.pages))


def place_of(batch: Batch, layout: Layout, column: int, row: int) -> tuple[int, ...]:
    at = {layout.columns: column, layout.rows: row, layout.pages: layout.page}
    return tuple(at[axis] for axis in range(len(batch.axes)))


def winning_picture(batch: Batch, user: User, image_id: int) -> Image | None:
    """A picture of this batch that this person sees."""
    return Image.objects.visible_to(user).kept().filter(pk=image_id, generation__batch=batch).first()


def title_of(batch: Batch) -> str:
    return shorten(batch.prompt, 120) or "No prompt"


def facts_of(runs: Sequence[Generation]) -> dict[str, Any]:
    """How many cells there are, ended, and in which status."""
    counts = dict.fromkeys(Status.values, 0) | Counter(row.status for row in runs)
    ended = counts[Status.SUCCEEDED] + counts[Status.FAILED] + counts[Status.CANCELLED]
    return {**counts, "all": len(runs), "ended": ended, "undone": counts[Status.FAILED] + counts[Status.CANCELLED]}


WRAP = 4


def sections_of(
    batch: Batch, layout: Layout, runs: dict[tuple[int, ...], Generation], user: User
) -> list[contact_sheets.Section]:
    """Every page of the grid with the first picture of each cell; a single axis is broken into rows."""
    columns, rows = headings(batch, layout.columns), headings(batch, layout.rows)
    if layout.rows is None:
        frames = [frame_of(runs.get((column.at,) if batch.axes else ()), column.label, user) for column in columns]
        lines = [contact_sheets.Line(frames=frames[at : at + WRAP]) for at in range(0, len(frames), WRAP)]
        return [contact_sheets.Section(label=batch.axes[0]["label"] if batch.axes else "", lines=lines)]
    across, down = (batch.axes[at]["label"] if at is not None else "" for at in (layout.columns, layout.rows))
    sections = []
    for page in headings(batch, layout.pages) or [Heading(at=0, label="")]:
        turned = replace(layout, page=page.at)
        lines = [
            contact_sheets.Line(
                label=row.label,
                frames=[frame_of(runs.get(place_of(batch, turned, column.at, row.at)), "", user) for column in columns],
            )
            for row in rows
        ]
        labels = [column.label for column in columns]
        label = f"{batch.axes[layout.pages]['label']}: {page.label}" if layout.pages is not None else ""
        sections.append(contact_sheets.Section(label=label, columns=labels, across=across, down=down, lines=lines))
    return sections


def frame_of(generation: Generation | None, label: str, user: User) -> contact_sheets.Frame:
    images = [] if generation is None else sorted(generation.images.all(), key=lambda image: image.position)
    shown = [image for image in images if image.deleted_at is None and may_show(image, user)]
    return contact_sheets.Frame(image=shown[0] if shown else None, label=label)
