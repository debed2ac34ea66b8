"""Hangul and kana are indexed by their whole letters now: what held any is indexed again."""

import re

from django.db import migrations

from gallery.models.search import IMAGE_TABLE, TABLE, index_text

# As they were written: Hangul in its parts, kana without the marks that make another letter of them.
FORMER = re.compile("[\u1100-\u11ff\u3040-\u30ff]")
BATCH = 1000
WORDS = ("prompt", "revised_prompt", "answer", "model_name")


def index_again(apps, schema_editor):
    """The worker gathers the words of pictures: until it comes to these, such words do not find them."""
    Generation = apps.get_model("gallery", "Generation")
    Image = apps.get_model("gallery", "Image")
    for ids in find_former(schema_editor.connection, IMAGE_TABLE):
        Image.objects.filter(pk__in=ids).update(is_indexed=False)
    for ids in find_former(schema_editor.connection, TABLE):
        rows = Generation.objects.filter(pk__in=ids).values_list("pk", *WORDS)
        lines = [(index_text(*(part or "" for part in parts)), pk) for pk, *parts in rows]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {TABLE} SET text = %s WHERE rowid = %s", lines)


def find_former(connection, table):
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT rowid, text FROM {table} WHERE rowid > %s ORDER BY rowid LIMIT {BATCH}", [last])
            rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield [pk for pk, text in rows if FORMER.search(text)]


class Migration(migrations.Migration):
    dependencies = [("gallery", "0026_retention_days")]
    operations = [migrations.RunPython(index_again, migrations.RunPython.noop)]
