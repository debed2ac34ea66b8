"""Keeps the full-text tables in step with generations and pictures. Always inside the transaction that changed the row.

Written out in SQL: each run does it while nobody else may write, and building the queries would cost ten times their work.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from gallery.models import Generation, Image
from gallery.models.search import IMAGE_TABLE, TABLE, index_text

MOST_AT_ONCE = 500
# Pairs of a picture and words by which it is found: with {which} the pictures are named. What its run says stands apart.
WORDS = """
WITH these AS (SELECT id, generation_id, note, imported_name FROM gallery_image WHERE {which})
SELECT id, note || ' ' || imported_name FROM these
UNION ALL
SELECT image_id, name FROM gallery_imagetag JOIN gallery_tag ON gallery_tag.id = tag_id
WHERE image_id IN (SELECT id FROM these)
UNION ALL
SELECT image_id, name FROM gallery_boarditem JOIN gallery_board ON gallery_board.id = board_id
WHERE image_id IN (SELECT id FROM these) AND visibility = 'team' AND deleted_at IS NULL
"""
WORDS_OF_RUNS = """
UNION ALL
SELECT these.id, prompt || ' ' || revised_prompt || ' ' || answer || ' ' || model_name
FROM these JOIN gallery_generation ON gallery_generation.id = generation_id
"""
MARK = "UPDATE gallery_image SET is_indexed = TRUE WHERE {which}"
LINE = {
    "sqlite": "INSERT OR REPLACE INTO {table} (rowid, text) VALUES (%s, %s)",
    "postgresql": (
        "INSERT INTO {table} (rowid, text) VALUES (%s, %s) ON CONFLICT (rowid) DO UPDATE SET text = excluded.text"
    ),
}


def index_generation(generation: Generation) -> None:
    write(TABLE, [(generation.pk, index_text(*words_of(generation)))])


def index_ended(generation: Generation, *, is_first_end: bool) -> int:
    """A run that ends, and its pictures, of which it returns how many there are. What it says need not be on its row yet. A run
    of the queue has its line since it was queued; its end changes that only where the gateway said something."""
    if not is_first_end or generation.request_hash or generation.revised_prompt or generation.answer:
        index_generation(generation)
    return index_pictures("generation_id = %s", [generation.pk], WORDS, words_of(generation))


def index_images(image_ids: Sequence[int]) -> None:
    """Everything by which these pictures are found: the words of their run, tags, names of the team's boards, note, the
    name of the file they came in."""
    if image_ids:
        places = ", ".join(["%s"] * len(image_ids))
        index_pictures(f"id IN ({places})", image_ids, WORDS + WORDS_OF_RUNS)


def index_pictures(which: str, parameters: Sequence[int], asked: str, said: Sequence[str] = ()) -> int:
    """Returns how many there are; `said` is what is known of all of them."""
    words: dict[int, list[str]] = {}
    with connection.cursor() as cursor:
        # Marked before they are read: that locks the rows for whoever indexes the same ones.
        cursor.execute(MARK.format(which=which), parameters)
        cursor.execute(asked.format(which=which), parameters)
        for pk, part in cursor.fetchall():
            words.setdefault(pk, list(said)).append(part)
    write(IMAGE_TABLE, [(pk, index_text(*parts)) for pk, parts in words.items()])
    return len(words)


def words_of(generation: Generation) -> list[str]:
    return [generation.prompt, generation.revised_prompt, generation.answer, generation.model_name]


def forget_images(image_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {IMAGE_TABLE} WHERE rowid = %s", [(pk,) for pk in image_ids])  # noqa: S608 - ours


def index_waiting() -> int:
    """Index pictures whose words changed, some at a time, until none waits; returns how many there were."""
    count = 0
    while True:
        with transaction.atomic():
            # What another worker has in hand is left to it.
            rows = Image.objects.select_for_update(skip_locked=True).filter(is_indexed=False).order_by("pk")
            ids = list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])
            if not ids:
                return count
            index_images(ids)
        count += len(ids)


def write(table: str, lines: Sequence[tuple[int, str]]) -> None:
    if not lines:
        return
    with connection.cursor() as cursor:
        cursor.executemany(LINE[connection.vendor].format(table=table), lines)
