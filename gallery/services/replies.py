"""From the raw reply on disk to stored pictures and an ended row. Done twice it changes nothing."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from gallery.gateway import client, errors, messages
from gallery.images import arrivals
from gallery.images.errors import PictureRefused
from gallery.models import Generation, Image, Worker
from gallery.models.generations import Status
from gallery.services import api_keys, boards, comparisons, gateways, outcomes, records
from gallery.services.covers import settle_cover
from gallery.services.images import LARGEST_PICTURE, image_fields, origin_fields, take_in, take_in_undrawn
from gallery.services.locks import lock_stacks

# As many pictures behind an answer's links are fetched, and lie on the disk twice, at a time.
TOGETHER = 4
FETCH_SECONDS = 120.0
# So many answers of a process have pictures that came from links on the disk at a time; others wait.
FETCHING_ANSWERS = 8
MOST_BYTES = 512 * 1024 * 1024
WHOLE = re.compile(r"(\d+)-(\d+)\.reply")
NOT_KEPT = "Picture "
NOT_READ = "The rest of the answer waits: "
MISSING = re.compile(rf"{NOT_KEPT}\d+: |{NOT_READ}")
EXPIRED = (403, 404, 410)
STOPPED_FETCHING = (
    "The studio was stopped while it fetched the pictures, which are probably charged. "
    "Press “Look again” soon: it fetches them and costs nothing."
)
MAY_BE_USABLE = (
    "No picture of the gateway’s answer could be read so far. “Look again” reads it once more and costs nothing."
)

Fetched = Path | errors.PictureNotFetched
fetching = threading.BoundedSemaphore(FETCHING_ANSWERS)
# Set by a process that ends.
stopped = threading.Event()


def finish_from_reply(
    generation: Generation, access: gateways.Access, worker: Worker, *, draws_later: bool = False
) -> None:
    """Parse the reply on disk, store its pictures, end the row. The file goes when nothing is left in it to gain; where this
    raises GatewayError, the caller writes down why and then lets go of it (`let_go`).

    With `draws_later` a single picture is kept undrawn (`images.draw` makes up for it), because somebody waits.
    """
    path = outcomes.reply_path(generation)
    reply = client.read_reply(path)
    generation.reply = records.reply_record(reply)
    # What an earlier look missed may be kept by this one.
    generation.notes = [told for told in generation.notes if not MISSING.match(told)]
    with marked_as_read():
        result = read_result(generation, access, reply)
        take_over_result(generation, result, result.broken)
    problems, is_one_waiting = store_pictures(
        generation, access, result.pictures, draws_later=draws_later and len(result.pictures) == 1
    )
    images = list(generation.images.order_by("position")) if result.pictures else []
    sent = comparisons.settings_sent(generation)
    broken = len(problems) + len(result.broken)
    problems += comparisons.not_honoured(generation, images, sent, broken=broken)
    if outcomes.was_cancelled(generation):
        problems.append("Cancelled too late: the answer had already come, and is kept.")
    problems += boards.closed_meanwhile(generation) if images else []
    note(generation, problems)
    if generation.api_key:
        api_keys.note_worked(generation.api_key)
    if outcomes.finish(generation, worker, Status.SUCCEEDED) and not is_one_waiting:
        # Within a transaction of somebody else the row is not safe yet.
        transaction.on_commit(partial(path.unlink, missing_ok=True), robust=True)


@contextmanager
def marked_as_read() -> Iterator[None]:
    """What is raised within this is what the answer came to."""
    try:
        yield
    except errors.GatewayError as problem:
        problem.was_read = True
        raise


def let_go(generation: Generation, problem: errors.GatewayError) -> None:
    """Once it is written down why nothing came of a call, its reply goes if it was read, but for pictures that may still be
    fetched."""
    if problem.was_read and (not isinstance(problem, errors.PictureNotFetched) or problem.status in EXPIRED):
        outcomes.reply_path(generation).unlink(missing_ok=True)


def forget_taken_in() -> None:
    """At a start: what a process that died between row and file left behind of answers that are stored whole."""
    left = {
        (int(name[1]), int(name[2])): path
        for path in settings.REPLIES_DIR.iterdir()
        if (name := WHOLE.fullmatch(path.name))
    }
    rows = Generation.objects.filter(pk__in=[pk for pk, _ in left], status=Status.SUCCEEDED)
    for pk, attempts, notes in rows.values_list("pk", "attempts", "notes"):
        if (pk, attempts) in left and not any(map(MISSING.match, notes)):
            left[pk, attempts].unlink(missing_ok=True)


def read_result(generation: Generation, access: gateways.Access, reply: messages.Reply) -> messages.Result:
    try:
        return client.parse(access.connection, reply, wants_picture=generation.kind == Generation.Kind.IMAGE)
    except errors.GatewayError as problem:
        # Words and cost that came before it went wrong are part of the record.
        if problem.result is not None:
            take_over_result(generation, problem.result, problem.result.broken)
        raise


def take_over_result(generation: Generation, result: messages.Result, problems: Sequence[str]) -> None:
    generation.answer = records.storable(result.text)
    generation.model_used = result.model_used[:200]
    generation.revised_prompt = records.storable(result.revised_prompt)
    generation.cost, generation.cost_unit = result.cost, result.cost_unit if result.cost is not None else ""
    generation.is_cost_reckoned = False
    generation.input_tokens, generation.output_tokens = result.input_tokens, result.output_tokens
    note(generation, problems)


def note(generation: Generation, problems: Sequence[str]) -> None:
    """A second look at the same reply finds the same."""
    generation.notes = [*generation.notes, *(problem for problem in problems if problem not in generation.notes)]


def store_pictures(
    generation: Generation, access: gateways.Access, pictures: Sequence[messages.Picture], *, draws_later: bool
) -> tuple[list[str], bool]:
    """Store each picture under its place in the reply; a broken one is named and does not stop the others.

    Returns the problems, and whether a picture still waits, behind its link or for a decoder that reads it: then the reply stays
    for “Look again”. Raises NoImage, PictureNotRead or PictureNotFetched when there were pictures and none could be kept.
    """
    kept = Kept(generation, draws_later=draws_later)
    links = Links(access)
    for first in range(0, len(pictures), TOGETHER):
        kept.take(pictures[first : first + TOGETHER], first, links)
    if pictures and not kept.seen:
        kind = errors.PictureNotRead if kept.is_one_undecided else errors.NoImage
        told = MAY_BE_USABLE if kept.is_one_undecided else "The gateway’s answer held no usable picture."
        problem = links.unfetched or kind(f"{told} {' '.join(kept.problems)}")
        problem.was_read = not kept.is_one_undecided
        raise problem
    is_one_unfetched = links.unfetched is not None and links.unfetched.status not in EXPIRED
    return kept.problems, kept.is_one_undecided or is_one_unfetched


class Links:
    """The links of one answer, fetched through the same door a few at a time. All of them together have as much time, and may
    bring as many bytes, as if they were fetched at once; their time stands still while other answers fetch theirs. A link that
    stands twice is fetched once."""

    def __init__(self, access: gateways.Access):
        self._access = access
        self._seconds, self._bytes = FETCH_SECONDS, MOST_BYTES
        self._asked: set[str] = set()
        self.unfetched: errors.PictureNotFetched | None = None

    @contextmanager
    def fetched(self, pictures: Sequence[messages.Picture]) -> Iterator[dict[str, Fetched]]:
        """By link, as long as this lasts; one that was asked for before is not among them."""
        urls = [picture.url for picture in pictures if picture.content is None and picture.url not in self._asked]
        if not urls:
            yield {}
            return
        self._asked.update(urls)
        with fetching, arrivals.own_folder(settings.INCOMING_DIR) as folder:
            yield self._fetch(urls, folder)

    def _fetch(self, urls: Sequence[str], folder: Path) -> dict[str, Fetched]:
        """A process that is told to stop fetches nothing more: the reply stays."""
        began = time.monotonic()
        try:
            if stopped.is_set():
                raise errors.Interrupted("The studio stops.")
            with arrivals.disk_errors():
                came: Sequence[Fetched] = client.fetch_pictures(
                    self._access.connection,
                    urls,
                    folder=folder,
                    max_bytes=LARGEST_PICTURE,
                    deadline=self._seconds,
                    most_together=self._bytes,
                )
        except errors.Interrupted as problem:
            came = [errors.PictureNotFetched(STOPPED_FETCHING, detail=problem.detail)] * len(urls)
        self._seconds = max(0.0, self._seconds - (time.monotonic() - began))
        found = dict(zip(urls, came, strict=True))
        for content in found.values():
            if isinstance(content, Path):
                self._bytes -= content.stat().st_size
            elif self.unfetched is None or content.status not in EXPIRED:
                self.unfetched = content
        return found


class Kept:
    """What of an answer was stored: its pixels, what could not be, and why."""

    def __init__(self, generation: Generation, *, draws_later: bool):
        self._generation, self._draws_later = generation, draws_later
        self._by_link: dict[str, str] = {}
        self.seen: set[str] = set()
        self.problems: list[str] = []
        self.is_one_undecided = False

    def take(self, pictures: Sequence[messages.Picture], first: int, links: Links) -> None:
        """Fetch and store some."""
        with links.fetched(pictures) as fetched:
            for position, picture in enumerate(pictures, start=first):
                if picture.content is not None:
                    problem = self._store(position, picture.content)
                elif picture.url in fetched:
                    problem = self._by_link[picture.url] = self._store(position, fetched[picture.url])
                else:
                    problem = self._by_link[picture.url]
                if problem:
                    self.problems.append(f"{NOT_KEPT}{position + 1}: {problem}")

    def _store(self, position: int, content: bytes | Fetched) -> str:
        """Why not, in a sentence."""
        try:
            if isinstance(content, errors.PictureNotFetched):
                raise content
            store_picture(self._generation, position, content, self.seen, draws_later=self._draws_later)
        except errors.PictureNotFetched as problem:
            return problem.sentence
        except PictureRefused as problem:
            self.is_one_undecided |= problem.is_undecided
            return problem.sentence
        return ""


def store_picture(
    generation: Generation, position: int, content: bytes | Path, seen: set[str], *, draws_later: bool
) -> None:
    """File first, then row. The same pixels twice in one reply are one picture.

    Who sees it is settled when the row is made: people may have decided otherwise before the reply is read again."""
    undrawn = take_in_undrawn(content, max_bytes=LARGEST_PICTURE) if draws_later else None
    stored = undrawn or take_in(content, max_bytes=LARGEST_PICTURE)
    identity = stored.pixel_hash or stored.sha256
    if identity in seen:
        return
    seen.add(identity)
    fields = {
        "source": Image.Source.GENERATED,
        "owner": generation.owner,
        "is_simulated": generation.is_simulated,
        "is_drawn": undrawn is None,
        "is_cover": len(seen) == 1,
        **origin_fields(generation),
        **image_fields(stored),
    }
    with transaction.atomic():
        if generation.batch_id:
            lock_stacks([generation.pk])
        # Locked too: nobody else stores the same picture, or hides the run, at this moment.
        generation.visibility, _ = outcomes.changed_meanwhile(generation, locks=True)
        here = {"generation": generation, "position": position}
        if not Image.objects.filter(**here).exists():
            boards.put_result(generation, Image.objects.create(**here, **fields, visibility=generation.visibility))
        else:
            Image.objects.filter(**here).update(**fields)
        if generation.batch_id:
            settle_cover(generation.pk)
