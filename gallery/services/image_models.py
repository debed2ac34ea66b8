"""Changes that administrators make to image models, beside plain editing."""

from collections.abc import Iterable

from django.db import transaction

from gallery.models import ImageModel

# Where a model stands in the list and which one is chosen at first is the team's taste, no deviation from the spec.
TASTE = frozenset({"is_default", "position"})


def changed_fields(image_model: ImageModel) -> list[str]:
    """Names of the fields that differ from what the catalogue shipped; none for a model that was added by hand."""
    shipped = image_model.shipped or {}
    return [name for name, value in shipped.items() if name not in TASTE and getattr(image_model, name) != value]


def restore_shipped(image_model: ImageModel) -> list[str]:
    """Put every changed field back to what the catalogue shipped; returns their names."""
    names = changed_fields(image_model)
    shipped = image_model.shipped or {}
    for name in names:
        setattr(image_model, name, shipped[name])
    if names:
        image_model.save(update_fields=[*names, "updated_at"])
    return names


def choose_at_first(image_model: ImageModel) -> None:
    """Let the studio open with this model, and with no other."""
    with transaction.atomic():
        ImageModel.objects.exclude(pk=image_model.pk).filter(is_default=True).update(is_default=False)
        ImageModel.objects.filter(pk=image_model.pk).update(is_default=True)


def offer(image_models: Iterable[ImageModel], *, is_enabled: bool) -> int:
    """Offer models to the team, or no longer; returns how many."""
    return ImageModel.objects.filter(pk__in=[row.pk for row in image_models]).update(is_enabled=is_enabled)
