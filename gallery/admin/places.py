"""The one map of what administrators look after: the first page, the list at the side and the way back on every page."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

# Title of an area, then name, address and use of each place in it.
AREAS = {
    "Gateways and models": [
        ("Gateways", "admin:gallery_gateway_changelist", "Address and key, what works, what is left."),
        ("API keys", "admin:gallery_apikey_changelist", "All keys, their order and their limits."),
        ("Image models", "admin:gallery_imagemodel_changelist", "What is offered, with which form and at what price."),
        ("Models at the gateways", "admin:gallery_imagemodel_sync", "What is new, changed or gone there."),
        ("Model aliases", "admin:gallery_modelalias_changelist", "Other names by which scripts call a model."),
    ],
    "People and money": [
        ("People", "people", "Invitations, roles, groups, lost passwords."),
        ("Users", "admin:gallery_user_changelist", "All accounts in one list."),
        ("Access tokens", "admin:gallery_accesstoken_changelist", "Scripts that generate, and whose they are."),
        ("Usage", "usage", "What was spent, by day, person, model and gateway."),
        ("Budgets", "usage-budgets", "Who may spend how much in a day or a month."),
    ],
    "Record": [
        ("Audit log", "admin:gallery_auditentry_changelist", "Who did what to whom, and when."),
        ("Retention", "admin:gallery_upkeep_changelist", "When rejected pictures go to the trash."),
    ],
}


@dataclass(frozen=True, kw_only=True)
class Place:
    name: str
    url: str
    what: str


def build_map(path: str) -> dict[str, Any]:
    """`place` is the one that the page of this path belongs to, if any: the nearest above it."""
    areas = [(title, [place_of(*row) for row in rows]) for title, rows in AREAS.items()]
    above = [place for _, found in areas for place in found if path.startswith(place.url)]
    return {"areas": areas, "place": max(above, key=lambda place: len(place.url), default=None)}


def place_of(name: str, address: str, what: str) -> Place:
    return Place(name=name, url=reverse(address), what=what)
