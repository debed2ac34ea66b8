"""Whoever waits for a gateway needs no database meanwhile: SQLite keeps half a megabyte for each connection, PostgreSQL a
process, and of those a hundred."""

from django.db import connection


def give_back() -> None:
    """Close this thread's connection; the next query opens another. Within a transaction nothing is given back."""
    if not connection.in_atomic_block:
        connection.close()
