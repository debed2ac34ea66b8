"""Databases of the tests, which are made anew."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import creation


class DatabaseCreation(creation.DatabaseCreation):
    def _create_test_db(self, *args: Any, **options: Any) -> str:
        name: str = super()._create_test_db(*args, **options)  # type: ignore[misc]
        if not self.is_in_memory_db(name):
            Path(name).touch()
        return name
