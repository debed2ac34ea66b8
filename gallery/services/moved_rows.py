"""Carries rows from one database into another with their ids: batch after batch in the order of their keys, so that what was
cut off goes on behind the last row that arrived."""

from collections.abc import Iterator, Sequence

from django.core.management.color import no_style
from django.db import DatabaseError, connections, transaction
from django.db.models import AutoField, BigAutoField

from gallery.services.moved_tables import ModelTable, Row, Table, model_tables


class RowRefused(Exception):
    """The new database does not take a row; the sentence says which and why."""


def copy_rows(table: Table, here: str, there: str) -> Iterator[int]:
    """How many rows have arrived, batch after batch, those of an earlier try counted too. Raises RowRefused."""
    count, after = table.count(there), table.last(there)
    yield count
    while rows := table.rows(here, after):
        try:
            with transaction.atomic(using=there):
                put(table, there, rows)
        except (DatabaseError, ValueError) as problem:
            raise RowRefused(why_refused(table, rows, problem)) from problem
        count += len(rows)
        after = int(rows[-1][0])
        yield count


def put(table: Table, alias: str, rows: Sequence[Row]) -> None:
    connection = connections[alias]
    columns = ", ".join(connection.ops.quote_name(column) for column in table.columns)
    prepared = (table.prepared(alias, row) for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            places = ", ".join("%s" for _ in table.columns)
            cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", list(prepared))  # noqa: S608


def why_refused(table: Table, rows: Sequence[Row], problem: Exception) -> str:
    first, last = rows[0][0], rows[-1][0]
    said = " ".join(str(problem).split())
    return f"The new database does not take a row of {table.name} between {first} and {last}: {said}"


def empty(table: Table, alias: str) -> None:
    """As a whole: the rows of an audit log are deleted by no other way. What points at them on PostgreSQL is put aside, but for
    sessions, which end with a move."""
    ops, is_postgres = connections[alias].ops, connections[alias].vendor == "postgresql"
    ops.execute_sql_flush(ops.sql_flush(no_style(), [table.name], allow_cascade=is_postgres))


# Ids that were given once are never given again, also where their rows are gone -------------------------------------------


def carry_last_ids(here: str, there: str) -> None:
    for table in model_tables():
        if isinstance(table.model._meta.pk, AutoField | BigAutoField):
            last = max(last_given(table, here), table.last(there))
            if last:
                set_last_given(table, there, last)


def last_given(table: ModelTable, alias: str) -> int:
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            cursor.execute(
                "SELECT last_value FROM pg_sequences WHERE format('%%I.%%I', schemaname, sequencename)::regclass"
                " = pg_get_serial_sequence(%s, %s)::regclass",
                [table.name, table.columns[0]],
            )
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table.name])
        found = cursor.fetchone()
    return int(found[0]) if found and found[0] else 0


def set_last_given(table: ModelTable, alias: str, last: int) -> None:
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table.name, table.columns[0], last])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, last])
