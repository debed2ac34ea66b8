"""Every change of an image model goes through here: who made it, when and why is kept with how the model stood after it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from gallery.models import Act, ImageModel, SpecVersion, User
from gallery.services import audit

Reason = SpecVersion.Reason
# Where a model stands in the list, whether it is offered and which one is chosen at first is the team's taste, how long a
# prompt may be is learned: neither a deviation from what was shipped nor brought back with an earlier version.
TASTE = frozenset({"is_default", "is_enabled", "position", "prompt_limit"})
FIELDS = (
    "name",
    "family",
    "description",
    "is_enabled",
    "is_default",
    "position",
    "tasks",
    "modalities",
    "surface",
    "output",
    "prompt_help",
    "prompt_forbids",
    "prompt_limit",
    "price",
    "price_unit",
    "parameters",
)
WORKED_OUT = ("spec", "spec_json", "spec_hash", "capabilities", "badges")


class ChangedMeanwhile(Exception):
    """Somebody else saved the model since it was read: nothing was changed."""


def save_changes(
    *,
    image_model: ImageModel,
    changes: Mapping[str, Any],
    author: User | None,
    reason: str = Reason.EDITED,
    note: str = "",
    seen: int | None = None,
) -> list[str]:
    """Set the fields that differ; returns their names. `seen` is the version that the changes were made to; raises
    ChangedMeanwhile where that is no longer the present one."""
    with transaction.atomic():
        row = ImageModel.objects.select_for_update(of=("self",)).select_related("gateway").get(pk=image_model.pk)
        if seen is not None and seen != row.version:
            raise ChangedMeanwhile
        # What comes from a JSON column has lost its order on PostgreSQL.
        names = [name for name in FIELDS if name in changes and getattr(row, name) != changes[name]]
        if names:
            keep_first(row)
            for name in names:
                setattr(row, name, changes[name])
            row.version += 1
            row.save(update_fields=[*names, "version", "updated_at"])
            keep_version(row, author=author, reason=reason, note=note)
            change = f"{SpecVersion.Reason(reason).label}: {', '.join(names)}"
            audit.record(
                Act.MODEL_CHANGED, row.full_id, actor=author, change=change, version=row.version, why=note[:200]
            )
    for name in names:
        setattr(image_model, name, changes[name])
    image_model.version = row.version
    for word in WORKED_OUT:
        image_model.__dict__.pop(word, None)
    return names


def keep_first(row: ImageModel) -> None:
    """How a model stood before anybody changed it."""
    if not SpecVersion.objects.filter(image_model=row).exists():
        version = keep_version(row, author=None, reason=Reason.FIRST)
        SpecVersion.objects.filter(pk=version.pk).update(created_at=row.updated_at)


def keep_version(row: ImageModel, *, author: User | None, reason: str, note: str = "") -> SpecVersion:
    return SpecVersion.objects.create(
        image_model=row,
        number=row.version,
        fields=fields_of(row),
        reason=reason,
        note=note[:500],
        author=author,
        author_name=author.display_name if author else "",
    )


def fields_of(row: ImageModel) -> dict[str, Any]:
    """The model as JSON."""
    values = {name: getattr(row, name) for name in FIELDS}
    return values | {"price": None if row.price is None else f"{row.price.normalize():f}"}


def values_of(version: SpecVersion) -> dict[str, Any]:
    """What a version keeps, as the row takes it; one from before a field was there says nothing of it."""
    price = version.fields["price"]
    kept = {name: value for name, value in version.fields.items() if name in FIELDS}
    return {**kept, "price": None if price is None else Decimal(price)}


def restore_version(*, image_model: ImageModel, version: SpecVersion, author: User) -> list[str]:
    """Bring an earlier version back, as a new one; what is taste stays as it is."""
    changes = {name: value for name, value in values_of(version).items() if name not in TASTE}
    note = f"Version {version.number}."
    return save_changes(image_model=image_model, changes=changes, author=author, reason=Reason.RESTORED, note=note)
