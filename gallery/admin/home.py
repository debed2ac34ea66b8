"""The admin's first page: what is wrong, every place there is, and what happened last."""

from typing import Any, cast

from django.contrib import admin

from gallery.admin import places
from gallery.models import AuditEntry
from gallery.models.audit import AuditQuerySet
from gallery.services import doctor

LATEST = 9


def build_home() -> dict[str, Any]:
    return {"findings": doctor.examine(), "latest": latest()}


def latest() -> AuditQuerySet:
    return AuditEntry.objects.for_admin()[:LATEST]


site = cast(Any, admin.site)
site.build_home = build_home
site.build_map = places.build_map
