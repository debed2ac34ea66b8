"""Many pictures taken away as one ZIP, as they came or as copies."""

import csv
import io
import json
import os
import re
import signal
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from PIL import Image as PillowImage

from gallery.images import formats, metadata
from gallery.images.decoder import patient_decoder
from gallery.images.recipes import check_recipe
from gallery.models import AuditEntry, Board, BoardItem, Generation, Image, ImageModel, ImageTag, Tag, User
from gallery.services import archives
from tests import factories
from tests.images import corpus
from tests.load_callers import Caller
from tests.running_studio import running_studio
from tests.visitor import Page, join, wait_until

PROMPT = "a red chair, 红椅子"


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, PROMPT, parameters={"seed": 7})


def copies_of(image: Image, count: int) -> list[Image]:
    """Rows that share its file."""
    names = ("owner", "visibility", "sha256", "media_type", "byte_size", "width", "height", "source")
    fields = {name: getattr(image, name) for name in names}
    return Image.objects.bulk_create([Image(**fields) for _ in range(count)])


def original_of(image: Image) -> bytes:
    with default_storage.open(image.file_name) as file:
        return bytes(file.read())


def rows_of(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read("pictures.csv").decode("utf-8-sig"))))


def test_a_selection_is_one_zip_with_a_list_of_its_pictures(
    as_chi: Client, chi: User, bea: User, picture: Image, flux_kontext: ImageModel
) -> None:
    imported = factories.import_picture(chi, factories.png("gold"), note="my chair")
    tag = Tag.objects.create(name="Chairs", key="chairs")
    ImageTag.objects.create(tag=tag, image=picture)
    for name, owner, visibility in (("Spring", bea, "team"), ("Bea’s secret", bea, "private")):
        board = Board.objects.create(name=name, owner=owner, visibility=visibility)
        BoardItem.objects.create(board=board, image=picture, rank=1)
    factories.create_picture(bea, flux_kontext, "left out")

    with factories.zip_of(as_chi, ids=f"{picture.pk},{imported.pk}") as archive:
        rows, told = rows_of(archive), json.loads(archive.read("pictures.json"))
        assert set(archive.namelist()) == {"pictures.csv", "pictures.json", *(row["file"] for row in rows)}
        assert [archive.read(row["file"]) for row in rows] == [original_of(imported), original_of(picture)]
        assert all(item.compress_type == zipfile.ZIP_STORED for item in archive.infolist())

    first, second = rows
    assert (first["prompt"], first["model"], first["person"], first["note"]) == ("", "", "Chi Ma", "my chair")
    assert (second["prompt"], second["model"], second["gateway"]) == (PROMPT, "routellm/flux_kontext", "routellm")
    assert (second["person"], second["tags"], second["boards"], second["cost"]) == (
        "Bea Arthur",
        "Chairs",
        "Spring",
        "",
    )
    assert (second["picture"], second["width"], second["made_at"]) == (
        str(picture.pk),
        "64",
        picture.created_at.isoformat(),
    )
    assert json.loads(second["parameters"]) == told[1]["parameters"] == {"seed": 7}
    assert (told[1]["tags"], told[1]["boards"], told[1]["cost"]) == (["Chairs"], ["Spring"], None)


def test_everything_a_query_finds_is_downloaded_and_nobody_elses_private_pictures(
    as_chi: Client, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    shown = factories.create_picture(bea, flux_kontext, "a green door")
    hidden = factories.create_picture(bea, flux_kontext, "a green door", visibility="private", colour="red")
    factories.create_picture(chi, flux_kontext, "a blue door", colour="blue")

    for data in ({"all": "1", "query": f"person={bea.pk}"}, {"ids": [shown.pk, hidden.pk, 999_999]}):
        with factories.zip_of(as_chi, **data) as archive:
            assert [row["picture"] for row in rows_of(archive)] == [str(shown.pk)]
            assert len(archive.namelist()) == 3


def test_a_run_shares_its_cost_among_its_pictures(as_bea: Client, bea: User, picture: Image) -> None:
    assert picture.generation_id
    Generation.objects.filter(pk=picture.generation_id).update(cost=Decimal("0.1"), cost_unit="usd")
    second = factories.import_picture(
        bea, factories.png("pink"), generation=picture.generation, position=1, is_cover=False
    )

    with factories.zip_of(as_bea, ids=[picture.pk, second.pk]) as archive:
        assert [(row["cost"], row["cost_unit"]) for row in rows_of(archive)] == [("0.050000", "usd")] * 2


@pytest.mark.parametrize(
    "prompt", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "\n=1", " =1", "\r\n @A1", "\nplain"]
)
def test_no_cell_of_the_list_is_a_formula(as_bea: Client, bea: User, flux_kontext: ImageModel, prompt: str) -> None:
    image = factories.create_picture(bea, flux_kontext, prompt)

    with factories.zip_of(as_bea, ids=image.pk) as archive:
        assert rows_of(archive)[0]["prompt"] == f"'{prompt}"
        assert json.loads(archive.read("pictures.json"))[0]["prompt"] == prompt


def test_a_missing_file_is_named_and_the_rest_comes(as_bea: Client, bea: User, picture: Image) -> None:
    gone = factories.import_picture(bea, factories.png("gold"), note="gone")
    default_storage.delete(gone.file_name)

    with factories.zip_of(as_bea, ids=[picture.pk, gone.pk]) as archive:
        assert f"gone-{gone.pk}.png" in archive.read("missing.txt").decode()
        assert len(archive.namelist()) == 4
        assert {row["file"]: row["remark"] for row in rows_of(archive)} == {
            "": "The file is missing on the server.",
            f"a-red-chair-红椅子-flux-kontext-{picture.pk}.png": "",
        }


@pytest.mark.parametrize("data", [{}, {"ids": "x"}, {"ids": "999999"}, {"all": "1", "query": "q=nowhere"}])
def test_a_selection_of_nothing_is_refused(as_bea: Client, picture: Image, data: dict[str, str]) -> None:
    response = as_bea.post("/library/download/", data)

    assert response.status_code == 422
    assert "Choose some first" in response.content.decode()


def test_a_zip_is_asked_for_by_who_is_signed_in_and_never_by_a_link(as_bea: Client, picture: Image) -> None:
    assert Client().post("/library/download/", {"ids": picture.pk}).status_code == 302
    assert as_bea.get("/library/download/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/library/download/", {"ids": picture.pk}).status_code == 403


@pytest.mark.parametrize("wanted", [{}, {"format": "original", "recipe": "embed"}], ids=["originals", "copies"])
def test_many_pictures_are_sent_with_few_queries(
    as_bea: Client,
    bea: User,
    flux_kontext: ImageModel,
    django_assert_max_num_queries: Any,
    wanted: dict[str, str],
) -> None:
    ids = [
        factories.create_picture(bea, flux_kontext, f"chair {number}", colour=f"#0000{number:02x}").pk
        for number in range(12)
    ]

    with django_assert_max_num_queries(15):
        response = as_bea.post("/library/download/", {"ids": ids, **wanted})
        factories.read_stream(response)


# As many as there are ------------------------------------------------------------------------------------------------


def test_a_zip_takes_however_many_there_are(as_bea: Client, bea: User) -> None:
    copies_of(factories.import_picture(bea, factories.png()), 10_000)

    with factories.zip_of(as_bea, all="1") as archive:
        assert len(archive.namelist()) == 10_003
        assert len(rows_of(archive)) == len(json.loads(archive.read("pictures.json"))) == 10_001


@pytest.mark.parametrize("query", ["", "tag={tag}", "board={board}", "board={board}&order=hand", "favourite=me", "ids"])
def test_page_follows_page_in_the_order_of_the_wall(as_bea: Client, bea: User, query: str) -> None:
    several = copies_of(factories.import_picture(bea, factories.png()), 2 * archives.PAGE + 7)
    tag = Tag.objects.create(name="Chairs", key="chairs")
    board = Board.objects.create(name="Spring", owner=bea)
    ImageTag.objects.bulk_create([ImageTag(tag=tag, image=image) for image in several])
    # Some stand in the same place: then the newer one comes first.
    BoardItem.objects.bulk_create(
        [BoardItem(board=board, image=image, rank=-(number // 3)) for number, image in enumerate(several)]
    )
    bea.marks.bulk_create([bea.marks.model(user=bea, image=image, is_favourite=True) for image in several])
    ids = ",".join(str(image.pk) for image in several)
    data = {"ids": ids} if query == "ids" else {"all": "1", "query": query.format(tag=tag.pk, board=board.pk)}

    with factories.zip_of(as_bea, **data) as archive:
        found = [int(row["picture"]) for row in rows_of(archive)]

    newest_first = sorted((image.pk for image in several), reverse=True)
    by_hand = [item.image_id for item in board.items.order_by("-rank", "-image")]
    assert by_hand != newest_first
    assert [pk for pk in found if pk in set(newest_first)] == (by_hand if "hand" in query else newest_first)


def sent_with_a_break(response: Any, between: Callable[[], object]) -> zipfile.ZipFile:
    """What comes when something happens after the first bytes."""

    async def read() -> bytes:
        content = aiter(response.streaming_content)
        first: bytes = await anext(content)
        await sync_to_async(between)()
        return first + b"".join([chunk async for chunk in content])

    return zipfile.ZipFile(io.BytesIO(async_to_sync(read)()))


@pytest.mark.parametrize("whose", ["picture", "account"])
def test_what_is_withdrawn_while_a_zip_is_sent_is_not_in_it(as_chi: Client, chi: User, bea: User, whose: str) -> None:
    first = factories.import_picture(bea, corpus.encode(corpus.noise((400, 300)), "PNG"))
    copies_of(first, 5)

    def withdraw() -> None:
        if whose == "picture":
            Image.objects.update(visibility="private")
        else:
            User.objects.filter(pk=chi.pk).update(is_active=False)
        time.sleep(archives.FRESH_SECONDS)

    response = as_chi.post("/library/download/", {"all": "1"})
    with sent_with_a_break(response, withdraw) as archive:
        assert archive.testzip() is None
        assert 1 <= len(rows_of(archive)) <= 2 and len(archive.namelist()) == 2 + len(rows_of(archive))


# As copies ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(bea: User, picture: Image) -> dict[str, Image]:
    """One of each kind there is, one damaged, one without its file."""
    damaged = factories.import_picture(bea, factories.png("pink"), note="damaged")
    default_storage.delete(damaged.file_name)
    default_storage.save(damaged.file_name, ContentFile(original_of(picture)[:60]))
    lost = factories.import_picture(bea, factories.png("gold"), note="lost")
    default_storage.delete(lost.file_name)
    return {
        "made": picture,
        "told": factories.import_picture(bea, corpus.with_exif(corpus.picture(), "PNG", 1), note="told"),
        "vector": factories.import_picture(bea, corpus.svg(inside="<path/>"), note="vector"),
        "moving": factories.import_picture(bea, corpus.animated("GIF", 2), note="moving"),
        "damaged": damaged,
        "lost": lost,
    }


def told_of(archive: zipfile.ZipFile, mixed: dict[str, Image]) -> dict[str, tuple[str, str]]:
    """The ending of the file that came for each, and what is said of it."""
    rows = {row["picture"]: row for row in rows_of(archive)}
    found = {name: rows[str(image.pk)] for name, image in mixed.items()}
    return {name: (row["file"].rpartition(".")[2], row["remark"]) for name, row in found.items()}


def content_of(archive: zipfile.ZipFile, image: Image) -> bytes:
    return archive.read(next(row["file"] for row in rows_of(archive) if row["picture"] == str(image.pk)))


def test_a_selection_comes_as_copies_each_with_its_recipe(as_chi: Client, mixed: dict[str, Image]) -> None:
    with factories.zip_of(as_chi, all="1", format="jpeg", side="32", recipe="embed") as archive:
        told = told_of(archive, mixed)
        assert {name: ending for name, (ending, _) in told.items()} == {
            "made": "jpg", "told": "jpg", "vector": "svg", "moving": "jpg", "damaged": "png", "lost": ""
        }  # fmt: skip
        assert [told[name][1] for name in ("made", "told", "moving")] == [""] * 3
        assert told["vector"][1].startswith("This is the original. An SVG has no pixels")
        assert told["damaged"][1].startswith("This is the original. This picture is damaged")
        assert told["lost"][1] == "The file is missing on the server."
        for name in ("vector", "damaged"):
            assert content_of(archive, mixed[name]) == original_of(mixed[name])
        assert "lost-" in archive.read("missing.txt").decode()
        copy = content_of(archive, mixed["made"])
        assert b"Secret" not in content_of(archive, mixed["told"])

    with PillowImage.open(io.BytesIO(copy)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (32, 24))
    recipe = check_recipe(metadata.read_recipe(copy, formats.JPEG))
    assert recipe is not None and (recipe.prompt, recipe.parameters["seed"]) == (PROMPT, 7)


def test_copies_without_recipes_tell_nothing_or_do_not_come(as_chi: Client, mixed: dict[str, Image]) -> None:
    with factories.zip_of(as_chi, all="1", format="webp", recipe="strip") as archive:
        told = told_of(archive, mixed)
        assert {name: ending for name, (ending, _) in told.items()} == {
            "made": "webp", "told": "webp", "vector": "svg", "moving": "webp", "damaged": "", "lost": ""
        }  # fmt: skip
        assert told["vector"][1].startswith("This is the original, freed of what was told of it.")
        assert told["damaged"][1].startswith("It cannot be freed of what is told of it.")
        missing = archive.read("missing.txt").decode()
        assert "damaged-" in missing and "lost-" in missing
        for name in archive.namelist():
            if not name.startswith(("pictures.", "missing.")):
                content = archive.read(name)
                assert b"Secret" not in content and b"proofsheet" not in content and b"red chair" not in content


def test_a_copy_of_the_same_format_and_size_keeps_its_pixels(as_chi: Client, mixed: dict[str, Image]) -> None:
    with factories.zip_of(as_chi, ids=mixed["told"].pk, format="original", recipe="strip") as archive:
        copy = content_of(archive, mixed["told"])
    with (
        PillowImage.open(io.BytesIO(copy)) as opened,
        PillowImage.open(io.BytesIO(original_of(mixed["told"]))) as original,
    ):
        assert opened.tobytes() == original.tobytes()
    assert b"Secret" not in copy


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"format": "tiff"}, "original, png, jpeg or webp"),
        ({"side": "0"}, "between 16 and 65,535"),
        ({"format": "png", "recipe": "keep"}, "is the original file"),
    ],
)
def test_copies_that_make_no_sense_are_refused_with_a_sentence(
    as_chi: Client, picture: Image, wanted: dict[str, str], sentence: str
) -> None:
    response = as_chi.post("/library/download/", {"ids": picture.pk, **wanted})

    assert response.status_code == 400 and sentence in response.content.decode()


def test_the_audit_log_says_what_was_taken(as_chi: Client, picture: Image) -> None:
    factories.zip_of(as_chi, ids=picture.pk, format="png", side="512", recipe="strip")

    assert AuditEntry.objects.get().detail == {
        "pictures": 1, "format": "image/png", "side": 512, "has_recipe": False
    }  # fmt: skip


def test_the_dialog_offers_what_one_picture_offers(as_chi: Client, picture: Image) -> None:
    data = {"ids": picture.pk, "query": "q=chair"}
    dialog = as_chi.post("/library/download/choose/", data, headers={"HX-Request": "true"}).content.decode()

    assert "1 picture" in dialog and f'name="ids" value="{picture.pk}"' in dialog and 'value="q=chair"' in dialog
    menu = as_chi.get(f"/images/{picture.pk}/").content.decode()
    for choice in ("original", "png", "jpeg", "webp", "embed", "strip"):
        assert f'value="{choice}"' in dialog and f'value="{choice}"' in menu
    assert '<option value="4096">' in dialog
    assert as_chi.post("/library/download/choose/", {"ids": "999999"}).status_code == 404


def hold_decoder() -> None:
    """A picture before this one takes longer than a row is believed."""
    [process_id] = patient_decoder.process_ids()
    os.kill(process_id, signal.SIGSTOP)
    threading.Timer(archives.FRESH_SECONDS + 0.5, os.kill, (process_id, signal.SIGCONT)).start()


@pytest.mark.parametrize("whose", ["picture", "account"])
def test_what_is_withdrawn_while_its_copy_is_made_is_not_in_the_zip(
    as_chi: Client, chi: User, bea: User, whose: str
) -> None:
    first = factories.import_picture(bea, corpus.encode(corpus.noise((400, 300)), "PNG"))
    second = copies_of(first, 1)[0]
    wanted = {"format": "png", "recipe": "strip", "side": "390"}
    # Its process is there.
    factories.zip_of(as_chi, ids=first.pk, **wanted)

    def withdraw() -> None:
        if whose == "picture":
            Image.objects.filter(pk=first.pk).update(visibility="private")
        else:
            User.objects.filter(pk=chi.pk).update(is_active=False)
        hold_decoder()

    response = as_chi.post("/library/download/", {"all": "1", **wanted})
    with sent_with_a_break(response, withdraw) as archive:
        assert archive.testzip() is None
        assert [row["picture"] for row in rows_of(archive)] == [str(second.pk)]
        assert len(archive.namelist()) == 3


# So many at a time ----------------------------------------------------------------------------------------------------


Ask = Callable[..., Any]


@pytest.fixture
def crowd(db: None) -> list[Client]:
    return [factories.signed_in(factories.create_user(f"reader{number}")) for number in range(9)]


@pytest.fixture
def ask(db: None) -> Iterator[Ask]:
    """For a ZIP of everything. Whoever waits for one has let go of it at the end."""
    under_way: list[Any] = []

    def ask_once(client: Client, **data: Any) -> Any:
        under_way.append(client.post("/library/download/", {"all": "1", **data}))
        return under_way[-1]

    yield ask_once
    for response in under_way:
        let_go(response)


def give_up(response: Any) -> None:
    """After the first bytes."""

    async def read() -> None:
        await anext(response.streaming_content)
        await response.streaming_content.aclose()

    async_to_sync(read)()


def let_go(response: Any) -> None:
    """As a server does at the end, the test's own connection to the database apart."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def test_one_zip_of_copies_a_person_and_eight_for_all(crowd: list[Client], ask: Ask, picture: Image) -> None:
    under_way = [ask(client, format="png") for client in crowd[:8]]
    assert [response.status_code for response in under_way] == [200] * 8

    second, ninth = ask(crowd[0], format="webp"), ask(crowd[8], format="png")
    assert (second.status_code, ninth.status_code) == (429, 503)
    assert second["Retry-After"] == ninth["Retry-After"] == "60"
    assert "on its way to you already" in second.content.decode()
    assert "as many ZIPs of copies as it can" in ninth.content.decode()
    assert ask(crowd[0]).status_code == ask(crowd[8]).status_code == 200

    # Read to its end, given up in the middle, and let go before its first byte.
    factories.read_stream(under_way.pop())
    give_up(under_way.pop())
    for response in under_way:
        let_go(response)
    assert [ask(client, format="png").status_code for client in crowd[:8]] == [200] * 8


def test_whether_a_zip_would_be_sent_is_told_before_it_is_begun(crowd: list[Client], ask: Ask, picture: Image) -> None:
    assert ask(crowd[0], format="png", ahead="1").status_code == 204
    under_way = ask(crowd[0], format="png")
    assert under_way.status_code == 200
    refused = ask(crowd[0], format="png", ahead="1")
    assert refused.status_code == 429
    assert re.search(r"data-refusal>A ZIP of copies is on its way", refused.content.decode())
    assert ask(crowd[0], ahead="1").status_code == 204
    let_go(under_way)


def test_four_zips_of_originals_a_person_and_thirty_two_for_all(crowd: list[Client], ask: Ask, picture: Image) -> None:
    under_way = [ask(client) for client in crowd[:8] for _ in range(4)]
    assert [response.status_code for response in under_way] == [200] * 32

    fifth, last = ask(crowd[0]), ask(crowd[8])
    assert (fifth.status_code, last.status_code) == (429, 503)
    assert fifth["Retry-After"] == last["Retry-After"] == "60"
    assert "Four ZIPs are on their way to you already" in fifth.content.decode()
    assert "as many ZIPs as it can" in last.content.decode()

    let_go(under_way[0])
    assert [ask(crowd[0]).status_code for _ in range(2)] == [200, 429]
    let_go(under_way[4])
    assert ask(crowd[8]).status_code == 200


def noise() -> bytes:
    size = (1000, 800)
    return corpus.encode(PillowImage.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)), "PNG", compress_level=0)


def test_a_reader_who_hangs_up_ends_the_work(tmp_path: Path) -> None:
    with running_studio(tmp_path / "data") as studio:
        ada = join(studio.address, studio.setup_path, "ada", "Ada")
        for _ in range(4):
            assert ada.post_files("/import/", {}, {"files": noise()}).status == 200
        csrf = ada.cookie("proofsheet_csrf")
        cookies = f"Cookie: proofsheet_session={ada.cookie('proofsheet_session')}; proofsheet_csrf={csrf}"
        caller = Caller(studio.port, [cookies, f"X-CSRFToken: {csrf}"])
        form = {"all": "1", "format": "png", "side": "900"}
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            line.connect(("127.0.0.1", studio.port))
            body = urlencode(form).encode()
            kind = "Content-Type: application/x-www-form-urlencoded"
            line.sendall(caller.head("POST", "/library/download/", kind, body=body) + body)
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
            assert ada.post("/library/download/", form).status == 429

        again: list[Page] = []

        def is_free() -> bool:
            again.append(ada.post("/library/download/", form))
            return again[-1].status == 200

        wait_until(is_free, "a ZIP for whoever hung up on the last")
        with zipfile.ZipFile(io.BytesIO(again[-1].body)) as archive:
            assert archive.testzip() is None and len(archive.namelist()) == 6
