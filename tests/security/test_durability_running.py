"""A studio that runs on while its disk fills up or its database is away, and goes on when room or database are back.

In products of this class a full disk cost the answer that had just been paid, and a database that was moved for a moment was
quietly replaced by an empty one.

Not from an advisory: a disk fills up without an attacker, though one can fill it.
"""

import contextlib
import html
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_gateway import FakeGateway, make_noise, make_picture
from tests.running_studio import Studio, manage, prepare
from tests.small_disk import SmallDisk
from tests.visitor import Page, join, wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
TYPED = {**FORM, "prompt": "a <red> chair " * 2000}
LITTLE_ROOM = 64 * 1024
PAGE = 4096
BACK_SECONDS = 120.0
# Whoever finds the database locked waits that long, in the place of twenty seconds.
LOCKED_SECONDS = 4


class WithoutLog(Studio):
    """Whose log goes to a disk that is full from the beginning."""

    def __init__(self, data_folder: Path, **more: str):
        with open("/dev/full", "w") as self.log:
            super().__init__(data_folder, **more)


class House:
    def __init__(self, disk: SmallDisk, gateway: FakeGateway):
        self.disk, self.gateway = disk, gateway
        self.prompts: dict[str, str] = {}
        self.folder = prepare(disk.folder / "data")
        self.database = self.folder / "proofsheet.sqlite3"
        keys = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": gateway.base_url}
        place = {"PROOFSHEET_DATABASE_URL": f"sqlite:///{self.database}?timeout={LOCKED_SECONDS}"}
        self.studio = WithoutLog(self.folder, **keys, **place)
        self.ada = join(self.studio.address, self.studio.setup_path, "ada", "Ada")

    def submit(self) -> str:
        """The path of the new run's page, whose call is under way."""
        before = set(self.runs())
        prompt = f"{FORM['prompt']}, number {len(before)}."
        assert self.ada.post("/", {**FORM, "prompt": prompt}).status == 302
        (path,) = set(self.runs()) - before
        self.prompts[path] = prompt
        wait_until(lambda: self.count_calls(path) == 1, "the call is under way")
        return path

    def count_calls(self, path: str) -> int:
        return sum(self.prompts[path] in str(request.json) for request in self.gateway.requests)

    def runs(self) -> list[str]:
        return re.findall(r"/generations/\d+/", self.ada.get("/history/").text)

    def is_open(self, path: str) -> bool:
        page = self.ada.get(path)
        return page.status != 200 or bool(re.search(r'data-status="(queued|running)"', page.text))

    def writes_replies(self) -> bool:
        """Whether a worker has the file of an answer open."""
        open_files = [file for worker in self.studio.workers() for file in Path(f"/proc/{worker}/fd").iterdir()]
        targets = []
        for file in open_files:
            with contextlib.suppress(OSError):
                targets.append(os.readlink(file))
        return any(target.endswith(".reply.part") for target in targets)

    def wait_for_end(self, path: str) -> str:
        wait_until(lambda: not self.is_open(path), f"{path} has ended", seconds=BACK_SECONDS)
        return self.ada.get(path).text

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.ada.status("/readyz") == 200, "ready again", seconds=BACK_SECONDS)

    def wait_until_idle(self) -> None:
        waiting = 'proofsheet_generations_open{status="%s"} 0'
        names = [waiting % status for status in ("queued", "running")]
        wait_until(lambda: all(name in self.ada.get("/metrics").text for name in names), "idle", seconds=BACK_SECONDS)


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    disk = SmallDisk(tmp_path_factory.mktemp("running") / "disk", megabytes=64)
    try:
        with FakeGateway() as gateway:
            house = House(disk, gateway)
            yield house
            assert house.studio.end() == 0
    finally:
        disk.unmount()


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    """As the test before found it: with room, and with nothing under way."""
    yield shared_house
    shared_house.disk.make_room()
    shared_house.wait_until_ready()
    shared_house.wait_until_idle()


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def typed_on(page: Page) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def test_a_form_that_met_a_full_disk_is_kept_and_sent_again_when_there_is_room(house: House) -> None:
    before = house.runs()
    house.disk.fill()
    pages = [house.ada.get(path).status for path in ("/", "/library/", "/history/", "/queue/")]
    # What lies in the journal may be written over: the first of many finds no room there any more.
    answer = next(page for _ in range(200) if (page := house.ada.post("/", TYPED)).status != 302)
    assert pages == [200, 200, 200, 200]
    assert answer.status == 507
    assert "<h1>The disk is full</h1>" in answer.text
    assert typed_on(answer) == TYPED
    house.disk.make_room()
    house.wait_until_ready()
    assert house.ada.post("/", typed_on(answer)).status == 302
    assert len(house.runs()) > len(before)


@pytest.mark.parametrize("picture", [make_picture(), make_noise((1000, 1000))], ids=["small", "large"])
def test_a_reference_that_met_a_full_disk_is_refused_with_a_sentence_and_taken_later(
    picture: bytes, house: House
) -> None:
    sent = {"model": "routellm/flux_kontext", "parameter": "image_prompt"}
    house.ada.get("/")
    house.disk.fill()
    answer = house.ada.post_files("/uploads/", sent, {"file": picture})
    assert answer.status in (422, 507)
    assert re.search(r"could not be stored|disk is full", answer.text)
    house.disk.make_room()
    house.wait_until_ready()
    answer = house.ada.post_files("/uploads/", sent, {"file": picture})
    assert (answer.status, "data-picture" in answer.text) == (200, True)


@pytest.mark.parametrize("picture", [make_picture(), make_noise((1000, 1000))], ids=["small", "large"])
def test_the_words_of_a_form_with_files_that_met_a_full_disk_are_kept(picture: bytes, house: House) -> None:
    """A browser without scripts sends them together; a large file finds no room before anything of the form is looked at."""
    house.ada.get("/")
    house.disk.fill()
    answer = house.ada.post_files("/", TYPED, {"image_prompt": picture})
    assert answer.status in (422, 507)
    assert re.search(r"could not be stored|disk is full", answer.text)
    assert TYPED["prompt"].strip() in html.unescape(answer.text)
    house.disk.make_room()
    house.wait_until_ready()
    assert house.ada.post_files("/", TYPED, {"image_prompt": picture}).status == 302


def test_a_paid_reply_that_finds_no_room_is_told_as_that_and_not_paid_again(house: House) -> None:
    may_answer = threading.Event()
    house.gateway.will_send_image_when(may_answer, size=(700, 700))
    path = house.submit()
    house.disk.fill(but=LITTLE_ROOM)
    may_answer.set()
    wait_until(lambda: not house.disk.free_bytes(), "what came of the answer takes all the room")
    wait_until(lambda: not house.writes_replies(), "the worker has given up")
    house.disk.make_room()
    page = house.wait_for_end(path)
    assert 'data-status="failed"' in page
    assert re.search(r"could not write the answer to its disk.+probably charged", page), words_of(page)
    assert house.count_calls(path) == 1


def test_a_paid_reply_whose_pictures_find_no_room_is_kept_and_stored_when_there_is(house: House) -> None:
    may_answer = threading.Event()
    size = house.gateway.will_send_image_when(may_answer, size=(150, 150))
    path = house.submit()
    # The answer and its head, and a little of a picture.
    house.disk.fill(but=(size // PAGE + 2) * PAGE)
    may_answer.set()
    wait_until(lambda: bool(list((house.folder / "replies").glob("*.reply"))), "the answer is on the disk")
    with contextlib.suppress(AssertionError):
        # Where the database takes it, it is told as that; else it is left for later.
        wait_until(lambda: not house.is_open(path), "told", seconds=4)
    house.disk.make_room()
    page = house.wait_for_end(path)
    if 'data-status="failed"' in page:
        assert "costs nothing" in page
        assert house.ada.post(f"{path}look-again/", {}).status == 302
        page = house.wait_for_end(path)
    assert 'data-status="succeeded"' in page, words_of(page)
    assert "/images/" in page
    assert house.count_calls(path) == 1


def test_a_database_that_is_moved_away_and_back_has_lost_nothing(house: House) -> None:
    """What was committed last is in the journal beside it, which whoever makes an empty database in its place throws away."""
    may_answer = threading.Event()
    house.gateway.will_send_image()
    done = house.submit()
    house.wait_for_end(done)
    house.gateway.will_send_image_when(may_answer)
    under_way = house.submit()
    away = house.database.with_suffix(".away")
    house.database.rename(away)
    try:
        answer = house.ada.post("/", TYPED)
        assert (answer.status, typed_on(answer)) == (503, TYPED)
        assert "<h1>The database does not answer</h1>" in answer.text
        # Of somebody signed in as well.
        assert [house.ada.status(path) for path in ("/readyz", "/healthz")] == [503, 200]
        may_answer.set()
        wait_until(lambda: not house.writes_replies(), "the answer has come")
        assert not house.database.exists()
    finally:
        away.rename(house.database)
    house.wait_until_ready()
    assert 'data-status="succeeded"' in house.ada.get(done).text
    assert 'data-status="succeeded"' in house.wait_for_end(under_way)
    assert (house.count_calls(done), house.count_calls(under_way)) == (1, 1)
    assert house.ada.post("/", typed_on(answer)).status == 302


def test_a_paid_reply_waits_for_a_database_that_another_process_keeps_locked(house: House) -> None:
    """For longer than anybody waits for it: what is told then is that it is locked, and nothing of it is kept."""
    may_answer = threading.Event()
    house.gateway.will_send_image_when(may_answer)
    path = house.submit()
    with contextlib.closing(sqlite3.connect(house.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        may_answer.set()
        wait_until(lambda: bool(list((house.folder / "replies").glob("*.reply"))), "the answer is on the disk")
        answer = house.ada.post("/", TYPED)
        assert (answer.status, typed_on(answer)) == (503, TYPED)
        assert "<h1>One moment</h1>" in answer.text
        assert 'data-status="running"' in house.ada.get(path).text
        other.execute("ROLLBACK")
    page = house.wait_for_end(path)
    assert 'data-status="succeeded"' in page, words_of(page)
    assert house.count_calls(path) == 1
    assert house.ada.post("/", typed_on(answer)).status == 302


def test_no_command_begins_anew_beside_the_journal_of_a_database_that_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "proofsheet.sqlite3-wal").write_bytes(b"what was written last")
    done = manage(folder, "check")
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == 1
    assert "proofsheet.sqlite3 is gone" in line
    assert not (folder / "proofsheet.sqlite3").exists()
    assert (folder / "proofsheet.sqlite3-wal").exists()
