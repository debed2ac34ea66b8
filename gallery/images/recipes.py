"""A picture's recipe: what travels inside an exported file, and what is believed of it when such a file comes back.

As JSON it is one object: `proofsheet` (1, the version), `prompt`, `model` (`<gateway>/<model id>`), `model_name`,
`parameters`, `spec` (as a generation keeps it), `seed` where there is one, `revised_prompt`, `kind`, `made_at` (ISO 8601),
`owner_name`, `cost` (text, so that no digit is lost; null when unknown), `cost_unit`, `is_simulated`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gallery import specs

VERSION = 1
KINDS = ("image", "analysis")
LONGEST_PROMPT = 32_000
MOST_PARAMETERS = 200
MOST_LIST_ITEMS = 200
LONGEST_NAME = 64
# As long as the columns they go to.
LONGEST = {"gateway": 40, "model_id": 200, "model_name": 120, "owner_name": 150, "cost_unit": 10}
COST_STEP = Decimal("0.000001")
MOST_COST = Decimal(10) ** 10
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """`model_id` is the gateway's own; `cost` is None when unknown; `made_at` knows its time zone."""

    prompt: str
    gateway_slug: str
    model_id: str
    model_name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    spec: list[dict[str, Any]] = field(default_factory=list)
    seed: int | str | None = None
    revised_prompt: str = ""
    kind: str = "image"
    made_at: datetime | None = None
    owner_name: str = ""
    cost: Decimal | None = None
    cost_unit: str = ""
    is_simulated: bool = False

    @property
    def full_model_id(self) -> str:
        return f"{self.gateway_slug}/{self.model_id}"

    def to_json(self) -> dict[str, Any]:
        seed = {} if self.seed is None else {"seed": self.seed}
        return {
            "proofsheet": VERSION,
            "prompt": self.prompt,
            "model": self.full_model_id,
            "model_name": self.model_name,
            "parameters": self.parameters,
            "spec": self.spec,
            **seed,
            "revised_prompt": self.revised_prompt,
            "kind": self.kind,
            "made_at": self.made_at.isoformat() if self.made_at else None,
            "owner_name": self.owner_name,
            "cost": None if self.cost is None else f"{self.cost:f}",
            "cost_unit": self.cost_unit,
            "is_simulated": self.is_simulated,
        }


def check_recipe(value: object) -> Recipe | None:
    """What of a file's JSON can be believed; None when it is no recipe: another version, no prompt, no model.

    Anybody may have written the file: what is beside the point of a value is left out, nothing is passed on unchecked.
    """
    if not isinstance(value, Mapping) or value.get("proofsheet") != VERSION or value["proofsheet"] is True:
        return None
    prompt, full_id = _text(value.get("prompt"), LONGEST_PROMPT), value.get("model")
    slug, _, model_id = full_id.partition("/") if isinstance(full_id, str) else ("", "", "")
    slug, model_id = _name(slug, "gateway"), _name(model_id, "model_id")
    if prompt is None or not slug or not model_id:
        return None
    parameters, cost = _parameters(value.get("parameters")), _cost(value.get("cost"))
    seed = _seed(value.get("seed"))
    return Recipe(
        prompt=prompt,
        gateway_slug=slug,
        model_id=model_id,
        model_name=_name(value.get("model_name"), "model_name"),
        parameters=parameters,
        spec=_spec(value.get("spec")),
        seed=_seed(parameters.get("seed")) if seed is None else seed,
        revised_prompt=_text(value.get("revised_prompt"), LONGEST_PROMPT) or "",
        kind=value["kind"] if value.get("kind") in KINDS else KINDS[0],
        made_at=_moment(value.get("made_at")),
        owner_name=_name(value.get("owner_name"), "owner_name"),
        cost=cost,
        cost_unit="" if cost is None else _name(value.get("cost_unit"), "cost_unit"),
        is_simulated=value.get("is_simulated") is True,
    )


def _text(value: object, longest: int) -> str | None:
    """None for what is not text, is too long, or cannot be stored: lone surrogates. NUL characters are left out."""
    if not isinstance(value, str) or len(value) > longest or any("\ud800" <= letter <= "\udfff" for letter in value):
        return None
    return value.replace("\0", "")


def _name(value: object, column: str) -> str:
    """One line of a column's length, "" for anything else."""
    text = _text(value, LONGEST[column]) or ""
    return text.strip() if text.isprintable() else ""


def _parameters(value: object) -> dict[str, Any]:
    """Scalars and lists of scalars under plain names; whatever else there is, is left out."""
    if not isinstance(value, Mapping) or len(value) > MOST_PARAMETERS:
        return {}
    return {
        name: item
        for name, item in value.items()
        if isinstance(name, str) and name.isprintable() and len(name) <= LONGEST_NAME and _is_setting(item)
    }


def _is_setting(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_LIST_ITEMS and all(_is_scalar(item) for item in value)
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value and _text(value, LONGEST_PROMPT) is not None
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) <= LARGEST_INTEGER)


def _spec(value: object) -> list[dict[str, Any]]:
    """A spec that parses, in the form a generation keeps it; empty for any other."""
    try:
        spec = specs.to_json(specs.parse_parameters(value))
        text = json.dumps(spec, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return []
    return [] if "\\u0000" in text or _text(text, len(text)) is None else spec


def _seed(value: object) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value if _is_scalar(value) and len(str(value)) <= LONGEST_NAME else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _cost(value: object) -> Decimal | None:
    """Taken from text or a number, to a millionth; None when it is neither, below 0 or beyond the column."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > LONGEST_NAME:
        return None
    try:
        cost = Decimal(str(value))
        return cost.quantize(COST_STEP) if 0 <= cost < MOST_COST else None
    except (InvalidOperation, ValueError):
        return None
