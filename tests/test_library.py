"""The library's wall over HTTP: its page, the list of sections, one section, the ids; what each may show to whom."""

import gzip
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Generation, Image, ImageModel, Mark, User
from tests import factories

SHAPES = [(1024, 1024), (1536, 1024), (1024, 1536), (1344, 768), (768, 1344)]
TILE = re.compile(r'data-tile="(\d+)"')
HEAVIEST_PAGE = 60_000


def hang(owner: User, image_model: ImageModel, count: int, **fields: Any) -> list[Image]:
    """So many pictures of single runs, the last one the newest; written at once."""
    first = factories.create_generation(owner, image_model, fields.pop("prompt", "a red chair"))
    made = Generation.objects.bulk_create(
        Generation(
            owner=owner, prompt=f"{first.prompt} {number}", model_name="FLUX Kontext", gateway_slug="routellm",
            model_id="flux_kontext", spec_hash="", status="succeeded",
        )
        for number in range(count)
    )  # fmt: skip
    return Image.objects.bulk_create(
        Image(**{**PICTURE, **fields}, owner=owner, generation=generation, sha256=f"{number:064x}",
              width=SHAPES[number % 5][0], height=SHAPES[number % 5][1])
        for number, generation in enumerate(made)
    )  # fmt: skip


PICTURE: dict[str, Any] = {
    "source": "generated",
    "media_type": "image/png",
    "byte_size": 1000,
    "thumbnail_widths": [320, 640, 1280],
}


def tiles_of(text: str) -> list[int]:
    return [int(number) for number in TILE.findall(text)]


def get_sections(client: Client, words: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/library/sections/?{words}").json()
    return answer


def get_section(client: Client, section: list[Any], words: str = "") -> str:
    return client.get(f"/library/section/?{words}&first={section[2]}&last={section[3]}").content.decode()


# The whole wall -------------------------------------------------------------------------------------------------------


def test_the_sections_together_are_the_wall_and_each_is_as_high_as_was_said(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    pictures = hang(bea, flux_kontext, 330)
    answer = get_sections(as_bea)
    assert answer["total"] == 330
    assert answer["more"] is None
    found = []
    for section in answer["sections"]:
        html = get_section(as_bea, section)
        a, b, rows = (re.search(rf'data-{name}="([\d.]+)"', html)[1] for name in ("a", "b", "rows"))  # type: ignore[index]
        assert (float(a), float(b), int(rows)) == tuple(section[5:])
        assert len(tiles_of(html)) == section[4] <= 200
        found += tiles_of(html)
    assert found == [picture.pk for picture in reversed(pictures)]


def test_a_wall_of_stacks_is_told_how_many_pictures_it_holds(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    Image.objects.filter(pk=hang(bea, flux_kontext, 1003)[-1].pk).update(is_cover=False)
    answer = get_sections(as_bea)
    assert (answer["total"], answer["pictures"]) == (1002, 1003)
    assert get_sections(as_bea, "stacks=off")["pictures"] is None
    assert 'id="found-count" data-wall-counts>1,000+ pictures' in as_bea.get("/library/").content.decode()


def test_the_page_carries_the_first_sections_with_their_prompts(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    hang(bea, flux_kontext, 330)
    page = as_bea.get("/library/").content.decode()
    first = get_sections(as_bea)["sections"][0]
    assert tiles_of(page) == tiles_of(get_section(as_bea, first))
    assert 60 < len(tiles_of(page)) <= 100
    assert 'alt="a red chair 329"' in page
    assert page.count('fetchpriority="high"') == page.split('class="row"')[1].count("data-tile")


def test_without_a_script_pages_lead_down_the_wall_and_up_again(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    pictures = hang(bea, flux_kontext, 230)
    address, found, up = "/library/?stacks=off", [], ""
    while address:
        page = as_bea.get(address).content.decode()
        found += tiles_of(page)
        up = link_to(page, "Newer pictures") or up
        address = link_to(page, "Older pictures")
    assert found == [picture.pk for picture in reversed(pictures)]
    while up:
        page = as_bea.get(up).content.decode()
        above = tiles_of(page)
        up = link_to(page, "Newer pictures")
    assert above[0] == pictures[-1].pk
    assert as_bea.get("/library/?before=1").status_code == 200


def link_to(page: str, words: str) -> str:
    found = re.search(rf'href="(\?[^"]*)"[^>]*>{words}<', page)
    return f"/library/{found[1].replace('&amp;', '&')}" if found else ""


# Days -----------------------------------------------------------------------------------------------------------------


def test_days_and_months_have_their_titles_in_the_readers_zone(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    now = datetime.now(zone)
    noon = now.replace(hour=0, minute=30)
    moments = [noon - timedelta(days=days) for days in (800, 45, 40, 3, 1)] + [now]
    pictures = hang(bea, flux_kontext, len(moments))
    for picture, moment in zip(pictures, moments, strict=True):
        Image.objects.filter(pk=picture.pk).update(created_at=moment)
    as_bea.cookies["timezone"] = str(zone)
    sections = get_sections(as_bea)["sections"]
    day, month = noon - timedelta(days=3), noon - timedelta(days=800)
    assert [section[0] for section in sections][:3] == [
        "Today",
        "Yesterday",
        f"{day:%A} {day.day} {day:%B}" + year(day),
    ]
    assert sections[-1][0] == f"{month:%B %Y}"
    assert sections[-1][1] == month.year * 100 + month.month
    assert sum(section[4] for section in sections) == len(moments)
    assert "Today" in as_bea.get("/library/").content.decode()


def year(day: datetime) -> str:
    return "" if day.year == timezone.localdate().year else f" {day.year}"


def test_a_clock_that_went_back_shows_no_day_twice(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    pictures = hang(bea, flux_kontext, 6)
    for picture, days in zip(pictures, (5, 5, 2, 5, 2, 0), strict=True):
        Image.objects.filter(pk=picture.pk).update(created_at=timezone.now() - timedelta(days=days))
    titles = [section[0] for section in get_sections(as_bea)["sections"]]
    assert len(titles) == len(set(titles)) == 2


# Access ---------------------------------------------------------------------------------------------------------------


def test_private_pictures_are_in_nobody_elses_sections_ids_or_stacks(
    as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    shared = factories.create_picture(bea, flux_kontext, "a shared chair")
    hidden = Image.objects.create(
        **PICTURE, owner=bea, generation=shared.generation, position=1, is_cover=False, sha256="1" * 64, width=1,
        height=1, visibility="private",
    )  # fmt: skip
    alone = factories.create_picture(bea, flux_kontext, "a hidden chair", visibility="private")
    whole = f"first={alone.pk}&last={shared.pk}"
    assert get_sections(as_chi)["total"] == 1
    assert get_sections(as_bea)["total"] == 2
    assert as_chi.get(f"/library/ids/?stacks=off&{whole}").json() == {"ids": [shared.pk]}
    assert as_bea.get(f"/library/ids/?stacks=off&{whole}").json() == {"ids": [alone.pk, hidden.pk, shared.pk]}
    seen, own = (client.get(f"/library/section/?{whole}").content.decode() for client in (as_chi, as_bea))
    assert tiles_of(seen) == [shared.pk]
    assert "shot-count" not in seen and "hidden chair" not in seen
    assert 'data-count="2"' in own and f'href="/library/?run={shared.generation_id}"' in own


def test_nobody_reads_a_wall_without_signing_in(client: Client, db: None) -> None:
    for path in ("sections/", "section/?first=2&last=1", "ids/"):
        assert client.get(f"/library/{path}").status_code == 302


def test_marks_on_the_wall_are_ones_own(
    as_bea: Client, as_chi: Client, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    Mark.objects.create(user=chi, image=picture, is_favourite=True, rating=4)
    assert "data-circled" in as_chi.get("/library/").content.decode()
    assert 'data-rating="4"' in as_chi.get("/library/").content.decode()
    assert "data-circled" not in as_bea.get("/library/").content.decode()


# Odd input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["", "first=1", "first=x&last=1", "first=1&last=1e3", f"first={'9' * 30}&last=1"])
def test_a_section_without_its_bounds_is_refused_in_words(as_bea: Client, words: str) -> None:
    response = as_bea.get(f"/library/section/?{words}")
    assert response.status_code == 422
    assert "?first=" in response.content.decode()


def test_a_section_whose_pictures_are_gone_is_empty(as_bea: Client) -> None:
    response = as_bea.get("/library/section/?first=9&last=1")
    assert (response.status_code, response.content.strip()) == (200, b"")


@pytest.mark.parametrize(
    ("said", "cookie", "agent", "across"),
    [
        ("", "", "", 6),
        ("", "", "Mozilla/5.0 (iPhone) Mobile", 3),
        ("", "9", "Mozilla/5.0 (iPhone) Mobile", 9),
        ("4", "9", "", 4),
        ("1000", "-1", "", 6),
        ("٤", "x", "", 6),
    ],
)
def test_how_many_hang_across_is_said_chosen_or_fits_the_screen(
    as_bea: Client, bea: User, flux_kontext: ImageModel, said: str, cookie: str, agent: str, across: int
) -> None:
    factories.create_picture(bea, flux_kontext)
    as_bea.cookies["across"] = cookie
    page = as_bea.get("/library/", {"across": said, "layout": "square"}, headers={"user-agent": agent})
    assert f'data-across="{across}" data-layout="square"' in page.content.decode()
    assert "--ratio:1.0" in page.content.decode()


@pytest.mark.parametrize(
    ("address", "words", "way_out"),
    [
        ("/library/", "The team’s pictures will hang here", 'href="/"'),
        ("/library/?show=mine", "You have no pictures yet", 'href="/"'),
        ("/library/?show=trash", "The trash is empty", 'href="/library/"'),
        ("/library/?q=zebra", "Nothing found for", 'href="/library/"'),
        ("/library/?shape=tall&rating=4", "No picture fits", 'href="/library/?rating=4"'),
        ("/library/?q=zebra&shape=tall", "Take one of these away", 'href="/library/?q=zebra"'),
        ("/library/?run=12", "No picture fits", 'href="/library/"'),
        ("/library/?before=1", "", ""),
    ],
)
def test_an_empty_wall_says_why_and_what_to_take_away(as_bea: Client, address: str, words: str, way_out: str) -> None:
    page = as_bea.get(address).content.decode()
    assert words in page
    assert way_out in page.split('class="empty"')[1]
    assert "data-wall " not in page


# Weight ---------------------------------------------------------------------------------------------------------------


def test_a_page_of_a_hundred_pictures_is_light(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    hang(bea, flux_kontext, 200, prompt="a long prompt, " + "with soft light and long shadows, " * 20)
    response = as_bea.get("/library/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < HEAVIEST_PAGE * len(tiles_of(gzip.decompress(response.content).decode())) / 100


@pytest.mark.parametrize("path", ["/library/", "/library/?q=chair", "/library/sections/", "{section}", "/library/ids/"])
def test_the_wall_asks_the_database_as_often_for_300_pictures_as_for_10(
    as_bea: Client, bea: User, flux_kontext: ImageModel, path: str
) -> None:
    asked = []
    for count in (10, 290):
        hang(bea, flux_kontext, count)
        first = get_sections(as_bea)["sections"][0]
        address = path.format(section=f"/library/section/?first={first[2]}&last={first[3]}")
        with CaptureQueriesContext(connection) as queries:
            assert as_bea.get(address).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12


def test_a_list_that_did_not_change_is_not_sent_again(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    hang(bea, flux_kontext, 3)
    first = as_bea.get("/library/sections/")
    assert as_bea.get("/library/sections/", headers={"if-none-match": first["ETag"]}).status_code == 304
    hang(bea, flux_kontext, 1)
    assert as_bea.get("/library/sections/", headers={"if-none-match": first["ETag"]}).status_code == 200


def test_rows_of_the_wall_that_did_not_change_are_not_sent_again(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    first_picture, *_ = hang(bea, flux_kontext, 3)
    newest = get_sections(as_bea)["sections"][0]
    path = f"/library/section/?first={newest[2]}&last={newest[3]}"
    seen = as_bea.get(path)
    assert "private" in seen["Cache-Control"] and "no-cache" in seen["Cache-Control"]
    assert as_bea.get(path, headers={"if-none-match": seen["ETag"]}).status_code == 304
    Image.objects.filter(pk=first_picture.pk).update(deleted_at=timezone.now())
    assert as_bea.get(path, headers={"if-none-match": seen["ETag"]}).status_code == 200


def test_a_narrowed_wall_is_told_in_pieces_and_goes_on_by_key(
    as_bea: Client, bea: User, flux_kontext: ImageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.views.wall.MOST_FOUND", 100)
    pictures = hang(bea, flux_kontext, 150)
    answer = get_sections(as_bea, "stacks=off&kind=generated")
    assert (answer["total"], answer["more"]) == (100, pictures[50].pk)
    rest = get_sections(as_bea, f"stacks=off&kind=generated&before={answer['more']}")
    assert (rest["total"], rest["more"]) == (50, None)
    assert get_sections(as_bea, "stacks=off")["total"] == 150
