"""Connections to a file that must be there.

SQLite makes an empty database of a file that is missing, and throws away the journal beside it as a leftover. Where the file was
only moved for a moment, the journal holds what was committed last: paid runs among it. `place` makes the file.
"""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from gateway_site.sqlite.creation import DatabaseCreation
from gateway_site.sqlite.operations import DatabaseOperations


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = DatabaseCreation
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if not self.is_in_memory_db():
            params["database"] = f"{Path(params['database']).absolute().as_uri()}?mode=rw"
        return params
