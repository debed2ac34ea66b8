"""The sum at which a batch stops, and in which unit it holds: a gateway charges in one, and no other counts there."""

from collections.abc import Iterable

from gallery.gateway.dialects import DIALECTS
from gallery.models import Gateway
from gallery.services import gateways

WORDS = {"usd": "$", "points": "points"}


def unit_of(gateway: Gateway) -> str:
    return DIALECTS[gateway.dialect].cost_unit


def units_of(at: Iterable[Gateway]) -> list[str]:
    """In which runs there are charged, each once; of what is simulated nothing is."""
    return list(dict.fromkeys(unit_of(gateway) for gateway in at if not gateways.is_simulated(gateway)))


def find_fault(unit: str, models: Iterable[tuple[str, Gateway]]) -> str:
    """Why a sum in this unit would not stop runs of these models, by name; "" where it does."""
    others: dict[str, list[str]] = {}
    for name, gateway in models:
        if unit not in (found := units_of([gateway]) or [unit]):
            others.setdefault(found[0], []).append(name)
    return " ".join(sentence(unit, charged, list(dict.fromkeys(names))) for charged, names in others.items())


def why_none(models: Iterable[tuple[str, Gateway]]) -> str:
    """Why no sum would stop all of these models, by name; "" where one would."""
    by_unit: dict[str, list[str]] = {}
    for name, gateway in models:
        for unit in units_of([gateway]):
            by_unit.setdefault(unit, []).append(name)
    if len(by_unit) < 2:
        return ""
    charged = ", ".join(
        f"{are(list(dict.fromkeys(names)))} charged in {WORDS[unit]}" for unit, names in by_unit.items()
    )
    return f"No sum stops these: {charged}, and a sum counts in one. A budget in each does."


def are(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last} are" if most else f"{last} is"


def sentence(unit: str, charged: str, names: list[str]) -> str:
    return f"{are(names)} charged in {WORDS[charged]}: a stop in {WORDS[unit]} would not hold {'them' if len(names) > 1 else 'it'}."
