"""A batch as one group among the studio's results."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from gallery.models import Batch, Generation, User
from gallery.models.generations import Status
from gallery.views.amounts import sum_in_words
from gallery.views.audiences import narrower_than_team
from gallery.views.batch_cells import is_veiled, newest_runs, order_of
from gallery.views.batch_words import as_seen
from gallery.views.tiles import Group, Medians, Tile, age, build_group, owner_name, shorten

MOST_TILES = 8


@dataclass(frozen=True, kw_only=True)
class BatchGroup:
    """`first_id` is its first run, which tells its place among the others. `rest` counts cells without a tile here."""

    id: int
    first_id: int
    title: str
    url: str
    facts: Sequence[str]
    owner_name: str
    age: str
    status: str
    winner_id: int | None
    failed: int
    rest: int
    sentence: str = ""
    tiles: Sequence[Tile] = field(default_factory=list)
    template: ClassVar[str] = "_batch_group.html"


def build_result_groups(generations: Sequence[Generation], user: User) -> list[Group | BatchGroup]:
    """In the order given; the runs of one batch are one group, where the first of them stands."""
    medians = Medians()
    ids = {row.batch_id for row in generations if row.batch_id}
    batches = Batch.objects.for_page(user).in_bulk(ids) if ids else {}
    groups: list[Group | BatchGroup] = []
    for row in generations:
        if row.batch_id not in batches:
            groups.append(build_group(row, user, medians.of(row.image_model) if row.is_open else None))
        elif row.batch_id in ids:
            ids.remove(row.batch_id)
            groups.append(build_batch_group(batches[row.batch_id], user, medians))
    return groups


def build_batch_group(batch: Batch, user: User, medians: Medians) -> BatchGroup:
    batch = as_seen(batch, user)
    runs = runs_in_order(batch, user)
    is_told = not is_veiled(batch)
    shown = [build_group(row, user, medians.of(row.image_model) if row.is_open and is_told else None) for row in runs]
    tiles = [group.tiles[0] for group in shown if group.tiles and group.tiles[0].kind != "failed"]
    if not is_told:
        # When each began tells in which order they were set up.
        tiles = [replace(tile, started_at=None) for tile in tiles]
    failed = sum(row.status == Status.FAILED for row in runs)
    is_open = any(row.status in (Status.QUEUED, Status.RUNNING) for row in runs)
    return BatchGroup(
        id=batch.pk,
        first_id=min(Generation.objects.filter(batch=batch).values_list("pk", flat=True), default=0),
        title=shorten(batch.prompt, 90),
        url=batch.get_absolute_url(),
        facts=facts_of(batch, len(runs)),
        owner_name="" if batch.owner_id == user.pk or not runs else owner_name(runs[0]),
        age=age(batch.created_at),
        status="running" if is_open else "failed" if failed == len(runs) else "succeeded",
        winner_id=batch.winner_id,
        failed=failed,
        rest=max(len(tiles) - MOST_TILES, 0),
        sentence=f"{failed} of {len(runs)} were not made." if failed else "",
        tiles=tiles[:MOST_TILES],
    )


def runs_in_order(batch: Batch, user: User) -> list[Generation]:
    """As they were set up; of a blind comparison as its page shows them, which tells nothing."""
    runs = newest_runs(batch, user)
    if not is_veiled(batch):
        return list(runs.values())
    places = {at: place for place, at in enumerate(order_of(batch, 0))}
    return [runs[cell] for cell in sorted(runs, key=lambda cell: places.get(cell[0], 0) if cell else 0)]


def facts_of(batch: Batch, count: int) -> list[str]:
    """`compare · 4 models · $0.21`; where words of the prompt alone vary, `4 prompts · $0.21`."""
    kind = batch.get_kind_display().lower().replace("comparison", "compare")
    what = [kind, f"{count} models" if batch.kind == Batch.Kind.COMPARE else f"{count} run{'s' * (count != 1)}"]
    if batch.axes and all(axis["name"].partition(":")[0] == "prompt" for axis in batch.axes):
        what = [f"{count} prompts"]
    return [
        *what,
        *filter(None, ["" if is_veiled(batch) else sum_in_words(batch), narrower_than_team(batch.visibility)]),
    ]
