"""Every row of the product. QuerySets hold every read, named for the page that uses them; writes live in services."""

from gallery.models.gateways import APIKey, Gateway
from gallery.models.generations import Generation, GenerationInput
from gallery.models.image_models import ImageModel
from gallery.models.images import Image
from gallery.models.people import Invitation, User
from gallery.models.tokens import AccessToken, ModelAlias
from gallery.models.visibility import Visibility
from gallery.models.workers import Worker

__all__ = [
    "APIKey",
    "AccessToken",
    "Gateway",
    "Generation",
    "GenerationInput",
    "Image",
    "ImageModel",
    "Invitation",
    "ModelAlias",
    "User",
    "Visibility",
    "Worker",
]
