"""Keeps the full-text tables in step with generations and pictures. Always inside the transaction that changed the row."""

from collections.abc import Sequence

from django.db import connection, transaction

from gallery.models import Board, Generation, Image, ImageTag, Visibility
from gallery.models.search import IMAGE_TABLE, TABLE, index_text

MOST_AT_ONCE = 500


def index_generation(generation: Generation) -> None:
    text = index_text(generation.prompt, generation.revised_prompt, generation.answer, generation.model_name)
    write(TABLE, [(generation.pk, text)])


def index_images(image_ids: Sequence[int]) -> None:
    """Everything by which these pictures are found: the words of their run, tags, names of the team's boards, note, the
    name of the file they came in."""
    # Marked before they are read: that locks the rows for whoever indexes the same ones.
    Image.objects.filter(pk__in=image_ids).update(is_indexed=True)
    rows = Image.objects.filter(pk__in=image_ids).values_list(
        "pk",
        "note",
        "imported_name",
        "generation__prompt",
        "generation__revised_prompt",
        "generation__answer",
        "generation__model_name",
    )
    words: dict[int, list[str]] = {pk: [part for part in parts if part] for pk, *parts in rows}
    tags = ImageTag.objects.filter(image__in=words).values_list("image_id", "tag__name")
    boards = Board.objects.kept().filter(visibility=Visibility.TEAM, items__image__in=words)
    for pk, name in [*tags, *boards.values_list("items__image_id", "name")]:
        if pk in words:
            words[pk].append(name)
    write(IMAGE_TABLE, [(pk, index_text(*parts)) for pk, parts in words.items()])


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
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {table} WHERE rowid = %s", [(pk,) for pk, _ in lines])  # noqa: S608 - ours
        cursor.executemany(f"INSERT INTO {table} (rowid, text) VALUES (%s, %s)", lines)  # noqa: S608 - ours
