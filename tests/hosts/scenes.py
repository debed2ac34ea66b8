"""What is claimed of several hosts, one function each; each gives the line that the log tells of it. A claim that does not hold
raises AssertionError."""

import io
import re
import signal
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from tests.fake_gateway import make_picture
from tests.hosts.gateway import LedgerGateway
from tests.hosts.house import FRONT, WEB, WORKERS, House, address
from tests.hosts.parts import BUCKET
from tests.hosts.people import at, call, fresh_token, id_named, send_file, submit
from tests.visitor import Visitor, wait_until

SOON = 90.0
FILL = {"model": "routellm/flux_pro_fill", "parameter": "mask"}


@dataclass(kw_only=True)
class Stage:
    house: House
    gateway: LedgerGateway
    ada: Visitor
    access_token: str

    def until(self, token: str, status: str, *, seconds: float = SOON) -> None:
        wait_until(lambda: self.house.row(token)["status"] == status, f"{token} is {status}", seconds=seconds)

    def paid_once(self, *tokens: str) -> None:
        counts = {token: self.gateway.arrived[token] for token in tokens}
        assert set(counts.values()) <= {1}, f"calls at the gateway: {counts}"

    def drawn_by(self, token: str) -> str:
        return self.house.host_of(self.house.row(token)["by"])


def first_start(stage: Stage) -> str:
    count = stage.house.ask("SELECT count(*) FROM gallery_gateway")[0][0]
    applied = stage.house.ask("SELECT count(*), count(DISTINCT name) FROM django_migrations WHERE app = 'gallery'")[0]
    assert applied[0] == applied[1]
    return f"two web hosts started at once on an empty database: {applied[0]} migrations once, {count} gateways"


def one_session(stage: Stage) -> str:
    for host in WEB:
        assert at(stage.ada, address(host)).get("/library/").status == 200
    return "a session begun at web1 holds at web2 and behind the proxy"


def drawn_elsewhere(stage: Stage) -> str:
    by = set()
    for host in WEB:
        tokens = [submit(at(stage.ada, address(host)), seconds=1) for _ in range(6)]
        for token in tokens:
            stage.until(token, "succeeded")
            by.add(stage.drawn_by(token))
            wall = at(stage.ada, address(host)).get(f"/library/?q={token}").text
            assert re.search(r"/images/\d+/", wall), f"{token} is not seen at {host}"
        stage.paid_once(*tokens)
    assert by <= set(WORKERS)
    return f"12 runs submitted at web1 and web2 were drawn by {' and '.join(sorted(by))} and seen where they were submitted"


def references(stage: Stage) -> str:
    one, other = (at(stage.ada, address(host)) for host in WEB)
    place = {"model": "routellm/flux_kontext", "parameter": "image_prompt"}
    picture = id_named("image_prompt_images", send_file(one, "/uploads/", make_picture(size=(64, 48)), **place))
    token = submit(other, image_prompt_images=picture)
    stage.until(token, "succeeded")
    assert stage.gateway.pictures[token] == 1
    return "a reference uploaded at web1 was submitted at web2 and sent by a worker"


def masks(stage: Stage) -> str:
    one, other = (at(stage.ada, address(host)) for host in WEB)
    place = {"model": FILL["model"], "parameter": "image"}
    picture = id_named("image_images", send_file(one, "/uploads/", make_picture(size=(64, 48)), **place))
    buffer = io.BytesIO()
    painted = Image.new("RGB", (64, 48), "black")
    painted.paste("white", (0, 0, 64, 24))
    painted.save(buffer, "PNG")
    mask = id_named(
        "mask_images", send_file(other, "/uploads/mask/", buffer.getvalue(), **FILL, of=picture, painted="1")
    )
    token = submit(one, model=FILL["model"], image_images=picture, mask_images=mask)
    stage.until(token, "succeeded")
    assert stage.gateway.pictures[token] == 2
    return "a mask painted at web2 over a picture uploaded at web1 was sent with it by a worker"


def exports(stage: Stage) -> str:
    token = submit(at(stage.ada, address("web1")))
    stage.until(token, "succeeded")
    [(image_id,)] = stage.house.ask(
        "SELECT id FROM gallery_image WHERE generation_id = %s", stage.house.row(token)["id"]
    )
    other = at(stage.ada, address("web2"))
    page = other.post("/library/download/", {"ids": str(image_id)})
    names = zipfile.ZipFile(io.BytesIO(page.body)).namelist()
    assert any(name.endswith(".png") for name in names), names
    copied = other.get(f"/images/{image_id}/download/?format=webp&side=512")
    assert copied.body[:4] == b"RIFF"
    return "a picture submitted at web1 left web2 as a ZIP and as a smaller copy"


def scripts(stage: Stage) -> str:
    for host in WEB:
        status, answer, token = call(address(host), stage.access_token, query="?images=url")
        assert status == 200, answer
        link = answer["choices"][0]["message"]["images"][0]["image_url"]["url"]
        assert link.startswith(FRONT)
        for origin in (FRONT, *map(address, WEB)):
            with urllib.request.urlopen(link.replace(FRONT, origin)) as picture:
                assert picture.read(4) == b"\x89PNG"
        assert stage.drawn_by(token) == host
        stage.paid_once(token)
        again, same = (call(FRONT, stage.access_token, token=f"{token}", key=f"key-{token}") for _ in range(2))
        assert again[0] == same[0] == 200
        assert stage.gateway.arrived[token] == 2, "Once by itself, and once under its key."
    return (
        "scripts draw at either web host; a signed link of one opens at the other; a key that comes twice is paid once"
    )


def offloaded(stage: Stage) -> str:
    wall = at(stage.ada, FRONT).get("/library/").text
    media = set(re.findall(r"/media/[0-9a-f]{64}/\d+", wall))
    assert len(media) > 3
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in stage.ada.cookies)
    for path in media:
        request = urllib.request.Request(FRONT + path, headers={"Cookie": cookies, "Range": "bytes=0-3"})
        with urllib.request.urlopen(request) as part:
            told, start = part.headers, part.read()
        assert (part.status, start, told["Content-Type"]) == (206, b"RIFF", "image/webp")
        assert told["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in told["Content-Security-Policy"]
        assert told["Cache-Control"] == "private, max-age=31536000, immutable"
        foreign = [name for name in told if name.lower().startswith(("x-amz", "x-accel", "access-control"))]
        assert not foreign, foreign
        assert len(told.get_all("Content-Security-Policy") or []) == 1
        assert Visitor(FRONT).status(path) == 302
    sha256 = path.split("/")[2]
    gone = f"thumbnails/{sha256[:2]}/{sha256[2:4]}/{sha256}-{path.rpartition('/')[2]}.webp"
    stage.house.bucket().delete_object(Bucket=BUCKET, Key=gone)
    page = at(stage.ada, FRONT).get(path)
    assert (page.status, b"file missing" in page.body) == (404, True)
    return f"{len(media)} pictures came from the bucket by nginx, in parts, with the studio's headers; a lost one is shown as lost"


def cut_off(stage: Stage) -> str:
    """For less than LOST_HOST_MINUTES: nobody gives its runs up."""
    before = [submit(stage.ada, seconds=8) for _ in range(4)]
    wait_until(lambda: all(stage.gateway.arrived[token] for token in before), "all were sent")
    running = {token: stage.drawn_by(token) for token in before}
    away = running[before[0]]
    with stage.house.network.cut(away):
        wait_until(lambda: all(stage.gateway.answered[token] for token in before), "all were answered")
        meanwhile = submit(stage.ada)
        stage.until(meanwhile, "succeeded")
        assert stage.drawn_by(meanwhile) != away
        lost = [token for token in before if running[token] == away]
        assert all(stage.house.row(token)["status"] == "running" for token in lost)
    for token in before:
        stage.until(token, "succeeded")
    stage.paid_once(*before, meanwhile)
    return f"{away} cut off from the data with {len(lost)} paid answers: {meanwhile} drawn elsewhere meanwhile, all came home after"


def given_up(stage: Stage) -> str:
    before = [submit(stage.ada, seconds=5) for _ in range(4)]
    wait_until(lambda: all(stage.gateway.arrived[token] for token in before), "all were sent")
    running = {token: stage.drawn_by(token) for token in before}
    away = running[before[0]]
    lost = [token for token in before if running[token] == away]
    with stage.house.network.cut(away):
        for token in lost:
            stage.until(token, "failed", seconds=180)
            row = stage.house.row(token)
            assert row["kind"] == "interrupted"
            assert "charged" in row["sentence"], row
    for token in before:
        stage.until(token, "succeeded")
        assert stage.house.row(token)["pictures"] == 1
    stage.paid_once(*before)
    return f"{away} away for longer than is waited: {len(lost)} runs said “may have been charged”, and came home with it, paid once"


def worker_killed(stage: Stage) -> str:
    before = [submit(stage.ada, seconds=9) for _ in range(6)]
    wait_until(lambda: all(stage.gateway.arrived[token] for token in before), "all were sent")
    running = {token: stage.drawn_by(token) for token in before}
    killed = running[before[0]]
    stage.house.end(killed, signal.SIGKILL)
    lost = [token for token in before if running[token] == killed and stage.house.row(token)["status"] == "running"]
    assert lost
    stage.house.start(killed)
    for token in before:
        stage.until(token, "failed" if token in lost else "succeeded", seconds=180)
    for token in lost:
        row = stage.house.row(token)
        assert (row["kind"], "charged" in row["sentence"], row["pictures"]) == ("interrupted", True, 0), row
    stage.house.wait_for(killed)
    stage.paid_once(*before)
    return f"{killed} killed in the middle of {len(lost)} calls: they say that they may have been charged; none was made twice"


def web_killed(stage: Stage) -> str:
    stage.house.end("web1", signal.SIGKILL)
    statuses = [stage.ada.status("/library/") for _ in range(30)]
    assert set(statuses) == {200}, statuses
    tokens = [submit(stage.ada) for _ in range(6)]
    called = [call(FRONT, stage.access_token) for _ in range(4)]
    assert {status for status, _, _ in called} == {200}
    for token in tokens:
        stage.until(token, "succeeded")
    stage.paid_once(*tokens, *(token for _, _, token in called))
    stage.house.start("web1")
    stage.house.wait_for("web1")
    return "web1 killed: 30 pages, 6 forms and 4 scripts' calls in a row went to web2, no error shown"


def web_killed_in_a_call(stage: Stage, begin: Callable[..., object]) -> str:
    token = fresh_token()
    caller = begin(call, address("web2"), stage.access_token, seconds=4, token=token)
    wait_until(lambda: bool(stage.gateway.arrived[token]), "it was sent")
    stage.house.end("web2", signal.SIGKILL)
    assert caller.result(60)[0] == 0  # type: ignore[attr-defined]
    assert stage.house.row(token)["status"] == "running"
    stage.house.start("web2")
    stage.until(token, "failed", seconds=180)
    row = stage.house.row(token)
    assert (row["kind"], "charged" in row["sentence"]) == ("interrupted", True)
    stage.house.wait_for("web2")
    stage.paid_once(token)
    return "web2 killed in the middle of a script's call: its run says that it may have been charged, and was not made again"
