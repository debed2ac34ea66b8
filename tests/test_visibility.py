"""Who sees a picture, everywhere it may show, as a table: by its own visibility and by its run's."""

from collections.abc import Callable

import pytest
from django.test import Client

from gallery.models import Board, BoardItem, Image, ImageModel, User
from gallery.services import generations, images
from tests import factories
from tests.sharing import board_with, link_to, see, shown, status_of


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    """The first of two of one run."""
    first = factories.create_picture(bea, flux_kontext, "a red chair")
    second = factories.create_picture(bea, flux_kontext, "a red chair", colour="navy")
    Image.objects.filter(pk=second.pk).update(generation=first.generation, position=1, is_cover=False)
    return first


@pytest.fixture
def sibling(picture: Image) -> Image:
    return Image.objects.get(generation=picture.generation_id, position=1)


@pytest.fixture
def board(bea: User, picture: Image) -> Board:
    return board_with(bea, picture, cover=picture)


# States ------------------------------------------------------------------------------------------------------------


def leave(picture: Image) -> None:
    """The team sees it."""


def hide(picture: Image) -> None:
    images.set_image_visibility(picture, "private")


def hide_run(picture: Image) -> None:
    assert picture.generation
    generations.set_visibility(picture.generation, "private")


def hide_and_show(picture: Image) -> None:
    hide_run(picture)
    assert picture.generation
    generations.set_visibility(picture.generation, "team")


# Places ------------------------------------------------------------------------------------------------------------


def on(path: str) -> Callable[[Client, Image, Board], bool]:
    """Whether its bytes or its page are linked there."""

    def is_on(client: Client, picture: Image, board: Board) -> bool:
        page = client.get(path.format(image=picture.pk, run=picture.generation_id, board=board.pk))
        text = page.content.decode() if page.status_code == 200 else ""
        return picture.sha256 in text or f"/images/{picture.pk}/" in text

    return is_on


def at(path: str) -> Callable[[Client, Image, Board], bool]:
    def is_there(client: Client, picture: Image, board: Board) -> bool:
        return status_of(path.format(image=picture.pk, sha256=picture.sha256), client) == 200

    return is_there


PLACES = {
    "its page": at("/images/{image}/"),
    "its bytes": at("/media/{sha256}/original"),
    "its download": at("/images/{image}/download/"),
    "its panel": at("/images/{image}/panel/"),
    "how to share it": at("/shares/new/?image={image}"),
    "the library": on("/library/?stacks=off"),
    "a search": on("/library/?q=chair"),
    "its run": on("/generations/{run}/"),
    "the history": on("/history/"),
    "the board": on("/boards/{board}/"),
    "the list of boards": on("/boards/"),
    "pictures to choose from": on("/library/pick/"),
    "the studio": on("/studio/live/?results=team"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("change", "is_seen"), [(leave, True), (hide, False), (hide_run, False), (hide_and_show, True)]
)
def test_who_sees_a_picture_where(
    picture: Image,
    board: Board,
    as_bea: Client,
    as_chi: Client,
    as_ada: Client,
    change: Callable[[Image], None],
    is_seen: bool,
    place: str,
) -> None:
    change(picture)
    found = [PLACES[place](client, picture, board) for client in (as_bea, as_chi, as_ada)]
    if place == "the studio":
        assert found[1:] == [is_seen, is_seen]
    else:
        assert found == [True, is_seen, is_seen]


@pytest.mark.parametrize(("change", "is_seen"), [(leave, True), (hide, False), (hide_run, False)])
def test_a_teammates_link_shows_what_the_teammate_sees(
    picture: Image, bea: User, chi: User, change: Callable[[Image], None], is_seen: bool
) -> None:
    of_chi, of_bea = link_to(chi, picture), link_to(bea, picture)
    change(picture)
    assert bool(shown(see(of_chi))) == is_seen
    assert shown(see(of_bea)) == [picture.pk]


# What stands for a run on the wall ---------------------------------------------------------------------------------


def covers(picture: Image) -> list[int]:
    return list(
        Image.objects.filter(generation=picture.generation_id, is_cover=True).values_list("position", flat=True)
    )


@pytest.mark.parametrize(
    ("changes", "cover"),
    [
        ([leave], 0),
        ([hide], 1),
        ([hide_run], 0),
        ([hide, hide_run], 0),
        ([hide, hide_and_show], 0),
    ],
)
def test_the_first_picture_that_the_team_sees_stands_for_its_run(
    picture: Image, sibling: Image, changes: list[Callable[[Image], None]], cover: int
) -> None:
    for change in changes:
        change(picture)
    assert covers(picture) == [cover]


def test_a_run_is_hidden_with_its_last_kept_picture_and_takes_its_trash_along(
    picture: Image, sibling: Image, bea: User, as_bea: Client, as_chi: Client, as_ada: Client
) -> None:
    images.trash_image(sibling, by=bea)
    as_bea.post(f"/images/{picture.pk}/visibility/", {"visibility": "private"})
    path = f"/generations/{picture.generation_id}/"
    assert [client.get(path).status_code for client in (as_bea, as_chi)] == [200, 404]
    assert as_ada.get(f"/images/{sibling.pk}/").status_code == 404
    images.restore_image(sibling)
    assert as_chi.get(f"/images/{sibling.pk}/").status_code == 404


def test_showing_the_kept_pictures_of_a_run_shows_nothing_of_its_trash(
    picture: Image, sibling: Image, bea: User, as_chi: Client
) -> None:
    hide_run(picture)
    images.trash_image(sibling, by=bea)
    images.set_image_visibility(picture, "team")
    images.restore_image(sibling)
    assert as_chi.get(f"/generations/{picture.generation_id}/").status_code == 200
    assert as_chi.get(f"/images/{sibling.pk}/").status_code == 404


def test_a_hidden_picture_leaves_the_stack_of_others_alone(
    picture: Image, sibling: Image, as_bea: Client, as_chi: Client
) -> None:
    hide(picture)
    page = as_chi.get("/library/").content.decode()
    assert f"/images/{sibling.pk}/" in page
    assert f"/images/{picture.pk}/" not in page
    assert 'data-count="2"' not in page
    assert 'data-count="2"' in as_bea.get("/library/").content.decode()


def test_throwing_the_cover_away_moves_it_on_and_taking_back_moves_it_back(picture: Image, bea: User) -> None:
    images.trash_image(picture, by=bea)
    assert Image.objects.kept().filter(generation=picture.generation_id, is_cover=True).get().position == 1
    images.restore_image(picture)
    assert covers(picture) == [0]


# References --------------------------------------------------------------------------------------------------------


@pytest.fixture
def child(bea: User, flux_kontext: ImageModel, picture: Image) -> Image:
    inputs = {"image_prompt": [picture]}
    return factories.create_picture(bea, flux_kontext, "a blue chair", inputs=inputs, colour="olive")


@pytest.mark.parametrize("change", [hide, hide_run])
def test_a_hidden_reference_is_only_a_number_to_others(
    picture: Image, child: Image, chi: User, as_chi: Client, as_bea: Client, change: Callable[[Image], None]
) -> None:
    change(picture)
    path = f"/generations/{child.generation_id}/"
    assert picture.sha256 in as_bea.get(path).content.decode()
    page = as_chi.get(path).content.decode()
    assert picture.sha256 not in page
    assert "1 picture private to somebody else" in page
    assert child.generation
    with pytest.raises(generations.CannotRunAgain, match="private to somebody else"):
        generations.run_again(child.generation, owner=chi)
    assert f"/images/{picture.pk}/" not in as_chi.get(f"/images/{child.pk}/").content.decode()


def test_a_hidden_result_is_not_told_on_the_page_of_what_it_was_made_from(
    picture: Image, child: Image, as_chi: Client
) -> None:
    hide(child)
    page = as_chi.get(f"/images/{picture.pk}/").content.decode()
    assert child.sha256 not in page
    assert f"/images/{child.pk}/" not in page


def test_a_hidden_cover_of_a_board_is_replaced_for_others(
    picture: Image, sibling: Image, board: Board, as_bea: Client, as_chi: Client
) -> None:
    BoardItem.objects.create(board=board, image=sibling, rank=-9)
    hide(picture)
    page = as_chi.get("/boards/").content.decode()
    assert picture.sha256 not in page
    assert sibling.sha256 in page
    assert picture.sha256 in as_bea.get("/boards/").content.decode()
