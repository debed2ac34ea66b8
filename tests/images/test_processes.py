"""The decoder processes: crash, hang, recycling, many threads, the parent's end."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from gallery.images import limits
from gallery.images.decoder import Decoder
from gallery.images.errors import PictureRefused
from gallery.images.process import SOURCE_ROOT
from gallery.images.store import take_in
from tests.images import corpus
from tests.images.corpus import encode, picture


@pytest.fixture
def single() -> Iterator[Decoder]:
    decoder = Decoder(children=1, timeout=1.5)
    yield decoder
    decoder.close()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.png"
    path.write_bytes(encode(picture(), "PNG"))
    return path


def out(tmp_path: Path) -> Path:
    folder = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    return folder


def end_stopped(pid: int, end: signal.Signals) -> None:
    """A stopped process takes SIGKILL at once, any other signal when it goes on."""
    os.kill(pid, end)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_processes_start_with_the_first_picture_and_end_on_close(single: Decoder, good: Path, tmp_path: Path) -> None:
    assert single.process_ids() == []
    single.decode(good, out(tmp_path))
    (pid,) = single.process_ids()

    single.close()

    assert single.process_ids() == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert single.decode(good, out(tmp_path)).width == 60


def test_a_hanging_process_is_killed_and_the_next_picture_decoded(single: Decoder, good: Path, tmp_path: Path) -> None:
    single.decode(good, out(tmp_path))
    (stopped,) = single.process_ids()
    os.kill(stopped, signal.SIGSTOP)

    with pytest.raises(PictureRefused) as refused:
        single.decode(good, out(tmp_path))

    assert refused.value.kind == "too_slow"
    assert single.decode(good, out(tmp_path)).width == 60
    assert single.process_ids() != [stopped]


@pytest.mark.parametrize(
    ("end", "kind"), [(signal.SIGKILL, "crashed"), (signal.SIGSEGV, "crashed"), (signal.SIGXCPU, "too_slow")]
)
def test_a_crash_in_a_picture_fails_that_picture_alone(
    single: Decoder, good: Path, tmp_path: Path, end: signal.Signals, kind: str
) -> None:
    single.decode(good, out(tmp_path))
    (pid,) = single.process_ids()
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.3, end_stopped, (pid, end)).start()

    with pytest.raises(PictureRefused) as refused:
        single.decode(good, out(tmp_path))

    assert refused.value.kind == kind
    assert single.decode(good, out(tmp_path)).width == 60


def test_a_process_that_died_idle_costs_no_picture(single: Decoder, good: Path, tmp_path: Path) -> None:
    single.decode(good, out(tmp_path))
    (pid,) = single.process_ids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z" if os.path.isdir("/proc") else True)

    assert single.decode(good, out(tmp_path)).width == 60


def test_processes_are_replaced_after_so_many_pictures(good: Path, tmp_path: Path) -> None:
    decoder = Decoder(children=1)
    pids = set()
    not_a_picture = tmp_path / "text"
    not_a_picture.write_bytes(b"text")
    for _ in range(limits.JOBS_PER_CHILD + 1):
        with pytest.raises(PictureRefused):
            decoder.decode(not_a_picture, tmp_path)
        pids |= set(decoder.process_ids())
    decoder.close()
    assert len(pids) == 2


def test_a_refusal_does_not_end_the_process(single: Decoder, good: Path, tmp_path: Path) -> None:
    single.decode(good, out(tmp_path))
    pids = single.process_ids()
    (tmp_path / "bomb").write_bytes(corpus.png(20_000, 20_000, data=b""))

    with pytest.raises(PictureRefused):
        single.decode(tmp_path / "bomb", out(tmp_path))

    assert single.process_ids() == pids


def test_the_process_runs_under_its_limits(single: Decoder, good: Path, tmp_path: Path) -> None:
    if not os.path.isdir("/proc"):
        pytest.skip("reads /proc")
    single.decode(good, out(tmp_path))
    (pid,) = single.process_ids()

    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    soft = {line[:26].strip(): line[26:].split()[0] for line in lines[1:]}
    assert soft["Max address space"] == str(limits.CHILD_ADDRESS_SPACE_BYTES)
    assert soft["Max file size"] == str(limits.CHILD_FILE_BYTES)
    assert soft["Max open files"] == str(limits.CHILD_OPEN_FILES)
    assert soft["Max core file size"] == "0"
    assert int(soft["Max cpu time"]) <= limits.CHILD_CPU_SECONDS + 2
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"PROOFSHEET" not in environment and b"DJANGO" not in environment and b"KEY" not in environment


def test_sixty_four_threads_share_two_processes(decoder: Decoder, folder: Path, storage: FileSystemStorage) -> None:
    contents = [encode(picture(size=(64 + number % 16, 64)), "PNG") for number in range(64)]

    with ThreadPoolExecutor(64) as pool:
        taken = list(
            pool.map(
                lambda content: take_in(content, folder=folder, storage=storage, max_bytes=10**6, decoder=decoder),
                contents,
            )
        )

    assert [stored.width for stored in taken] == [64 + number % 16 for number in range(64)]
    assert len({stored.sha256 for stored in taken}) == 16
    originals = [path for path in Path(storage.location).rglob("*") if path.is_file()]
    assert len(originals) == 32
    assert list(folder.iterdir()) == []
    assert len(decoder.process_ids()) <= 2


def test_processes_end_with_their_parent(good: Path, tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom gallery.images.decoder import Decoder\n"
        "decoder = Decoder(children=1)\ndecoder.decode(sys.argv[1], sys.argv[2])\n"
        "print(decoder.process_ids()[0], flush=True)\ntime.sleep(60)\n"
    )
    arguments = [sys.executable, "-c", script, str(good), str(out(tmp_path))]
    with subprocess.Popen(arguments, cwd=SOURCE_ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_forked_process_starts_its_own(single: Decoder, good: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys\nfrom gallery.images.decoder import shared_decoder\n"
        "shared_decoder.decode(sys.argv[1], sys.argv[2])\nmine = shared_decoder.process_ids()\n"
        "forked = os.fork()\n"
        "if not forked:\n"
        "    shared_decoder.decode(sys.argv[1], sys.argv[3])\n"
        "    own = shared_decoder.process_ids()\n"
        "    shared_decoder.close()\n"
        "    os._exit(0 if own and own != mine else 1)\n"
        "assert os.waitpid(forked, 0)[1] == 0\n"
        "shared_decoder.decode(sys.argv[1], sys.argv[4])\nassert shared_decoder.process_ids() == mine\n"
    )
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(good), *map(str, folders)],
        cwd=SOURCE_ROOT,
        check=True,
        timeout=60,
    )
