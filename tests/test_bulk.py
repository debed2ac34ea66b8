"""One thing done to many pictures: who may, on chosen ones, on everything found, on stacks; what it says; undo; long works."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import tasks
from gallery.models import (
    Board,
    BoardItem,
    BulkWork,
    Generation,
    GenerationInput,
    Image,
    ImageModel,
    ImageTag,
    Mark,
    Selection,
    Tag,
    User,
    WallQuery,
)
from gallery.services import boards, bulk, images, marks, tags
from tests import factories

WHO = ("anonymous", "owner", "teammate", "admin")


@pytest.fixture
def clients(ada: User, bea: User, chi: User) -> dict[str, Client]:
    people = {"owner": bea, "teammate": chi, "admin": ada}
    return {"anonymous": Client()} | {who: factories.signed_in(person) for who, person in people.items()}


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


@pytest.fixture
def board(bea: User) -> Board:
    return boards.create_board(owner=bea, name="Autumn", visibility="team")


def copies(image: Image, count: int, **fields: Any) -> list[Image]:
    """More pictures like this one, each alone."""
    rows = [
        Image(**{**{f.attname: getattr(image, f.attname) for f in image._meta.concrete_fields}, "id": None, **fields})
        for _ in range(count)
    ]
    for row in rows:
        row.generation_id = fields.get("generation_id")
    return Image.objects.bulk_create(rows)


def run_of(image: Image, count: int) -> list[Image]:
    """More pictures of its run: the first one stands for all."""
    rows = [
        copies(image, 1, generation_id=image.generation_id, position=n + 1, is_cover=False)[0] for n in range(count)
    ]
    return [image, *rows]


def ids_of(pictures: Sequence[Image]) -> str:
    return ",".join(str(picture.pk) for picture in pictures)


def post(client: Client, action: str, **data: Any) -> Any:
    return client.post(f"/library/bulk/{action}/", data, headers={"HX-Request": "true"})


def says(response: Any, words: str) -> bool:
    return words in response.content.decode()


def events(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["HX-Trigger"])
    return found


def undo(client: Client) -> Any:
    """The newest work, as its note would."""
    return client.post(f"/library/bulk/works/{BulkWork.objects.latest('id').pk}/undo/", headers={"HX-Request": "true"})


def generation_of(image: Image) -> Generation:
    assert image.generation_id
    return Generation.objects.get(pk=image.generation_id)


def state(image: Image) -> dict[str, Any]:
    image.refresh_from_db()
    return {
        "visibility": image.visibility,
        "is_trashed": image.deleted_at is not None,
        "tags": sorted(image.image_tags.values_list("tag__name", flat=True)),
        "boards": sorted(image.board_items.values_list("board__name", flat=True)),
        "marks": sorted(image.marks.values_list("user__username", "is_favourite", "rating", "is_rejected")),
        "circles": image.favourite_count,
    }


# Who may what ---------------------------------------------------------------------------------------------------------

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


# What is done, said and undone ----------------------------------------------------------------------------------------

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


REFUSED: list[tuple[str, dict[str, str], int, str]] = [
    ("tag", {"name": " "}, 422, "Write a word for the tag."),
    ("tag", {"name": "x" * 70}, 422, "at most 60 characters"),
    ("tag", {"name": ",".join("abcdefghijk")}, 422, "At most 10 tags at once; these are 11."),
    ("tag", {"tag": "999999"}, 404, ""),
    ("untag", {}, 404, ""),
    ("board", {"name": "x" * 130}, 422, "has room for 120 characters"),
    ("board", {"name": ""}, 422, "Give the board a name."),
    ("board", {"board": "999999"}, 404, ""),
    ("unboard", {"name": "Autumn"}, 404, ""),
    ("rate", {"rating": "6"}, 404, ""),
    ("rate", {}, 404, ""),
    ("explode", {}, 404, ""),
]


@pytest.mark.parametrize(("action", "data", "status", "sentence"), REFUSED)
def test_what_makes_no_sense_is_refused_beside_its_field(
    as_bea: Client, picture: Image, action: str, data: dict[str, str], status: int, sentence: str
) -> None:
    response = post(as_bea, action, ids=picture.pk, **data)
    assert response.status_code == status
    assert says(response, sentence)
    assert not Tag.objects.exists()
    assert not Board.objects.exists()


def test_pictures_that_are_gone_make_no_tag_and_no_board(as_bea: Client) -> None:
    for action, name in (("tag", "Sea"), ("board", "Sea"), ("choose/tag", ""), ("choose/board", "")):
        assert post(as_bea, action, ids="99999999", name=name).status_code == 404
    assert not Tag.objects.exists()
    assert not Board.objects.exists()


ONE_BY_ONE = [
    "/library/bulk/circle/",
    "/library/bulk/choose/tag/",
    "/library/bulk/choose/board/",
    "/library/download/",
    "/shares/",
    "/trash/delete/",
    "/boards/{board}/add/",
    "/boards/{board}/remove/",
    "/boards/{board}/move/",
]


@pytest.mark.parametrize("path", ONE_BY_ONE)
def test_more_pictures_than_can_be_chosen_one_by_one_are_refused(as_bea: Client, board: Board, path: str) -> None:
    data = {"ids": ",".join(map(str, range(1, 20_002)))}
    for headers in ({}, {"HX-Request": "true"}, {"Accept": "application/json"}):
        response = as_bea.post(path.format(board=board.pk), data, headers=headers)
        assert response.status_code == 422
        assert says(response, "At most 20,000 pictures can be chosen one by one. Select all instead.")


@pytest.mark.parametrize("query", ["", "stacks=off", "show=trash"])
@pytest.mark.parametrize("path", ONE_BY_ONE)
def test_as_many_as_can_be_chosen_are_looked_for(
    as_bea: Client, board: Board, picture: Image, path: str, query: str
) -> None:
    ids = ",".join(map(str, range(picture.pk, picture.pk + 20_000)))
    response = as_bea.post(path.format(board=board.pk), {"ids": ids, "query": query, "name": "Sea"})
    if response.streaming:
        factories.read_stream(response)
    assert response.status_code in (200, 302, 404, 422)
    assert not says_too_many(response)


def says_too_many(response: Any) -> bool:
    return not response.streaming and says(response, "one by one")


# Selections -----------------------------------------------------------------------------------------------------------


def test_everything_found_is_done_and_nothing_else(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    teapots = [factories.create_picture(bea, flux_kontext, "a teapot") for _ in range(3)]
    chair = factories.create_picture(bea, flux_kontext, "a chair")
    assert says(post(as_bea, "tag", query="q=teapot", all="1", name="Tea"), "3 pictures tagged #Tea.")
    assert [state(image)["tags"] for image in [*teapots, chair]] == [["Tea"], ["Tea"], ["Tea"], []]


def test_a_set_that_shrinks_while_it_is_done_is_done_whole(as_bea: Client, bea: User, picture: Image) -> None:
    many = [picture, *copies(picture, 700)]
    marks.mark_images(user=bea, image_ids=[image.pk for image in many[:500]], is_favourite=True)
    marks.mark_images(user=bea, image_ids=[image.pk for image in many[500:]], is_favourite=True)
    response = post(as_bea, "uncircle", query="favourite=me", all="1")
    assert says(response, "Your circle taken off 701 pictures.")
    assert not Mark.objects.exists()
    assert events(response)["pictures:changed"] == {"ids": [], "removed": [], "all": True}


def test_a_cover_on_a_wall_of_stacks_stands_for_its_run(as_bea: Client, picture: Image) -> None:
    pictures = run_of(picture, 2)
    assert says(post(as_bea, "circle", ids=picture.pk, query=""), "3 pictures circled.")
    assert says(post(as_bea, "uncircle", ids=picture.pk, query="stacks=off"), "Your circle taken off 1 picture.")
    assert [state(image)["circles"] for image in pictures] == [0, 1, 1]
    # Without a wall a picture is meant alone.
    assert says(post(as_bea, "trash", ids=picture.pk), "1 picture moved to the trash.")
    assert [state(image)["is_trashed"] for image in pictures] == [True, False, False]
    assert [Image.objects.get(pk=image.pk).is_cover for image in pictures[1:]] == [True, False]
    undo(as_bea)
    assert [Image.objects.get(pk=image.pk).is_cover for image in pictures] == [True, False, False]


def test_all_found_goes_into_stacks(as_bea: Client, picture: Image) -> None:
    run_of(picture, 4)
    assert says(post(as_bea, "circle", query="", all="1"), "5 pictures circled.")


def test_a_board_gets_all_found_newest_first(as_bea: Client, picture: Image) -> None:
    many = [picture, *copies(picture, 700)]
    post(as_bea, "board", query="stacks=off", all="1", name="Everything")
    lying = BoardItem.objects.order_by("-rank").values_list("image", flat=True)
    assert list(lying) == sorted((image.pk for image in many), reverse=True)


def test_what_arrives_later_is_left_alone(bea: User, picture: Image) -> None:
    selection = Selection(query=WallQuery(), ids=None)
    work = bulk.begin(user=bea, action="circle", selection=selection, arguments={})
    late = copies(picture, 1)[0]
    bulk.run(work)
    assert (state(picture)["circles"], state(late)["circles"]) == (1, 0)


def test_the_trash_only_gives_back(as_bea: Client, bea: User, picture: Image) -> None:
    images.trash_image(picture, by=bea)
    for action, data in (("tag", {"name": "Sea"}), ("circle", {}), ("private", {}), ("trash", {})):
        assert post(as_bea, action, ids=picture.pk, query="show=trash", **data).status_code == 404
    response = post(as_bea, "restore", query="show=trash", all="1")
    assert says(response, "1 picture back in the library.")
    assert events(response)["pictures:changed"] == {"ids": [], "removed": [picture.pk]}
    assert not state(picture)["is_trashed"]


def test_toggling_takes_a_mark_back_only_where_all_have_it(as_bea: Client, picture: Image) -> None:
    both = [picture, *copies(picture, 1)]
    post(as_bea, "circle", ids=picture.pk)
    for circles in ([1, 1], [0, 0], [1, 1]):
        post(as_bea, "circle", ids=ids_of(both), toggle="1")
        assert [state(image)["circles"] for image in both] == circles
    post(as_bea, "reject", ids=picture.pk, toggle="1")
    assert state(picture)["marks"] == [("bea", False, None, True)]
    post(as_bea, "reject", ids=picture.pk, toggle="1")
    assert state(picture)["marks"] == []


def test_the_page_is_told_which_tiles_changed(as_bea: Client, picture: Image) -> None:
    pictures = [picture, *copies(picture, 1)]
    ids = sorted(image.pk for image in pictures)
    circled = events(post(as_bea, "circle", ids=ids_of(pictures)))
    assert circled["pictures:changed"] == {"ids": ids, "removed": []}
    assert circled["bulk:done"] == {"action": "circle"}
    assert events(post(as_bea, "trash", ids=picture.pk))["pictures:changed"] == {"ids": [], "removed": [picture.pk]}
    assert events(undo(as_bea))["pictures:changed"]["all"]


# Before throwing away -------------------------------------------------------------------------------------------------


def use(image: Image, *, times: int = 1) -> None:
    for _ in range(times):
        result = copies(image, 1)[0]
        generation = generation_of(image)
        generation.pk, generation.submission = None, None
        generation.save()
        Image.objects.filter(pk=result.pk).update(generation=generation)
        GenerationInput.objects.create(generation=generation, image=image, parameter="image_prompt")
    Image.objects.filter(pk=image.pk).update(is_used=True)


def test_it_is_asked_before_a_picture_that_was_used_is_thrown_away(as_bea: Client, picture: Image) -> None:
    use(picture, times=4)
    other = copies(picture, 1)[0]
    alone = post(as_bea, "trash", ids=picture.pk)
    assert says(alone, "Move 1 picture to the trash?")
    assert says(alone, "It was used as input by 4 pictures.")
    assert alone["HX-Retarget"] == "#bulk-dialog"
    assert says(post(as_bea, "trash", ids=ids_of([picture, other])), "1 of them was used as input by 4 pictures.")
    assert not state(picture)["is_trashed"]
    assert says(post(as_bea, "trash", ids=picture.pk, confirmed="1"), "1 picture moved to the trash.")
    assert state(picture)["is_trashed"]


def test_it_is_asked_before_everything_found_is_thrown_away(as_chi: Client, chi: User, picture: Image) -> None:
    copies(picture, 2, owner_id=chi.pk)
    asked = post(as_chi, "trash", query="", all="1")
    assert says(asked, "Move 2 pictures to the trash?")
    assert says(asked, 'name="all" value="1"')
    done = post(as_chi, "trash", query="", all="1", confirmed="1")
    assert says(done, "2 pictures moved to the trash. 1 of 3 is somebody else’s and stayed.")


# Long works -----------------------------------------------------------------------------------------------------------


def test_three_thousand_pictures_are_done_by_the_worker_and_undone(as_bea: Client, bea: User, picture: Image) -> None:
    copies(picture, 2_999)
    response = post(as_bea, "tag", query="", all="1", name="Sea")
    assert says(response, "3,000 pictures tagged #Sea.")
    assert ImageTag.objects.count() == 3_000
    assert events(response)["pictures:changed"]["all"]
    assert says(undo(as_bea), "Undone for 3,000 pictures.")
    assert not ImageTag.objects.exists()


def test_a_long_work_tells_how_far_it_is_and_can_be_stopped(as_bea: Client, bea: User, picture: Image) -> None:
    copies(picture, 2_999)
    tasks.queue.immediate = False
    tasks.queue.flush()
    response = post(as_bea, "circle", query="", all="1")
    work = BulkWork.objects.get()
    assert says(response, "Circling: 0 of 3,000")
    assert "pictures:changed" not in events(response)
    bulk.run_chunk(work.pk)
    progress = as_bea.get(f"/library/bulk/works/{work.pk}/")
    assert says(progress, "Circling: 500 of 3,000")
    assert not says(progress, "Undo<")
    assert undo(as_bea).status_code == 409
    stopped = as_bea.post(f"/library/bulk/works/{work.pk}/stop/", headers={"HX-Request": "true"})
    assert says(stopped, "500 pictures circled. Stopped.")
    assert not bulk.run_chunk(work.pk)
    undo(as_bea)
    bulk.run(BulkWork.objects.latest("id"))
    assert not Mark.objects.exists()
    assert tasks.queue.pending_count() == 1
    tasks.queue.flush()


def test_a_work_whose_process_died_goes_on_where_it_was(bea: User, picture: Image) -> None:
    copies(picture, 1_200)
    work = bulk.begin(
        user=bea, action="rate", selection=Selection(query=WallQuery(), ids=None), arguments={"rating": 3}
    )
    bulk.run_chunk(work.pk)
    assert not BulkWork.objects.abandoned().exists()
    BulkWork.objects.update(moved_at=timezone.now() - timedelta(minutes=2))
    assert list(BulkWork.objects.abandoned()) == [work]
    tasks.run_bulk(work.pk)
    work.refresh_from_db()
    assert (work.seen, work.changed) == (1_201, 1_201)
    assert Mark.objects.filter(rating=3).count() == 1_201


def test_a_work_stops_with_a_sentence_when_its_board_is_closed(bea: User, picture: Image, board: Board) -> None:
    copies(picture, 700)
    selection = Selection(query=WallQuery(), ids=None)
    work = bulk.begin(user=bea, action="board", selection=selection, arguments={"board": board.pk})
    bulk.run_chunk(work.pk)
    boards.trash_board(board=board)
    bulk.run(work)
    assert (work.changed, work.stopped) == (500, "The board is no longer there for you.")


def test_a_work_that_goes_wrong_again_and_again_ends_and_says_so(as_bea: Client, bea: User, picture: Image) -> None:
    copies(picture, 700)
    selection = Selection(query=WallQuery(), ids=None)
    work = bulk.begin(user=bea, action="rate", selection=selection, arguments={"rating": 3, "label": "3 of 5"})
    bulk.run_chunk(work.pk)
    BulkWork.objects.update(arguments={"rating": "three", "label": "3 of 5"})
    assert [bulk.run_chunk(work.pk) for _ in range(3)] == [True, True, False]
    assert not BulkWork.objects.filter(ended_at=None).exists()
    assert Mark.objects.filter(rating=3).count() == 500
    answer = as_bea.get(f"/library/bulk/works/{work.pk}/")
    assert says(answer, "500 pictures rated 3 of 5. Stopped: something went wrong with the rest")
    assert says(answer, "Undo<")


def test_a_chunk_that_goes_well_at_last_is_no_failure(bea: User, picture: Image) -> None:
    selection = Selection(query=WallQuery(), ids=None)
    work = bulk.begin(user=bea, action="rate", selection=selection, arguments={})
    assert bulk.run_chunk(work.pk) and bulk.run_chunk(work.pk)
    BulkWork.objects.update(arguments={"rating": 3})
    bulk.run(work)
    assert (work.changed, work.failures, work.stopped) == (1, 0, "")


def test_chosen_pictures_that_vanish_meanwhile_are_passed_over(bea: User, picture: Image) -> None:
    many = [picture, *copies(picture, 1_200)]
    ids = tuple(sorted(image.pk for image in many))
    work = bulk.begin(
        user=bea, action="circle", selection=Selection(query=WallQuery(stacks="off"), ids=ids), arguments={}
    )
    bulk.run_chunk(work.pk)
    Image.objects.filter(pk__in=ids[500:1000]).update(deleted_at=timezone.now())
    bulk.run(work)
    assert work.changed == 701


CHUNKS: list[tuple[str, Callable[[Board, User], dict[str, Any]], int]] = [
    ("tag", lambda board, user: {"tags": [tags.get_or_create_tag(name="Sea", user=user).pk]}, 26),
    ("board", lambda board, user: {"board": board.pk}, 28),
    ("circle", lambda board, user: {}, 21),
    ("private", lambda board, user: {}, 26),
    ("trash", lambda board, user: {}, 22),
]


@pytest.mark.parametrize(("action", "arguments", "most"), CHUNKS, ids=[row[0] for row in CHUNKS])
def test_a_chunk_takes_a_bounded_number_of_queries(
    bea: User,
    picture: Image,
    board: Board,
    action: str,
    arguments: Callable[[Board, User], dict[str, Any]],
    most: int,
) -> None:
    run_of(picture, 60)
    selection = Selection(query=WallQuery(), ids=None)
    work = bulk.begin(user=bea, action=action, selection=selection, arguments=arguments(board, bea))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        bulk.run_chunk(work.pk)
    assert len(queries) <= most
    assert BulkWork.objects.get().changed == 61


def test_works_that_can_no_longer_be_undone_are_forgotten(as_bea: Client, picture: Image) -> None:
    post(as_bea, "circle", ids=picture.pk)
    old = BulkWork.objects.get()
    BulkWork.objects.update(ended_at=timezone.now() - timedelta(days=2))
    post(as_bea, "rate", ids=picture.pk, rating="3")
    assert not BulkWork.objects.filter(pk=old.pk).exists()


# Dialogs, and without a script ----------------------------------------------------------------------------------------


def test_the_dialogs_tell_what_all_and_some_of_them_have(
    as_bea: Client, bea: User, picture: Image, board: Board
) -> None:
    both = [picture, *copies(picture, 1)]
    for name, chosen in (("everywhere", both), ("somewhere", both[:1])):
        tag = tags.get_or_create_tag(name=name, user=bea)
        tags.tag_images(tag=tag, image_ids=[image.pk for image in chosen], user=bea)
    boards.put_on_board(board=board, image_ids=[picture.pk], user=bea)
    boards.create_board(owner=bea, name="Winter", visibility="private")
    shown = as_bea.get(
        "/library/bulk/choose/tag/", {"ids": ids_of(both)}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "2 pictures" in shown
    assert "somewhere:</span> Add to all" in shown
    assert "Take off: everywhere" in shown
    assert "everywhere:</span> Add to all" not in shown
    # Posted, since a long list does not fit an address.
    shown = post(as_bea, "choose/board", ids=ids_of(both)).content.decode()
    assert "1 on it" in shown
    assert shown.index("Autumn") > shown.index("Winter"), "the last used comes first"


def test_a_board_made_for_private_pictures_is_private(as_bea: Client, picture: Image) -> None:
    post(as_bea, "board", ids=picture.pk, name="Shared")
    images.set_image_visibility(picture, "private")
    post(as_bea, "board", ids=picture.pk, name="Mine")
    assert dict(Board.objects.values_list("name", "visibility")) == {"Shared": "team", "Mine": "private"}


def test_everything_works_without_a_script(as_bea: Client, as_chi: Client, picture: Image) -> None:
    page = as_bea.get(f"/library/bulk/choose/tag/?ids={picture.pk}&next=/images/{picture.pk}/")
    assert "<!doctype html>" in page.content.decode()
    assert f'name="next" value="/images/{picture.pk}/"' in page.content.decode()
    data = {"ids": picture.pk, "name": "Sea", "next": f"/images/{picture.pk}/"}
    done = as_bea.post("/library/bulk/tag/", data, follow=True)
    assert done.redirect_chain == [(f"/images/{picture.pk}/", 302)]
    assert "1 picture tagged #Sea." in done.content.decode()
    undo_path = f"/library/bulk/works/{BulkWork.objects.get().pk}/undo/"
    assert undo_path in done.content.decode()
    assert as_bea.post(undo_path, follow=True).redirect_chain == [("/library/", 302)]
    assert "That was undone before." in as_bea.post(undo_path, follow=True).content.decode()
    assert as_bea.post("/library/bulk/tag/", {**data, "next": "https://elsewhere.example/"})["Location"] == "/library/"
    assert as_chi.post("/library/bulk/trash/", {"ids": picture.pk}).status_code == 403
    assert as_bea.post("/library/bulk/trash/", {"ids": "999999"}).status_code == 404
