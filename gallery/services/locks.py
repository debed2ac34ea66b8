"""In which order rows are locked: people, a group, a batch, the books (`budgets.lock_books`), then rows of keys and what they
were used for, of runs, of their pictures, of boards these lie on; of several, the one with the lowest number first. Whoever
kept another order could wait for somebody who waits for him, and PostgreSQL would give one of the two up.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from gallery.models import Batch, Generation, Image


def lock_stacks(generation_ids: Iterable[int | None]) -> list[int]:
    """Before pictures of these runs are changed, or their covers settled, which may be pictures of other runs of their batch.
    Until the transaction ends. Returns the runs that are there."""
    ids = {pk for pk in generation_ids if pk is not None}
    lock(Batch.objects.filter(pk__in=Generation.objects.filter(pk__in=ids).values("batch")))
    return lock(Generation.objects.filter(pk__in=ids))


def lock_with_runs(rows: QuerySet[Image], *, with_uploads: bool = False) -> dict[int, int | None]:
    """These pictures, by their numbers, with the runs they are of. `with_uploads` those that went into these runs are locked too:
    who sees them changes with the runs."""
    found = dict(rows.values_list("pk", "generation"))
    runs = lock_stacks(found.values())
    if with_uploads:
        lock(Image.objects.filter(Q(pk__in=found) | Q(pk__in=uploads_for(runs))))
    again = rows.filter(pk__in=found).order_by("pk").select_for_update(of=("self",), no_key=True)
    return dict(again.values_list("pk", "generation"))


def lock_run_with_uploads(generation: Generation) -> None:
    """All its pictures, and those that were uploaded for it."""
    runs = lock_stacks([generation.pk])
    lock(Image.objects.filter(Q(generation__in=runs) | Q(pk__in=uploads_for(runs))))


def uploads_for(generation_ids: Iterable[int]) -> QuerySet[Image, int]:
    rows = Image.objects.filter(source=Image.Source.UPLOADED, uses__generation__in=generation_ids)
    return rows.values_list("pk", flat=True)


def lock_batches_of(pictures: Iterable[Image]) -> None:
    """Before pictures go into a new run whose transaction will ask for the books. A script's call holds the books from its
    beginning and does without: it is done again if the database gives it up."""
    runs = {picture.generation_id for picture in pictures if picture.generation_id}
    if runs:
        lock(Batch.objects.filter(pk__in=Generation.objects.filter(pk__in=runs).values("batch")))


def lock_batch_and_its_inputs(batch: Batch) -> None:
    """The same before runs of a batch are done again."""
    inputs = Generation.objects.filter(images__uses__generation__batch=batch).values("batch")
    lock(Batch.objects.filter(Q(pk=batch.pk) | Q(pk__in=inputs)))


def lock_inputs(image_ids: Iterable[int]) -> None:
    """Pictures that go into a new run, after `lock_batches_of` and the books."""
    ids = set(image_ids)
    lock(Generation.objects.filter(pk__in=Image.objects.filter(pk__in=ids).values("generation")))
    lock(Image.objects.filter(pk__in=ids))


def lock_many_with_runs(rows: QuerySet[Image]) -> None:
    """The same, however many they are: their numbers are not sent back."""
    if not connection.features.has_select_for_update:
        # Whoever writes there is alone.
        return
    runs = Generation.objects.filter(pk__in=rows.order_by().values("generation"))
    batches = Batch.objects.filter(pk__in=runs.values("batch"))
    for stacks in (batches, runs, rows):
        lock(stacks)


def lock(rows: QuerySet[Any]) -> list[int]:
    """Until the transaction ends; lowest number first. Returns the numbers. They are not locked against rows that point at
    them: whoever writes one asks for that as late as when he commits."""
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
