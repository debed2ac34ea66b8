"""Addresses and form posts of the admin, the way its pages send them."""

from typing import Any

from django.urls import reverse

from gallery.models import APIKey, Gateway, ImageModel

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


def gateway_post(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    """The gateway's page as it stands, with the rows of its saved keys; `None` takes a field out."""
    fields: dict[str, Any] = {
        "base_url": gateway.base_url,
        "is_enabled": "on" if gateway.is_enabled else None,
        "sends_defaults": "on" if gateway.sends_defaults else None,
        "max_running": gateway.max_running,
        "answer_seconds": gateway.answer_seconds,
        "api_key": "",
    }
    api_keys = list(APIKey.objects.filter(gateway=gateway).order_by("position", "id"))
    fields |= {"api_keys-TOTAL_FORMS": len(api_keys), "api_keys-INITIAL_FORMS": len(api_keys)}
    for number, api_key in enumerate(api_keys):
        fields |= {
            f"api_keys-{number}-id": api_key.pk,
            f"api_keys-{number}-gateway": gateway.pk,
            f"api_keys-{number}-label": api_key.label,
            f"api_keys-{number}-position": api_key.position,
            f"api_keys-{number}-is_enabled": "on" if api_key.is_enabled else None,
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
        "prompt_help": image_model.prompt_help,
        "prompt_forbids": image_model.prompt_forbids,
        "parameters": "[]",
    }
    return without_none(fields | changes)


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
