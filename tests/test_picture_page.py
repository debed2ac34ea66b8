"""The picture's page and its panel: who may do what to a picture, what each part answers, what it tells."""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Board, Generation, Image, ImageModel, Tag, User
from gallery.services import boards, comments, comparisons, images, marks, tags
from tests import factories

HTMX = {"HX-Request": "true"}
WHO = ("anonymous", "owner", "teammate", "admin")


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


@pytest.fixture
def clients(ada: User, bea: User, chi: User) -> dict[str, Client]:
    signed_in = zip(WHO[1:], map(factories.signed_in, (bea, chi, ada)), strict=True)
    return {"anonymous": Client(), **dict(signed_in)}


def page_of(client: Client, picture: Image, query: str = "") -> str:
    return client.get(f"/images/{picture.pk}/{query}").content.decode()


def post(client: Client, picture: Image, part: str, **data: Any) -> str:
    """As the panel's forms do with htmx: the part anew."""
    response = client.post(f"/images/{picture.pk}/{part}/", data, headers=HTMX)
    assert response.status_code == 200, response.content.decode()
    assert "<html" not in response.content.decode()
    return response.content.decode()


# Who may do what ---------------------------------------------------------------------------------------------------

EVERYBODY, HIDDEN = (302, 200, 200, 200), (302, 200, 404, 404)
# action, data, statuses on a picture the team sees for anonymous, owner, teammate, admin; on a private one only its owner.
ACTIONS: list[tuple[str, dict[str, Any] | None, tuple[int, int, int, int]]] = [
    ("", None, EVERYBODY),
    ("panel/", None, EVERYBODY),
    ("boards/", None, EVERYBODY),
    ("mark/", {"favourite": "1"}, EVERYBODY),
    ("tags/", {"tag": "dusk"}, EVERYBODY),
    ("tags/", {"remove": "1"}, EVERYBODY),
    ("boards/", {"board": "Spring"}, EVERYBODY),
    ("boards/", {"remove": "1"}, EVERYBODY),
    ("note/", {"note": "for the cover", "before": ""}, EVERYBODY),
    ("comments/", {"text": "thinner handle"}, EVERYBODY),
    ("comments/{comment}/", {"text": "thicker"}, (302, 200, 403, 403)),
    ("comments/{comment}/delete/", {}, (302, 200, 403, 200)),
]


@pytest.mark.parametrize("visibility", ["team", "private"])
@pytest.mark.parametrize(("action", "data", "statuses"), ACTIONS, ids=[f"{row[0]}-{row[1]}" for row in ACTIONS])
def test_who_sees_a_picture_curates_it_and_nobody_else(
    clients: dict[str, Client],
    picture: Image,
    visibility: str,
    action: str,
    data: dict[str, Any] | None,
    statuses: tuple[int, int, int, int],
) -> None:
    found = []
    images.set_image_visibility(picture, visibility)
    for client in clients.values():
        assert picture.owner
        comment = comments.add_comment(image=picture, author=picture.owner, text="a comment").comment
        url = f"/images/{picture.pk}/{action.format(comment=comment.pk)}"
        answer = client.get(url) if data is None else client.post(url, data, headers=HTMX)
        found.append(answer.status_code)
    assert tuple(found) == (statuses if visibility == "team" else HIDDEN)


@pytest.mark.parametrize("visibility", ["team", "private"])
def test_who_sees_a_run_varies_it(clients: dict[str, Client], picture: Image, visibility: str) -> None:
    images.set_image_visibility(picture, visibility)
    statuses = [client.post(f"/generations/{picture.generation_id}/vary/").status_code for client in clients.values()]
    assert statuses == ([302] * 4 if visibility == "team" else [302, 302, 404, 404])


@pytest.mark.parametrize("part", ["tags", "comments", "note"])
def test_what_stands_on_a_private_picture_is_on_no_page_of_others(
    clients: dict[str, Client], picture: Image, bea: User, part: str
) -> None:
    images.set_image_visibility(picture, "private")
    words = {"tags": {"tag": "hushhush"}, "comments": {"text": "hushhush"}, "note": {"note": "hushhush", "before": ""}}
    post(clients["owner"], picture, part, **words[part])
    pages = ("/library/?q=hushhush", "/tags/", "/tags/complete/?q=h", "/mentions/", "/history/?q=hushhush")
    for page in pages:
        body = clients["teammate"].get(page).content.decode()
        assert "#hushhush" not in body and f"/images/{picture.pk}/" not in body
    assert (
        f"/images/{picture.pk}/" in clients["owner"].get("/library/?q=hushhush").content.decode() or part == "comments"
    )


def test_a_board_others_keep_private_is_not_shown_on_a_shared_picture(
    clients: dict[str, Client], picture: Image, bea: User, chi: User
) -> None:
    secret = boards.create_board(owner=bea, name="Secret plans", visibility="private")
    boards.put_on_board(board=secret, image_ids=[picture.pk], user=bea)
    assert "Secret plans" in page_of(clients["owner"], picture)
    assert "Secret plans" not in page_of(clients["teammate"], picture)
    assert "Secret" not in clients["teammate"].get(f"/images/{picture.pk}/boards/?q=sec").content.decode()
    post(clients["teammate"], picture, "boards", remove=secret.pk)
    assert secret.items.count() == 1
    # One's own new board of that name is another board.
    post(clients["teammate"], picture, "boards", board="secret PLANS")
    assert Board.objects.get(owner=chi).name == "secret PLANS"


# Marks -------------------------------------------------------------------------------------------------------------


def test_a_circle_shows_with_the_teams_total_and_who_drew_it(as_bea: Client, as_chi: Client, picture: Image) -> None:
    assert (
        "pictures:changed" in as_chi.post(f"/images/{picture.pk}/mark/", {"favourite": "1"}, headers=HTMX)["HX-Trigger"]
    )
    page = page_of(as_bea, picture)
    assert 'aria-pressed="false" aria-keyshortcuts="F"' in page and "Circled by Chi Ma" in page
    part = post(as_bea, picture, "mark", favourite="1")
    assert 'aria-pressed="true" aria-keyshortcuts="F"' in part and "Circled by Chi Ma, you" in part
    assert "Circled by Chi Ma" in post(as_bea, picture, "mark", favourite="0")


RATINGS = [([5], "5 from 1 person"), ([5, 4], "4.5 from 2 people"), ([5, 4, 4], "4.3 from 3 people"), ([], "")]


@pytest.mark.parametrize(("given", "words"), RATINGS)
def test_ratings_are_told_with_their_mean(
    as_bea: Client, ada: User, bea: User, chi: User, picture: Image, given: list[int], words: str
) -> None:
    for user, rating in zip((ada, bea, chi), given, strict=False):
        marks.mark_images(user=user, image_ids=[picture.pk], rating=rating)
    page = page_of(as_bea, picture)
    assert words in page
    assert ("from" in re.sub(r"<[^>]*>", "", page.split('id="marks')[1].split("</section>")[0])) == bool(words)
    assert len(re.findall(r"<bdi>(?:you|Ada Lovelace|Chi Ma)</bdi><span class=\"margin\">\d of 5", page)) == len(given)


@pytest.mark.parametrize("data", [{"rating": "6"}, {"rating": "-1"}, {"favourite": "yes"}, {"rejected": "2"}, {}])
def test_marks_that_make_no_sense_change_nothing(as_bea: Client, picture: Image, data: dict[str, str]) -> None:
    post(as_bea, picture, "mark", rating="3")
    assert 'value="3" data-press="3" aria-keyshortcuts="3" checked' in post(as_bea, picture, "mark", **data)


# Labels ------------------------------------------------------------------------------------------------------------


def test_several_tags_are_added_by_commas_and_taken_off_one_by_one(as_bea: Client, picture: Image) -> None:
    part = post(as_bea, picture, "tags", tag="#dusk, Ceramic ,, dusk")
    assert part.count("#dusk</bdi>") == 1 and "#Ceramic</bdi>" in part
    dusk = Tag.objects.get(key="dusk")
    assert f"/library/?tag={dusk.pk}" in part
    assert "#dusk</bdi>" not in post(as_bea, picture, "tags", remove=dusk.pk)


def test_a_refused_tag_comes_back_beside_its_field(as_bea: Client, bea: User, picture: Image) -> None:
    url = f"/images/{picture.pk}/tags/"
    for headers, is_page in ((HTMX, False), ({}, True)):
        answer = as_bea.post(url, {"tag": "x" * 61}, headers=headers)
        body = answer.content.decode()
        assert answer.status_code == 422 and "at most 60 characters; this one has 61" in body and "x" * 61 in body
        assert ("<html" in body) == is_page
    assert "Write a word for the tag." in as_bea.post(url, {"tag": " , "}, headers=HTMX).content.decode()
    for number in range(tags.MOST_PER_IMAGE):
        tags.tag_images(tag=tags.get_or_create_tag(name=f"t{number}", user=bea), image_ids=[picture.pk], user=bea)
    assert "A picture takes 50 tags" in as_bea.post(url, {"tag": "more"}, headers=HTMX).content.decode()


@pytest.mark.parametrize("visibility", ["team", "private"])
def test_a_board_is_found_by_its_name_or_made_as_private_as_the_picture(
    as_bea: Client, bea: User, picture: Image, visibility: str
) -> None:
    images.set_image_visibility(picture, visibility)
    said = post(as_bea, picture, "boards", board="Spring")
    assert ("only you see it" if visibility == "private" else "the team sees it") in said
    board = Board.objects.get(name="Spring")
    assert board.visibility == visibility and f"/boards/{board.pk}/" in said
    assert post(as_bea, picture, "boards", remove=board.pk).count("/boards/1/") == 0
    options = as_bea.get(f"/images/{picture.pk}/boards/?q=spr").json()["options"]
    assert options == [{"value": "Spring", "label": "Spring"}]
    assert "Made the board" not in post(as_bea, picture, "boards", board=" spring ")
    assert Board.objects.count() == 1 and board.items.count() == 1
    assert as_bea.get(f"/images/{picture.pk}/boards/?q=spr").json()["options"] == []


def test_a_board_without_a_name_is_refused_beside_its_field(as_bea: Client, picture: Image) -> None:
    answer = as_bea.post(f"/images/{picture.pk}/boards/", {"board": " "}, headers=HTMX)
    assert answer.status_code == 422
    assert "Give the board a name." in answer.content.decode()


# Note --------------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_and_found_and_never_written_over_unseen(as_bea: Client, as_chi: Client, picture: Image) -> None:
    address = f"/images/{picture.pk}/note/"
    assert "saved" in post(as_bea, picture, "note", note="for the cover\r\nspring", before="")
    assert f"/images/{picture.pk}/" in as_chi.get("/library/?q=cover").content.decode()
    # The form of a page holds what the note was, with the ends of lines a browser gives them.
    assert "Somebody" not in post(as_chi, picture, "note", note="autumn", before="for the cover\r\nspring")
    late = as_bea.post(address, {"note": "winter", "before": "for the cover\nspring"}, headers=HTMX)
    part = late.content.decode()
    assert late.status_code == 422
    assert "Somebody changed this note while you wrote, and yours is not saved yet." in part
    assert 'name="before" value="autumn"' in part
    picture.refresh_from_db()
    assert picture.note == "autumn"
    whole = as_bea.post(address, {"note": "winter", "before": "for the cover\nspring"})
    assert whole.status_code == 422 and ">winter</textarea>" in whole.content.decode()
    assert "saved" in post(as_bea, picture, "note", note="winter", before="autumn")
    assert as_chi.post(address, {"note": "", "before": "winter"}).status_code == 302


def test_a_note_that_is_too_long_is_refused(as_bea: Client, picture: Image) -> None:
    answer = as_bea.post(f"/images/{picture.pk}/note/", {"note": "x" * 10_001, "before": ""}, headers=HTMX)
    assert answer.status_code == 422 and "at most 10,000 characters" in answer.content.decode()


# Without htmx ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "data"),
    [("mark", {"rating": "4"}), ("tags", {"tag": "dusk"}), ("boards", {"board": "S"}), ("comments", {"text": "hm"})],
)
def test_a_plain_form_goes_back_to_the_picture_within_its_wall(
    as_bea: Client, picture: Image, part: str, data: dict[str, str]
) -> None:
    answer = as_bea.post(f"/images/{picture.pk}/{part}/?q=chair&nonsense=1", data)
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"/images/{picture.pk}/?q=chair#")
    assert f'id="{answer["Location"].partition("#")[2]}"' in page_of(as_bea, picture)


# What was asked and what came --------------------------------------------------------------------------------------

SHAPES = [
    ({"aspect_ratio": "4:3"}, ("4:3", True)),
    ({"aspect_ratio": "16:9"}, ("16:9", False)),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("sent", "expected"), SHAPES)
def test_the_shape_asked_for_is_held_against_the_one_that_came(
    as_bea: Client, picture: Image, sent: dict[str, str] | None, expected: tuple[str, bool] | None
) -> None:
    request = None if sent is None else {"image_config": sent}
    assert picture.generation
    Generation.objects.filter(pk=picture.generation.pk).update(
        request=request, notes=["Not honoured: Asked for 4, 1 came.", "Tried again: it was busy."]
    )
    generation = Generation.objects.get(pk=picture.generation.pk)
    assert comparisons.shape_kept(generation, picture) == expected
    page = page_of(as_bea, picture)
    assert ("as asked" in page) == bool(expected and expected[1])
    assert ("16:9, 64 × 48" in page) == bool(expected and not expected[1])
    assert "<dt>Not honoured</dt><dd><span>Asked for 4, 1 came. </span>" in page
    assert '<p class="field-error">Tried again: it was busy.</p>' in page


def test_lineage_shows_both_ways_and_hides_what_is_private(
    as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    first = factories.create_picture(bea, flux_kontext, "first")
    second = factories.create_picture(bea, flux_kontext, "second", inputs={"image_prompt": [first]}, colour="red")
    third = factories.create_picture(
        bea, flux_kontext, "third", inputs={"image_prompt": [second]}, colour="blue", visibility="private"
    )
    lineage = page_of(as_bea, second).partition('class="lineage"')[2].partition("</section>")[0]
    assert [f"/images/{row.pk}/" in lineage for row in (first, third)] == [True, True]
    assert "third" not in page_of(as_chi, second)
    images.set_image_visibility(first, "private")
    assert "1 picture private to somebody else" in page_of(as_chi, second)
