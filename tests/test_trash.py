"""The trash: what comes back, what leaves for good after thirty days or by hand, and what is left of it."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.images import removal, store
from gallery.models import (
    Board,
    BoardItem,
    Comment,
    Generation,
    Image,
    ImageModel,
    ImageTag,
    ImageWords,
    Mark,
    Tag,
    User,
)
from gallery.services import generations, images, search, trash
from tests import factories, own_parts
from tests.sharing import board_with

in_a_folder = pytest.mark.skipif(own_parts.STORAGE_SERVER != "", reason="Only files of a folder are marked as fresh.")
MONTH = timedelta(days=30)
colours = iter(f"#{number:06x}" for number in range(0x102030, 0xFFFFFF, 4099))


@pytest.fixture(autouse=own_parts.STORAGE_SERVER != "")
def old_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket tells by itself when a file was stored: no test can say that it was long ago."""
    monkeypatch.setattr(removal, "FRESH_SECONDS", 0.0)


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    """Its bytes are like no other test's."""
    return factories.create_picture(bea, flux_kontext, colour=next(colours))


def throw_away(image: Image, *, ago: timedelta = MONTH) -> None:
    """Into the trash, some time ago; its files have been there for longer."""
    assert image.owner
    images.trash_image(image, by=image.owner)
    Image.objects.filter(pk=image.pk).update(deleted_at=timezone.now() - ago)
    grow_old(image)


def grow_old(image: Image) -> None:
    for name in names_of(image):
        path = removal.local_path(default_storage, name)
        if path and path.exists():
            os.utime(path, (1, 1))


def names_of(image: Image) -> list[str]:
    return store.names_of(image.sha256, image.media_type, image.thumbnail_widths)


def model_of(image: Image) -> ImageModel:
    assert image.generation and image.generation.image_model
    return image.generation.image_model


def has_file(image: Image) -> bool:
    return default_storage.exists(image.file_name)


# After thirty days -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ago", "is_left"), [(MONTH - timedelta(minutes=5), True), (MONTH, False)])
def test_a_picture_stays_in_the_trash_for_thirty_days(picture: Image, ago: timedelta, is_left: bool) -> None:
    throw_away(picture, ago=ago)
    trash.purge_expired()
    assert Image.objects.filter(pk=picture.pk).exists() == is_left
    assert has_file(picture) == is_left
    assert any(default_storage.exists(name) for name in names_of(picture)) == is_left


def test_what_is_kept_is_never_purged(picture: Image) -> None:
    assert trash.purge_images(image_ids=[picture.pk]) == 0
    assert trash.empty_trash() == (0, 0)
    assert trash.purge_expired() == 0
    assert Image.objects.kept().filter(pk=picture.pk).exists()


@pytest.mark.parametrize(("deleted_before", "days"), [(timedelta(0), 30), (timedelta(days=29), 1), (MONTH * 2, 0)])
def test_a_picture_tells_its_days_left(picture: Image, deleted_before: timedelta, days: int) -> None:
    picture.deleted_at = timezone.now() - deleted_before
    assert picture.days_left == days


def test_its_history_survives_and_says_so(picture: Image, as_bea: Client) -> None:
    throw_away(picture)
    trash.purge_expired()
    page = as_bea.get(f"/generations/{picture.generation_id}/").content.decode()
    assert "The pictures of this run were deleted." in page
    assert "a red chair" in page
    assert "a red chair" in as_bea.get("/history/").content.decode()


def test_a_run_whose_pictures_are_only_in_the_trash_does_not_say_deleted(picture: Image, as_bea: Client) -> None:
    throw_away(picture)
    page = as_bea.get(f"/generations/{picture.generation_id}/").content.decode()
    assert "are in the trash" in page
    assert "were deleted" not in page


def test_everything_people_put_on_it_goes_with_it(picture: Image, bea: User) -> None:
    board = Board.objects.create(name="Chairs", owner=bea, cover=picture)
    BoardItem.objects.create(board=board, image=picture, rank=1)
    ImageTag.objects.create(image=picture, tag=Tag.objects.create(name="red", key="red"))
    Mark.objects.create(image=picture, user=bea, is_favourite=True)
    Comment.objects.create(image=picture, author=bea, text="a secret word")
    throw_away(picture)
    trash.purge_expired()
    board.refresh_from_db()
    assert board.cover is None
    for model in (BoardItem, ImageTag, Mark, Comment):
        assert not model._default_manager.filter(image=picture.pk).exists()
    assert not ImageWords.objects.filter(pk=picture.pk).exists()


@pytest.mark.parametrize(("ago", "is_left"), [(MONTH - timedelta(minutes=5), True), (MONTH, False)])
def test_a_board_stays_in_the_trash_for_thirty_days_and_its_pictures_are_kept(
    picture: Image, bea: User, ago: timedelta, is_left: bool
) -> None:
    kept = board_with(bea, picture)
    board = board_with(bea, picture, deleted_at=timezone.now() - ago)
    Generation.objects.filter(images=picture).update(board=board)
    trash.purge_expired()
    assert Board.objects.filter(pk=board.pk).exists() == is_left
    assert Board.objects.filter(pk=kept.pk).exists()
    assert Image.objects.kept().filter(pk=picture.pk).exists()


# Bytes that are not one picture’s alone ----------------------------------------------------------------------------


def same_bytes(picture: Image, flux_kontext: ImageModel) -> Image:
    twin = factories.create_picture(picture.owner, flux_kontext)  # type: ignore[arg-type]
    fields = ("sha256", "media_type", "width", "height", "thumbnail_widths")
    Image.objects.filter(pk=twin.pk).update(**{name: getattr(picture, name) for name in fields})
    twin.refresh_from_db()
    return twin


@pytest.mark.parametrize("is_trashed", [False, True])
def test_a_file_stays_as_long_as_another_picture_has_it(
    picture: Image, flux_kontext: ImageModel, is_trashed: bool
) -> None:
    twin = same_bytes(picture, flux_kontext)
    if is_trashed:
        throw_away(twin, ago=timedelta(days=1))
    throw_away(picture)
    trash.purge_expired()
    assert not Image.objects.filter(pk=picture.pk).exists()
    assert has_file(twin)
    throw_away(twin)
    trash.purge_expired()
    assert not has_file(twin)


@in_a_folder
def test_the_same_bytes_stored_again_keep_their_file(picture: Image, bea: User) -> None:
    """Somebody stores them between the moment they are given up and the one they are removed; the row comes later."""
    throw_away(picture)
    trash.purge_images(image_ids=[picture.pk])
    with default_storage.open(picture.file_name) as file:
        stored = images.take_in(file.read(), max_bytes=1_000_000)
    trash.remove_purged()
    assert has_file(picture)
    assert Image.objects.filter(pk=picture.pk).exists()
    kept = Image.objects.create(source=Image.Source.IMPORTED, owner=bea, **images.image_fields(stored))
    grow_old(picture)
    trash.remove_purged()
    assert not Image.objects.filter(pk=picture.pk).exists()
    assert has_file(kept)


def test_a_picture_taken_back_in_time_stays(picture: Image) -> None:
    throw_away(picture)
    images.restore_image(picture)
    assert trash.purge_images(image_ids=[picture.pk]) == 0
    assert has_file(picture)


def test_a_picture_given_up_cannot_be_taken_back(picture: Image, as_bea: Client) -> None:
    throw_away(picture)
    trash.purge_images(image_ids=[picture.pk])
    assert as_bea.post(f"/images/{picture.pk}/restore/").status_code == 404
    images.restore_image(picture)
    assert not Image.objects.kept().filter(pk=picture.pk).exists()


@in_a_folder
def test_what_cannot_be_removed_keeps_nothing_else_from_going(
    picture: Image, bea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first in line are too fresh to be removed, as many as one look takes."""
    monkeypatch.setattr(trash, "MOST_OF_A_RUN", 2)
    more = [factories.create_picture(bea, model_of(picture), colour=next(colours)) for _ in range(3)]
    moment = timezone.now() - MONTH
    for image in [*more, picture]:
        throw_away(image)
    Image.objects.update(deleted_at=moment)
    trash.purge_images(image_ids=[image.pk for image in [picture, *more]])
    fresh = sorted([picture, *more], key=lambda image: image.pk)[:2]
    for image in fresh:
        os.utime(default_storage.path(image.file_name))
    trash.remove_purged()
    assert set(Image.objects.values_list("pk", flat=True)) == {image.pk for image in fresh}


def test_a_process_killed_after_the_files_is_made_up_for(picture: Image) -> None:
    throw_away(picture)
    trash.purge_images(image_ids=[picture.pk])
    for name in names_of(picture):
        default_storage.delete(name)
    trash.remove_purged()
    assert not Image.objects.filter(pk=picture.pk).exists()


# Pictures that others were made from -------------------------------------------------------------------------------


@pytest.fixture
def child(bea: User, flux_kontext: ImageModel, picture: Image) -> Image:
    inputs = {"image_prompt": [picture]}
    return factories.create_picture(bea, flux_kontext, "a blue chair", inputs=inputs, colour=next(colours))


def test_an_input_leaves_its_place_behind(picture: Image, child: Image, as_bea: Client, as_ada: Client) -> None:
    Image.objects.filter(pk=picture.pk).update(note="a secret note", imported_name="secret")
    throw_away(picture)
    trash.purge_expired()
    left = Image.objects.get(pk=picture.pk)
    assert (left.sha256, left.note, left.imported_name, left.thumbnail_widths, left.dhash) == ("", "", "", [], "")
    assert not has_file(picture)
    page = as_bea.get(f"/generations/{child.generation_id}/").content.decode()
    assert "1 picture that was deleted" in page
    assert f"/images/{picture.pk}/" not in page
    for client in (as_bea, as_ada):
        for path in (f"/images/{picture.pk}/", f"/images/{picture.pk}/download/", f"/media/{picture.sha256}/original"):
            assert client.get(path).status_code == 404
        assert f"/images/{picture.pk}/" not in client.get("/library/?show=trash").content.decode()
    trash.purge_expired()
    search.index_waiting()
    assert not ImageWords.objects.filter(pk=picture.pk).exists()


def test_a_run_with_a_deleted_input_cannot_run_again(picture: Image, child: Image, bea: User) -> None:
    throw_away(picture)
    trash.purge_expired()
    assert child.generation
    with pytest.raises(generations.CannotRunAgain, match="was deleted"):
        generations.run_again(child.generation, owner=bea)


def test_what_a_waiting_run_is_going_to_send_stays(picture: Image, child: Image) -> None:
    run = Generation.objects.filter(images=child)
    run.update(status=Generation.Status.QUEUED)
    throw_away(picture)
    assert trash.purge_expired() == 0
    assert has_file(picture)
    run.update(status=Generation.Status.CANCELLED)
    assert trash.purge_expired() == 1


def test_an_input_in_the_trash_shows_to_who_may_take_it_back(
    picture: Image, child: Image, as_bea: Client, as_chi: Client
) -> None:
    throw_away(picture, ago=timedelta(days=1))
    path = f"/generations/{child.generation_id}/"
    assert f"/images/{picture.pk}/" in as_bea.get(path).content.decode()
    page = as_chi.get(path).content.decode()
    assert f"/images/{picture.pk}/" not in page
    assert "1 picture in the trash" in page


def test_pictures_made_from_one_are_counted_once_hidden_ones_too(
    picture: Image, child: Image, chi: User, flux_kontext: ImageModel
) -> None:
    second = {"image_prompt": [picture], "input_image": [picture]}
    factories.create_picture(chi, flux_kontext, "hidden", inputs=second, visibility="private", colour=next(colours))
    gone = factories.create_picture(chi, flux_kontext, "gone", inputs=second, colour=next(colours))
    throw_away(gone)
    assert Image.objects.times_used([picture.pk]) == 2
    assert Image.objects.times_used(Image.objects.filter(pk__in=[picture.pk, child.pk])) == 2
    assert Image.objects.times_used([child.pk]) == 0


# By hand -----------------------------------------------------------------------------------------------------------


def test_the_trash_tells_its_days_and_who_threw_a_picture_away(picture: Image, as_bea: Client, ada: User) -> None:
    images.trash_image(picture, by=ada)
    for page in ("/library/?show=trash", f"/images/{picture.pk}/"):
        found = as_bea.get(page).content.decode()
        assert "30 days" in found
        assert "Ada Lovelace" in found
    Image.objects.filter(pk=picture.pk).update(deleted_at=timezone.now() - timedelta(days=18))
    assert ">12 days<" in as_bea.get("/library/?show=trash").content.decode()
    Image.objects.filter(pk=picture.pk).update(deleted_at=timezone.now() - timedelta(days=29, hours=3))
    assert ">last day<" in as_bea.get("/library/?show=trash").content.decode()
    assert "within a day" in as_bea.get(f"/images/{picture.pk}/").content.decode()


def test_a_trash_of_many_asks_no_more_questions(
    bea: User, ada: User, flux_kontext: ImageModel, as_bea: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for _ in range(5):
        images.trash_image(factories.create_picture(bea, flux_kontext), by=ada)
    with django_assert_max_num_queries(20) as few:  # type: ignore[attr-defined]
        as_bea.get("/library/?show=trash")
    for _ in range(5):
        images.trash_image(factories.create_picture(bea, flux_kontext), by=ada)
    with django_assert_max_num_queries(len(few.captured_queries)):  # type: ignore[attr-defined]
        as_bea.get("/library/?show=trash")


def test_some_are_deleted_for_good_after_a_question(picture: Image, child: Image, as_bea: Client) -> None:
    throw_away(picture, ago=timedelta(days=1))
    data = {"ids": str(picture.pk), "query": "show=trash"}
    asked = as_bea.post("/trash/delete/", data).content.decode()
    assert "Delete 1 picture for good?" in asked
    assert "used as input by 1 picture" in asked
    assert Image.objects.visible_to(picture.owner).filter(pk=picture.pk).exists()
    done = as_bea.post("/trash/delete/", {**data, "confirmed": "1"}, follow=True)
    assert done.redirect_chain == [("/library/?show=trash", 302)]
    assert "1 picture deleted for good." in done.content.decode()
    assert not has_file(picture)
    assert "no longer in the trash" in as_bea.post("/trash/delete/", data, follow=True).content.decode()


def test_all_that_a_search_finds_in_the_trash_is_deleted(
    picture: Image, bea: User, flux_kontext: ImageModel, as_bea: Client
) -> None:
    other = factories.create_picture(bea, flux_kontext, "a green lamp", colour=next(colours))
    for image in (picture, other):
        throw_away(image, ago=timedelta(days=1))
    as_bea.post("/trash/delete/", {"all": "1", "query": "q=chair&show=trash", "confirmed": "1"})
    assert set(Image.objects.filter(pk__in=[picture.pk, other.pk])) == {other}


@pytest.mark.parametrize("who", ["as_chi", "as_bea"])
def test_nobody_deletes_what_is_kept_or_somebody_elses(
    picture: Image, who: str, request: pytest.FixtureRequest, bea: User
) -> None:
    if who == "as_chi":
        throw_away(picture, ago=timedelta(days=1))
    client = request.getfixturevalue(who)
    for data in ({"ids": str(picture.pk)}, {"all": "1", "query": ""}, {"ids": str(picture.pk), "query": "stacks=off"}):
        client.post("/trash/delete/", {**data, "confirmed": "1"})
    client.post("/trash/empty/", {"whose": "mine"})
    assert Image.objects.visible_to(bea).filter(pk=picture.pk).exists()


def test_a_picture_that_a_waiting_run_is_going_to_use_stays_and_is_told(
    picture: Image, child: Image, as_bea: Client
) -> None:
    Generation.objects.filter(images=child).update(status=Generation.Status.QUEUED)
    throw_away(picture, ago=timedelta(days=1))
    done = as_bea.post("/trash/delete/", {"ids": str(picture.pk), "confirmed": "1"}, follow=True)
    assert "1 picture stayed: a run that waits is going to use it." in done.content.decode()


@pytest.fixture
def thrown_away(picture: Image, chi: User, flux_kontext: ImageModel) -> tuple[Image, Image, Image]:
    """One of Bea's, one of Chi's, one that is private to Chi."""
    of_chi = factories.create_picture(chi, flux_kontext, colour=next(colours))
    hidden = factories.create_picture(chi, flux_kontext, visibility="private", colour=next(colours))
    for image in (picture, of_chi, hidden):
        throw_away(image, ago=timedelta(days=1))
    return picture, of_chi, hidden


def left(thrown_away: tuple[Image, ...]) -> list[bool]:
    return [Image.objects.filter(pk=image.pk).exists() for image in thrown_away]


def test_everybody_empties_their_own_trash(thrown_away: tuple[Image, ...], as_bea: Client) -> None:
    assert "1 picture of yours is in the trash" in as_bea.get("/trash/empty/").content.decode()
    as_bea.post("/trash/empty/", {"whose": "mine"})
    assert left(thrown_away) == [False, True, True]


@pytest.mark.parametrize("words", ["", "empty", "empty the trash!", "yes"])
def test_administrators_type_what_they_mean_before_they_empty_everybodys(
    thrown_away: tuple[Image, ...], as_ada: Client, words: str
) -> None:
    answer = as_ada.post("/trash/empty/", {"whose": "all", "words": words})
    assert answer.status_code == 422
    assert "Type “empty the trash”" in answer.content.decode()
    assert left(thrown_away) == [True, True, True]


def test_administrators_empty_everybodys_trash(thrown_away: tuple[Image, ...], as_ada: Client) -> None:
    page = as_ada.get("/trash/empty/").content.decode()
    assert "3 pictures of the whole team are in the trash, 1 of them private to others." in page
    done = as_ada.post("/trash/empty/", {"whose": "all", "words": " Empty the trash "}, follow=True)
    assert "3 pictures deleted for good." in done.content.decode()
    assert left(thrown_away) == [False, False, False]


@pytest.fixture
def too_many(picture: Image) -> None:
    """In Bea’s trash, with nobody who would work off what is too much for one answer."""
    throw_away(picture, ago=timedelta(days=1))
    fields = ("source", "owner_id", "media_type", "byte_size", "width", "height", "deleted_at")
    picture.refresh_from_db()
    alike = {name: getattr(picture, name) for name in fields}
    Image.objects.bulk_create(Image(**alike, sha256=f"{number:064x}", is_drawn=True) for number in range(2_100))
    tasks.queue.immediate = False
    tasks.queue.flush()


@pytest.mark.parametrize(
    ("path", "data"),
    [("/trash/empty/", {"whose": "mine"}), ("/trash/delete/", {"all": "1", "query": "show=trash", "confirmed": "1"})],
)
def test_what_is_too_much_for_one_answer_is_left_to_the_worker(
    too_many: None, as_bea: Client, path: str, data: dict[str, str]
) -> None:
    done = as_bea.post(path, data, follow=True).content.decode()
    assert "2,000 pictures deleted for good. 101 more are being deleted" in done
    assert "stayed" not in done
    assert Image.objects.trashed().filter(purged_at=None).count() == 101
    assert tasks.queue.pending_count() == 2


@pytest.mark.skipif(own_parts.STORAGE_SERVER != "", reason="Thousands of files, and a server is asked for each.")
def test_the_worker_deletes_what_was_left_to_it(too_many: None, as_bea: Client) -> None:
    as_bea.post("/trash/empty/", {"whose": "mine"})
    while task := tasks.queue.dequeue():
        tasks.queue.execute(task)
    assert not Image.objects.exists()


def test_nobody_else_empties_everybodys_trash(thrown_away: tuple[Image, ...], as_bea: Client) -> None:
    assert "Everybody’s" not in as_bea.get("/trash/empty/").content.decode()
    assert as_bea.post("/trash/empty/", {"whose": "all", "words": "empty the trash"}).status_code == 403
    assert left(thrown_away) == [True, True, True]


def test_what_was_made_from_a_picture_is_said_before_it_is_thrown_away(
    picture: Image, child: Image, as_bea: Client
) -> None:
    asked = as_bea.post(f"/images/{picture.pk}/trash/")
    assert asked.status_code == 200
    assert "Used as input by 1 picture" in asked.content.decode()
    assert Image.objects.kept().filter(pk=picture.pk).exists()
    assert as_bea.post(f"/images/{picture.pk}/trash/", {"confirmed": "1"}).status_code == 302
    assert not Image.objects.kept().filter(pk=picture.pk).exists()


@pytest.mark.parametrize(
    ("query", "wall"),
    [("", "/library/"), ("?q=chair&stacks=off", "/library/?q=chair&stacks=off"), ("?x=1", "/library/")],
)
def test_who_throws_a_picture_away_is_back_on_the_wall_they_came_from(
    picture: Image, as_bea: Client, query: str, wall: str
) -> None:
    suffix = wall.removeprefix("/library/")
    page = f"/images/{picture.pk}/"
    assert f'action="{page}trash/{suffix.replace("&", "&amp;")}"' in as_bea.get(f"{page}{query}").content.decode()
    answer = as_bea.post(f"{page}trash/{query}", {"confirmed": "1"})
    assert answer["Location"] == wall
    undo = f'action="{page}restore/{suffix.replace("&", "&amp;")}"'
    assert undo in as_bea.get(wall).content.decode()
    assert as_bea.post(f"{page}restore/{query}")["Location"] == f"{page}{suffix}"


def test_who_throws_a_boards_picture_away_is_back_on_the_board(picture: Image, as_bea: Client, bea: User) -> None:
    board = board_with(bea, picture)
    answer = as_bea.post(f"/images/{picture.pk}/trash/?board={board.pk}&order=hand", {"confirmed": "1"})
    assert answer["Location"] == board.get_absolute_url()
