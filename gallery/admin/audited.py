"""Admin pages whose changes stand in the audit log too."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from gallery.models import Act
from gallery.services import audit


class Audited:
    """For a ModelAdmin. Beside Django's own notes: which row, and the names of the fields that changed, never their values."""

    added_as: ClassVar[Act]
    changed_as: ClassVar[Act]
    removed_as: ClassVar[Act]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        audit.record(self.added_as, obj, change="added")
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        if words := words_of(message):
            audit.record(self.changed_as, obj, change=words)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for row in queryset:
            audit.record(self.removed_as, row, change="removed")
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def words_of(message: Any) -> str:
    """Django's structured message of a change in a few words; a sentence of ours as it is."""
    if isinstance(message, str):
        return message
    parts = []
    for part in message:
        for did, about in part.items():
            what = ", ".join(about.get("fields", [])) or about.get("name", "")
            parts.append(what if did == "changed" else f"{did} {about.get('object', what)}")
    return "; ".join(filter(None, parts))
