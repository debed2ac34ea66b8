"""Many pictures, what is done to them the way a page asks for it, and what it says."""

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from gallery.models import BulkWork, Generation, Image


def copies(image: Image, count: int, **fields: Any) -> list[Image]:
    """More pictures like this one, each alone."""
    rows = [
        Image(**{**{f.attname: getattr(image, f.attname) for f in image._meta.concrete_fields}, "id": None, **fields})
        for _ in range(count)
    ]
    for row in rows:
        row.generation_id = fields.get("generation_id")
    return Image.objects.bulk_create(rows)


def run_of(image: Image, count: int) -> list[Image]:
    """More pictures of its run: the first one stands for all."""
    rows = [
        copies(image, 1, generation_id=image.generation_id, position=n + 1, is_cover=False)[0] for n in range(count)
    ]
    return [image, *rows]


def ids_of(pictures: Sequence[Image]) -> str:
    return ",".join(str(picture.pk) for picture in pictures)


def post(client: Client, action: str, **data: Any) -> Any:
    return client.post(f"/library/bulk/{action}/", data, headers={"HX-Request": "true"})


def says(response: Any, words: str) -> bool:
    return words in response.content.decode()


def events(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["HX-Trigger"])
    return found


def undo(client: Client) -> Any:
    """The newest work, as its note would."""
    return client.post(f"/library/bulk/works/{BulkWork.objects.latest('id').pk}/undo/", headers={"HX-Request": "true"})


def generation_of(image: Image) -> Generation:
    assert image.generation_id
    return Generation.objects.get(pk=image.generation_id)


def state(image: Image) -> dict[str, Any]:
    image.refresh_from_db()
    return {
        "visibility": image.visibility,
        "is_trashed": image.deleted_at is not None,
        "tags": sorted(image.image_tags.values_list("tag__name", flat=True)),
        "boards": sorted(image.board_items.values_list("board__name", flat=True)),
        "marks": sorted(image.marks.values_list("user__username", "is_favourite", "rating", "is_rejected")),
        "circles": image.favourite_count,
    }
