"""Comparing: what is told apart, word by word and setting by setting, and whose pictures one may compare."""

import re

import pytest
from django.test import Client

from gallery.models import Image, ImageModel, User
from gallery.services import images
from gallery.views.differences import Piece, compare_words, tell_apart
from tests import factories

MARKS = {"same": "", "added": "+", "removed": "-"}


def in_short(pieces: tuple[Piece, ...]) -> str:
    return "|".join(f"{MARKS[piece.kind]}{piece.text}" for piece in pieces)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a red chair", "a red chair", "a red chair"),
        ("a red chair", "a blue chair", "a |-red|+blue| chair"),
        ("a red chair", "a red chair, oil", "a red chair|+, oil"),
        ("a red chair, oil", "a red chair", "a red chair|-, oil"),
        ("", "a chair", "+a chair"),
        ("赤い椅子", "青い椅子", "-赤|+青|い椅子"),
        ("a big chair", "a big red chair", "a big |+red |chair"),
        ("x" * 4001, "y", "y"),
        ("very " * 500 + "old", "very " * 499 + "new", "very " * 499 + "new"),
        ("!" * 1000 + "a", "b" + "!" * 1000, "b" + "!" * 1000),
        ("椅" * 1000 + "子", "机" + "椅" * 1000, "机" + "椅" * 1000),
    ],
)
def test_words_that_were_taken_out_and_put_in(old: str, new: str, expected: str) -> None:
    assert in_short(compare_words(old, new)) == expected


def test_settings_that_differ_are_told_apart_from_those_that_do_not() -> None:
    differing, same = tell_apart(
        [
            {"Prompt": "a red chair by the sea", "Seed": "1", "Mode": "Pro", "Size": "1K", "Note": ""},
            {"Prompt": "a red chair in the sea", "Seed": "2", "Mode": "Pro", "Quality": "High", "Note": ""},
            {"Prompt": "a red chair by the sea", "Seed": "2", "Mode": "Pro", "Size": "1K"},
        ]
    )
    assert [(row.label, [in_short(cell) for cell in row.cells]) for row in differing] == [
        ("Prompt", ["a red chair by the sea", "a red chair |-by|+in| the sea", "a red chair by the sea"]),
        ("Seed", ["1", "2", "2"]),
        ("Size", ["1K", "", "1K"]),
        ("Quality", ["", "High", ""]),
    ]
    assert [(row.label, in_short(row.cells[0])) for row in same] == [("Mode", "Pro")]


@pytest.fixture
def pictures(bea: User, chi: User, flux_kontext: ImageModel) -> list[Image]:
    """Three of the team: two of Bea, one of Chi."""
    chosen = ({"seed": 4711}, {"seed": 12}, {"seed": 12, "mode": "max"})
    owners = (bea, bea, chi)
    return [
        factories.create_picture(owner, flux_kontext, parameters=parameters)
        for owner, parameters in zip(owners, chosen, strict=True)
    ]


def page_of(client: Client, *ids: object) -> tuple[int, str]:
    response = client.get("/compare/", {"images": ",".join(map(str, ids))})
    return response.status_code, response.content.decode()


def labels_of(page: str) -> list[str]:
    return re.findall(r'<th scope="row">(.*?)</th>', page)


def test_the_page_shows_only_what_differs(as_bea: Client, pictures: list[Image]) -> None:
    first, second, third = (image.pk for image in pictures)
    assert labels_of(page_of(as_bea, first, second)[1]) == ["Seed"]
    assert labels_of(page_of(as_bea, first, second, third)[1]) == ["Mode", "Seed", "Person"]
    status, page = page_of(as_bea, third, second)
    assert status == 200
    assert page.index(f"/images/{third}/") < page.index(f"/images/{second}/")
    assert "The same: " in page


def test_pictures_of_one_run_differ_in_nothing(as_bea: Client, pictures: list[Image]) -> None:
    first = pictures[0]
    sibling = Image.objects.get(pk=first.pk)
    sibling.pk, sibling.position = None, 1
    sibling.save()
    page = page_of(as_bea, first.pk, sibling.pk)[1]
    assert "Nothing differs in how they were made" in page
    assert labels_of(page) == []


def test_pictures_that_went_in_are_shown_as_far_as_one_may_see_them(
    as_chi: Client, bea: User, flux_kontext: ImageModel, pictures: list[Image]
) -> None:
    secret = factories.create_picture(bea, flux_kontext, "a secret", visibility="private", colour="red")
    made = factories.create_picture(bea, flux_kontext, inputs={"image_prompt": [pictures[0], secret]})
    page = page_of(as_chi, pictures[0].pk, made.pk)[1]
    assert "Made from" in labels_of(page)
    assert "1 private picture<" in page
    assert secret.sha256 not in page


@pytest.mark.parametrize(("hidden", "status"), [(0, 200), (1, 200), (2, 404), (3, 404)])
def test_pictures_one_may_not_see_are_left_out_and_said(
    as_chi: Client, as_bea: Client, bea: User, flux_kontext: ImageModel, pictures: list[Image], hidden: int, status: int
) -> None:
    third = factories.create_picture(bea, flux_kontext)
    mine = [pictures[0], pictures[1], third]
    for image in mine[:hidden]:
        images.set_image_visibility(image, "private")
    ids = [image.pk for image in mine]
    found, page = page_of(as_chi, *ids)
    assert found == status
    assert ("One picture is left out" in page) is (hidden == 1)
    assert all(f"/images/{image.pk}/" not in page for image in mine[:hidden])
    assert page_of(as_bea, *ids)[0] == 200


def test_trashed_and_missing_pictures_are_left_out(as_bea: Client, bea: User, pictures: list[Image]) -> None:
    first, second, third = pictures
    images.trash_image(second, by=bea)
    status, page = page_of(as_bea, first.pk, second.pk, third.pk, 987654)
    assert status == 200
    assert "Two pictures are left out" in page
    assert page_of(as_bea, first.pk, second.pk)[0] == 404


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("", "Choose two to four pictures"),
        ("1", "One picture has nothing"),
        ("1,1", "One picture has nothing"),
        ("1,x,-2,٣", "One picture has nothing"),
        ("1,2,3,4,5", "Four pictures at most"),
        ("9" * 400, "Choose two to four pictures"),
    ],
)
def test_too_few_and_too_many_say_what_to_do(as_bea: Client, asked: str, words: str) -> None:
    response = as_bea.get("/compare/", {"images": asked})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "press C" in response.content.decode()


def test_ids_may_be_repeated_as_a_form_sends_them(as_bea: Client, pictures: list[Image]) -> None:
    assert as_bea.get("/compare/", {"images": [image.pk for image in pictures]}).status_code == 200


def test_strangers_are_sent_to_the_door(client: Client, pictures: list[Image]) -> None:
    assert page_of(client, pictures[0].pk, pictures[1].pk)[0] == 302


@pytest.mark.parametrize(("lead", "is_ours"), [("", True), ("https://evil.test", False), ("//evil.test", False)])
def test_a_circle_given_without_a_script_leads_back_to_the_comparison(
    bea: User, as_bea: Client, flux_kontext: ImageModel, lead: str, is_ours: bool
) -> None:
    pair = [factories.create_picture(bea, flux_kontext, f"chair {number}") for number in (1, 2)]
    address = f"/compare/?images={pair[0].pk},{pair[1].pk}"
    assert f'name="next" value="{address}"' in as_bea.get(address).content.decode()
    answer = as_bea.post(f"/images/{pair[0].pk}/mark/", {"favourite": "1", "next": f"{lead}{address}"})
    assert answer["Location"] == (address if is_ours else f"/images/{pair[0].pk}/#marks-{pair[0].pk}")
    assert 'aria-pressed="true"' in as_bea.get(address).content.decode()
