"""The studio under the soak: started on one data folder and one port, killed without warning, started again."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import own_parts
from tests.running_studio import Process, Studio, free_port, is_running
from tests.visitor import wait_until

READY_SECONDS = 120.0
LEFT_SECONDS = 20.0
ANSWER_SECONDS = 20
KEYS = {"routellm": "ROUTELLM", "openroute": "OPENROUTE", "openrouter": "OPENROUTER", "llmgateway": "LLM_GATEWAY"}
PATHS = {"routellm": "/v1", "openroute": "/api/v1", "openrouter": "/api/v1", "llmgateway": "/v1"}


@dataclass(frozen=True)
class Kill:
    """`what` is "worker", "web" or "both"; `at` is the system's clock."""

    what: str
    at: float

    @property
    def hit_worker(self) -> bool:
        return self.what != "web"


class StudioAtPort(Studio):
    """As an operator starts it: always at the same port."""

    def __init__(self, data_folder: Path, port: int, **more: str):
        self.data_folder, self.port = data_folder, port
        Process.__init__(self, data_folder, "studio", "--host", "127.0.0.1", "--port", str(port), **more)

    def wait(self) -> None:
        wait_until(self.is_ready, f"ready; {self.complaints}", seconds=READY_SECONDS)


class House:
    """Starts and restarts the studio; `kills` is the list of what was killed when."""

    def __init__(self, data_folder: Path, stand_in: str):
        self.data_folder = data_folder
        self.kills: list[Kill] = []
        self.complaints: list[str] = []
        self.left: list[int] = []
        self._port = free_port()
        self.environment = {f"{word}_API_KEY": "sk-soak-0123456789abcdef" for word in KEYS.values()}
        self.environment |= {f"{word}_BASE_URL": f"{stand_in}/{slug}{PATHS[slug]}" for slug, word in KEYS.items()}
        self.studio = self._start()
        self.setup_path = self.studio.setup_path
        # Calls that hang shall end within the soak.
        own_parts.change(data_folder, "UPDATE gallery_gateway SET answer_seconds = %s", ANSWER_SECONDS)

    @property
    def address(self) -> str:
        return self.studio.address

    def top_up(self) -> None:
        """A key that was told it is out of credit is tried again with the next run."""
        own_parts.change(
            self.data_folder,
            "UPDATE gallery_apikey SET try_again_at = set_aside_at WHERE set_aside_as = %s",
            "out_of_credit",
        )

    def kill(self, what: str) -> bool:
        """Kill, and start again what does not start by itself. False when there was no worker to kill just now."""
        workers = self.studio.workers()
        if what != "web" and not workers:
            return False
        at = time.time()
        if what != "web":
            try:
                os.kill(workers[0], signal.SIGKILL)
            except ProcessLookupError:
                return False
        if what != "worker":
            os.kill(self.studio.popen.pid, signal.SIGKILL)
        self.kills.append(Kill(what, at))
        if what != "worker":
            self.studio.popen.wait()
            self._keep_complaints()
            self.studio = self._start()
        return True

    def end(self) -> int:
        """End the studio in peace; `left` are the processes that are still there a while later."""
        code = self.studio.end()
        self._keep_complaints()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self.processes(), "no process is left", seconds=LEFT_SECONDS)
        self.left = self.processes()
        return code

    def stop_all(self) -> None:
        """Leave nothing behind that was started for this data folder."""
        with contextlib.suppress(Exception):
            self.studio.end()
        for process_id in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)

    def processes(self) -> list[int]:
        """Everything that runs with this soak's data folder in its environment, and nothing else has that."""
        mark = f"PROOFSHEET_DATA_DIR={self.data_folder}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes().split(b"\0") and is_running(int(path.parent.name)):
                    found.append(int(path.parent.name))
        return found

    def _start(self) -> StudioAtPort:
        studio = StudioAtPort(self.data_folder, self._port, **self.environment)
        try:
            studio.wait()
        except BaseException:
            studio.popen.kill()
            raise
        return studio

    def _keep_complaints(self) -> None:
        self.complaints += self.studio.complained


class Killer(threading.Thread):
    """So many kills a minute, each at a moment drawn by seed; the three kinds take turns in a drawn order."""

    def __init__(self, house: House, *, a_minute: float, seed: int, report: Callable[[str], None]):
        super().__init__(name="killer", daemon=True)
        self.house = house
        self.is_over = threading.Event()
        self.failure: BaseException | None = None
        self._span = 60 / a_minute if a_minute else 0
        self._chance = random.Random(f"{seed} kills")
        self._report = report

    def stop(self) -> None:
        """Wait for the restart that is under way."""
        self.is_over.set()
        self.join()

    def run(self) -> None:
        if not self._span:
            return
        try:
            self._go_on()
        except BaseException as failure:
            self.failure = failure
            raise

    def _go_on(self) -> None:
        kinds: list[str] = []
        end_of_span = time.monotonic()
        while True:
            end_of_span += self._span
            moment = self._chance.uniform(0.1, 0.9) * self._span
            if self.is_over.wait(max(0.0, end_of_span - self._span + moment - time.monotonic())):
                return
            kinds = kinds or self._chance.sample(["worker", "web", "both"], 3)
            what = kinds.pop()
            while not self.house.kill(what):
                if self.is_over.wait(0.2):
                    return
            self._report(f"killed {what}")
            if self.is_over.wait(max(0.0, end_of_span - time.monotonic())):
                return
