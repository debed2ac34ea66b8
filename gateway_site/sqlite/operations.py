"""What SQLite is told to do with whole tables."""

from collections.abc import Iterable

from django.db.backends.sqlite3 import operations


class DatabaseOperations(operations.DatabaseOperations):
    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Whoever empties tables as a whole is stopped by no trigger that keeps their rows, as PostgreSQL has it."""
        statements = list(sql_list)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        told = " ".join(statements)
        of_these = [(name, sql) for name, table, sql in triggers if self.quote_name(table) in told]
        aside = [f"DROP TRIGGER {self.quote_name(name)}" for name, _ in of_these]
        super().execute_sql_flush([*aside, *statements, *(sql for _, sql in of_these)])
