"""Keeps the full-text table in step with the generations. Always inside the transaction that changed the row."""

from django.db import connection

from gallery.models import Generation
from gallery.models.search import TABLE, index_text


def index_generation(generation: Generation) -> None:
    text = index_text(generation.prompt, generation.revised_prompt, generation.answer, generation.model_name)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE rowid = %s", [generation.pk])  # noqa: S608 - TABLE is ours
        cursor.execute(f"INSERT INTO {TABLE} (rowid, text) VALUES (%s, %s)", [generation.pk, text])  # noqa: S608 - TABLE is ours
