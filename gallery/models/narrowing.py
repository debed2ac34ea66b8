"""How the state of a wall narrows the pictures.

A wall is ordered by one key, highest first, and read in ranges of it; the key is taken from the table that narrows most,
so that the database walks its index in order instead of sorting what it found.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from gallery.models.days import between
from gallery.models.generations import GenerationInput
from gallery.models.groups import groups_asked
from gallery.models.search import match_expression
from gallery.models.url_state import UNKNOWN, cost_bounds
from gallery.models.visibility import seen_by
from gallery.models.wall import WallQuery


def driver(query: WallQuery, user: Any) -> tuple[str, Q]:
    """The key that orders this wall, and the condition on the table it belongs to."""
    if query.is_by_hand:
        return "board_items__rank", on_board(query.board, user)
    if query.q:
        return "words__image_id", Q(words__text__matches=match_expression(query.q))
    if query.tag:
        return "image_tags__image_id", Q(image_tags__tag=query.tag[0])
    if query.favourite == "me" or query.rating or query.rejected == "only":
        return "marks__image_id", marked(query, user)
    if query.board:
        return "board_items__image_id", on_board(query.board, user)
    return "id", Q()


def on_board(board_id: int, user: Any) -> Q:
    return seen_by(user, "board_items__board__") & Q(board_items__board=board_id, board_items__board__deleted_at=None)


def marked(query: WallQuery, user: Any) -> Q:
    condition = Q(marks__user=user.pk)
    if query.favourite == "me":
        condition &= Q(marks__is_favourite=True)
    if query.rating:
        condition &= Q(marks__rating__gte=query.rating)
    return condition & Q(marks__is_rejected=True) if query.rejected == "only" else condition


def narrow(rows: Any, user: Any, query: WallQuery, within: Mapping[str, int]) -> Any:
    """`within` holds look-ups on the key: `lt`, `lte`, `gte`. Each row has its key as `wall_key`."""
    if query.q and not match_expression(query.q):
        return rows.none().annotate(wall_key=F("id"))
    key, condition = driver(query, user)
    # One call: a second one would join the table of the key anew.
    rows = rows.filter(condition, **{f"{key}__{lookup}": value for lookup, value in within.items()})
    for step in STEPS:
        rows = step(rows, user, query, key)
    return rows.annotate(wall_key=F(key)).order_by(f"-{key}", *(["-id"] if query.is_by_hand else []))


def by_what_drives_no_key(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    """Conditions that would drive the key if another did not."""
    others = query.tag[1:] if key.startswith("image_tags") else query.tag
    for tag in others:
        rows = rows.filter(image_tags__tag=tag)
    if query.board and not key.startswith("board_items"):
        rows = rows.filter(on_board(query.board, user))
    if (query.favourite == "me" or query.rating or query.rejected == "only") and not key.startswith("marks"):
        rows = rows.filter(marked(query, user))
    if query.q and not key.startswith("words"):
        rows = rows.filter(words__text__matches=match_expression(query.q))
    return rows


def by_marks(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    if query.favourite == "team":
        rows = rows.filter(favourite_count__gt=0)
    if query.rejected == "hide":
        rows = rows.exclude(marks__in=user.marks.filter(is_rejected=True))
    return rows.filter(is_used=True) if query.used else rows


def by_columns(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    columns = {
        "model_key__in": query.model,
        "gateway_slug__in": query.gateway,
        "group__in": groups_asked(query.group, user),
        "owner__in": (*query.person, *([user.pk] if query.show == "mine" else [])),
        "shape__in": query.shape,
        "size_class__in": query.size,
        "swatch__in": query.colour,
        "generation": query.run,
        "generation__batch": query.batch,
    }
    return rows.filter(**{name: value for name, value in columns.items() if value})


def by_kind(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    if not query.kind:
        # A reference that somebody put on a board is meant to hang there.
        return rows if query.board else rows.on_wall()
    found = Q(source__in=query.kind)
    if "vector" in query.kind:
        found |= Q(media_type="image/svg+xml")
    if "edited" in query.kind:
        found |= Q(Exists(GenerationInput.objects.filter(generation=OuterRef("generation"))))
    return rows.filter(found)


def by_state(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    conditions = {
        "real": Q(is_simulated=False),
        "simulated": Q(is_simulated=True),
        "noted": Q(generation__isnull=False) & ~Q(generation__notes=[]),
    }
    found = Q()
    for state in query.status:
        found |= conditions[state]
    return rows.filter(found)


def by_time(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    return between(rows, query.since, query.until)


def by_cost(rows: Any, user: Any, query: WallQuery, key: str) -> Any:
    """What the whole run cost, in one unit: dollars and points are not compared."""
    if query.cost == UNKNOWN:
        return rows.filter(generation__isnull=False, generation__cost=None, is_simulated=False)
    low, high = cost_bounds(query.cost)
    if low is None and high is None:
        return rows
    conditions = {"generation__cost__gte": low, "generation__cost__lte": high}
    known = {name: value for name, value in conditions.items() if value is not None}
    return rows.filter(**known, generation__cost_unit=query.unit or "usd", is_simulated=False)


STEPS = (by_what_drives_no_key, by_marks, by_columns, by_kind, by_state, by_time, by_cost)
