"""From a picture to its neighbours and back: through the library, a search, tags, a board in its order by hand, the trash."""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Image, ImageModel, User, WallQuery
from gallery.services import boards, images, tags
from tests import factories


def page_of(client: Client, picture: Image, query: str = "") -> str:
    return client.get(f"/images/{picture.pk}/{query}").content.decode()


@pytest.fixture
def wall(bea: User, flux_kontext: ImageModel) -> list[Image]:
    """Newest first, as they lie on the wall; those of even places are of teapots."""
    prompts = [f"a {'teapot' if number % 2 else 'chair'} {number}" for number in range(6)]
    return [factories.create_picture(bea, flux_kontext, prompt) for prompt in prompts][::-1]


def steps_of(page: str) -> tuple[str, str, str, str]:
    """Position in words, and where the links lead: before, after, back."""

    def link(pattern: str) -> str:
        found = re.search(pattern, page)
        return found[1].replace("&amp;", "&") if found else ""

    position = re.search(r'class="stage-position[^>]*>(.*?)</p>', page)
    words = re.sub(r"<[^>]*>", " ", position[1]).split() if position else []
    before = link(r'stage-previous" href="([^"]*)"')
    return " ".join(words), before, link(r'stage-next" href="([^"]*)"'), link(r'stage-back[^"]*" href="([^"]*)"')


def test_steps_go_through_the_whole_library_without_a_query(as_bea: Client, wall: list[Image]) -> None:
    assert steps_of(page_of(as_bea, wall[0])) == ("", "", f"/images/{wall[1].pk}/", "/library/")
    before, after = (f"/images/{wall[place].pk}/" for place in (1, 3))
    assert steps_of(page_of(as_bea, wall[2])) == ("", before, after, "/library/")


def test_steps_and_the_way_back_keep_to_the_search(as_bea: Client, wall: list[Image]) -> None:
    found = steps_of(page_of(as_bea, wall[2], "?q=teapot&before=9"))
    before, after = (f"/images/{wall[place].pk}/?q=teapot" for place in (0, 4))
    assert found == ("2 of 3 teapot", before, after, "/library/?q=teapot")
    # A picture that has left the wall keeps its place between the others.
    position, before, after, _ = steps_of(page_of(as_bea, wall[3], "?q=teapot"))
    assert (position, before, after) == (
        "teapot",
        f"/images/{wall[2].pk}/?q=teapot",
        f"/images/{wall[4].pk}/?q=teapot",
    )


def test_steps_keep_to_a_board_in_its_order_by_hand(as_bea: Client, bea: User, wall: list[Image]) -> None:
    board = boards.create_board(owner=bea, name="Spring", visibility="team")
    order = [wall[3].pk, wall[0].pk, wall[5].pk]
    boards.put_on_board(board=board, image_ids=order, user=bea)
    query = f"?board={board.pk}&order=hand"
    found = steps_of(page_of(as_bea, wall[0], query))
    assert found == (
        "2 of 3 Spring",
        f"/images/{order[0]}/{query}",
        f"/images/{order[2]}/{query}",
        f"/boards/{board.pk}/",
    )
    assert steps_of(page_of(as_bea, wall[1], query))[:3] == ("Spring", "", "")


def test_steps_through_tags_show_their_words(as_bea: Client, bea: User, wall: list[Image]) -> None:
    tag = tags.get_or_create_tag(name="Dusk", user=bea)
    tags.tag_images(tag=tag, image_ids=[wall[1].pk, wall[4].pk], user=bea)
    position, before, after, _ = steps_of(page_of(as_bea, wall[4], f"?tag={tag.pk}"))
    assert (position, before, after) == ("2 of 2 #Dusk", f"/images/{wall[1].pk}/?tag={tag.pk}", "")


def test_a_tag_that_stands_only_on_others_private_pictures_is_not_named(
    as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel, wall: list[Image]
) -> None:
    hidden = factories.create_picture(bea, flux_kontext, "a secret", visibility="private")
    tag = tags.get_or_create_tag(name="Merger", user=bea)
    tags.tag_images(tag=tag, image_ids=[hidden.pk], user=bea)
    assert "#Merger" not in page_of(as_chi, wall[0], f"?tag={tag.pk}")
    assert "#Merger" in page_of(as_bea, wall[0], f"?tag={tag.pk}")
    images.set_image_visibility(hidden, "team")
    assert "#Merger" in page_of(as_chi, wall[0], f"?tag={tag.pk}")


def test_a_picture_in_the_trash_steps_through_the_trash(as_bea: Client, bea: User, wall: list[Image]) -> None:
    for place in (1, 4):
        images.trash_image(wall[place], by=bea)
    _, before, after, back = steps_of(page_of(as_bea, wall[4]))
    assert (before, after, back) == (f"/images/{wall[1].pk}/", "", "/library/?show=trash")


def test_the_page_asks_a_couple_of_dozen_questions_at_most(
    as_bea: Client, wall: list[Image], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(24):
        page_of(as_bea, wall[2], "?q=teapot")


def test_counting_ends_where_nobody_waits_for_it(
    as_bea: Client, bea: User, wall: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.views.steps.MOST_COUNTED", 3)
    positions = [steps_of(page_of(as_bea, image, "?show=mine"))[0] for image in wall]
    assert positions == ["1 of 3+", "2 of 3+", "3 of 3+", "", "", ""]
    assert Image.objects.key_on_wall(bea, WallQuery(), wall[0]) == wall[0].pk
