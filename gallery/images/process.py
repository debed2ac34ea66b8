"""One decoder process seen from our side: started, asked, ended. `decoder` keeps several of them."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from gallery.images import limits
from gallery.images.errors import DecoderNotStarted, PictureRefused

SOURCE_ROOT = Path(__file__).resolve().parents[2]
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
# A picture's pixels are taken from the heap and kept for the next one instead of being faulted in anew.
MALLOC_ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": str(8 * 1024**2), "MALLOC_TRIM_THRESHOLD_": str(64 * 1024**2)}
END_SECONDS = 2.0


class DecoderProcess:
    """Used by one thread at a time. After a PictureRefused (crashed, too_slow) it is ended, never asked again."""

    def __init__(self, *, niceness: int = 0) -> None:
        """`niceness` lets everything else on the machine go first. Raises DecoderNotStarted."""
        self.jobs = 0
        kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        # The session of its own keeps a Ctrl-C in the terminal from reaching it in the middle of a job.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gallery.images.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=kept | MALLOC_ENVIRONMENT | {"PYTHONPATH": str(SOURCE_ROOT), "PYTHONIOENCODING": "utf-8"},
            cwd=SOURCE_ROOT,
            bufsize=0,
            start_new_session=True,
        )
        if niceness:
            os.setpriority(os.PRIO_PROCESS, self.process.pid, niceness)
        try:
            self._read_reply(time.monotonic() + limits.START_SECONDS)
        except PictureRefused as refused:
            raise DecoderNotStarted(refused.detail) from refused

    @property
    def is_usable(self) -> bool:
        return self.process.poll() is None and self.jobs < limits.JOBS_PER_CHILD

    def ask(self, order: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Send one order and wait `timeout` seconds at most. Raises PictureRefused: crashed, too_slow."""
        self.jobs += 1
        deadline = time.monotonic() + timeout
        try:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
        except OSError as error:
            raise self._end_as_crashed(error) from error
        return self._read_reply(deadline)

    def end(self) -> None:
        """Let it leave by itself, as it does when stdin ends; kill it when it does not."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close_pipes()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._close_pipes()

    def forget(self) -> None:
        """Let go of a process that belongs to the parent of this one, without ending it."""
        self._close_pipes()
        self.process.returncode = 0

    def _read_reply(self, deadline: float) -> dict[str, Any]:
        assert self.process.stdout is not None
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.kill()
                    raise PictureRefused("too_slow", detail="no reply in time")
                piece = os.read(self.process.stdout.fileno(), limits.REPLY_BYTES)
                received += piece
                if not piece or len(received) > limits.REPLY_BYTES:
                    raise self._end_as_crashed()
        try:
            return msgspec.json.decode(received, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise self._end_as_crashed(error) from error

    def _end_as_crashed(self, cause: Exception | None = None) -> PictureRefused:
        self.kill()
        status = self.process.returncode
        kind = "too_slow" if status == -signal.SIGXCPU else "crashed"
        return PictureRefused(kind, detail=f"decoder process ended with {status}{f', {cause}' if cause else ''}")

    def _close_pipes(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
