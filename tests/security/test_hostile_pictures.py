"""Bytes that are not what they say, or cost more than they look, by every door: answers, links, references, imports, portraits.

ComfyUI CVE-2024-10099 and CVE-2026-56670 (HTML and XHTML stored as pictures), Open WebUI CVE-2026-56398 and CVE-2026-45314 (the
type taken from an ending or a data URL), Pillow's CVE-2026-112403 and CVE-2026-112398 (decoders that are not asked for), and the
bombs of PNG, GIF, WebP and SVG.
"""

import asyncio
import fcntl
import gzip
import html
import io
import os
import re
import signal
import struct
import termios
import threading
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path

import httpx
import PIL
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as PillowImage

from gallery.gateway.sandbox.app import SandboxApp
from gallery.images.decoder import shared_decoder
from gallery.models import Gateway, Generation, Image, Worker
from gallery.services import claims, homecoming, outcomes, replies
from tests import factories
from tests import fake_gateway as fakes
from tests.fake_gateway import FakeGateway
from tests.images import corpus
from tests.running_studio import is_running
from tests.runs.line import FORM, stored_files, submit
from tests.visitor import wait_until

ROOT = Path(__file__).resolve().parents[2]


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return file.getvalue()


def in_format(name: str) -> bytes:
    return corpus.encode(corpus.picture(size=(16, 16)), name)


PAGE = b"<script>alert(1)</script>"
NO_PICTURES = {
    "html": b"<!doctype html>" + PAGE,
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + PAGE + b"</html>",
    "mhtml": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n" + PAGE,
    "xml": b'<?xml version="1.0"?><x/>',
    "xslt": b'<?xml version="1.0"?><?xml-stylesheet href="http://127.0.0.1/x"?><x/>',
    "script": b"alert(1)//",
    "style": b"body{background:url(http://127.0.0.1/)}",
    "json": b'{"error": "quota"}',
    "pdf": b"%PDF-1.7\n1 0 obj",
    "zip": zipped(),
    "svgz": gzip.compress(corpus.svg()),
    "mp4": b"\0\0\0\x20ftypisom" + bytes(60),
    "fits": b"SIMPLE  =                    T" + bytes(2880),
    "flash": b"FWS\x06" + bytes(60),
    "executable": b"\x7fELF" + bytes(60),
    "avif": in_format("AVIF"),
    "ico": in_format("ICO"),
    "tiff": in_format("TIFF"),
    "bmp": in_format("BMP"),
    "eps": in_format("EPS"),
    "psd": b"8BPS\0\1" + bytes(60),
    "jpeg 2000": in_format("JPEG2000"),
    "netpbm": in_format("PPM"),
    "nothing": b"",
    "the head of a png": corpus.png(4, 4)[:8],
    "html behind the head of a png": corpus.png(4, 4)[:8] + PAGE,
    "a gif that is a script": b"GIF89a=1;alert(1)//",
    "a gif of no size": b"GIF89a" + bytes(7) + b";",
    "a webp that is a script": b"RIFF=1;WEBPalert(1)",
}


def compressed(mebibytes: int) -> bytes:
    return zlib.compress(bytes(mebibytes * 1024**2), 9)


def many_frames(content: bytes, times: int) -> bytes:
    """A moving GIF of the largest canvas whose one frame is said over and over."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\x02\x44\x01\x00"
    return content[:6] + struct.pack("<HH", 60_000, 60_000) + content[10:-1] + frame * times + b"\x3b"


ANIMATED = corpus.chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
BOMBS = {
    "png of too many pixels": corpus.png(30_000, 30_000, data=compressed(1)),
    "png of a side without end": corpus.png(2**31 - 1, 1, data=b""),
    "png with packed words": corpus.png(4, 4, corpus.text_bomb(100)),
    "png with many packed words": corpus.png(4, 4, *[corpus.text_bomb(1)] * 100),
    "png with packed words of a language": corpus.png(4, 4, corpus.chunk(b"iTXt", b"k\0\1\0\0\0" + compressed(100))),
    "png with a packed profile": corpus.png(4, 4, corpus.chunk(b"iCCP", b"x\0\0" + compressed(100))),
    "png with a million blocks": corpus.png(4, 4, corpus.chunk(b"teXt", b"") * 300_000),
    "gif of too many pixels": many_frames(corpus.animated("GIF", 2), 10),
    "svg of too many shapes": corpus.svg(inside="<g/>" * 300_000),
    "svg nested too deeply": corpus.svg(inside="<g>" * 100_000),
    "svg with a billion laughs": corpus.svg(before='<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', inside="&b;"),
    "svg with a file of ours": corpus.svg(before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>', inside="&x;"),
}  # fmt: skip


def kept_by(run: Generation) -> list[str]:
    return list(run.images.values_list("media_type", flat=True))


@pytest.mark.parametrize("is_link", [False, True], ids=["in the answer", "behind a link"])
@pytest.mark.parametrize("percent", [10, 50, 99])
def test_a_picture_that_broke_off_fails_its_run_with_a_sentence(
    percent: int, is_link: bool, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    whole = fakes.make_noise((64, 64))
    content = whole[: len(whole) * percent // 100]
    url = fake_gateway.will_serve(content) if is_link else fakes.data_url(content)
    fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(url)]))
    run = submit(as_bea)
    assert (run.status, run.images.count(), len(fake_gateway.requests)) == ("failed", 0, 1)
    page = as_bea.get(f"/generations/{run.pk}/")
    assert page.status_code == 200
    assert run.error_sentence and html.escape(run.error_sentence, quote=True) in page.content.decode()


@pytest.mark.parametrize("kind", ["no pictures", "bombs"])
def test_nothing_but_a_picture_is_kept_of_an_answer_and_its_neighbour_is(
    kind: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    """All in answers of one good picture beside the bad ones: as a data URL, and behind a link that ends in .png."""
    samples = NO_PICTURES if kind == "no pictures" else BOMBS
    for is_link in (False, True):
        entries = []
        for content in samples.values():
            url = fake_gateway.will_serve(content) if is_link else fakes.data_url(content)
            entries.append(fakes.image_entry(url))
        good = fakes.make_picture()
        for at in range(0, len(entries), 10):
            fake_gateway.will_send(
                json=fakes.image_reply([*entries[at : at + 10], fakes.image_entry(fakes.data_url(good))])
            )
            run = submit(as_bea)
            assert (run.status, kept_by(run)) == ("succeeded", ["image/png"]), (run.notes, run.error_sentence)


@pytest.mark.parametrize("kind", ["no pictures", "bombs"])
def test_nothing_but_a_picture_is_imported_and_each_says_why(kind: str, as_bea: Client) -> None:
    samples = NO_PICTURES if kind == "no pictures" else BOMBS
    taken = {}
    for name, content in samples.items():
        file = SimpleUploadedFile("harmless.png", content, "image/png")
        response = as_bea.post("/import/", {"files": file}, headers={"HX-Request": "true"})
        if response.status_code >= 500 or Image.objects.exists():
            taken[name] = response.status_code
    assert not taken
    assert not Image.objects.exists()


def polyglots() -> dict[str, bytes]:
    tail = b"<html>" + PAGE + b"</html>"
    jpeg = corpus.encode(corpus.picture(), "JPEG")
    return {
        "png with a page behind it": corpus.encode(corpus.picture(), "PNG") + tail,
        "png with an archive behind it": corpus.encode(corpus.picture(), "PNG") + zipped(),
        "gif with an archive behind it": corpus.encode(corpus.picture("P"), "GIF") + zipped(),
        "jpeg with a script as its comment": corpus.insert_jpeg_segment(jpeg, 0xFFFE, tail),
        "jpeg with a script in its data of a camera": corpus.insert_jpeg_segment(jpeg, 0xFFE1, b"Exif\0\0" + tail),
        "webp with a page in a block": corpus.append_webp_chunk(corpus.encode(corpus.picture(), "WEBP"), b"HTML", tail),
        "png with a page in its words": corpus.insert_png_chunk(corpus.encode(corpus.picture(), "PNG"), b"tEXt", b"k\0" + tail),
    }  # fmt: skip


def test_a_picture_that_is_something_else_too_is_served_as_a_picture_alone(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send(
        json=fakes.image_reply([fakes.image_entry(fakes.data_url(one)) for one in polyglots().values()])
    )
    run = submit(as_bea)
    assert run.images.count() >= 1, run.notes
    for image in run.images.all():
        for size in ("original", *image.thumbnail_widths):
            response = as_bea.get(f"/media/{image.sha256}/{size}")
            content = factories.read_stream(response)
            assert response["X-Content-Type-Options"] == "nosniff"
            assert (
                "default-src 'none'" in response["Content-Security-Policy"]
                and "sandbox" in response["Content-Security-Policy"]
            )
            assert response["Content-Type"] in ("image/png", "image/jpeg", "image/webp", "image/gif")
            assert size == "original" or PAGE not in content


SCRIPTED = [
    '<script>alert(1)</script>', '<g onload="alert(1)"/>', '<a href="javascript:alert(1)"><text>x</text></a>',
    "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></body></foreignObject>",
    "<style>@import url(http://127.0.0.1/x.css);</style>", '<image href="/etc/passwd"/>', '<image href="http://127.0.0.1/x.png"/>',
    '<g id="a"/>' + "".join(f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 12)),
    '<animate attributeName="href" values="javascript:alert(1)"/>', '<set attributeName="onclick" to="alert(1)"/>',
]  # fmt: skip


def test_a_vector_runs_nothing_draws_nothing_here_and_is_given_out_as_a_file(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    vectors = [corpus.svg(inside=inside) for inside in SCRIPTED] + [corpus.svg('width="100000" height="100000"')]
    fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(fakes.data_url(one)) for one in vectors]))
    run = submit(as_bea)
    assert run.images.count() == len(vectors), run.notes
    assert not fake_gateway.fetches
    for image in run.images.all():
        assert max(image.width, image.height) <= 16_384 and not image.thumbnail_widths
        response = as_bea.get(f"/media/{image.sha256}/original")
        factories.read_stream(response)
        assert response["Content-Disposition"].startswith("attachment")
        assert "sandbox" in response["Content-Security-Policy"]
    assert "alert(1)" not in as_bea.get(f"/generations/{run.pk}/").content.decode().replace("&", "")


ODD_ONES: dict[str, tuple[bytes, tuple[int, int]]] = {
    "very wide": (corpus.encode(PillowImage.new("L", (30_000, 1)), "PNG"), (30_000, 1)),
    "very high": (corpus.encode(PillowImage.new("L", (1, 30_000)), "PNG"), (1, 30_000)),
    "a single point": (corpus.png(1, 1), (1, 1)),
    "cmyk": (corpus.encode(corpus.picture("CMYK"), "JPEG"), (60, 40)),
    "sixteen bits": (corpus.encode(corpus.picture("I;16"), "PNG"), (60, 40)),
    "one bit": (corpus.encode(corpus.picture("1"), "PNG"), (60, 40)),
    "a list of colours with glass": (corpus.encode(corpus.picture("PA"), "PNG"), (60, 40)),
    "a huge profile": (corpus.encode(corpus.picture(), "JPEG", icc_profile=b"x" * 3_000_000), (60, 40)),
    "moving gif": (corpus.animated("GIF", 200), (20, 20)),
    "moving webp": (corpus.animated("WEBP", 30), (20, 20)),
    "moving png": (corpus.animated("PNG", 30), (20, 20)),
    "a png that says it moves": (corpus.png(5, 4, ANIMATED), (5, 4)),
    **{
        f"turned {turn}": (
            corpus.with_exif(PillowImage.new("RGB", (60, 40), (turn * 20, 9, 9)), "JPEG", turn),
            (60, 40) if turn < 5 else (40, 60),
        )
        for turn in range(1, 9)
    },
}  # fmt: skip


def test_every_odd_picture_has_its_size_thumbnails_and_a_place_on_the_wall(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    sizes = {}
    names = list(ODD_ONES)
    # The same pixels twice in one answer are one picture.
    for at in range(3):
        part = [ODD_ONES[name][0] for name in names[at::3]]
        fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(fakes.data_url(one)) for one in part]))
        run = submit(as_bea)
        made = list(run.images.order_by("pk"))
        assert len(made) == len(part), run.notes
        for name, image in zip(names[at::3], made, strict=True):
            sizes[name] = (image.width, image.height)
            assert image.thumbnail_widths, name
    assert sizes == {name: size for name, (_, size) in ODD_ONES.items()}
    assert as_bea.get("/library/").status_code == 200


def test_the_same_bytes_are_one_file_and_near_ones_are_pictures_of_their_own(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    one = PillowImage.linear_gradient("L").rotate(90).resize((160, 120))
    kinds = {
        "one": corpus.encode(one, "PNG"),
        "the same": corpus.encode(one, "PNG"),
        "smaller": corpus.encode(one.resize((80, 60)), "PNG"),
        "as a JPEG": corpus.encode(one, "JPEG"),
        "turned inside out": corpus.encode(one.point(lambda value: 255 - value), "PNG"),
    }
    before = len(stored_files())
    made = {}
    for name, content in kinds.items():
        fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(fakes.data_url(content))]))
        made[name] = submit(as_bea).images.get()
    assert len({image.pk for image in made.values()}) == 5
    assert made["one"].sha256 == made["the same"].sha256
    assert len(stored_files()) - before == len({image.sha256 for image in made.values()}) == 4
    apart = {name: (int(image.dhash, 16) ^ int(made["one"].dhash, 16)).bit_count() for name, image in made.items()}
    assert max(apart["smaller"], apart["as a JPEG"]) <= 5 and apart["turned inside out"] >= 32, apart
    # Whoever takes away the one takes nothing of the other.
    as_bea.post(f"/images/{made['one'].pk}/trash/")
    assert not Image.objects.kept().filter(pk=made["one"].pk).exists()
    assert factories.read_stream(as_bea.get(f"/media/{made['one'].sha256}/original")) == kinds["one"]


def test_what_is_longer_than_it_may_be_or_comes_packed_is_refused_at_every_door(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    """Bodies without end are in `test_limits` and `tests/endpoint/test_served.py`, those of gateways and links in
    `test_hostile_gateway_answers` and `test_hostile_links`."""
    long = SimpleUploadedFile("a.png", corpus.encode(corpus.picture(), "PNG") + bytes(51 * 1024**2), "image/png")
    fields = {"model": "routellm/flux_kontext", "parameter": "image_prompt"}
    for path, sent in (
        ("/uploads/", fields | {"file": long}),
        ("/import/", {"files": long}),
        ("/", FORM | {"image_prompt": long}),
    ):
        long.seek(0)
        response = as_bea.post(path, sent, headers={"HX-Request": "true"})
        assert re.search(r"has 51 MB|is larger than", response.content.decode()), path
    bomb = gzip.compress(b'{"model": "routellm/flux_kontext", "prompt": "' + bytes(50_000_000) + b'"}')
    packed = as_bea.generic("POST", "/uploads/", bomb, "application/json", headers={"Content-Encoding": "gzip"})
    assert packed.status_code == 422
    assert not Image.objects.exists() and not fake_gateway.requests


def test_a_child_that_died_costs_no_picture(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    assert submit(as_bea).images.count() == 1
    for pid in shared_decoder.process_ids():
        os.kill(pid, signal.SIGKILL)
    assert submit(as_bea).images.count() == 1


def has_order(process: int) -> bool:
    """Whether something it has not read waits in its standard input."""
    with open(f"/proc/{process}/fd/0", "rb", buffering=0) as orders:
        return any(fcntl.ioctl(orders, termios.FIONREAD, bytes(4)))


def crash(process: int) -> None:
    """While a picture lies before it: a stopped process takes the signal when it goes on."""
    wait_until(lambda: has_order(process), "it was told of a picture")
    os.kill(process, signal.SIGSEGV)
    os.kill(process, signal.SIGCONT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("trouble", "sentence"), [("hangs", "Reading this picture took too long."), ("crashes", "could not be read.")]
)
def test_a_decoder_that_hangs_or_crashes_is_ended_and_fails_that_picture_alone(
    trouble: str, sentence: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    shared_decoder.close()
    assert submit(as_bea).images.count() == 1
    (child,) = shared_decoder.process_ids()
    os.kill(child, signal.SIGSTOP)
    if trouble == "crashes":
        threading.Thread(target=crash, args=(child,)).start()
    fake_gateway.will_send_image(count=3)
    run = submit(as_bea, num_images="3")
    assert (run.status, run.images.count()) == ("succeeded", 2), run.notes
    (told,) = [note for note in run.notes if note.startswith("Picture 1: ")]
    page = html.unescape(as_bea.get(f"/generations/{run.pk}/").content.decode())
    assert sentence in told and told in page and "Look again" in page
    assert not is_running(child)
    assert submit(as_bea).images.count() == 1
    replies.forget_taken_in()
    as_bea.post(f"/generations/{run.pk}/look-again/")
    run.refresh_from_db()
    assert (run.status, run.images.count(), told in run.notes) == ("succeeded", 3, False)
    assert not outcomes.reply_path(run).exists()
    assert len(fake_gateway.requests) == 3


@pytest.mark.django_db(transaction=True)
def test_an_answer_whose_only_picture_crashes_the_decoder_stays_for_whoever_looks_again(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    """However often it does so: nothing but a person tries it again, and nobody pays."""
    worker = claims.register_worker()
    shared_decoder.close()
    for times in range(2):
        assert submit(as_bea).images.count() == 1
        (child,) = shared_decoder.process_ids()
        os.kill(child, signal.SIGSTOP)
        crashing = threading.Thread(target=crash, args=(child,))
        crashing.start()
        if not times:
            run = submit(as_bea)
        else:
            as_bea.post(f"/generations/{run.pk}/look-again/")
        crashing.join()
        run.refresh_from_db()
        assert (run.status, run.error_kind, run.images.count()) == ("failed", "picture_not_read", 0)
        assert "could be read so far" in run.error_sentence
        assert "Look again at" in as_bea.get(f"/generations/{run.pk}/").content.decode()
        assert f"/generations/{run.pk}/look-again/" in as_bea.get("/").content.decode()
        # On a host that has not got the answer, as long as the one that has it is heard of.
        Generation.objects.filter(pk=run.pk).update(claimed_by="elsewhere:1:abc")
        elsewhere = Worker.objects.create(
            name="elsewhere:1:abc", host="elsewhere", process_id=1, seen_at=timezone.now()
        )
        kept = outcomes.reply_path(run).rename(outcomes.reply_path(run).with_suffix(".away"))
        assert "Look again at" in as_bea.get(f"/generations/{run.pk}/").content.decode()
        kept.rename(outcomes.reply_path(run))
        elsewhere.delete()
        Generation.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=1))
        assert homecoming.bring_home(worker) == 0
    as_bea.post(f"/generations/{run.pk}/look-again/")
    run.refresh_from_db()
    assert (run.status, run.images.count(), run.error_sentence) == ("succeeded", 1, "")
    assert not outcomes.reply_path(run).exists()
    assert len(fake_gateway.requests) == 3


MAY_OPEN = {"gallery/images/raster.py"}
OPENING = re.compile(r"\b(?:Image|PillowImage|PIL\.Image)\.open\(|ImageFile\.Parser\(|from PIL\.Image import open")
READERS = re.compile(
    r"^\s*(?:import|from) (?:cv2|imageio|numpy|pillow_heif|cairosvg|wand|skimage|pyvips)\b", re.MULTILINE
)
# What opens them is brought in by the child and what it brings in, and by nothing that runs elsewhere.
IN_THE_CHILD = ("child", "contact_sheet", "examine", "export", "flat", "mask", "raster", "rescale")
BRINGS_IN = re.compile(
    r"from gallery\.images import [^\n]*\b(?:contact_sheet|examine|export|flat|mask|raster|rescale)\b"
    r"|gallery\.images\.(?:contact_sheet|examine|export|flat|mask|raster|rescale)\b"
)


def test_pictures_are_opened_in_the_child_alone() -> None:
    modules = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "gallery").rglob("*.py")}
    assert {name for name, text in modules.items() if OPENING.search(text)} == MAY_OPEN
    assert not {name for name, text in modules.items() if READERS.search(text)}
    brought_in = {name for name, text in modules.items() if BRINGS_IN.search(text)}
    assert brought_in <= {f"gallery/images/{name}.py" for name in IN_THE_CHILD}


def test_the_sandbox_over_http_opens_no_hostile_picture_and_answers_on() -> None:
    """`manage.py sandbox_gateway` listens: what is sent to it is opened by the child, as everything else is."""
    hostile = {name: [fakes.data_url(content)] for name, content in (NO_PICTURES | BOMBS).items()}
    good = [fakes.data_url(corpus.encode(corpus.picture(size=(64, 32)), "JPEG"))]

    async def ask() -> dict[str, tuple[int, str]]:
        door = httpx.ASGITransport(app=SandboxApp(pace=0))
        async with httpx.AsyncClient(
            transport=door, base_url="http://127.0.0.1:9", headers={"Authorization": "Bearer key"}
        ) as sandbox:
            answers = {}
            for name, urls in (hostile | {"good": good}).items():
                parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
                body = {"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]}
                answer = await sandbox.post("/openai/v1/chat/completions", json=body)
                answers[name] = (answer.status_code, answer.text)
            return answers

    answers = asyncio.run(ask())
    status, said = answers.pop("good")
    assert (status, "64 × 32 pixels, JPEG, 2:1" in said) == (200, True), said
    assert {status for status, _ in answers.values()} == {400}, answers
    assert all("The image" in said for _, said in answers.values())


def test_the_decoder_is_one_without_the_known_holes() -> None:
    assert int(PIL.__version__.partition(".")[0]) >= 13
