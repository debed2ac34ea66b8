"""A selection of pictures as one ZIP, however many they are: looked up page by page while it is sent, the lists of them last.

What a ZIP holds in memory is one page of rows, of copies one picture, and half a kilobyte for each file that has gone, for its
directory. What is withdrawn while it is sent is left out.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
# For so long what was looked up holds; of whoever takes longer to read a page the rest is looked up anew.
FRESH_SECONDS = 2.0
# ZIPs of copies at once, one a person: each keeps a thread and a picture in memory, and they share one decoder.
MOST_CONVERTING = 8
# JSON that travelled; no list tells it.
NOT_LISTED = ("generation__conversation", "generation__request", "generation__reply")

NOTHING = "There is no picture to download here. Choose some first."
SECOND = (
    "A ZIP of copies is on its way to you already. Let it arrive first, or take the originals, which need not be made."
)
FULL = "The studio makes as many ZIPs of copies as it can just now. Try again in a few minutes, or take the originals."
IS_MISSING = "The file is missing on the server."

_turns = threading.Lock()
_converting: set[int] = set()


class ArchiveRefused(Exception):
    """The text is a sentence for people; `status` is that of the answer."""

    def __init__(self, sentence: str, status: int = 422):
        super().__init__(sentence)
        self.status = status


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
        if copy is not None:
            stack.enter_context(turn_to_convert(user))
        lists, archive = PictureLists(stack), ZipStream(sized=False)
        yield b""
        gathered = bytearray()
        for piece in pieces_of(walk(user, selection), copy, lists, archive):
            gathered += piece
            if len(gathered) >= originals.CHUNK_BYTES:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)


@contextmanager
def turn_to_convert(user: User) -> Iterator[None]:
    """In this process. Raises ArchiveRefused."""
    with _turns:
        if user.pk in _converting:
            raise ArchiveRefused(SECOND, 429)
        if len(_converting) >= MOST_CONVERTING:
            raise ArchiveRefused(FULL, 503)
        _converting.add(user.pk)
    try:
        yield
    finally:
        _converting.discard(user.pk)


def walk(user: User, selection: Selection) -> Iterator[tuple[Image, dict[str, Any]]]:
    """Every picture with its line for the lists."""
    last: Image | None = None
    while page := look_up(user, selection, last):
        stale_at = time.monotonic() + FRESH_SECONDS
        for last, line in page:
            yield last, line
            if time.monotonic() > stale_at:
                break


def look_up(user: User, selection: Selection, last: Image | None) -> list[tuple[Image, dict[str, Any]]]:
    """The next pictures, as far as this person sees them now; nothing for whoever may not sign in any more. The connection
    goes back: a reader may take an hour."""
    try:
        reader = User.objects.filter(pk=user.pk, is_active=True).first()
        if reader is None:
            return []
        rows = Image.objects.selected_after(reader, selection, last)
        images = list(rows.defer(*NOT_LISTED)[:PAGE])
        return list(zip(images, lines_of(reader, images), strict=True))
    finally:
        idle_connections.give_back()


def pieces_of(
    pictures: Iterable[tuple[Image, dict[str, Any]]],
    copy: Mapping[str, Any] | None,
    lists: PictureLists,
    archive: ZipStream,
) -> Iterator[bytes]:
    for image, line in pictures:
        name, chunks, remark = bring(image, copy)
        if chunks is None:
            lists.leave_out(name, remark)
        else:
            archive.add(chunks, name)
            yield from archive.all_files()
        lists.add({**line, "file": "" if chunks is None else name, "remark": remark})
    for name, spool in lists.finished():
        archive.add(spool.read(), name)
    yield from archive.finalize()


def bring(image: Image, copy: Mapping[str, Any] | None) -> tuple[str, Iterable[bytes] | None, str]:
    """The file that goes in for a picture: its name, its bytes (None: it is left out), and what is to be said of it."""
    try:
        if copy is None:
            return exports.name_file(image), begun(originals.read_chunks(image.file_name)), ""
        return convert(image, copy)
    except OSError:
        return exports.name_file(image), None, IS_MISSING


def convert(image: Image, copy: Mapping[str, Any]) -> tuple[str, Iterable[bytes] | None, str]:
    """Whoever asked for nothing told of it gets nothing told of it. Raises OSError."""
    is_bare = copy["has_recipe"] is False
    wanted = {**copy, "has_recipe": False if is_bare else None}
    name = exports.name_file(image)
    try:
        made = exports.make_copy(image, **wanted, decoder=patient_decoder)
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
