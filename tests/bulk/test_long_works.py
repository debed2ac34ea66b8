"""Works of a worker: in chunks, stopped, gone on with, given up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import tasks
from gallery.models import Board, BulkWork, Image, ImageTag, Mark, Selection, User, WallQuery
from gallery.services import boards, bulk, tags
from tests.bulk.acts import copies, events, post, run_of, says, undo


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
