"""Looks at prices for the doctor: where what is charged is no longer what was quoted."""

from django.urls import reverse

from gallery.services import drifts
from gallery.services.findings import Findings, note

MOST_NAMED = 5


def look_at_the_prices() -> Findings:
    for drift in drifts.alarms()[:MOST_NAMED]:
        known = drift.image_model
        yield note(
            f"{drift.name} was charged {drift.words} than it was quoted in the last 30 days.",
            "Look at its price.",
            path=reverse("admin:gallery_imagemodel_change", args=[known.pk]) + "#id_price" if known else "",
        )
