"""The moments at which the storm strikes, seen from outside: the ledger of the stand-in, the data folder, the books."""

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests import own_parts
from tests.soak.rows import count

LOOK_SECONDS = 0.002
LONGEST_WAIT = 12.0
AT_RANDOM = "at random"
QUEUED = "SELECT COUNT(*) AS rows FROM gallery_generation WHERE status = 'queued'"
UNDRAWN = "SELECT COUNT(*) AS rows FROM gallery_image WHERE NOT is_drawn"


class Moments:
    """`wait_for` returns as soon as the named step is under way somewhere; False when it did not come in time."""

    def __init__(self, data_folder: Path, ledger: Path, chance: random.Random):
        self._replies = data_folder / "replies"
        self._data_folder = data_folder
        self._ledger = ledger
        self._chance = chance
        self.steps: dict[str, Callable[[], Callable[[], bool]]] = {
            "before the call": lambda: self._counted(QUEUED),
            "during the call": lambda: self._written(b'"event": "arrived"'),
            "as the answer is sent": lambda: self._written(b'"event": "answered"'),
            "as the reply comes": lambda: self._new_reply(".part"),
            "after the reply": lambda: self._new_reply(".reply"),
            "between file and row": self._new_original,
            "between row and thumbnail": lambda: self._counted(UNDRAWN),
            AT_RANDOM: self._some_time,
        }

    def wait_for(self, step: str, is_over: threading.Event) -> bool:
        is_there = self.steps[step]()
        end = time.monotonic() + LONGEST_WAIT
        while not is_there():
            if time.monotonic() > end or is_over.wait(LOOK_SECONDS):
                return False
        return True

    def _some_time(self) -> Callable[[], bool]:
        at = time.monotonic() + self._chance.uniform(0.1, 3.0)
        return lambda: time.monotonic() > at

    def _counted(self, question: str) -> Callable[[], bool]:
        def is_there() -> bool:
            # Locked just now, where it is a file.
            with contextlib.suppress(sqlite3.OperationalError):
                return bool(count(self._data_folder, question))
            return False

        return is_there

    def _written(self, words: bytes) -> Callable[[], bool]:
        seen = self._ledger.stat().st_size

        def is_there() -> bool:
            with self._ledger.open("rb") as file:
                file.seek(seen)
                return words in file.read()

        return is_there

    def _new_reply(self, ending: str) -> Callable[[], bool]:
        seen = set(os.listdir(self._replies))
        return lambda: any(name.endswith(ending) and name not in seen for name in os.listdir(self._replies))

    def _new_original(self) -> Callable[[], bool]:
        before = self._kept()
        return lambda: self._kept() > before

    def _kept(self) -> int:
        """Grows with nearly every picture: their count at a server; here, when the newest first folder was touched."""
        if own_parts.STORAGE_SERVER:
            return len(own_parts.stored_names(self._data_folder, "originals/"))
        originals = self._data_folder / "pictures" / "originals"
        if not originals.exists():
            return 0
        with os.scandir(originals) as folders:
            return max((folder.stat().st_mtime_ns for folder in folders), default=0)
