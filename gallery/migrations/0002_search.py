"""The full-text table: FTS5 on SQLite, a stored tsvector with a GIN index on PostgreSQL. See models/search.py."""

from django.db import migrations

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE gallery_search USING fts5(text, tokenize='unicode61 remove_diacritics 2')",
    ],
    "postgresql": [
        """CREATE TABLE gallery_search (
            rowid bigint PRIMARY KEY,
            text text NOT NULL,
            document tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED
        )""",
        "CREATE INDEX gallery_search_document ON gallery_search USING gin (document) WITH (fastupdate = off)",
    ],
}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE gallery_search")


class Migration(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
