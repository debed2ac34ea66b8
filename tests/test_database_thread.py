"""Work given to the database thread at the same time: committed together, each with its own end."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError, connection

from gallery.models import Gateway, Generation, User
from gallery.services import database_thread
from gallery.services.database_thread import in_database

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works: Callable[[], Any]) -> Sequence[Any]:
    """The result or the error of each, given in the same moment."""

    async def give() -> Sequence[Any]:
        return await asyncio.gather(*(in_database(work) for work in works), return_exceptions=True)

    return async_to_sync(give)()


def make(name: str) -> Callable[[], int]:
    return lambda: User.objects.create_user(name).pk


def names() -> set[str]:
    return set(User.objects.values_list("username", flat=True))


def test_each_gets_its_own_result() -> None:
    assert together(lambda: 1, lambda: 2, make("dan"))[:2] == [1, 2]
    assert names() == {"dan"}


def test_what_one_raises_undoes_nothing_of_the_others() -> None:
    def half() -> None:
        User.objects.create_user("half")
        raise KeyError("enough")

    found = together(make("dan"), half, make("eve"))
    assert isinstance(found[1], KeyError)
    assert names() == {"dan", "eve"}


def test_one_that_breaks_the_whole_transaction_costs_the_others_nothing() -> None:
    def break_it() -> None:
        with connection.cursor() as cursor:
            # As a full disk does: SQLite takes back everything, not this statement alone.
            cursor.execute("ROLLBACK")
        raise IntegrityError("the disk is full")

    found = together(make("dan"), break_it, make("eve"))
    assert isinstance(found[1], Exception)
    assert names() == {"dan", "eve"}


def test_one_that_fails_at_the_commit_costs_the_others_nothing() -> None:
    def dangle() -> int:
        return Generation.objects.create(
            gateway_slug="x", model_id="x", model_name="x", spec_hash="", gateway_id=999
        ).pk

    found = together(make("dan"), dangle, make("eve"))
    assert isinstance(found[1], IntegrityError)
    assert names() == {"dan", "eve"}
    assert not Generation.objects.exists()


def test_what_others_change_is_seen_at_once() -> None:
    gateway = Gateway.objects.create(slug="one", name="One", dialect="routellm", base_url="https://one.test/v1")

    def read() -> str:
        return database_thread.remembered("name", lambda: Gateway.objects.get(pk=gateway.pk).name)

    assert together(read) == ["One"]
    Gateway.objects.filter(pk=gateway.pk).update(name="Two")
    assert together(read) == ["Two"]
