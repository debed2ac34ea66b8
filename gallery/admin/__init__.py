"""The admin's pages. What people make (generations, images, invitations) is not registered: private stays private."""

from gallery.admin import (
    access_tokens,
    api_keys,
    audit,
    door,
    gateways,
    home,
    image_models,
    model_aliases,
    people,
    upkeep,
)

__all__ = [
    "access_tokens",
    "api_keys",
    "audit",
    "door",
    "gateways",
    "home",
    "image_models",
    "model_aliases",
    "people",
    "upkeep",
]
