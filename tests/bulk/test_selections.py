"""Everything found, stacks, and what changes while it is done."""

from django.test import Client

from gallery.models import BoardItem, Image, ImageModel, Mark, Selection, User, WallQuery
from gallery.services import bulk, images, marks
from tests import factories
from tests.bulk.acts import copies, events, ids_of, post, run_of, says, state, undo


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
