"""Runs sent by the studio's form, their way through the line, and what is stored of them."""

from contextlib import suppress
from typing import Any

from django.core.files.storage import default_storage
from django.test import Client

from gallery.models import Gateway, Generation
from tests import fake_gateway as fakes

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}


def submit(client: Client, **changes: Any) -> Generation:
    assert client.post("/", {**FORM, **changes}).status_code == 302
    return Generation.objects.latest("pk")


def one_image(url: str) -> dict[str, Any]:
    return fakes.image_reply([fakes.image_entry(url)])


def resume() -> None:
    Gateway.objects.update(paused_until=None)


def expire(generation: Generation) -> None:
    Generation.objects.filter(pk=generation.pk).update(lease_expires_at=None)


def stored_files(folder: str = "originals") -> list[str]:
    """Of a folder or a bucket, whichever the tests run on."""
    with suppress(FileNotFoundError):
        folders, files = default_storage.listdir(folder)
        return [*files, *(file for name in folders for file in stored_files(f"{folder}/{name}"))]
    return []
