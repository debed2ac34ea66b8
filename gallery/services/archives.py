"""A selection of pictures as one ZIP, however many they are: looked up page by page while it is sent, the lists of them last.

What a ZIP holds in memory is one page of rows, of copies one picture, and half a kilobyte for each file that has gone, for its
directory. What is withdrawn while it is sent is left out.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from zipstream import ZipStream

from gallery.images.decoder import patient_decoder
from gallery.images.errors import PictureError
from gallery.models import Act, Image, Selection, User
from gallery.services import audit, exports, idle_connections, originals
from gallery.services.exports import Download
from gallery.services.picture_lists import PictureLists, lines_of

PAGE = 100
# For so long what was looked up holds. Of whoever takes longer to read a page the rest is looked up anew, and so is a picture
# that took longer to bring.
FRESH_SECONDS = 2.0
# JSON that travelled; no list tells it.
NOT_LISTED = ("generation__conversation", "generation__request", "generation__reply")

NOTHING = "There is no picture to download here. Choose some first."
IS_MISSING = "The file is missing on the server."


class ArchiveRefused(Exception):
    """The text is a sentence for people; `status` is that of the answer."""

    def __init__(self, sentence: str, status: int = 422):
        super().__init__(sentence)
        self.status = status


class Turns:
    """How many ZIPs of one kind may be on their way in this process: each keeps a thread, and its part of the memory."""

    def __init__(self, *, most_a_person: int, most: int, enough: str, full: str):
        self.most_a_person, self.most = most_a_person, most
        self.enough, self.full = enough, full
        self._lock = threading.Lock()
        self._people: list[int] = []

    def check(self, user: User) -> None:
        """Raises ArchiveRefused."""
        if self._people.count(user.pk) >= self.most_a_person:
            raise ArchiveRefused(self.enough, 429)
        if len(self._people) >= self.most:
            raise ArchiveRefused(self.full, 503)

    @contextmanager
    def take(self, user: User) -> Iterator[None]:
        """Raises ArchiveRefused."""
        with self._lock:
            self.check(user)
            self._people.append(user.pk)
        try:
            yield
        finally:
            # Without the lock: what was forgotten may be swept up in the midst of another's turn, by the thread that holds it.
            self._people.remove(user.pk)


ORIGINALS = Turns(
    most_a_person=4,
    most=32,
    enough="Four ZIPs are on their way to you already. Let one of them arrive first.",
    full="The studio sends as many ZIPs as it can just now. Try again in a few minutes.",
)
# They share one decoder.
COPIES = Turns(
    most_a_person=1,
    most=8,
    enough="A ZIP of copies is on its way to you already. Let it arrive first, or take the originals, which need not be made.",
    full="The studio makes as many ZIPs of copies as it can just now. Try again in a few minutes, or take the originals.",
)


def turns_of(copy: Mapping[str, Any] | None) -> Turns:
    return ORIGINALS if copy is None else COPIES


@dataclass(frozen=True, kw_only=True)
class Found:
    """A picture as it was looked up, with its line for the lists; for its recipe, how many pictures each run of the page made."""

    image: Image
    line: dict[str, Any]
    run_sizes: Mapping[int, int]
    stale_at: float

    @property
    def is_stale(self) -> bool:
        return time.monotonic() > self.stale_at


def check_archive(*, user: User, selection: Selection, copy: Mapping[str, Any] | None = None) -> None:
    """Raises ArchiveRefused as `build_archive` would now; begins nothing."""
    if not Image.objects.selected(user, selection).exists():
        raise ArchiveRefused(NOTHING)
    turns_of(copy).check(user)


def build_archive(*, user: User, selection: Selection, copy: Mapping[str, Any] | None = None) -> Download:
    """Originals, or of each the copy that `exports.make_copy` makes of these arguments, under good names; after them
    `pictures.csv` and `pictures.json`. Each has its recipe as far as there is one; what cannot be made so comes as it came, and
    the lists say why. Reading its chunks blocks. Raises ArchiveRefused."""
    count = Image.objects.selected(user, selection).count()
    if not count:
        raise ArchiveRefused(NOTHING)
    chunks = read_archive(user, selection, copy)
    # Once it has begun, whoever lets go of it ends it, be it before the first byte.
    next(chunks)
    asked = {"format": copy["media_type"], "side": copy["side"] or "", "has_recipe": copy["has_recipe"]} if copy else {}
    audit.record(Act.EXPORTED, "A ZIP of pictures", pictures=count, **asked)
    many = f"{count}-pictures" if count > 1 else "1-picture"
    return Download(file_name=f"proofsheet-{many}.zip", media_type="application/zip", byte_size=None, chunks=chunks)


def read_archive(user: User, selection: Selection, copy: Mapping[str, Any] | None) -> Iterator[bytes]:
    """Nothing at first; then in pieces of a good size."""
    with ExitStack() as stack:
        stack.enter_context(turns_of(copy).take(user))
        lists, archive = PictureLists(stack), ZipStream(sized=False)
        yield b""
        gathered = bytearray()
        for piece in pieces_of(user, selection, copy, lists, archive):
            gathered += piece
            if len(gathered) >= originals.CHUNK_BYTES:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)


def pieces_of(
    user: User,
    selection: Selection,
    copy: Mapping[str, Any] | None,
    lists: PictureLists,
    archive: ZipStream,
) -> Iterator[bytes]:
    for found in walk(user, selection):
        name, chunks, remark = bring(found, copy)
        if found.is_stale and not is_still_there(user, selection, found.image):
            continue
        if chunks is None:
            lists.leave_out(name, remark)
        else:
            archive.add(chunks, name)
            yield from archive.all_files()
        lists.add({**found.line, "file": "" if chunks is None else name, "remark": remark})
    for name, spool in lists.finished():
        archive.add(spool.read(), name)
    yield from archive.finalize()


def walk(user: User, selection: Selection) -> Iterator[Found]:
    last: Image | None = None
    while page := look_up(user, selection, last):
        for found in page:
            yield found
            last = found.image
            if found.is_stale:
                break


def look_up(user: User, selection: Selection, last: Image | None) -> list[Found]:
    """The next pictures, as far as this person sees them now; nothing for whoever may not sign in any more. The connection
    goes back: a reader may take an hour."""
    try:
        reader = reader_of(user)
        if reader is None:
            return []
        rows = Image.objects.selected_after(reader, selection, last)
        images = list(rows.defer(*NOT_LISTED)[:PAGE])
        run_sizes = exports.count_runs([image.generation_id for image in images if image.generation_id])
        lines = lines_of(reader, images, run_sizes)
        stale_at = time.monotonic() + FRESH_SECONDS
        return [
            Found(image=image, line=line, run_sizes=run_sizes, stale_at=stale_at)
            for image, line in zip(images, lines, strict=True)
        ]
    finally:
        idle_connections.give_back()


def is_still_there(user: User, selection: Selection, image: Image) -> bool:
    """Asked when it has been brought, for which it may have waited minutes."""
    try:
        reader = reader_of(user)
        return reader is not None and Image.objects.selected(reader, selection).filter(pk=image.pk).exists()
    finally:
        idle_connections.give_back()


def reader_of(user: User) -> User | None:
    return User.objects.filter(pk=user.pk, is_active=True).first()


def bring(found: Found, copy: Mapping[str, Any] | None) -> tuple[str, Iterable[bytes] | None, str]:
    """The file that goes in for a picture: its name, its bytes (None: it is left out), and what is to be said of it."""
    image = found.image
    try:
        if copy is None:
            return exports.name_file(image), begun(originals.read_chunks(image.file_name)), ""
        return convert(image, found.run_sizes, copy)
    except OSError:
        return exports.name_file(image), None, IS_MISSING


def convert(
    image: Image, run_sizes: Mapping[int, int], copy: Mapping[str, Any]
) -> tuple[str, Iterable[bytes] | None, str]:
    """Whoever asked for nothing told of it gets nothing told of it. Raises OSError."""
    is_bare = copy["has_recipe"] is False
    wanted = {**copy, "has_recipe": False if is_bare else None}
    name = exports.name_file(image)
    try:
        made = exports.make_copy(image, **wanted, run_sizes=run_sizes, decoder=patient_decoder)
        return made.file_name, begun(made.chunks), ""
    except PictureError as problem:
        reason = problem.sentence
    if not is_bare:
        return name, begun(originals.read_chunks(image.file_name)), f"This is the original. {reason}"
    try:
        made = exports.make_copy(image, has_recipe=False)
    except PictureError as problem:
        return name, None, f"It cannot be freed of what is told of it. {problem.sentence}"
    return name, begun(made.chunks), f"This is the original, freed of what was told of it. {reason}"


def begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Opened now, while it can still be left out. Raises OSError."""
    return chain([next(chunks, b"")], chunks)
