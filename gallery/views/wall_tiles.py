"""Pictures as tiles in rows: everything `_wall.html` prints, worked out once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gallery.models import Generation, Image, Mark, User, Visibility, WallQuery
from gallery.views.tiles import age, owner_name, shorten
from gallery.views.wall_layout import Layout, Row, break_rows, measure

LARGE = 1280


@dataclass(frozen=True, slots=True)
class WallTile:
    id: int
    key: int
    run: int | str
    url: str
    run_url: str
    thumbnail_url: str
    srcset: str
    sizes: str
    preview_url: str
    original_url: str
    width: int
    height: int
    ratio: float
    colour: str
    prompt: str
    model_name: str
    owner_name: str
    age: str
    count: int
    is_private: bool
    is_for_group: bool
    is_simulated: bool
    is_circled: bool
    is_rejected: bool
    rating: int
    days_left: str


@dataclass(frozen=True, slots=True)
class WallRow:
    tiles: list[WallTile]
    total: float
    gaps: int


@dataclass(frozen=True, slots=True)
class WallSection:
    title: str
    first: int
    last: int
    count: int
    a: float
    b: float
    people: str
    rows: list[WallRow]


class TileMaker:
    """What the tiles of a wall have in common, and what their pictures are asked for together."""

    def __init__(self, query: WallQuery, layout: Layout, stacks: dict[int, int], marks: dict[int, Mark]):
        words = query.encode()
        self.suffix = f"?{words}" if words else ""
        self.layout = layout
        self.stacks = stacks
        self.marks = marks

    @classmethod
    def about(cls, images: Sequence[Image], user: User, query: WallQuery, layout: Layout) -> "TileMaker":
        runs = [image.generation_id for image in images if image.generation_id]
        stacks = Image.objects.stack_sizes(user, runs) if query.is_stacked else {}
        return cls(query, layout, stacks, Mark.objects.of_images(user, [image.pk for image in images]))

    def section(self, images: Sequence[Image], title: str = "") -> WallSection:
        broken = break_rows([self.layout.ratio(image.width, image.height) for image in images], self.layout.target)
        a, b = measure(broken)
        return WallSection(
            title=title,
            first=key_of(images[0]),
            last=key_of(images[-1]),
            count=len(images),
            a=round(a, 6),
            b=round(b, 6),
            people=first_names(images),
            rows=list(self.rows(images, broken)),
        )

    def rows(self, images: Sequence[Image], broken: Sequence[Row]) -> Iterator[WallRow]:
        rest = iter(images)
        for row in broken:
            yield WallRow([self.tile(image, row) for image in islice(rest, row.count)], round(row.total, 4), row.gaps)

    def tile(self, image: Image, row: Row) -> WallTile:
        generation, mark = image.generation, self.marks.get(image.pk)
        ratio = self.layout.ratio(image.width, image.height)
        return WallTile(
            id=image.pk,
            key=key_of(image),
            run=image.generation_id or "",
            url=f"{image.get_absolute_url()}{self.suffix}",
            run_url=stack_url(generation),
            thumbnail_url=image.thumbnail_of(320),
            srcset=image.srcset,
            sizes=f"{max(100 * ratio / row.total, 1):.0f}vw",
            preview_url=image.thumbnail_of(LARGE),
            original_url=image.media_url(),
            width=image.width,
            height=image.height,
            ratio=round(ratio, 4),
            colour=image.colour,
            prompt=prompt_of(image, generation),
            model_name=generation.model_name if generation else "",
            owner_name=image.owner.display_name if image.owner else owner_name(generation) if generation else "",
            age=thrown_away(image) if image.deleted_at else age(image.created_at),
            count=self.stacks.get(image.generation_id or 0, 1),
            is_private=image.visibility == Visibility.PRIVATE,
            is_for_group=image.visibility == Visibility.GROUP,
            is_simulated=image.is_simulated,
            is_circled=bool(mark and mark.is_favourite),
            is_rejected=bool(mark and mark.is_rejected),
            rating=mark.rating or 0 if mark else 0,
            days_left=days_left(image) if image.deleted_at else "",
        )


def stack_url(generation: Generation | None) -> str:
    """What a stack holds: the whole batch, else the run."""
    if generation and generation.batch_id:
        return f"/library/?batch={generation.batch_id}"
    return f"/library/?run={generation.pk if generation else ''}"


def key_of(image: Image) -> int:
    key: int = image.wall_key  # type: ignore[attr-defined]
    return key


def prompt_of(image: Image, generation: Generation | None) -> str:
    if generation and generation.prompt:
        return shorten(generation.prompt, 200)
    if image.imported_name:
        return shorten(image.imported_name, 200)
    return "Uploaded picture" if image.source == Image.Source.UPLOADED else "Picture without a prompt"


def thrown_away(image: Image) -> str:
    return f"thrown away by {image.deleted_by.display_name}" if image.deleted_by else "thrown away"


def days_left(image: Image) -> str:
    return f"{image.days_left} days" if image.days_left > 1 else "last day"


def first_names(rows: Sequence[Image]) -> str:
    names = (image.owner.display_name.split(" ")[0] for image in rows if image.owner)
    found = list(dict.fromkeys(names))
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
