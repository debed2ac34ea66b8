"""The admin's first page: what is wrong, every place there is, and what happened last."""

from contextlib import suppress
from typing import Any, cast

from django.contrib import admin
from django.core.cache import cache
from django.db import DatabaseError

from gallery.admin import places
from gallery.models import AuditEntry
from gallery.models.audit import AuditQuerySet
from gallery.services import doctor
from gallery.services.findings import Finding

LATEST = 9
# Seconds. Each examination writes to the storage and asks it for a hundred files; whoever mends something looks again soon.
FINDINGS_LAST = 10
FINDINGS = "doctor-findings"


def build_home() -> dict[str, Any]:
    return {"findings": findings(), "latest": latest()}


def findings() -> list[Finding]:
    """Of the last seconds. A database that takes nothing more is among what there is to be told."""
    found: list[Finding] | None = None
    # A cache in the database deletes what is too old when it is read.
    with suppress(DatabaseError):
        found = cache.get(FINDINGS)
    if found is None:
        found = doctor.examine()
        with suppress(DatabaseError):
            cache.set(FINDINGS, found, FINDINGS_LAST)
    return found


def latest() -> AuditQuerySet:
    return AuditEntry.objects.for_admin()[:LATEST]


site = cast(Any, admin.site)
site.build_home = build_home
site.build_map = places.build_map
