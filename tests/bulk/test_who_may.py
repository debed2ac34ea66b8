"""Who may do what to which pictures, and undo it."""

from typing import Any

import pytest
from django.test import Client

from gallery.models import Board, BulkWork, Image, ImageModel, User
from gallery.services import boards, images, tags
from tests import factories
from tests.bulk.acts import copies, post, says, state, undo

WHO = ("anonymous", "owner", "teammate", "admin")


@pytest.fixture
def clients(ada: User, bea: User, chi: User) -> dict[str, Client]:
    people = {"owner": bea, "teammate": chi, "admin": ada}
    return {"anonymous": Client()} | {who: factories.signed_in(person) for who, person in people.items()}


Statuses = tuple[int, int, int, int]
ON_SIGHT: Statuses = (302, 200, 200, 200)
OWN: Statuses = (302, 200, 403, 403)
EDITABLE: Statuses = (302, 200, 403, 200)
UNSEEN: Statuses = (302, 200, 404, 404)
# Action, what is posted with it; its statuses for anonymous, owner, teammate, admin on a picture the team sees.
PERMISSIONS: list[tuple[str, dict[str, Any], Statuses]] = [
    ("tag", {"name": "Sea"}, ON_SIGHT),
    ("untag", {"tag": "{tag}"}, ON_SIGHT),
    ("board", {"board": "{board}"}, ON_SIGHT),
    ("unboard", {"board": "{board}"}, ON_SIGHT),
    ("circle", {}, ON_SIGHT),
    ("uncircle", {}, ON_SIGHT),
    ("reject", {}, ON_SIGHT),
    ("unreject", {}, ON_SIGHT),
    ("rate", {"rating": "4"}, ON_SIGHT),
    ("private", {}, OWN),
    ("team", {}, OWN),
    ("trash", {}, EDITABLE),
]


@pytest.mark.parametrize(("action", "data", "statuses"), PERMISSIONS, ids=[row[0] for row in PERMISSIONS])
@pytest.mark.parametrize("visibility", ["team", "private"])
def test_who_may_do_what_to_a_picture(
    clients: dict[str, Client],
    picture: Image,
    board: Board,
    bea: User,
    action: str,
    data: dict[str, str],
    statuses: Statuses,
    visibility: str,
) -> None:
    tag = tags.get_or_create_tag(name="Old", user=bea)
    tags.tag_images(tag=tag, image_ids=[copies(picture, 1)[0].pk], user=bea)
    names = {"tag": tag.pk, "board": board.pk}
    images.set_image_visibility(picture, visibility)
    posted = {name: value.format(**names) for name, value in data.items()}
    found = []
    for who in WHO:
        images.restore_image(picture)
        images.set_image_visibility(picture, visibility)
        before = state(picture)
        found.append(post(clients[who], action, ids=picture.pk, **posted).status_code)
        if found[-1] != 200:
            assert state(picture) == before
    assert tuple(found) == (statuses if visibility == "team" else UNSEEN)


@pytest.mark.parametrize(("who", "status"), [("anonymous", 302), ("owner", 200), ("teammate", 404), ("admin", 200)])
def test_who_may_take_a_picture_back_from_the_trash(
    clients: dict[str, Client], picture: Image, bea: User, who: str, status: int
) -> None:
    images.trash_image(picture, by=bea)
    assert post(clients[who], "restore", ids=picture.pk).status_code == status
    assert state(picture)["is_trashed"] == (status != 200)


def test_somebody_elses_private_board_is_not_there(clients: dict[str, Client], picture: Image, ada: User) -> None:
    board = boards.create_board(owner=ada, name="Secret", visibility="private")
    for action in ("board", "unboard"):
        assert post(clients["owner"], action, ids=picture.pk, board=board.pk).status_code == 404
    assert not says(post(clients["owner"], "choose/board", ids=picture.pk), "Secret")
    # Of the same name, one's own.
    assert post(clients["owner"], "board", ids=picture.pk, name="Secret").status_code == 200
    assert not board.items.exists()


def test_a_tag_on_somebody_elses_private_pictures_is_not_there(
    clients: dict[str, Client], picture: Image, bea: User, flux_kontext: ImageModel
) -> None:
    hidden = factories.create_picture(bea, flux_kontext, visibility="private")
    tag = tags.get_or_create_tag(name="Merger", user=bea)
    tags.tag_images(tag=tag, image_ids=[hidden.pk], user=bea)
    for action in ("tag", "untag"):
        assert post(clients["teammate"], action, ids=picture.pk, tag=tag.pk).status_code == 404
    assert says(post(clients["owner"], "tag", ids=picture.pk, tag=tag.pk), "#Merger")
    assert says(post(clients["teammate"], "untag", ids=picture.pk, tag=tag.pk), "#Merger")


def test_undo_leaves_alone_what_the_person_sees_no_more(
    clients: dict[str, Client], picture: Image, bea: User, board: Board
) -> None:
    tag = tags.get_or_create_tag(name="Sea", user=bea)
    tags.tag_images(tag=tag, image_ids=[picture.pk], user=bea)
    boards.put_on_board(board=board, image_ids=[picture.pk], user=bea)
    for action, data in (
        ("tag", {"name": "Sky"}),
        ("untag", {"tag": tag.pk}),
        ("unboard", {"board": board.pk}),
        ("circle", {}),
        ("rate", {"rating": "4"}),
    ):
        assert post(clients["teammate"], action, ids=picture.pk, **data).status_code == 200
        images.set_image_visibility(picture, "private")
        before = (state(picture), board.items.count())
        assert says(undo(clients["teammate"]), "changed meanwhile")
        images.set_image_visibility(picture, "private")
        assert (state(picture), board.items.count()) == before
        images.set_image_visibility(picture, "team")


def test_a_work_is_its_owners_alone(clients: dict[str, Client], picture: Image) -> None:
    post(clients["owner"], "circle", ids=picture.pk)
    work = BulkWork.objects.get()
    for who, status in (("anonymous", 302), ("teammate", 404), ("admin", 404), ("owner", 200)):
        assert clients[who].get(f"/library/bulk/works/{work.pk}/").status_code == status
        for act in ("stop", "undo"):
            url = f"/library/bulk/works/{work.pk}/{act}/"
            assert clients[who].post(url, headers={"HX-Request": "true"}).status_code == status
    assert state(picture)["circles"] == 0
