"""Changes that administrators make to image models, beside plain editing."""

from collections.abc import Iterable

from django.db import transaction

from gallery.models import Act, ImageModel, SpecVersion, User
from gallery.services import audit, spec_versions
from gallery.services.spec_versions import TASTE, save_changes


def changed_fields(image_model: ImageModel) -> list[str]:
    """Names of the fields that differ from what the catalogue shipped; none for a model that was added by hand."""
    shipped = image_model.shipped or {}
    return [name for name, value in shipped.items() if name not in TASTE and getattr(image_model, name) != value]


def restore_shipped(image_model: ImageModel, *, author: User | None) -> list[str]:
    """Put every changed field back to what the catalogue shipped; returns their names."""
    shipped = image_model.shipped or {}
    changes = {name: shipped[name] for name in changed_fields(image_model)}
    note = "As it was shipped."
    return save_changes(
        image_model=image_model, changes=changes, author=author, reason=SpecVersion.Reason.RESTORED, note=note
    )


def choose_at_first(image_model: ImageModel, *, author: User | None) -> None:
    """Let the studio open with this model, and with no other."""
    with transaction.atomic():
        for other in ImageModel.objects.exclude(pk=image_model.pk).filter(is_default=True):
            note = f"{image_model.name} is chosen at first now."
            save_changes(image_model=other, changes={"is_default": False}, author=author, note=note)
        save_changes(image_model=image_model, changes={"is_default": True}, author=author)


def offer(image_models: Iterable[ImageModel], *, is_enabled: bool, author: User | None) -> int:
    """Offer models to the team, or no longer; returns how many."""
    note = "Offered." if is_enabled else "No longer offered."
    rows = list(image_models)
    for row in rows:
        save_changes(image_model=row, changes={"is_enabled": is_enabled}, author=author, note=note)
    return len(rows)


def add_model(image_model: ImageModel, *, author: User | None, reason: str = "", note: str = "") -> None:
    """Save a new model with the first version of its history."""
    with transaction.atomic():
        image_model.save()
        reason = reason or SpecVersion.Reason.ADDED
        spec_versions.keep_version(image_model, author=author, reason=reason, note=note)
        audit.record(Act.MODEL_CHANGED, image_model.full_id, actor=author, change="added", why=note)
