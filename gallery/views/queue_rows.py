"""Rows of the queue, worked out in Python: a run or a whole batch is one, under way or ended a while ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gallery.models import Batch, Generation, Image, User
from gallery.models.clocks import is_ahead
from gallery.models.generations import Status
from gallery.views import ways_out
from gallery.views.audiences import narrower_than_team
from gallery.views.batch_words import as_seen
from gallery.views.tiles import (
    FAILURE_TITLES,
    Action,
    Medians,
    age,
    colour_of_words,
    edit_url,
    may_show,
    owner_name,
    shorten,
    ways_out_of,
)

# Of a batch, in the place of one.
MOST_PICTURES = 4


@dataclass(frozen=True, kw_only=True)
class Row:
    """`clock` are words, which the page's script counts on where there is `started_at` (epoch milliseconds); `share` is a
    whole percentage."""

    key: str
    number: int
    title: str
    url: str
    status: str
    facts: Sequence[str]
    colour: str
    is_batch: bool = False
    owner_name: str = ""
    thumbnails: Sequence[str] = ()
    clock: str = ""
    started_at: int | None = None
    median_seconds: float | None = None
    share: int | None = None
    may_change: bool = False
    is_stopping: bool = False
    state: str = ""
    failed: int = 0
    reason: str = ""
    sentence: str = ""
    ways_out: Sequence[Action] = ()
    edit_url: str = ""
    copied: str = ""
    ended_at: int = 0

    @property
    def news(self) -> str:
        """What is said aloud of one that ended."""
        if self.status == Status.FAILED:
            return f"Failed: {self.title}. {self.sentence}"
        return f"Done: {self.title}" + (f", {self.clock}" if self.is_batch else "")


def milliseconds(moment: datetime | None) -> int:
    return int(moment.timestamp() * 1000) if moment else 0


# Runs --------------------------------------------------------------------------------------------------------------


def open_row(
    generation: Generation, user: User, places: Mapping[int, int], medians: Medians, *, may_change: bool
) -> Row:
    is_running = generation.status == Status.RUNNING
    median = medians.of(generation.image_model)
    return Row(
        key=f"run-{generation.pk}",
        number=generation.pk,
        title=shorten(generation.prompt, 90) or "No prompt",
        url=f"/generations/{generation.pk}/",
        status=generation.status,
        facts=facts_of(generation),
        colour=colour_of_words(generation.prompt),
        owner_name="" if generation.owner_id == user.pk else owner_name(generation),
        clock="just started" if is_running else waiting_words(generation, places.get(generation.pk), median),
        started_at=milliseconds(generation.started_at) if is_running else None,
        median_seconds=median,
        may_change=may_change,
        is_stopping=generation.cancel_requested_at is not None,
    )


def facts_of(generation: Generation) -> list[str]:
    script = [f"by {generation.script}"] if generation.script else []
    return list(filter(None, [generation.model_name, *script, narrower_than_team(generation.visibility)]))


def waiting_words(generation: Generation, place: int | None, median: float | None) -> str:
    """`3rd in line · usually about 12 s`; or what it waits for."""
    gateway = generation.gateway
    if is_ahead(generation.run_after) or (gateway and is_ahead(gateway.paused_until)):
        return f"waits for {gateway.name if gateway else 'its gateway'}, which is busy"
    words = "next in line" if place in (None, 1) else f"{ordinal(place or 0)} in line"
    return f"{words} · usually about {median:.0f} s" if median else words


def ordinal(number: int) -> str:
    teens = 10 < number % 100 < 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def ended_row(generation: Generation, user: User) -> Row:
    """`images` must be prefetched."""
    images = [image for image in generation.images.all() if image.deleted_at is None and may_show(image, user)]
    is_failed = generation.status == Status.FAILED
    first = images[0] if images else None
    return Row(
        key=f"run-{generation.pk}",
        number=generation.pk,
        title=shorten(generation.prompt, 90) or "No prompt",
        url=first.get_absolute_url() if first else f"/generations/{generation.pk}/",
        status=generation.status,
        facts=[*facts_of(generation), age(generation.finished_at or generation.changed_at)],
        colour=colour_of_words(generation.prompt),
        thumbnails=[first.thumbnail_url] if first else [],
        may_change=True,
        reason=FAILURE_TITLES.get(generation.error_kind, "Not made") if is_failed else "",
        sentence=generation.error_sentence if is_failed else "",
        ways_out=ways_out_of(generation, user) if is_failed else (),
        edit_url=edit_url(generation),
        copied=ways_out.details_of(generation) if is_failed else "",
        ended_at=milliseconds(generation.finished_at),
    )


# Batches -----------------------------------------------------------------------------------------------------------


def batch_row(
    batch: Batch,
    user: User,
    counts: Mapping[str, int],
    *,
    may_change: bool,
    ended_at: datetime | None = None,
    pictures: Sequence[Image] = (),
) -> Row:
    """`ended_at` says that all of it has ended."""
    batch = as_seen(batch, user)
    total = sum(counts.values())
    undone = counts[Status.FAILED] + counts[Status.CANCELLED]
    ended = counts[Status.SUCCEEDED] + undone
    made = counts[Status.SUCCEEDED]
    return Row(
        key=f"batch-{batch.pk}",
        number=batch.pk,
        is_batch=True,
        title=shorten(batch.prompt, 90) or "No prompt",
        url=batch.get_absolute_url(),
        status=("succeeded" if made else "failed") if ended_at else status_of(batch, counts),
        facts=[
            batch.get_kind_display(),
            *([f"{undone} not made"] if undone else []),
            *filter(None, [narrower_than_team(batch.visibility)]),
            *([age(ended_at)] if ended_at else []),
        ],
        colour=colour_of_words(batch.prompt),
        owner_name="" if batch.owner_id == user.pk or not batch.owner else batch.owner.display_name,
        thumbnails=[image.thumbnail_url for image in pictures],
        clock=f"{made if ended_at else ended} of {total}" + STATES.get(batch.state, "") * (not ended_at),
        share=100 * ended // total if total and not ended_at else None,
        may_change=may_change,
        state=batch.state,
        failed=undone,
        sentence=f"{undone} of {total} were not made." if ended_at and undone else "",
        ended_at=milliseconds(ended_at),
    )


STATES: dict[str, str] = {
    Batch.State.PAUSED: ", paused",
    Batch.State.SPENT: ", stopped at its limit",
    Batch.State.REFUSED: ", stopped by a budget",
}


def status_of(batch: Batch, counts: Mapping[str, int]) -> str:
    if counts[Status.RUNNING]:
        return "running"
    return "queued" if counts[Status.QUEUED] else "held"
