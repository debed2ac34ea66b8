"""What a model that a gateway lists, and of which nothing else is known, is taken for: gallery/catalogue/found/*.toml."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from gallery.gateway.messages import ListedModel
from gallery.services.catalogue import CATALOGUE, read_model_block

FOUND = CATALOGUE / "found"


def kind_of(dialect: str, listed: ListedModel) -> Mapping[str, Any] | None:
    """What it is taken for; None for one that neither draws nor looks, or of a dialect without such a file."""
    kinds = known_of(dialect).get("kinds", [])
    told = [kind for kind in kinds if listed.mode and listed.mode in kind.get("modes", ())]
    fitting = (kind for kind in told or kinds if re.search(kind["matches"], listed.model_id, re.IGNORECASE))
    kind: Mapping[str, Any] | None = next(fitting, told[-1] if told else None)
    return None if kind is None or kind.get("is_left_out") else kind


def fields_of(dialect: str, listed: ListedModel, position: int = 0) -> dict[str, Any] | None:
    """The model as fields of an ImageModel, or None as above."""
    kind = kind_of(dialect, listed)
    if kind is None:
        return None
    block = {**kind, "id": listed.model_id, "name": (listed.name or listed.model_id)[:120]}
    return read_model_block(block, known_of(dialect)["common"] if kind.get("takes_common") else [], position)


def is_shown(dialect: str, listed: ListedModel) -> bool:
    """Whether it is worth an administrator's look: what only answers in words is where its kind says so, since most gateways
    have hundreds of such models, and a server of one's own a few."""
    kind = kind_of(dialect, listed)
    return kind is not None and (kind.get("is_shown", False) or set(kind.get("tasks", ())) != {"analysis"})


@cache
def known_of(dialect: str) -> Mapping[str, Any]:
    path = FOUND / f"{dialect}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
