"""Transactions that are on disk when they return: needed before a byte of a paid call is sent."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def durable_atomic() -> Iterator[None]:
    """`atomic`, committed with an fsync. SQLite runs with `synchronous=NORMAL` else, which a power cut may roll back
    by some commits; PostgreSQL always syncs. The pragma cannot change inside a transaction."""
    is_raised = connection.vendor == "sqlite" and not connection.in_atomic_block
    if is_raised:
        set_synchronous("FULL")
    try:
        with transaction.atomic():
            yield
    finally:
        if is_raised:
            set_synchronous("NORMAL")


def set_synchronous(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={level}")
