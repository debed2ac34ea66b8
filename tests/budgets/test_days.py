"""Where the days and months of a budget begin."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client, override_settings

from gallery.models import Budget
from gallery.models.days import studio_day, studio_midnight
from tests.budgets.books import words_of
from tests.running_studio import manage


@pytest.mark.parametrize(
    ("period", "day", "first", "following"),
    [
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("month", date(2027, 1, 1), date(2027, 1, 1), date(2027, 2, 1)),
        ("month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        ("day", date(2026, 12, 31), date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_a_budget_begins_anew_with_the_month_or_the_day(period: str, day: date, first: date, following: date) -> None:
    budget = Budget(period=period)
    assert budget.first_day(day) == first
    assert budget.next_day(first) == following


@override_settings(TIME_ZONE="Pacific/Auckland")
def test_days_are_the_studios_and_nobody_elses() -> None:
    late = datetime(2026, 11, 30, 11, 30, tzinfo=UTC)
    assert studio_day(late) == date(2026, 12, 1)
    assert studio_midnight(date(2026, 12, 1)) == datetime(2026, 11, 30, 11, 0, tzinfo=UTC)


def test_a_time_zone_that_is_none_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    done = manage(tmp_path / "data", "check", PROOFSHEET_TIME_ZONE="Mars/Olympus")
    assert done.returncode != 0
    assert "PROOFSHEET_TIME_ZONE must be a name like Europe/Berlin, not “Mars/Olympus”." in done.stderr


def test_the_studio_says_where_its_days_begin(as_bea: Client) -> None:
    assert "begin at midnight, UTC." in words_of(as_bea.get("/usage/budgets/"))
