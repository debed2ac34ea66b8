"""A worker, runs that wait, and one whose worker died."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Gateway, Generation, Worker
from gallery.services import claims
from tests.runs.line import expire, resume, submit


@pytest.fixture
def worker(db: None) -> Worker:
    return claims.register_worker()


@pytest.fixture
def waiting(routellm: Gateway) -> Gateway:
    """A gateway told to pause: what is submitted waits."""
    Gateway.objects.filter(pk=routellm.pk).update(paused_until=timezone.now() + timedelta(minutes=4))
    return routellm


@pytest.fixture
def claimed(waiting: Gateway, worker: Worker, as_bea: Client) -> Generation:
    """A row whose worker took it and then died: its lease has run out."""
    submit(as_bea)
    resume()
    generation = claims.claim_next(worker)
    assert generation
    expire(generation)
    return generation
