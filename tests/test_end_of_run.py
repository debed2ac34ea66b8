"""What the end of a run asks of the database while nobody else may write: as much for four pictures as for one."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Budget, BudgetSpan, Gateway, Generation, Image, User
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
MOST = 9
FOR_BUDGETS = 5
MOST_PER_PICTURE = 3
# The last to be written when a picture is stored, and one that every end writes.
STORED, ENDED = 'INSERT INTO "gallery_image"', 'INSERT INTO "gallery_usageday"'


def transactions(statements: Sequence[str]) -> list[list[str]]:
    """What was asked between each beginning and its end, but for the lock that only PostgreSQL needs."""
    found: list[list[str]] = []
    is_within = False
    for statement in statements:
        if statement.startswith("BEGIN"):
            is_within = True
            found.append([])
        elif statement.startswith(("COMMIT", "ROLLBACK")):
            is_within = False
        elif is_within and "pg_advisory_xact_lock" not in statement:
            found[-1].append(statement)
    return found


def asked_by_run(client: Client, fake_gateway: FakeGateway, pictures: int) -> tuple[list[str], list[list[str]]]:
    """By the transaction that ended it, and by those that stored its pictures."""
    fake_gateway.will_send_image(pictures)
    with CaptureQueriesContext(connection) as asked:
        client.post("/", FORM)
    seen = transactions([query["sql"] for query in asked.captured_queries])
    (end,) = [statements for statements in seen if any(ENDED in statement for statement in statements)]
    return end, [statements for statements in seen if any(STORED in statement for statement in statements)]


def test_a_run_of_four_pictures_ends_with_as_many_statements_as_one_of_one(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    ends = []
    for pictures in (1, 4):
        end, stored = asked_by_run(as_bea, fake_gateway, pictures)
        assert Generation.objects.latest("pk").images.count() == pictures
        assert [len(statements) for statements in stored] == [MOST_PER_PICTURE] * pictures
        ends.append(end)
    few, many = map(len, ends)
    assert few == many <= MOST, "\n".join(ends[0])
    assert set(Image.objects.values_list("is_indexed", flat=True)) == {True}


def test_many_budgets_add_as_many_statements_to_the_end_of_a_run_as_one(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    """Each of them counts what it cost, those that nothing was promised to as well."""
    Budget.objects.create(scope="total", period="day", unit="points", warn_at=1000)
    few, _ = asked_by_run(as_bea, fake_gateway, 1)
    assert len(few) <= MOST + FOR_BUDGETS, "\n".join(few)
    for about in ({"scope": "total"}, {"scope": "person", "person": bea}, {"scope": "gateway", "gateway": routellm}):
        Budget.objects.create(**about, period="month", unit="points", warn_at=1000)
    asked_by_run(as_bea, fake_gateway, 1)
    many, _ = asked_by_run(as_bea, fake_gateway, 1)
    assert len(many) == len(few), "\n".join(many)
    spans = BudgetSpan.objects.order_by("pk").values_list("spent", "held", "untold")
    assert list(spans) == [(450_000_000, 0, 0), *[(300_000_000, 0, 0)] * 3]
