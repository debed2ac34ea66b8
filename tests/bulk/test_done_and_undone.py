"""What is done to pictures, said of it, and put back as it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Board, Image, ImageModel, ImageTag, User
from gallery.services import boards, images, marks, tags
from tests import factories
from tests.bulk.acts import copies, events, generation_of, ids_of, post, run_of, says, state, undo

# Action, what is posted, what it says of two pictures, what is so afterwards, and what it says when undone.
ACTIONS: list[tuple[str, dict[str, str], str, dict[str, Any]]] = [
    ("tag", {"name": "Sea, sky"}, "2 pictures tagged #Sea, #sky.", {"tags": ["Old", "Sea", "sky"]}),
    ("untag", {"tag": "{tag}"}, "#Old taken off 2 pictures.", {"tags": []}),
    ("board", {"name": "  winter "}, "2 pictures put on “winter”.", {"boards": ["Autumn", "winter"]}),
    ("unboard", {"board": "{board}"}, "2 pictures taken off “Autumn”.", {"boards": []}),
    ("circle", {}, "2 pictures circled.", {"marks": [("bea", True, 2, False)], "circles": 1}),
    ("reject", {}, "2 pictures rejected.", {"marks": [("bea", False, 2, True)]}),
    ("rate", {"rating": "5"}, "2 pictures rated 5 of 5.", {"marks": [("bea", False, 5, False)]}),
    ("rate", {"rating": "0"}, "Your rating taken off 2 pictures.", {"marks": []}),
    ("private", {}, "Only you see 2 pictures now.", {"visibility": "private"}),
    ("trash", {}, "2 pictures moved to the trash.", {"is_trashed": True}),
]


@pytest.mark.parametrize(("action", "data", "sentence", "after"), ACTIONS, ids=[f"{r[0]}-{r[1]}" for r in ACTIONS])
def test_an_action_says_what_it_did_and_undo_puts_back_what_was(
    as_bea: Client,
    bea: User,
    picture: Image,
    board: Board,
    action: str,
    data: dict[str, str],
    sentence: str,
    after: dict[str, Any],
) -> None:
    tag = tags.get_or_create_tag(name="Old", user=bea)
    both = [picture, *copies(picture, 1)]
    ids = [image.pk for image in both]
    tags.tag_images(tag=tag, image_ids=ids, user=bea)
    boards.put_on_board(board=board, image_ids=ids, user=bea)
    marks.mark_images(user=bea, image_ids=ids, rating=2)
    before = [state(image) for image in both]
    posted = {name: value.format(tag=tag.pk, board=board.pk) for name, value in data.items()}

    response = post(as_bea, action, ids=ids_of(both), **posted)
    assert says(response, sentence)
    assert response["HX-Retarget"] == "#toasts"
    assert [{**old, **after} for old in before] == [state(image) for image in both]

    undone = undo(as_bea)
    assert says(undone, "Undone for 2 pictures.")
    assert not says(undone, "Undo<")
    assert [state(image) for image in both] == before
    assert undo(as_bea).status_code == 409
    assert [state(image) for image in both] == before


BACK: list[tuple[str, dict[str, Any], str]] = [
    ("uncircle", {"is_favourite": True}, "Your circle taken off 1 picture."),
    ("unreject", {"is_rejected": True}, "1 picture no longer rejected."),
]


@pytest.mark.parametrize(("action", "mark", "sentence"), BACK, ids=[row[0] for row in BACK])
def test_a_mark_is_taken_back_and_undo_gives_it_again(
    as_bea: Client, bea: User, picture: Image, action: str, mark: dict[str, bool], sentence: str
) -> None:
    marks.mark_images(user=bea, image_ids=[picture.pk], **mark)
    before = state(picture)
    assert says(post(as_bea, action, ids=picture.pk), sentence)
    assert state(picture)["marks"] == []
    undo(as_bea)
    assert state(picture) == before


def test_the_team_sees_pictures_again_and_the_record_of_a_run_goes_along(as_bea: Client, picture: Image) -> None:
    pictures = run_of(picture, 1)

    def seen() -> tuple[str, list[str]]:
        generation = generation_of(picture)
        return generation.visibility, [state(image)["visibility"] for image in pictures]

    post(as_bea, "private", ids=pictures[0].pk)
    assert seen() == ("team", ["private", "team"])
    post(as_bea, "private", ids=pictures[1].pk)
    assert seen() == ("private", ["private", "private"])
    assert says(post(as_bea, "team", ids=ids_of(pictures)), "The team sees 2 pictures now.")
    assert seen() == ("team", ["team", "team"])
    undo(as_bea)
    assert seen() == ("private", ["private", "private"])


def test_undo_leaves_alone_what_was_so_before(as_bea: Client, bea: User, picture: Image) -> None:
    both = [picture, *copies(picture, 1)]
    tag = tags.get_or_create_tag(name="Sea", user=bea)
    tags.tag_images(tag=tag, image_ids=[picture.pk], user=bea)
    marks.mark_images(user=bea, image_ids=[picture.pk], is_favourite=True)
    for action, data, sentence in (
        ("tag", {"name": "sea"}, "1 picture tagged #Sea. 1 was so already."),
        ("circle", {}, "1 picture circled. 1 was so already."),
    ):
        assert says(post(as_bea, action, ids=ids_of(both), **data), sentence)
        undo(as_bea)
    assert [state(image)["tags"] for image in both] == [["Sea"], []]
    assert [state(image)["circles"] for image in both] == [1, 0]


def test_undo_leaves_alone_what_was_changed_meanwhile(as_bea: Client, bea: User, picture: Image) -> None:
    both = [picture, *copies(picture, 1)]
    post(as_bea, "trash", ids=ids_of(both))
    images.restore_image(picture)
    images.trash_images(image_ids=[picture.pk], by=bea, moment=timezone.now() + timedelta(seconds=1))
    assert says(undo(as_bea), "Undone for 1 of 2 pictures; the rest was changed meanwhile.")
    assert [state(image)["is_trashed"] for image in both] == [True, False]


def test_pictures_taken_off_a_board_go_back_to_their_places(
    as_bea: Client, bea: User, picture: Image, board: Board
) -> None:
    pictures = [picture, *copies(picture, 3)]
    boards.put_on_board(board=board, image_ids=[image.pk for image in pictures], user=bea)
    order = list(board.items.order_by("-rank").values_list("image", "rank"))
    post(as_bea, "unboard", ids=ids_of(pictures[1:3]), board=board.pk)
    assert board.items.count() == 2
    undo(as_bea)
    assert list(board.items.order_by("-rank").values_list("image", "rank")) == order


def test_nothing_to_do_is_said_without_an_undo(as_bea: Client, picture: Image) -> None:
    post(as_bea, "circle", ids=picture.pk)
    response = post(as_bea, "circle", ids=picture.pk)
    assert says(response, "Nothing changed: that was so already.")
    assert not says(response, "Undo<")
    assert "pictures:changed" not in events(response)


def test_what_is_somebody_elses_stays_and_is_counted(
    as_chi: Client, chi: User, picture: Image, flux_kontext: ImageModel
) -> None:
    mine = factories.create_picture(chi, flux_kontext, colour="red")
    both = ids_of([picture, mine])
    assert says(post(as_chi, "private", ids=both), "Only you see 1 picture now. 1 of 2 is somebody else’s and stayed.")
    assert says(post(as_chi, "trash", ids=both), "1 picture moved to the trash. 1 of 2 is somebody else’s and stayed.")
    refused = post(as_chi, "trash", ids=picture.pk)
    assert refused.status_code == 403
    assert says(refused, "It is somebody else’s and stayed.")


def test_a_full_picture_takes_no_more_tags(as_bea: Client, bea: User, picture: Image) -> None:
    for number in range(tags.MOST_PER_IMAGE):
        ImageTag.objects.create(image=picture, tag=tags.get_or_create_tag(name=f"word {number}", user=bea))
    both = [picture, *copies(picture, 1)]
    said = "1 picture tagged #Sea. 1 picture had 50 tags, and no more fit."
    assert says(post(as_bea, "tag", ids=ids_of(both), name="Sea"), said)
