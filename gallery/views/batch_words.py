"""A batch's prompt and axes as far as its reader sees the words they were written with: a list of somebody's own stays
theirs, its values alone are shown."""

import re

from gallery.models import Batch, Snippet, User
from gallery.services import brace_faults
from gallery.services.axes import PICK

MOST_SHOWN = 4


def as_seen(batch: Batch, user: User) -> Batch:
    """The row itself, changed in memory alone. Its owner sees it as it was written."""
    if batch.owner_id == user.pk or "{" not in batch.prompt:
        return batch
    hidden = brace_faults.unknown_names(batch.prompt, Snippet.objects.lists_for(user))
    values = values_of(batch)
    for name in hidden:
        pattern = rf"\{{\s*{re.escape(name)}\s*\}}"
        options = "|".join(values.get(name.casefold(), ["…"]))
        batch.prompt = f"{{{options}}}".join(re.split(pattern, batch.prompt))
    folded = {name.casefold() for name in hidden}
    veiled = [axis for axis in batch.axes if name_of(axis) in folded]
    words = ["Words"] if len(veiled) == 1 else [f"Words {number}" for number in range(1, len(veiled) + 1)]
    names = {axis["name"]: label for axis, label in zip(veiled, words, strict=True)}
    batch.axes = [{**axis, "label": names.get(axis["name"], axis["label"])} for axis in batch.axes]
    return batch


def values_of(batch: Batch) -> dict[str, list[str]]:
    """The first options that were varied, by the name of their list."""
    found = {}
    for axis in batch.axes:
        labels = [value["label"] for value in axis["values"]]
        found[name_of(axis)] = labels[:MOST_SHOWN] + ["…"] * (len(labels) > MOST_SHOWN)
    return found


def name_of(axis: dict[str, str]) -> str:
    return axis["name"].removeprefix(PICK).strip().casefold() if axis["name"].startswith(PICK) else ""
