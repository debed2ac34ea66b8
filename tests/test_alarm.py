"""The line that administrators have on every page while no worker runs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Worker
from gallery.services.worker_watch import watch

pytestmark = pytest.mark.django_db

WORDS = "No worker is running"


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    watch.well_until = 0.0
    yield
    watch.well_until = 0.0


def add_worker(seconds_ago: float = 0) -> None:
    seen = timezone.now() - timedelta(seconds=seconds_ago)
    Worker.objects.create(name="here:1", host="here", process_id=1, seen_at=seen)


@pytest.mark.parametrize("path", ["/", "/library/", "/history/", "/queue/", "/people/", "/admin/gallery/gateway/"])
def test_administrators_read_on_every_page_that_no_worker_runs(path: str, shipped: None, as_ada: Client) -> None:
    add_worker(seconds_ago=3600)
    page = as_ada.get(path).content.decode()
    assert page.count(WORDS) == 1
    assert 'href="/admin/">What is wrong' in page


def test_the_admins_first_page_says_it_once_at_length(shipped: None, as_ada: Client) -> None:
    page = as_ada.get("/admin/").content.decode()
    assert page.count(WORDS) == 1
    assert 'class="alarm"' not in page


def test_nobody_else_reads_of_it(shipped: None, as_bea: Client) -> None:
    assert WORDS not in as_bea.get("/library/").content.decode()
    assert WORDS not in Client().get("/accounts/login/").content.decode()


def test_it_goes_when_a_worker_comes_and_is_hardly_asked_for_then(shipped: None, as_ada: Client) -> None:
    assert WORDS in as_ada.get("/history/").content.decode()
    add_worker()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert WORDS not in as_ada.get("/history/").content.decode()
        counts.append(sum("gallery_worker" in query["sql"] for query in queries.captured_queries))
    assert counts == [1, 0]


def test_other_people_cost_no_question(shipped: None, as_bea: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        as_bea.get("/history/")
    assert not [query for query in queries.captured_queries if "gallery_worker" in query["sql"]]
