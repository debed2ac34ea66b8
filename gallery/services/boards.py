"""Boards: made, named, shown, thrown away, and what lies on them in which order.

A board's pictures have ranks with gaps between them, highest first, so that moving some rewrites those alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min
from django.utils import timezone

from gallery.models import Board, BoardItem, Generation, Group, Image, User, Visibility, WallQuery
from gallery.services import search
from gallery.services.locks import lock_many_with_runs, lock_with_runs

GAP = 1024
LONGEST_NAME = 120
LONGEST_NOTES = 10_000
MOST_MOVED_AT_ONCE = 2000
CLOSED = "The board these pictures were meant for is no longer open. They are in the library."


class BoardRefused(Exception):
    """This cannot be done to a board; the text is a sentence for people."""


def create_board(
    *, owner: User, name: str, visibility: str, notes: str = "", query: str = "", group: Group | None = None
) -> Board:
    """`query` makes it a smart board, that of this state of the wall. Raises BoardRefused."""
    return Board.objects.create(
        owner=owner,
        name=checked_name(name),
        visibility=visibility,
        group=group,
        notes=checked_notes(notes),
        query=settled_query(query, owner) if query else "",
    )


def rename_board(*, board: Board, name: str) -> None:
    """Raises BoardRefused."""
    name = checked_name(name)
    with transaction.atomic():
        lock_many_with_runs(Image.objects.filter(board_items__board=board))
        change(board, name=name)
        index_words_of(board)


def write_notes(*, board: Board, notes: str) -> None:
    """Raises BoardRefused."""
    change(board, notes=checked_notes(notes))


def set_visibility(*, board: Board, visibility: str, group: Group | None = None) -> None:
    with transaction.atomic():
        lock_many_with_runs(Image.objects.filter(board_items__board=board))
        change(board, visibility=visibility, group=group)
        index_words_of(board, was_found=True)


def set_query(*, board: Board, query: str, user: User) -> None:
    """Another state of the wall for a smart board, as this person sees it. Raises BoardRefused."""
    if not board.is_smart:
        raise BoardRefused("This board is filled by hand. A search is saved as a board of its own.")
    change(board, query=settled_query(query, user))


def settled_query(query: str, user: User) -> str:
    """“Mine” is written out, or it would be everybody's own. Raises BoardRefused."""
    wall = WallQuery.read(query)
    if wall.is_trash:
        raise BoardRefused("The trash cannot be a board.")
    if wall.show == "mine":
        wall = wall.changed(show="", person=tuple(sorted({*wall.person, user.pk})))
    if wall.is_plain:
        raise BoardRefused("A smart board needs a search or a filter: this would be the whole library.")
    return wall.encode()


def set_cover(*, board: Board, image: Image | None) -> None:
    """None goes back to its first pictures."""
    change(board, cover=image)


def trash_board(*, board: Board) -> None:
    with transaction.atomic():
        lock_many_with_runs(Image.objects.filter(board_items__board=board))
        change(board, deleted_at=timezone.now())
        index_words_of(board)


def restore_board(*, board: Board) -> None:
    with transaction.atomic():
        lock_many_with_runs(Image.objects.filter(board_items__board=board))
        change(board, deleted_at=None)
        index_words_of(board)


def checked_notes(notes: str) -> str:
    notes = notes.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(notes) > LONGEST_NOTES:
        raise BoardRefused(f"A board’s notes have at most {LONGEST_NOTES:,} characters; these have {len(notes):,}.")
    return notes


def checked_name(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise BoardRefused("Give the board a name.")
    if len(name) > LONGEST_NAME:
        raise BoardRefused(f"A board’s name has room for {LONGEST_NAME} characters; this one has {len(name)}.")
    return name


def change(board: Board, **changes: object) -> None:
    Board.objects.filter(pk=board.pk).update(**changes, changed_at=timezone.now())
    for name, value in changes.items():
        setattr(board, name, value)


def index_words_of(board: Board, *, was_found: bool = False) -> None:
    """Pictures are found by the names of the team's boards they lie on. Of a board of more pictures than are indexed at
    once the rest waits for a worker; ring its bell when this transaction is over. A name the team no longer sees finds
    nothing from now on: until then what waits is not found at all."""
    if board.visibility != Visibility.TEAM and not was_found:
        return
    ids = board.items.order_by("-rank").values_list("image_id", flat=True)
    Image.objects.filter(pk__in=ids).update(is_indexed=False)
    search.index_images(list(ids[: search.MOST_AT_ONCE]))
    if board.visibility != Visibility.TEAM or board.deleted_at:
        search.forget_images(list(ids[search.MOST_AT_ONCE :]))


# What lies on a board ------------------------------------------------------------------------------------------------


def put_on_board(*, board: Board, image_ids: Sequence[int], user: User) -> int:
    """Put what this person sees of these pictures before everything else, in the order given; what lies there already stays
    where it is. At most 500 at once. Returns how many are new."""
    with transaction.atomic():
        lock(board, image_ids=image_ids)
        seen = set(Image.objects.visible_to(user).kept().filter(pk__in=image_ids).values_list("pk", flat=True))
        seen -= set(board.items.filter(image__in=seen).values_list("image_id", flat=True))
        new = [pk for pk in dict.fromkeys(image_ids) if pk in seen]
        add_first(board, new, user)
        if new and board.visibility == Visibility.TEAM:
            search.index_images(new)
    return len(new)


def add_first(board: Board, image_ids: Sequence[int], user: User | None) -> None:
    """The board is locked, and none of the pictures lies on it."""
    if not image_ids:
        return
    highest = board.items.aggregate(highest=Max("rank"))["highest"] or 0
    BoardItem.objects.bulk_create(
        BoardItem(board=board, image_id=pk, rank=highest + GAP * (len(image_ids) - place), added_by=user)
        for place, pk in enumerate(image_ids)
    )
    change(board)


def take_off_board(*, board: Board, image_ids: Sequence[int]) -> int:
    """The pictures themselves stay in the library. At most 500 at once. Returns how many lay there."""
    with transaction.atomic():
        lock(board, image_ids=image_ids)
        found = list(board.items.filter(image__in=image_ids).values_list("image_id", flat=True))
        board.items.filter(image__in=found).delete()
        if found:
            change(board, **({"cover": None} if board.cover_id in found else {}))
        if board.visibility == Visibility.TEAM:
            search.index_images(found)
    return len(found)


def put_back(*, board: Board, ranks: Mapping[int, int], user: User) -> int:
    """Where they lay before they were taken off, as far as this person sees them: ranks by pictures. At most 500 at once.
    Returns how many."""
    with transaction.atomic():
        lock(board, image_ids=list(ranks))
        seen = set(Image.objects.visible_to(user).kept().filter(pk__in=ranks).values_list("pk", flat=True))
        seen -= set(board.items.filter(image__in=seen).values_list("image_id", flat=True))
        taken = set(board.items.filter(rank__in=ranks.values()).values_list("rank", flat=True))
        free = {ranks[pk]: pk for pk in sorted(seen) if ranks[pk] not in taken}
        BoardItem.objects.bulk_create(
            BoardItem(board=board, image_id=pk, rank=rank, added_by=user) for rank, pk in free.items()
        )
        # From the top: a gap that is opened moves only what lies above it.
        for pk in sorted(seen - set(free.values()), key=lambda pk: -ranks[pk]):
            above = board.items.filter(rank__gt=ranks[pk]).aggregate(found=Min("rank"))["found"]
            low, high = room_for(1, board.items, (ranks[pk], above))
            BoardItem.objects.create(board=board, image_id=pk, rank=(low + high) // 2, added_by=user)
        if seen:
            change(board)
        if board.visibility == Visibility.TEAM:
            search.index_images(sorted(seen))
    return len(seen)


def put_result(generation: Generation, image: Image) -> None:
    """Put a picture that was stored just now on the board its run was meant for, if that is still open to its owner. Its
    words are indexed with the end of the run."""
    if generation.board_id is None or generation.owner is None:
        return
    board = Board.objects.open_to(generation.owner).filter(pk=generation.board_id).first()
    if board is None:
        return
    with transaction.atomic():
        lock(board)
        if not board.items.filter(image=image).exists():
            add_first(board, [image.pk], generation.owner)


def closed_meanwhile(generation: Generation) -> list[str]:
    """A sentence when the board a run was meant for is gone, and none of its pictures came onto it before."""
    if generation.board_id is None or BoardItem.objects.filter(board=generation.board_id, image__generation=generation):
        return []
    is_open = generation.owner and Board.objects.open_to(generation.owner).filter(pk=generation.board_id).exists()
    return [] if is_open else [CLOSED]


# Order ---------------------------------------------------------------------------------------------------------------


def move_on_board(
    *, board: Board, image_ids: Sequence[int], before: int | None = None, after: int | None = None, to_end: bool = False
) -> int:
    """Move pictures, in the order they lie in, before or after another one, else to the front or the end. Returns how many
    were moved. Raises BoardRefused."""
    if len(image_ids) > MOST_MOVED_AT_ONCE:
        raise BoardRefused(f"At most {MOST_MOVED_AT_ONCE} pictures can be moved at once.")
    with transaction.atomic():
        lock(board)
        moved = list(board.items.filter(image__in=image_ids).order_by("-rank", "-image"))
        others = board.items.exclude(pk__in=[item.pk for item in moved])
        low, high = room_for(len(moved), others, neighbours(others, before=before, after=after, to_end=to_end))
        step = (high - low) // (len(moved) + 1)
        for place, item in enumerate(moved, start=1):
            item.rank = high - step * place
        BoardItem.objects.bulk_update(moved, ["rank"], batch_size=search.MOST_AT_ONCE)
        if moved:
            change(board)
    return len(moved)


def neighbours(others: Any, *, before: int | None, after: int | None, to_end: bool) -> tuple[int | None, int | None]:
    """The ranks below and above the place asked for; None where nothing lies."""
    if before is None and after is None:
        ends = others.aggregate(low=Min("rank"), high=Max("rank"))
        return (None, ends["low"]) if to_end else (ends["high"], None)
    anchor = others.filter(image=before or after).values_list("rank", flat=True).first()
    if anchor is None:
        raise BoardRefused("The picture they were to lie beside is no longer on this board.")
    if before:
        return anchor, others.filter(rank__gt=anchor).aggregate(found=Min("rank"))["found"]
    return others.filter(rank__lt=anchor).aggregate(found=Max("rank"))["found"], anchor


def room_for(count: int, others: Any, place: tuple[int | None, int | None]) -> tuple[int, int]:
    """Two ranks with room for so many between them and nothing else. A gap that is used up is opened by one UPDATE of all
    that lies before it."""
    low, high = place
    width = GAP * (count + 1)
    if high is None:
        return low or 0, (low or 0) + width
    if low is None:
        return high - width, high
    if high - low <= count:
        others.filter(rank__gte=high).update(rank=F("rank") + width)
        high += width
    return low, high


def lock(board: Board, *, image_ids: Sequence[int] = ()) -> None:
    """One at a time changes what lies on a board: ranks are given by looking at the others. The pictures whose words change
    with it are locked before it, as are those of a run that ends. Raises BoardRefused."""
    if board.is_smart:
        raise BoardRefused(f"“{board.name}” fills itself: it shows what its search finds.")
    if image_ids:
        lock_with_runs(Image.objects.filter(pk__in=image_ids))
    Board.objects.select_for_update(no_key=True).get(pk=board.pk)
