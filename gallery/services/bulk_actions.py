"""What can be done to many pictures at once: each action does a chunk of them and tells what it changed, and takes back
exactly that. Which pictures, and how far it has come, is the business of services.bulk.

A change is a picture's id with what was so before, as JSON; a picture that was so already is none.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from gallery.models import Board, BoardItem, Image, ImageTag, Mark, Tag, User, Visibility
from gallery.services import boards, images, marks, tags

THEIRS = "theirs"
FULL = "full"
UNGROUPED = "ungrouped"
MARKS = ("is_favourite", "is_rejected")


class BulkStopped(Exception):
    """This cannot go on; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """By whom, with what, and when the whole work began."""

    user: User
    arguments: Mapping[str, Any]
    moment: datetime


@dataclass(kw_only=True)
class Outcome:
    changes: dict[int, Any] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)


Changes = Mapping[int, Any]


@dataclass(frozen=True, kw_only=True)
class Action:
    """`revert` returns how many pictures it could still take back; None: the action is its own way back."""

    apply: Callable[[Step, Sequence[int]], Outcome]
    revert: Callable[[Step, Changes], int] | None = None
    in_trash: bool = False


# Tags -----------------------------------------------------------------------------------------------------------------


def tags_of(step: Step) -> list[Tag]:
    found = list(Tag.objects.filter(pk__in=step.arguments["tags"]))
    if not found:
        raise BulkStopped("The tag is gone: somebody deleted it meanwhile.")
    return found


def carrying(tag: Tag, image_ids: Iterable[int]) -> set[int]:
    return set(ImageTag.objects.filter(tag=tag, image__in=list(image_ids)).values_list("image", flat=True))


def add_tags(step: Step, image_ids: Sequence[int]) -> Outcome:
    """Before: nothing; the keys of the tags that are new on it stand for it."""
    outcome = Outcome()
    full: set[int] = set()
    for tag in tags_of(step):
        there = carrying(tag, image_ids)
        new = [pk for pk in image_ids if pk not in there]
        tags.tag_images(tag=tag, image_ids=new, user=step.user)
        carried = carrying(tag, new)
        full.update(pk for pk in new if pk not in carried)
        for pk in carried:
            outcome.changes.setdefault(pk, []).append(tag.pk)
    outcome.refusals = {FULL: len(full)}
    return outcome


def remove_tags(step: Step, image_ids: Sequence[int]) -> Outcome:
    outcome = Outcome()
    for tag in tags_of(step):
        for pk in carrying(tag, image_ids):
            outcome.changes.setdefault(pk, []).append(tag.pk)
        tags.untag_images(tag=tag, image_ids=image_ids)
    return outcome


def revert_added_tags(step: Step, changes: Changes) -> int:
    done: set[int] = set()
    for tag in tags_of(step):
        still = carrying(tag, named(tag, changes))
        tags.untag_images(tag=tag, image_ids=list(still))
        done |= still
    return len(done)


def revert_removed_tags(step: Step, changes: Changes) -> int:
    done: set[int] = set()
    for tag in tags_of(step):
        tags.tag_images(tag=tag, image_ids=named(tag, changes), user=step.user)
        done |= carrying(tag, named(tag, changes))
    return len(done)


def named(tag: Tag, changes: Changes) -> list[int]:
    return [pk for pk, keys in changes.items() if tag.pk in keys]


# Boards ---------------------------------------------------------------------------------------------------------------


def board_of(step: Step) -> Board:
    """Asked at every chunk: it may have been closed meanwhile."""
    board = Board.objects.open_to(step.user).filter(pk=step.arguments["board"]).first()
    if board is None:
        raise BulkStopped("The board is no longer there for you.")
    return board


def ranks_on(board: Board, image_ids: Collection[int]) -> dict[int, int]:
    return dict(BoardItem.objects.filter(board=board, image__in=image_ids).values_list("image", "rank"))


def put_on_board(step: Step, image_ids: Sequence[int]) -> Outcome:
    """Newest first: each chunk comes before the one that was put there before."""
    board = board_of(step)
    there = ranks_on(board, image_ids)
    new = sorted((pk for pk in image_ids if pk not in there), reverse=True)
    boards.put_on_board(board=board, image_ids=new, user=step.user)
    return Outcome(changes=dict.fromkeys(ranks_on(board, new)))


def take_off_board(step: Step, image_ids: Sequence[int]) -> Outcome:
    """Before: its rank."""
    board = board_of(step)
    ranks = ranks_on(board, image_ids)
    boards.take_off_board(board=board, image_ids=list(ranks))
    return Outcome(changes=dict(ranks))


def revert_put(step: Step, changes: Changes) -> int:
    return boards.take_off_board(board=board_of(step), image_ids=list(changes))


def revert_taken_off(step: Step, changes: Changes) -> int:
    return boards.put_back(board=board_of(step), ranks=changes, user=step.user)


# Marks ----------------------------------------------------------------------------------------------------------------


def marks_on(user: User, image_ids: Collection[int]) -> dict[int, Mark]:
    known = Mark.objects.of_images(user, list(image_ids))
    return {pk: known.get(pk) or Mark(user=user, image_id=pk) for pk in image_ids}


def mark(name: str, *, wanted: bool) -> Action:
    """Circle or reject, or take that back. Before: both, since the one takes the other away."""

    def apply(step: Step, image_ids: Sequence[int]) -> Outcome:
        found = marks_on(step.user, image_ids)
        changes = {pk: [row.is_favourite, row.is_rejected] for pk, row in found.items() if getattr(row, name) != wanted}
        marks.mark_images(user=step.user, image_ids=list(changes), **{name: wanted})
        return Outcome(changes=changes)

    def revert(step: Step, changes: Changes) -> int:
        """Of those that are still marked so."""
        found = marks_on(step.user, changes)
        return put_back_marks(step.user, MARKS, {pk: changes[pk] for pk in found if getattr(found[pk], name) == wanted})

    return Action(apply=apply, revert=revert)


def rate(step: Step, image_ids: Sequence[int]) -> Outcome:
    """Before: the rating, 0 for none."""
    rating = step.arguments["rating"]
    before = {pk: row.rating or 0 for pk, row in marks_on(step.user, image_ids).items()}
    changes = {pk: [old] for pk, old in before.items() if old != rating}
    marks.mark_images(user=step.user, image_ids=list(changes), rating=rating)
    return Outcome(changes=changes)


def revert_rating(step: Step, changes: Changes) -> int:
    found = marks_on(step.user, changes)
    rating = step.arguments["rating"]
    still = {pk: changes[pk] for pk, row in found.items() if (row.rating or 0) == rating}
    return put_back_marks(step.user, ("rating",), still)


def put_back_marks(user: User, names: Sequence[str], before: Mapping[int, Sequence[Any]]) -> int:
    """As many calls as there are different marks: a handful."""
    for values, pairs in groupby(sorted(before.items(), key=lambda pair: list(pair[1])), key=lambda pair: pair[1]):
        wishes = dict(zip(names, values, strict=True))
        marks.mark_images(user=user, image_ids=[pk for pk, _ in pairs], **wishes)
    return len(before)


# Visibility and trash -------------------------------------------------------------------------------------------------


def show_to(wanted: Visibility) -> Action:
    """One's own alone; to a group only what was made for one. Before: who saw it, where that is not told by what it is now."""
    other = Visibility.PRIVATE if wanted == Visibility.TEAM else Visibility.TEAM

    def apply(step: Step, image_ids: Sequence[int]) -> Outcome:
        rows = Image.objects.filter(pk__in=image_ids, owner=step.user)
        mine = list(rows.values_list("pk", "visibility", "group"))
        able = [row for row in mine if row[2] or wanted != Visibility.GROUP]
        changes = {pk: visibility for pk, visibility, _ in able if visibility != wanted}
        images.set_images_visibility(image_ids=list(changes), owner=step.user, visibility=wanted)
        refusals = {THEIRS: len(image_ids) - len(mine), UNGROUPED: len(mine) - len(able)}
        return Outcome(changes=changes, refusals=refusals)

    def revert(step: Step, changes: Changes) -> int:
        found = 0
        for before in {visibility or other for visibility in changes.values()}:
            ids = [pk for pk, visibility in changes.items() if (visibility or other) == before]
            found += images.set_images_visibility(image_ids=ids, owner=step.user, visibility=before)
        return found

    return Action(apply=apply, revert=revert)


def editable(step: Step, image_ids: Collection[int]) -> list[int]:
    rows = Image.objects.editable_by(step.user).filter(pk__in=image_ids)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def trash(step: Step, image_ids: Sequence[int]) -> Outcome:
    may = editable(step, image_ids)
    images.trash_images(image_ids=may, by=step.user, moment=step.moment)
    return Outcome(changes=dict.fromkeys(may), refusals={THEIRS: len(image_ids) - len(may)})


def revert_trash(step: Step, changes: Changes) -> int:
    """Of those that lie in the trash since then."""
    rows = Image.objects.trashed().filter(deleted_at=step.moment, deleted_by=step.user)
    still = rows.filter(pk__in=editable(step, changes)).values_list("pk", flat=True)
    return images.restore_images(image_ids=list(still))


def restore(step: Step, image_ids: Sequence[int]) -> Outcome:
    images.restore_images(image_ids=image_ids)
    return Outcome(changes=dict.fromkeys(image_ids))


ACTIONS: Mapping[str, Action] = {
    "tag": Action(apply=add_tags, revert=revert_added_tags),
    "untag": Action(apply=remove_tags, revert=revert_removed_tags),
    "board": Action(apply=put_on_board, revert=revert_put),
    "unboard": Action(apply=take_off_board, revert=revert_taken_off),
    "circle": mark("is_favourite", wanted=True),
    "uncircle": mark("is_favourite", wanted=False),
    "reject": mark("is_rejected", wanted=True),
    "unreject": mark("is_rejected", wanted=False),
    "rate": Action(apply=rate, revert=revert_rating),
    "team": show_to(Visibility.TEAM),
    "private": show_to(Visibility.PRIVATE),
    "group": show_to(Visibility.GROUP),
    "trash": Action(apply=trash, revert=revert_trash),
    "restore": Action(apply=restore, in_trash=True),
}
