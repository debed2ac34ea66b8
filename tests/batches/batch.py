"""A batch as it is set up, and what its page says."""

import re
from typing import Any

from django.test import Client

from gallery.models import Batch, Generation

MODELS = ["routellm/flux_kontext", "routellm/flux_pro", "routellm/flux_pro_ultra"]
FORM = {"model": MODELS[0], "previous_model": MODELS[0], "prompt": "a red chair", "mode": "pro"}
SEEDS = {"models": MODELS[:1], "axis": "seed", "axis_values": "1, 2, .., 6"}


def create(client: Client, **changes: Any) -> Batch:
    response = client.post("/batches/new/", {**FORM, "models": MODELS, **changes})
    assert response.status_code == 302, response.content.decode()
    return Batch.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


def words_of(response: Any) -> str:
    """What is read on the page, without its tags."""
    text = re.sub(r"<(script|style)[\s\S]*?</\1>", " ", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page_of(client: Client, batch: Batch, query: str = "") -> str:
    return words_of(client.get(f"/batches/{batch.pk}/{query}"))


def statuses(batch: Batch) -> list[str]:
    return list(Generation.objects.filter(batch=batch).order_by("id").values_list("status", flat=True))
