"""What SQLite is told to do with whole tables."""

from collections.abc import Iterable

from django.db.backends.sqlite3 import operations


class DatabaseOperations(operations.DatabaseOperations):
    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Whoever empties tables as a whole is stopped by no trigger that keeps their rows, as PostgreSQL has it."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        aside = [f"DROP TRIGGER {self.quote_name(name)}" for name, _ in triggers]
        super().execute_sql_flush([*aside, *sql_list, *(sql for _, sql in triggers)])
