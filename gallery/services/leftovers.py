"""Files that nobody comes back for: pieces of calls that broke off and of processes that died, and replies that were kept for
another look. They go once they have lain untouched long enough; one that cannot be removed is left, and holds up no other."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from gallery.images import removal
from gallery.models import Generation
from gallery.models.generations import Status
from gateway_site.picture_folder import ARRIVING

PIECES_KEPT_SECONDS = 24 * 3600.0
REPLIES_KEPT_SECONDS = 30 * 24 * 3600.0
BETWEEN_SWEEPS_SECONDS = 3600.0
# A reply's name begins with its generation's number.
OF_A_RUN = re.compile(r"(\d+)-\d+\.reply(\.part)?")


def found() -> Iterator[tuple[Path, float]]:
    """What lies there, with how long it is kept (seconds)."""
    for folder in (settings.INCOMING_DIR, removal.local_path(default_storage, ARRIVING)):
        if folder:
            yield from ((path, PIECES_KEPT_SECONDS) for path in Path(folder).glob("*"))
    yield from ((path, PIECES_KEPT_SECONDS) for path in settings.REPLIES_DIR.glob("*.part"))
    yield from ((path, REPLIES_KEPT_SECONDS) for path in settings.REPLIES_DIR.glob("*.reply"))


def remove_old() -> None:
    """At a start alone, by the age that a clock tells: one that is set ahead would take what is under way."""
    for path, kept_seconds in found():
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > kept_seconds:
                remove(path)


class Sweeper:
    """Beside calls under way no clock that anybody sets is asked: what goes is what this process itself has seen lie untouched
    all the time, longer than any call lasts."""

    def __init__(self) -> None:
        # When a file was touched last, by its own word, and since when it is known to lie so.
        self.lying: dict[Path, tuple[int, float]] = {}

    def sweep(self, now: float | None = None) -> None:
        """`now` is in seconds, as `time.monotonic` counts them."""
        now = time.monotonic() if now is None else now
        before, self.lying = self.lying, {}
        due = []
        for path, kept_seconds in found():
            with suppress(OSError):
                touched = path.stat().st_mtime_ns
                known, since = before.get(path, (touched, now))
                self.lying[path] = (touched, since if known == touched else now)
                if now - self.lying[path][1] > kept_seconds:
                    due.append(path)
        for path in without_those_under_way(due):
            with suppress(OSError):
                remove(path)


def without_those_under_way(paths: list[Path]) -> list[Path]:
    """A kept reply may be read again at this moment."""
    runs = {path: int(name[1]) for path in paths if (name := OF_A_RUN.fullmatch(path.name))}
    running = Generation.objects.filter(pk__in=set(runs.values()), status=Status.RUNNING)
    busy = set(running.values_list("pk", flat=True))
    return [path for path in paths if runs.get(path) not in busy]


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
