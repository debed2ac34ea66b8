"""What a gateway said when it was last asked for its models."""

from django.db import models
from django.utils import timezone

from gallery.models.gateways import Gateway


class ModelListing(models.Model):
    """`entries` are the gateway's models as `services.listings` keeps them; `notes` sentences on what it did not tell."""

    gateway = models.OneToOneField(Gateway, models.CASCADE, related_name="model_listing")
    entries = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    read_at = models.DateTimeField(default=timezone.now)
