"""The studio behind nginx as `deploy/nginx-pictures.conf` sets it up: nginx sends pictures from their folder, and a browser
cannot tell."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import nginx
from tests.front_proxy import FrontProxy
from tests.installed import go_without
from tests.running_studio import Studio, free_port, running_studio
from tests.visitor import LONGEST_SECONDS, Visitor, join, make_picture

SITE = """server {{
    listen 127.0.0.1:{port};
    proxy_set_header Host $host:{port};
    proxy_set_header X-Forwarded-For $remote_addr;
    include {folder}/pictures.conf;
    location / {{ proxy_pass http://127.0.0.1:{studio_port}; }}
}}
"""
# Each answer has its own, and nginx tells when the file was written and that it takes ranges.
OWN = {"date", "server", "connection", "x-request-id", "last-modified", "accept-ranges", "transfer-encoding"}


@pytest.fixture(autouse=True)
def nginx_is_installed() -> None:
    if nginx.NGINX is None:
        go_without("no nginx here: apt-get install nginx-light")


@contextmanager
def nginx_before(studio: Studio, folder: Path, pictures: Path) -> Iterator[str]:
    """Where it is reached. The bucket's half of the example stays as it is: it is not asked."""
    folder.mkdir()
    changes = {"/srv/proofsheet/pictures": str(pictures), "s3.internal": "127.0.0.1"}
    (folder / "pictures.conf").write_text(nginx.example("nginx-pictures.conf", changes))
    port = free_port()
    with nginx.running(folder, SITE.format(folder=folder, port=port, studio_port=studio.port), port):
        yield f"127.0.0.1:{port}"


def ask(
    where: str, visitor: Visitor, path: str, *, method: str = "GET", source: str = "127.0.0.1", **more: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(where, timeout=LONGEST_SECONDS, source_address=(source, 0))
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies)
    connection.request(method, path, headers={"Cookie": cookies, **more})
    answer = connection.getresponse()
    told = {name.lower(): value for name, value in answer.getheaders()}
    body = answer.read()
    connection.close()
    return answer.status, told, body


def test_nginx_sends_pictures_as_the_studio_would(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    told = {
        "PROOFSHEET_MEDIA_OFFLOAD": "x-accel",
        "PROOFSHEET_TRUSTED_PROXIES": "127.0.0.1",
        "PROOFSHEET_STORAGE_URL": f"file://{pictures}",
    }
    with (
        running_studio(tmp_path / "data", **told) as studio,
        nginx_before(studio, tmp_path / "nginx", pictures) as where,
    ):
        ada = join(studio.address, studio.setup_path, "ada", "Ada")
        page = make_picture(ada, "a kite over the dunes")
        past = studio.address.removeprefix("http://")
        wall = ada.get("/library/").text
        media = wall[wall.index("/media/") :].split('"')[0].split(" ")[0]
        original = f"{media.rpartition('/')[0]}/original"
        for path in (media, original, f"{page}download/"):
            sent, came = ask(past, ada, path, source="127.0.0.2"), ask(where, ada, path)
            assert came[0] == sent[0] == 200
            assert came[2] == sent[2] != b""
            assert "x-accel-redirect" not in came[1]
            assert without_own(came[1]) == without_own(sent[1])
            head = ask(where, ada, path, method="HEAD")
            assert (head[0], without_own(head[1]), head[2]) == (200, without_own(came[1]), b"")

        # A part of it, and what the browser has already.
        whole = ask(where, ada, original)
        part = ask(where, ada, original, Range="bytes=10-19", **{"If-Range": whole[1]["etag"]})
        assert (part[0], part[2]) == (206, whole[2][10:20])
        assert part[1]["content-security-policy"] == whole[1]["content-security-policy"]
        assert ask(where, ada, original, **{"If-None-Match": whole[1]["etag"]})[0] == 304

        # Nobody comes to the folder but by an answer of the studio.
        nobody, name = Visitor(studio.address), next(pictures.glob("originals/*/*/*")).relative_to(pictures)
        assert ask(where, nobody, original)[0] == 302
        for path in (f"/-/pictures/{name}", f"/media/..%2f-/pictures/{name}", "/-/bucket/shelf"):
            assert ask(where, ada, path)[0] == 404

        (pictures / name).unlink()
        gone = ask(where, ada, original)
        assert (gone[0], gone[1]["content-type"], gone[1]["cache-control"]) == (404, "image/svg+xml", "no-store")


def without_own(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OWN}


def test_the_log_of_nginx_holds_no_address_that_opens_a_door(tmp_path: Path) -> None:
    """No studio stands behind it: what it says of a request is the same."""
    doors = ("/s/", "/accounts/join/", "/accounts/password/MQ/", "/v1/files/12~", "/api/v1/files/12~")
    proxy = FrontProxy(tmp_path)
    with proxy.before(free_port()):
        for path in (*(f"{door}CANARY-CANARY/?key=CANARY" for door in doors), "/library/?q=chair"):
            connection = proxy.connect()
            connection.request("GET", path, headers={"Referer": f"https://x{path}"})
            assert connection.getresponse().status == 502
            connection.close()
    log = (tmp_path / "access.log").read_text()
    assert '"GET /library/?q=chair HTTP/1.1" 502' in log
    assert log.count("GET") == 6
    assert "CANARY" not in log
