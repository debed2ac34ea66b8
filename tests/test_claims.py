"""Who is next in line: fair between people, within each gateway's limit, whatever became of the gateway."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Gateway, Generation, ImageModel, User
from gallery.models.generations import Status
from gallery.services import claims
from tests import factories


@pytest.fixture
def gateway(flux_kontext: ImageModel) -> Gateway:
    return flux_kontext.gateway


def claimed_owners(count: int) -> list[str]:
    worker = claims.register_worker()
    claimed = [claims.claim_next(worker) for _ in range(count)]
    return [row.owner.username if row and row.owner else "–" for row in claimed]


def test_people_take_turns_however_much_one_of_them_submitted_first(
    gateway: Gateway, flux_kontext: ImageModel, ada: User, bea: User, chi: User
) -> None:
    for owner in (ada, ada, ada, ada, bea, bea, chi):
        factories.create_generation(owner, flux_kontext)
    assert claimed_owners(8) == ["ada", "bea", "chi", "ada", "bea", "ada", "ada", "–"]


def test_with_nothing_running_whoever_started_longest_ago_is_next(
    gateway: Gateway, flux_kontext: ImageModel, ada: User, bea: User
) -> None:
    for owner, minutes in ((bea, 9), (ada, 5), (bea, 20)):
        ended = factories.create_generation(owner, flux_kontext)
        started = timezone.now() - timedelta(minutes=minutes)
        Generation.objects.filter(pk=ended.pk).update(status=Status.SUCCEEDED, started_at=started)
    factories.create_generation(ada, flux_kontext)
    factories.create_generation(bea, flux_kontext)
    assert claimed_owners(1) == ["bea"]


@pytest.mark.parametrize(
    ("limit", "pause", "running"),
    [(8, timedelta(0), 3), (2, timedelta(0), 2), (0, timedelta(0), 0), (8, timedelta(minutes=1), 0)],
)
def test_a_gateway_runs_no_more_than_it_may(
    gateway: Gateway, flux_kontext: ImageModel, ada: User, limit: int, pause: timedelta, running: int
) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(max_running=limit, paused_until=timezone.now() + pause)
    for _ in range(3):
        factories.create_generation(ada, flux_kontext)
    assert claims.count_startable() == running
    assert claimed_owners(4) == ["ada"] * running + ["–"] * (4 - running)
    assert claims.count_startable() == 0


def test_a_row_whose_gateway_or_owner_is_gone_is_claimed_all_the_same(
    gateway: Gateway, flux_kontext: ImageModel, ada: User, bea: User
) -> None:
    lost = factories.create_generation(ada, flux_kontext)
    factories.create_generation(bea, flux_kontext)
    Generation.objects.filter(pk=lost.pk).update(gateway=None, owner=None)
    assert claims.count_startable() == 2
    assert sorted(claimed_owners(3)) == ["bea", "–", "–"]
    assert Generation.objects.running().count() == 2
