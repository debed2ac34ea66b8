"""What two transactions do to each other on PostgreSQL: one order of locks, so that nobody is given up. On SQLite one writes
after the other."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from gallery.gateway import errors
from gallery.models import Batch, Board, Budget, Generation, Image, ImageModel, Tag, User
from gallery.services import (
    batches,
    boards,
    budgets,
    claims,
    generations,
    groups,
    images,
    locks,
    marks,
    notes,
    outcomes,
    prices,
    tags,
    tokens,
    trash,
)
from gallery.services.database_thread import in_database
from tests import factories
from tests.visitor import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time."),
]
# Asked within the transaction, where pg_stat_activity would be what it was at first.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
Change = Callable[[Image, User], object]


def hide(image: Image, user: User) -> object:
    return images.set_images_visibility(image_ids=[image.pk], owner=user, visibility="private")


def trash_it(image: Image, user: User) -> object:
    return images.trash_images(image_ids=[image.pk], by=user, moment=timezone.now())


def restore(image: Image, user: User) -> object:
    return images.restore_images(image_ids=[image.pk])


def purge(image: Image, user: User) -> object:
    return trash.purge_images(image_ids=[image.pk])


def circle(image: Image, user: User) -> object:
    return marks.mark_images(user=user, image_ids=[image.pk], is_favourite=True)


def tag_it(image: Image, user: User) -> object:
    return tags.tag_images(tag=a_tag(user), image_ids=[image.pk], user=user)


def untag_it(image: Image, user: User) -> object:
    return tags.untag_images(tag=a_tag(user), image_ids=[image.pk])


def delete_its_tag(image: Image, user: User) -> None:
    tags.delete_tag(a_tag(user))


def note_it(image: Image, user: User) -> None:
    notes.write_note(image=image, text="Too blue.", before="")


def put_on_board(image: Image, user: User) -> object:
    return boards.put_on_board(board=a_board(user), image_ids=[image.pk], user=user)


def take_off_board(image: Image, user: User) -> object:
    return boards.take_off_board(board=a_board(user), image_ids=[image.pk])


def put_back_on_board(image: Image, user: User) -> object:
    return boards.put_back(board=a_board(user), ranks={image.pk: 1024}, user=user)


def rename_its_board(image: Image, user: User) -> None:
    boards.rename_board(board=a_board(user), name="Winter")


def hide_its_board(image: Image, user: User) -> None:
    boards.set_visibility(board=a_board(user), visibility="private")


def trash_its_board(image: Image, user: User) -> None:
    boards.trash_board(board=a_board(user))


def restore_its_board(image: Image, user: User) -> None:
    boards.restore_board(board=a_board(user))


def use_it(image: Image, user: User) -> object:
    return factories.create_generation(user, model_of(image), inputs={"image_prompt": [image]})


def use_it_in_a_batch(image: Image, user: User) -> object:
    run = batches.PlannedRun(
        image_model=model_of(image),
        prompt="a red chair",
        parameters={},
        inputs={"image_prompt": [image]},
        cell=[0],
        quote=prices.Quote(pictures=1),
    )
    return batches.create_batch(
        owner=user, kind="compare", prompt="a red chair", axes=[], runs=[run], visibility="team"
    )


def use_it_once_more_in_its_batch(image: Image, user: User) -> object:
    batch = use_it_in_a_batch(image, user)
    assert isinstance(batch, Batch)
    Generation.objects.filter(batch=batch).update(status="failed", error_kind="no_image")
    return batches.retry_failed(batch, user)


def hide_its_run(image: Image, user: User) -> None:
    assert image.generation
    generations.set_visibility(image.generation, "private")


def model_of(image: Image) -> ImageModel:
    return ImageModel.objects.select_related("gateway").get(generations__images=image)


def a_tag(user: User) -> Tag:
    return tags.get_or_create_tag(name="Sea", user=user)


def a_board(user: User) -> Board:
    return Board.objects.get(owner=user)


OF_A_PICTURE: list[Change] = [hide, trash_it, restore, purge, circle, tag_it, note_it, put_on_board, put_back_on_board]
OF_A_PICTURE += [hide_its_run, use_it, use_it_in_a_batch, use_it_once_more_in_its_batch]
OF_ITS_TAG_OR_BOARD: list[Change] = [
    untag_it,
    delete_its_tag,
    take_off_board,
    rename_its_board,
    hide_its_board,
    trash_its_board,
    restore_its_board,
]


class Somebody(threading.Thread):
    """Does one thing by a connection of its own."""

    def __init__(self, work: Callable[[], object]):
        super().__init__(daemon=True)
        self.problem: BaseException | None = None
        self._work = work

    def run(self) -> None:
        try:
            self._work()
        except BaseException as problem:
            self.problem = problem
        finally:
            connection.close()

    def waits(self) -> bool:
        """For us."""
        assert self.is_alive(), f"It did not wait: {self.problem}"
        return is_somebody_waiting()


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("change", [*OF_A_PICTURE, *OF_ITS_TAG_OR_BOARD])
def test_who_changes_a_picture_waits_for_its_run_and_holds_nothing_meanwhile(
    change: Change, bea: User, flux_kontext: ImageModel
) -> None:
    image = factories.create_picture(bea, flux_kontext)
    run = image.generation
    assert run
    if change in (restore, purge):
        images.trash_image(image, by=bea)
    boards.create_board(owner=bea, name="Summer", visibility="team")
    if change in OF_ITS_TAG_OR_BOARD:
        tag_it(image, bea)
        put_on_board(image, bea)
    with transaction.atomic():
        # As who hides the whole run does.
        Generation.objects.filter(pk=run.pk).update(visibility="private")
        other = Somebody(lambda: change(image, bea))
        other.start()
        wait_until(other.waits, "the other waits")
        Image.objects.filter(generation=run).update(visibility="private")
    other.join()
    assert other.problem is None


@pytest.mark.parametrize("change", [hide, hide_its_run])
def test_who_hides_a_run_waits_for_what_was_uploaded_for_it_and_holds_no_picture_meanwhile(
    change: Change, bea: User, flux_kontext: ImageModel
) -> None:
    """As who begins another run with both of them does."""
    upload = images.store_upload(source=factories.png("olive"), owner=bea)
    image = factories.create_picture(bea, flux_kontext, inputs={"image_prompt": [upload]})
    with transaction.atomic():
        Image.objects.filter(pk=upload.pk).update(note="mine")
        other = Somebody(lambda: change(image, bea))
        other.start()
        wait_until(other.waits, "the other waits")
        Image.objects.filter(pk=image.pk).update(note="mine as well")
    other.join()
    assert other.problem is None
    assert {row.visibility for row in Image.objects.all()} == {"private"}


@pytest.mark.parametrize("change", [use_it, use_it_in_a_batch, use_it_once_more_in_its_batch])
def test_who_begins_a_run_with_a_picture_of_a_batch_waits_for_the_batch_and_holds_no_books_meanwhile(
    change: Change, bea: User, flux_kontext: ImageModel
) -> None:
    """As a run of that batch that ends does."""
    image = factories.create_picture(bea, flux_kontext)
    batch = Batch.objects.create(owner=bea, kind="compare", prompt="a red chair")
    Generation.objects.filter(images=image).update(batch=batch)
    Budget.objects.create(scope="total", period="month", unit="usd", stop_at=100)
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(visibility="private")
        other = Somebody(lambda: change(image, bea))
        other.start()
        wait_until(other.waits, "the other waits")
        budgets.lock_books()
    other.join()
    assert other.problem is None


def test_who_points_at_a_locked_row_does_not_wait_for_it(bea: User, flux_kontext: ImageModel) -> None:
    """A run that is done again points at the first one, and only when it is committed does the database look there."""
    image = factories.create_picture(bea, flux_kontext)
    assert image.generation
    with transaction.atomic():
        locks.lock_stacks([image.generation.pk])
        again = Somebody(lambda: factories.create_generation(bea, flux_kontext, made_from=image.generation))
        again.start()
        again.join()
    assert again.problem is None


@pytest.mark.parametrize("is_of_batch", [True, False], ids=["of a batch", "by itself"])
def test_what_goes_back_into_the_line_while_its_group_is_being_closed_stops_with_it(
    bea: User, flux_kontext: ImageModel, is_of_batch: bool
) -> None:
    group = groups.create_group(name="Acme", default_visibility="team", model_ids=[])
    groups.add_member(group=group, user=bea)
    row = factories.create_generation(bea, flux_kontext, group=group)
    if is_of_batch:
        batch = Batch.objects.create(owner=bea, kind="compare", prompt="a red chair", group=group)
        Generation.objects.filter(pk=row.pk).update(batch=batch)
    worker = claims.register_worker()
    claimed = claims.claim_next(worker)
    assert claimed
    with transaction.atomic():
        budgets.lock_books()
        other = Somebody(lambda: groups.set_open(group, is_open=False))
        other.start()
        wait_until(other.waits, "whoever closes it waits")
        outcomes.requeue(claimed, worker, errors.TooManyRequests("Too many."))
        assert Generation.objects.get(pk=row.pk).status == "queued"
    other.join()
    assert other.problem is None
    assert Generation.objects.get(pk=row.pk).status == ("held" if is_of_batch else "cancelled")


def test_a_script_that_writes_no_books_does_not_wait_for_them(bea: User, flux_kontext: ImageModel) -> None:
    token = tokens.create_token(owner=bea, name="a script")[1]
    answers: list[int] = []

    def ask() -> None:
        answers.append(Client().get("/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code)

    with transaction.atomic():
        budgets.lock_books()
        script = Somebody(ask)
        script.start()
        script.join(30)
        assert answers == [200]
    script.join()


def test_work_of_scripts_that_is_committed_together_waits_for_the_books_and_holds_nothing_meanwhile(bea: User) -> None:
    script = Somebody(partial(give_together, partial(rename, bea, "Bea the first"), budgets.lock_books))
    with transaction.atomic():
        budgets.lock_books()
        script.start()
        wait_until(script.waits, "the scripts wait")
        rename(bea, "Bea")
    script.join()
    assert script.problem is None
    assert User.objects.get(pk=bea.pk).name == "Bea the first"


def test_work_of_scripts_that_is_committed_together_takes_its_rows_in_one_order(bea: User, chi: User) -> None:
    """Whatever the order in which it came: another host may have been given the same the other way round."""
    tries: list[User] = []

    def count(user: User) -> None:
        tries.append(user)
        rename(user, "counted")

    async def give() -> None:
        works = [partial(in_database, partial(count, user), row=user.username) for user in (chi, bea)]
        await in_one_go(*works)

    script = Somebody(async_to_sync(give))
    with transaction.atomic():
        rename(bea, "Bea")
        script.start()
        wait_until(script.waits, "the scripts wait for the first")
        rename(chi, "Chi")
    script.join()
    assert script.problem is None
    assert tries == [bea, chi]


def rename(user: User, name: str) -> None:
    User.objects.filter(pk=user.pk).update(name=name)


def give_together(plain: Callable[[], None], of_the_books: Callable[[], None]) -> None:
    async def give() -> None:
        await in_one_go(partial(in_database, plain), partial(in_database, of_the_books, writes_books=True))

    async_to_sync(give)()


async def in_one_go(*works: Callable[[], Awaitable[None]]) -> None:
    """The thread is kept busy until it has been given all of them."""
    all_given = threading.Event()

    async def tell() -> None:
        all_given.set()

    await asyncio.gather(in_database(lambda: all_given.wait(10)), *(work() for work in works), tell())


def test_work_of_a_script_that_the_database_gave_up_is_done_again(bea: User, chi: User) -> None:
    """Somebody else holds what it wants and wants what it holds: the database gives one of the two up, here the script's."""
    is_begun, may_go_on = threading.Event(), threading.Event()
    tries: list[int] = []

    def rename_both() -> None:
        tries.append(len(tries))
        User.objects.filter(pk=bea.pk).update(name="Bea the first")
        is_begun.set()
        wait_until(may_go_on.is_set, "the other holds the second")
        User.objects.filter(pk=chi.pk).update(name="Chi the second")

    script = Somebody(lambda: async_to_sync(in_database)(rename_both))
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Who looks for deadlocks is given up: not this one.
            cursor.execute("SET LOCAL deadlock_timeout = '120s'")
        User.objects.filter(pk=chi.pk).update(name="Chi")
        script.start()
        wait_until(is_begun.is_set, "the script holds the first")
        may_go_on.set()
        User.objects.filter(pk=bea.pk).update(name="Bea")
    script.join()
    assert script.problem is None
    assert len(tries) > 1
    assert User.objects.get(pk=chi.pk).name == "Chi the second"
