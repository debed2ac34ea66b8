"""Addresses and form posts of the admin, the way its pages send them."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from gallery.models import Gateway, ImageModel

CANARY = "sk-CANARY-0123456789"


def list_page(row: str) -> str:
    return reverse(f"admin:gallery_{row}_changelist")


def add_page(row: str) -> str:
    return reverse(f"admin:gallery_{row}_add")


def change_page(row: Any) -> str:
    return reverse(f"admin:gallery_{row._meta.model_name}_change", args=[row.pk])


def history_page(row: Any) -> str:
    return reverse(f"admin:gallery_{row._meta.model_name}_history", args=[row.pk])


def delete_page(row: Any) -> str:
    return reverse(f"admin:gallery_{row._meta.model_name}_delete", args=[row.pk])


def button(row: Any, word: str) -> str:
    return reverse(f"admin:gallery_{row._meta.model_name}_press", args=[row.pk, word])


def spec_page(image_model: ImageModel, page: str = "spec", *more: int) -> str:
    """A page of one model's spec: spec, spec_preview, spec_try, versions, version, version_restore, restore_shipped."""
    return reverse(f"admin:gallery_imagemodel_{page}", args=[image_model.pk, *more])


def spec_post(image_model: ImageModel, text: str, **fields: Any) -> dict[str, Any]:
    """The editor's form as a page shows it now, with another text in it."""
    return {"spec-text": text, "spec-seen": image_model.version, "spec-note": "", "prompt": "a teapot"} | fields


def take_over(client: Client, gateway: Gateway, *model_ids: str) -> None:
    """Ask a gateway for its models and take some of them over."""
    page = client.post(button(gateway, "list"), follow=True).content.decode()
    if read_at := re.search(r'name="read_at" value="([^"]+)"', page):
        fields = {"read_at": read_at[1], "model": list(model_ids)}
        client.post(reverse("admin:gallery_imagemodel_sync_accept", args=[gateway.slug]), fields)


def gateway_post(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    """The gateway's page as it stands; `None` takes a field out."""
    fields: dict[str, Any] = {
        "base_url": gateway.base_url,
        "is_enabled": "on" if gateway.is_enabled else None,
        "needs_no_key": "on" if gateway.needs_no_key else None,
        "sends_defaults": "on" if gateway.sends_defaults else None,
        "max_running": gateway.max_running,
        "answer_seconds": gateway.answer_seconds,
        "confirm_above": "" if gateway.confirm_above is None else gateway.confirm_above,
        "api_key": "",
    }
    return without_none(fields | changes)


def image_model_post(image_model: ImageModel, **changes: Any) -> dict[str, Any]:
    fields = {
        "name": image_model.name,
        "family": image_model.family,
        "description": image_model.description,
        "is_enabled": "on" if image_model.is_enabled else None,
        "is_default": "on" if image_model.is_default else None,
        "position": image_model.position,
        "tasks": image_model.tasks,
        "modalities": image_model.modalities,
        "output": image_model.output,
        "surface": image_model.surface,
        "prompt_help": image_model.prompt_help,
        "prompt_forbids": image_model.prompt_forbids,
        "price": image_model.price,
        "price_unit": image_model.price_unit,
    }
    return without_none(fields | changes)


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
