"""What the page says of a work: what was done, what could not be done and why, how far it has come."""

from collections.abc import Mapping

from gallery.models import BulkWork
from gallery.services.bulk_actions import FULL, THEIRS, UNGROUPED
from gallery.services.tags import MOST_PER_IMAGE

# With the count in words, as "14 pictures", and the name of what they were put on.
DONE = {
    "tag": "{pictures} tagged {label}.",
    "untag": "{label} taken off {pictures}.",
    "board": "{pictures} put on {label}.",
    "unboard": "{pictures} taken off {label}.",
    "circle": "{pictures} circled.",
    "uncircle": "Your circle taken off {pictures}.",
    "reject": "{pictures} rejected.",
    "unreject": "{pictures} no longer rejected.",
    "rate": "{pictures} rated {label}.",
    "unrate": "Your rating taken off {pictures}.",
    "team": "The team sees {pictures} now.",
    "private": "Only you see {pictures} now.",
    "group": "Their group sees {pictures} now.",
    "trash": "{pictures} moved to the trash.",
    "restore": "{pictures} back in the library.",
}
DOING = {
    "tag": "Tagging {label}",
    "untag": "Taking off {label}",
    "board": "Putting on {label}",
    "unboard": "Taking off {label}",
    "circle": "Circling",
    "uncircle": "Taking circles off",
    "reject": "Rejecting",
    "unreject": "Taking rejections back",
    "rate": "Rating {label}",
    "unrate": "Taking ratings off",
    "team": "Showing to the team",
    "private": "Making private",
    "group": "Showing to their group",
    "trash": "Moving to the trash",
    "restore": "Taking back from the trash",
}
NOTHING = "Nothing changed: that was so already."


def tell(work: BulkWork) -> str:
    """One sentence or a few: done, still being done, or undone."""
    if work.ended_at is None:
        doing = "Undoing" if work.undoes_id else spell(DOING, work)
        return f"{doing}: {work.seen:,} of {work.total:,}"
    if work.undoes_id:
        return tell_undone(work)
    unchanged = work.seen - work.changed - sum(work.refusals.values())
    parts = [spell(DONE, work)] if work.changed else [] if work.refusals or work.stopped else [NOTHING]
    if work.changed and unchanged:
        parts.append(f"{unchanged:,} {'was' if unchanged == 1 else 'were'} so already.")
    return " ".join([*parts, *tell_refusals(work), *filter(None, [work.stopped])])


def spell(words: Mapping[str, str], work: BulkWork) -> str:
    is_unrated = work.action == "rate" and not work.arguments.get("rating")
    label = work.arguments.get("label", "")
    return words["unrate" if is_unrated else work.action].format(pictures=count_pictures(work.changed), label=label)


def tell_refusals(work: BulkWork) -> list[str]:
    theirs, full = work.refusals.get(THEIRS, 0), work.refusals.get(FULL, 0)
    said = []
    if theirs:
        which = "It" if theirs == work.seen == 1 else "All" if theirs == work.seen else f"{theirs:,} of {work.seen:,}"
        said.append(f"{which} {'is' if theirs == 1 else 'are'} somebody else’s and stayed.")
    if ungrouped := work.refusals.get(UNGROUPED, 0):
        said.append(f"{count_pictures(ungrouped)} {'was' if ungrouped == 1 else 'were'} made for no group and stayed.")
    if full:
        said.append(f"{count_pictures(full)} had {MOST_PER_IMAGE} tags, and no more fit.")
    return said


def tell_undone(work: BulkWork) -> str:
    rest = work.total - work.changed
    said = f"Undone for {count_pictures(work.changed)}."
    if rest > 0:
        said = f"Undone for {work.changed:,} of {count_pictures(work.total)}; the rest was changed meanwhile."
    return f"{said} {work.stopped}".strip()


def count_pictures(count: int) -> str:
    return f"{count:,} {'picture' if count == 1 else 'pictures'}"
