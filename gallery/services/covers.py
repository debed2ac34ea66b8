"""Which picture stands for all of its run, or of its batch, on the wall."""

from collections.abc import Iterable

from django.db.models import Q

from gallery.models import Batch, Image, Visibility

WIDEST_FIRST = (Visibility.TEAM, Visibility.GROUP, Visibility.PRIVATE)


def settle_cover(generation_id: int | None) -> None:
    if generation_id is not None:
        settle_covers([generation_id])


def settle_covers(generation_ids: Iterable[int]) -> None:
    """Of each run, and of each batch of runs, one kept picture: a batch's winner, else the first one that the most people
    see."""
    ids = list(generation_ids)
    batches = Batch.objects.filter(generations__in=ids)
    winners = set(batches.exclude(winner=None).values_list("winner", flat=True))
    stacks = Q(generation__in=ids) | Q(generation__batch__in=batches.values("pk"))
    rows = (
        Image.objects.kept()
        .filter(stacks)
        .values_list("generation__batch", "generation", "pk", "visibility", "position", "is_cover")
    )
    covers: dict[tuple[str, int | None], int] = {}
    shown: set[int] = set()
    for batch, generation, pk, _, _, is_cover in sorted(
        rows, key=lambda row: (WIDEST_FIRST.index(row[3]), row[2] not in winners, row[1] or 0, row[4])
    ):
        covers.setdefault(("batch", batch) if batch else ("run", generation), pk)
        if is_cover:
            shown.add(pk)
    wanted = set(covers.values())
    Image.objects.filter(pk__in=wanted - shown).update(is_cover=True)
    Image.objects.filter(pk__in=shown - wanted).update(is_cover=False)
