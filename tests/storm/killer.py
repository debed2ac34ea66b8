"""kill -9 at named steps and at random, of the worker, the web process and both; remembers what lay on the disk then."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.soak.house import House, StudioAtPort
from tests.storm.moments import Moments

# The worker is back sooner than a whole studio: it is hit as often as the two others together.
KINDS = ("worker", "worker", "web", "both")
RETRY_SECONDS = 0.05


class Killer(threading.Thread):
    """Ends when `kills` were made or it is told to stop. `done` counts them by step and kind, `missed` the steps that did
    not come in time: killed all the same. `whole_replies` are the names of paid answers that lay on the disk at a kill."""

    def __init__(
        self, house: House, moments: Moments, *, kills: int, chance: random.Random, tell: Callable[[str], None]
    ):
        super().__init__(name="killer", daemon=True)
        self.house = house
        self.is_over = threading.Event()
        self.failure: BaseException | None = None
        self.done: Counter[tuple[str, str]] = Counter()
        self.missed: Counter[str] = Counter()
        self.whole_replies: set[str] = set()
        self._moments = moments
        self._left = kills
        self._chance = chance
        self._tell = tell

    def run(self) -> None:
        try:
            while self._left and not self.is_over.is_set():
                for step, what in self._round():
                    if not self._left or self.is_over.is_set():
                        return
                    self._strike(step, what)
        except BaseException as failure:
            self.failure = failure
            raise

    def _round(self) -> list[tuple[str, str]]:
        every = [(step, what) for step in self._moments.steps for what in KINDS]
        return self._chance.sample(every, len(every))

    def _strike(self, step: str, what: str) -> None:
        while what != "web" and not self.house.studio.workers():
            if self.is_over.wait(RETRY_SECONDS):
                return
        if not self._moments.wait_for(step, self.is_over):
            self.missed[step] += 1
        while not self.house.kill(what):
            if self.is_over.wait(RETRY_SECONDS):
                return
        self.whole_replies |= whole_replies(self.house.data_folder)
        self.done[step, what] += 1
        self._left -= 1
        if self._left % 10 == 0:
            self._tell(f"{self.done.total()} kills")


class StormHouse(House):
    """Looks at the disk before it starts anything again."""

    replies_at_starts: set[str]

    def _start(self) -> StudioAtPort:
        if not hasattr(self, "replies_at_starts"):
            self.replies_at_starts = set()
        self.replies_at_starts |= whole_replies(self.data_folder)
        return super()._start()


def whole_replies(data_folder: Path) -> set[str]:
    """Paid answers on the disk, under their names or not yet."""
    folder = data_folder / "replies"
    return {path.name for path in folder.glob("*.reply")} | {
        path.name for path in folder.glob("*.part") if is_whole(path)
    }


def is_whole(path: Path) -> bool:
    try:
        json.loads(path.read_bytes().partition(b"\n")[2])
    except (OSError, ValueError):
        return False
    return True


def wait(seconds: float, is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not is_done():
        time.sleep(0.5)
