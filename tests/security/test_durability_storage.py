"""The folder or bucket of pictures in trouble: it is not there, cannot be written, times out, refuses, is slow to know a file.

InvokeAI's files were reached past it, others answered a lost bucket with a 500 that took every page along. Here the paid answer
stays, pages stay whole, and whoever runs the studio is told. The studio is started while its storage is in trouble: a folder;
in the run on real parts a bucket.

Not from an advisory: any storage on another machine is away at times.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import own_parts
from tests.fake_gateway import FakeGateway
from tests.faulty_front import FaultyFront
from tests.running_studio import Studio, prepare
from tests.visitor import Page, Visitor, join, number_of, wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
CANNOT = "The storage of pictures cannot be written"
PAGES = ("/", "/library/", "/history/")
# Three times, before a request is given up.
READ_SECONDS = "2"


@dataclass(frozen=True)
class Trouble:
    """`reads`, `writes`: what goes well all the same."""

    name: str
    reads: bool = False
    writes: bool = False


class Folder:
    TROUBLES = [Trouble("a file in its place"), Trouble("read-only", reads=True)]

    def __init__(self, above: Path):
        self.folder = above / "pictures"
        self.away = above / "pictures.away"
        self.folder.mkdir()
        self.has_mounted = False
        self.environment = {"PROOFSHEET_STORAGE_URL": f"file://{self.folder}"}

    def bring_into(self, trouble: Trouble) -> None:
        if trouble.reads:
            for words in (("--bind", self.folder, self.folder), ("-o", "remount,bind,ro", self.folder)):
                done = subprocess.run([shutil.which("mount") or "mount", *words], capture_output=True, check=False)
                if done.returncode:
                    pytest.skip("nothing can be mounted here, which takes the rights of root")
                self.has_mounted = True
        else:
            self.folder.rename(self.away)
            self.folder.touch()

    def help(self) -> None:
        if self.has_mounted:
            subprocess.run([shutil.which("umount") or "umount", "--lazy", self.folder], check=True)
            self.has_mounted = False
        if self.away.exists():
            self.folder.unlink()
            self.away.rename(self.folder)

    def end(self) -> None:
        self.help()


class Bucket:
    TROUBLES = [
        Trouble("silent"),
        Trouble("hangs up"),
        Trouble("403"),
        Trouble("500"),
        # It does not know a file yet that it has.
        Trouble("404", writes=True),
    ]

    def __init__(self, data_folder: Path):
        self.open = ExitStack()
        self.front = self.open.enter_context(FaultyFront(own_parts.STORAGE_SERVER))
        told = own_parts.environment_of(data_folder)["PROOFSHEET_STORAGE_URL"]
        address = told.replace(own_parts.STORAGE_SERVER, self.front.address)
        self.environment = {"PROOFSHEET_STORAGE_URL": f"{address}&read_timeout={READ_SECONDS}"}

    def bring_into(self, trouble: Trouble) -> None:
        self.front.bring_into(trouble.name, only_reading=trouble.writes)

    def help(self) -> None:
        self.front.bring_into("")

    def end(self) -> None:
        self.open.close()


KIND = Bucket if own_parts.STORAGE_SERVER else Folder


class StartedInTrouble(Studio):
    """It serves all the same, and says that it is not ready."""

    def is_ready(self) -> bool:
        assert self.popen.poll() is None, f"It ended: {self.words}{self.complaints}"
        visitor = Visitor(self.address)
        if not self.workers() or not visitor.status("/healthz"):
            return False
        told = visitor.get("/readyz")
        return (told.status, json.loads(told.body)) == (503, {"database": "ok", "storage": "failed", "worker": "ok"})


class House:
    def __init__(self, folder: Path, place: Folder | Bucket, gateway: FakeGateway):
        self.place, self.gateway = place, gateway
        keys = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": gateway.base_url}
        place.bring_into(KIND.TROUBLES[0])
        self.studio = StartedInTrouble(folder, **keys, **place.environment)
        self.ada = join(self.studio.address, self.studio.setup_path, "ada", "Ada")
        self.words_in_admin_at_start = self.ada.get("/admin/").text
        place.help()
        self.picture = self.picture_of(self.run())

    def run(self) -> str:
        """The path of a run's page that has come to its end."""
        before = set(self.runs())
        assert self.ada.post("/", FORM).status == 302
        (path,) = set(self.runs()) - before
        is_open = re.compile(r'data-status="(queued|running)"')
        wait_until(lambda: not is_open.search(self.ada.get(path).text), f"{path} has ended")
        return path

    def runs(self) -> list[str]:
        return re.findall(r"/generations/\d+/", self.ada.get("/history/").text)

    def picture_of(self, run: str) -> str:
        found = re.search(r"/images/\d+/", self.ada.get(run).text)
        assert found
        return found[0]

    def media(self) -> list[str]:
        """The addresses of the picture and of a thumbnail of it."""
        found = re.findall(r"/media/[0-9a-f]{64}/\d+", self.ada.get(self.picture).text)
        return [f"{found[0].rpartition('/')[0]}/original", found[0]]


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    above = tmp_path_factory.mktemp("storage")
    folder = prepare(above / "data")
    place = Bucket(folder) if own_parts.STORAGE_SERVER else Folder(above)
    try:
        with FakeGateway() as gateway:
            house = House(folder, place, gateway)
            yield house
            assert house.studio.end() == 0
    finally:
        place.end()
        own_parts.remove(above)


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    yield shared_house
    shared_house.place.help()


def test_a_storage_that_is_in_trouble_at_the_start_is_said_and_the_studio_serves(house: House) -> None:
    assert CANNOT in house.studio.complaints
    assert CANNOT in house.words_in_admin_at_start
    assert house.ada.status("/readyz") == 200
    wait_until(lambda: CANNOT not in house.ada.get("/admin/").text, "the first page of the admin has looked again")


@pytest.mark.parametrize("trouble", KIND.TROUBLES, ids=lambda trouble: trouble.name)
def test_pages_stay_whole_while_the_storage_is_in_trouble(trouble: Trouble, house: House) -> None:
    media = house.media()
    assert [house.ada.status(path) for path in media] == [200, 200]
    house.place.bring_into(trouble)
    for path in (*PAGES, house.picture):
        page = house.ada.get(path)
        assert page.status == 200, path
        assert_leads_nowhere_else(page)
    expected = 200 if trouble.reads else 404
    assert [house.ada.status(path) for path in media] == [expected] * 2
    for path in (f"{house.picture}download/", f"{house.picture}download/?format=jpeg"):
        assert house.ada.status(path) in ((200,) if trouble.reads else (404, 503)), path
    archive = house.ada.post("/library/download/", {"ids": number_of(house.picture), "query": ""})
    assert (archive.status, archive.body[:2]) == (200, b"PK")
    if not trouble.writes:
        wait_until(lambda: CANNOT in house.ada.get("/admin/").text, "the first page of the admin has looked again")
    assert house.ada.status("/readyz") == (200 if trouble.reads or trouble.writes else 503)
    house.place.help()
    assert [house.ada.status(path) for path in media] == [200, 200]


@pytest.mark.parametrize("trouble", KIND.TROUBLES, ids=lambda trouble: trouble.name)
def test_what_was_paid_waits_for_a_storage_that_is_in_trouble(trouble: Trouble, house: House) -> None:
    before = len(house.gateway.requests)
    house.place.bring_into(trouble)
    run = house.run()
    page = house.ada.get(run).text
    if not trouble.writes:
        assert 'data-status="failed"' in page
        assert "could not be stored" in page
    house.place.help()
    if not trouble.writes:
        assert house.ada.post(f"{run}look-again/", {}).status == 302
        # From the next page on nobody wonders whether the button did anything.
        assert 'data-status="failed"' not in house.ada.get(run).text
    wait_until(lambda: 'data-status="succeeded"' in house.ada.get(run).text, "the picture is stored")
    assert house.ada.status(f"{house.picture_of(run)}download/") == 200
    assert len(house.gateway.requests) == before + 1


@pytest.mark.skipif(not own_parts.STORAGE_SERVER, reason="A folder is asked by no address.")
def test_a_bucket_is_asked_with_signatures_alone_and_nothing_in_it_is_made_public(house: House) -> None:
    """No page leads a browser there either (above)."""
    assert isinstance(house.place, Bucket)
    asked = house.place.front.requests
    assert asked
    assert all(headers["authorization"].startswith("AWS4-HMAC-SHA256 ") for headers in asked)
    assert not [headers for headers in asked if any(name.startswith(("x-amz-acl", "x-amz-grant")) for name in headers)]


def assert_leads_nowhere_else(page: Page) -> None:
    assert "Signature=" not in page.text
    assert "127.0.0.1:" not in page.text.replace(page.address.rpartition("/")[0], "")
