"""Whatever a gateway answers, its run ends truthful, is called once, keeps every picture that came whole, and breaks no page.

LibreChat GHSA-qrm5-r67f-6692 and InvokeAI 6.13.8 (names from the answer joined to a path), CVE-2026-45314 (an answer's own media
type believed), aiohttp's and httpx's decompression bombs, and what gateways and the proxies before them really send.
"""

import gzip
import html
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from gallery.models import APIKey, Gateway, Generation, Image, User
from gallery.services import tokens
from tests import fake_gateway as fakes
from tests.endpoint.script import Script
from tests.fake_gateway import CannedReply, FakeGateway
from tests.running_studio import memory_within
from tests.runs.line import submit

PICTURE = fakes.data_url(fakes.make_picture())


def whole(**fields: Any) -> dict[str, Any]:
    return {**fakes.image_reply([fakes.image_entry(PICTURE)]), **fields}


def with_words(words: str) -> bytes:
    """A good answer with these bytes of JSON as its words."""
    return json.dumps(fakes.image_reply([fakes.image_entry(PICTURE)], text="WORDS")).replace("WORDS", words).encode()


def with_cost(cost: str) -> bytes:
    return json.dumps(fakes.image_reply([fakes.image_entry(PICTURE)], cost=0)).replace(": 0}", f": {cost}}}").encode()


LINK = json.dumps(fakes.image_reply([fakes.image_entry("http://127.0.0.1:9/x.png")])).encode()
GOOD = json.dumps(whole()).encode()
HEADER = {"Content-Type": "application/json"}

# name, body, headers, status, what becomes of it: a kind of failure, or "" for one picture
ANSWERS: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("a type that is none", GOOD, {"Content-Type": "image/png"}, 200, ""),
    ("no type at all", GOOD, {"Content-Type": ""}, 200, ""),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, HEADER, 200, ""),
    ("blanks around it", b" \r\n\t" + GOOD + b"\n\n", HEADER, 200, ""),
    ("UTF-16", GOOD.decode().encode("utf-16"), HEADER, 200, "answer_unreadable"),
    ("a created page", GOOD, HEADER, 201, ""),
    ("half a character", with_words("a \\ud83d chair"), HEADER, 200, ""),
    ("bytes that are no letters", with_words("WORDS").replace(b"WORDS", b"\xff\xfe\xc3"), HEADER, 200, ""),
    ("NUL and marks", with_words("a\\u0000b\\u202e\\u001b[31m<script>"), HEADER, 200, ""),
    ("a cost that is no number", with_cost("NaN"), HEADER, 200, ""),
    ("a cost without end", with_cost("-Infinity"), HEADER, 200, ""),
    ("a cost without measure", with_cost("1e999"), HEADER, 200, ""),
    ("a cost of 4,000 digits", with_cost("9" * 4000), HEADER, 200, ""),
    ("said twice", b'{"choices": null, "choices": 7, ' + GOOD[1:], HEADER, 200, ""),
    ("nested deeply", b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", HEADER, 200, "answer_unreadable"),
    ("nested in the words", b'{"choices": ' + b'[{"message":' * 50_000, HEADER, 200, "answer_unreadable"),
    ("a list", b"[" + GOOD + b"]", HEADER, 200, "answer_unreadable"),
    ("a word", b'"ok"', HEADER, 200, "answer_unreadable"),
    ("nothing", b"", HEADER, 200, "answer_unreadable"),
    ("no content", b"", HEADER, 204, "answer_unreadable"),
    ("a page", b"<!doctype html><script>alert(1)</script>" * 50, HEADER, 200, "answer_unreadable"),
    ("cut before its last byte", GOOD[:-1], HEADER, 200, "answer_unreadable"),
    ("packed", gzip.compress(GOOD), {**HEADER, "Content-Encoding": "gzip"}, 200, "answer_unreadable"),
    ("packed to burst", gzip.compress(bytes(50_000_000)), {**HEADER, "Content-Encoding": "gzip"}, 200, "answer_unreadable"),
    ("said to be packed", GOOD, {**HEADER, "Content-Encoding": "br"}, 200, "answer_unreadable"),
    ("choices without a message", b'{"choices": [{}, null, 7, "x", []]}', HEADER, 200, "no_image"),
    ("no choices", b'{"choices": null}', HEADER, 200, "no_image"),
    ("choices that are a table", b'{"choices": {"0": {}}}', HEADER, 200, "no_image"),
    ("words alone", b'{"choices": [{"message": {"content": "<b>No</b>"}}]}', HEADER, 200, "no_image"),
    ("a link elsewhere on this machine", LINK, HEADER, 200, "picture_not_fetched"),
    ("a request without its answer in time", b"{}", HEADER, 408, "timed_out"),
    ("too long a body", b"{}", HEADER, 413, ""),
    ("a teapot", b"{}", HEADER, 418, ""),
    ("cloud 520", b"<html>", HEADER, 520, "gateway_failed"),
    ("cloud 524", b"<html>", HEADER, 524, "gateway_failed"),
    ("a bad gateway", b"", HEADER, 502, "gateway_failed"),
    ("not now, without a time", b"{}", HEADER, 503, "gateway_failed"),
    ("a time that is past", b"{}", HEADER, 504, "gateway_failed"),
]  # fmt: skip
REFUSED = {413, 418}


def clear() -> None:
    APIKey.objects.update(set_aside_at=None)
    Gateway.objects.update(paused_until=None)


def test_every_answer_ends_as_what_it_is_after_one_call(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    wrong = {}
    for name, body, headers, status, kind in ANSWERS:
        clear()
        calls = len(fake_gateway.requests)
        fake_gateway.will_send(status, body=body, headers=headers)
        run = submit(as_bea)
        ended = (run.status, run.error_kind, run.images.count(), len(fake_gateway.requests) - calls)
        if status in REFUSED:
            good = ended[0] == "failed" and ended[2:] == (0, 1)
        else:
            good = ended == (("failed", kind, 0, 1) if kind else ("succeeded", "", 1, 1))
        if not good or (kind and not run.error_sentence):
            wrong[name] = (*ended, run.error_sentence, run.error_detail[:80])
    assert not wrong, json.dumps(wrong, indent=1)
    assert not [
        cost for cost in Generation.objects.filter(cost__isnull=False).values_list("cost", flat=True) if cost != 150
    ]
    page = as_bea.get("/history/").content.decode()
    assert "<script>alert" not in page and "<b>No</b>" not in page


def chunked(body: bytes, size: str = "") -> bytes:
    return f"{size or format(len(body), 'x')}\r\n".encode() + body + b"\r\n0\r\n\r\n"


CHUNKED = {"Transfer-Encoding": "chunked"}
# Broken chunks are seen at once, or not before the deadline, by how the bytes fell into packets. Charged they may be either way.
BROKEN_CHUNKS = "answer_unreadable or timed_out"
FRAMES: list[tuple[str, CannedReply, str]] = [
    ("promised more than came", CannedReply(body=GOOD, promised=len(GOOD) + 500, breaks=True), "interrupted"),
    ("promised less than came", CannedReply(body=GOOD, promised=len(GOOD) // 2), "answer_unreadable"),
    ("chunks", CannedReply(body=chunked(GOOD), headers=CHUNKED), ""),
    ("chunks of no size", CannedReply(body=chunked(GOOD, "zz"), headers=CHUNKED), BROKEN_CHUNKS),
    ("chunks of a size below nothing", CannedReply(body=chunked(GOOD, "-5"), headers=CHUNKED), BROKEN_CHUNKS),
    (
        "chunks of a size beyond measure",
        CannedReply(body=chunked(GOOD, "f" * 40), headers=CHUNKED, breaks=True),
        BROKEN_CHUNKS,
    ),
    ("a chunk that ends nowhere", CannedReply(body=chunked(GOOD)[:-40], headers=CHUNKED, breaks=True), "interrupted"),
    ("a drip", CannedReply(body=GOOD, drip=0.05), "timed_out"),
    ("a promise without a word", CannedReply(body=b"", promised=500, silent_seconds=3), "timed_out"),
]  # fmt: skip


def test_a_body_that_is_not_as_long_as_promised_or_never_ends_may_have_been_charged(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    wrong = {}
    for name, reply, kind in FRAMES:
        clear()
        Gateway.objects.update(answer_seconds=1 if "timed_out" in kind else 20)
        calls = len(fake_gateway.requests)
        fake_gateway.will_answer(reply)
        run = submit(as_bea)
        ended = (run.status, run.error_kind, run.images.count(), len(fake_gateway.requests) - calls)
        kinds = kind.split(" or ")
        is_good = ended[1] in kinds and (ended[0], *ended[2:]) == (("failed", 0, 1) if kind else ("succeeded", 1, 1))
        if not is_good or (kind and "charged" not in run.error_sentence):
            wrong[name] = (*ended, run.error_sentence, run.error_detail[:80])
    assert not wrong, json.dumps(wrong, indent=1)


MEBIBYTE = 1024 * 1024
# Base64 that goes on for 2 GB, and says nowhere how long it is.
ENDLESS = CannedReply(body=b"%x\r\n%s\r\n" % (MEBIBYTE, b"iVBORw0K" * (MEBIBYTE // 8)), headers=CHUNKED, times=2048)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("asks", ["a form", "a script"])
def test_a_body_without_end_is_cut_off_at_its_bound_and_needs_no_memory(
    asks: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    script = Script(tokens.create_token(owner=bea, name="Packshot script")[1])
    fake_gateway.will_answer(ENDLESS)
    with memory_within(64 * MEBIBYTE):
        if asks == "a script":
            told = script.chat()
            assert (told.status, told.error["type"]) == (502, "upstream_error")
        else:
            submit(as_bea)
    run = Generation.objects.get()
    assert (run.status, run.error_kind, run.images.count()) == ("failed", "answer_unreadable", 0)
    assert "is larger than 268 MB and was not taken in. It may have been charged." in run.error_sentence
    assert run.error_sentence in html.unescape(as_bea.get(f"/generations/{run.pk}/").content.decode())
    # What had come of it is kept, up to the bound.
    (part,) = Path(settings.REPLIES_DIR).iterdir()
    assert 255 * MEBIBYTE < part.stat().st_size <= 257 * MEBIBYTE
    assert len(fake_gateway.requests) == 1
    assert submit(as_bea).images.count() == 1


PNG = PICTURE.partition(",")[2]
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><rect width='1' height='1'/></svg>"
# name, address, the type that it is kept as; "" where nothing can be kept
ADDRESSES = [
    ("as it should be", PICTURE, "image/png"),
    ("in capitals", f"DATA:IMAGE/PNG;BASE64,{PNG}", "image/png"),
    ("with a set of characters", f"data:image/png;charset=utf-8;base64,{PNG}", "image/png"),
    ("with a name that climbs", f"data:image/png;name=../../x.py;base64,{PNG}", "image/png"),
    ("without a type", f"data:;base64,{PNG}", "image/png"),
    ("of another type", f"data:image/svg+xml;base64,{PNG}", "image/png"),
    ("with line breaks", "data:image/png;base64," + "\n".join(PNG[at : at + 20] for at in range(0, len(PNG), 20)), "image/png"),
    ("with blanks before it", f"data:image/png;base64, {PNG}", "image/png"),
    ("without its padding", f"data:image/png;base64,{PNG.rstrip('=')}", "image/png"),
    ("in signs of an address", "data:image/png;base64," + PNG.replace("+", "-").replace("/", "_"), "image/png"),
    ("a vector in clear", f"data:image/svg+xml;utf8,{SVG}", "image/svg+xml"),
    ("a vector in signs", "data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27/%3E", "image/svg+xml"),
    ("a vector said to be a raster", "data:image/png," + SVG, "image/svg+xml"),
    ("a page", "data:text/html;base64,PGh0bWw+", ""),
    ("a page said to be a picture", "data:image/png;base64,PGh0bWw+", ""),
    ("nothing behind it", "data:image/png;base64,", ""),
    ("no comma", "data:image/png;base64", ""),
    ("a script", "javascript:alert(1)", ""),
    ("a blob", "blob:https://x.test/1", ""),
    ("a file", "file:///etc/passwd", ""),
    ("half a character", "data:image/png;base64,\ud83d", ""),
]  # fmt: skip


def test_every_address_of_a_picture_is_kept_as_what_its_bytes_are(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    wrong = {}
    for name, url, kept in ADDRESSES:
        Image.objects.all().delete()
        fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(url)]))
        run = submit(as_bea)
        types = list(run.images.values_list("media_type", flat=True))
        if types != ([kept] if kept else []) or run.status != ("succeeded" if kept else "failed"):
            wrong[name] = (run.status, run.error_kind, run.notes, types)
    assert not wrong, json.dumps(wrong, indent=1)


def test_what_an_answer_calls_its_pictures_reaches_no_file_and_no_page_as_markup(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    """Names in the answer, its id and the link's end; the words for the prompt are shown as text."""
    climbing = "../../../../tmp/proofsheet-climbs.py"
    link = fake_gateway.will_serve(
        fakes.make_picture(),
        path="/pictures/proofsheet-climbs.py",
        headers={"Content-Type": "text/html", "Content-Disposition": f'attachment; filename="{climbing}"'},
    )
    names = {"file_name": climbing, "filename": climbing, "id": climbing}
    words = f"<img src=x onerror=alert(1)> {climbing}"
    entry = {**fakes.image_entry(f"{link}?name={climbing}"), **names, "revised_prompt": words}
    fake_gateway.will_send(json={**fakes.image_reply([entry]), "id": climbing, "system_fingerprint": climbing})
    run = submit(as_bea)
    assert (run.status, run.images.get().media_type) == ("succeeded", "image/png")
    assert not list(Path(settings.DATA_DIR).rglob("*climbs*"))
    assert not Path("/tmp/proofsheet-climbs.py").exists()
    for path in (f"/generations/{run.pk}/", f"/images/{run.images.get().pk}/", "/history/"):
        assert "<img src=x" not in as_bea.get(path).content.decode()


HEADERS = {
    "x-request-id": "\x1b[31m<script>alert(1)</script>\x07",
    "Set-Cookie": "sessionid=x; Domain=127.0.0.1",
    **{f"x-many-{number}": "v" * 40 for number in range(60)},
}


@pytest.mark.parametrize("status", [200, 500])
def test_headers_of_an_answer_are_kept_harmless_or_not_at_all(
    status: int, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send(status, body=GOOD if status == 200 else b"{}", headers=HEADERS)
    run = submit(as_bea)
    assert run.status == ("succeeded" if status == 200 else "failed")
    kept = json.dumps(run.reply) + run.error_detail + as_bea.get(f"/generations/{run.pk}/").content.decode()
    assert "\x1b" not in kept and "\x07" not in kept and "<script>alert" not in kept and "sessionid=x" not in kept
    assert "cookie" not in fake_gateway.requests[-1].headers


def test_more_pictures_than_were_asked_for_are_kept_and_told_and_a_flood_is_bounded(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    entries = [fakes.image_entry(fakes.data_url(fakes.make_picture(size=(3, 2 + number)))) for number in range(5)]
    entries += [{"image_url": {"url": ""}}, {"image_url": {}}, {}, fakes.image_entry("data:image/png;base64,")]
    fake_gateway.will_send(json=fakes.image_reply(entries))
    run = submit(as_bea, num_images="2")
    assert (run.status, run.images.count()) == ("succeeded", 5)
    assert any("Asked for 2, 5 came" in note for note in run.notes)
    fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry("data:image/png;base64,AAAA")] * 5000))
    flooded = submit(as_bea)
    assert (
        flooded.status == "failed"
        and len(json.dumps(flooded.notes)) < 20_000
        and len(json.dumps(flooded.reply)) < 1_000_000
    )
