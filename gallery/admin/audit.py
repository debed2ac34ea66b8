"""The audit log in the admin: read, narrowed, exported; nobody changes it."""

import csv
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone

from gallery.admin import states
from gallery.models import Act, AuditEntry
from gallery.services import audit
from gallery.services.picture_lists import as_cell

COLUMNS = ("at", "act", "who", "what", "detail", "address")


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = dict.fromkeys(act.value.partition(".")[0] for act in Act)
        return [(kind, kind.replace("-", " ").capitalize()) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        kind = self.value()
        return (
            queryset.filter(act__in=[act for act in Act if act.value.partition(".")[0] == kind]) if kind else queryset
        )


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["when", "what_happened", "who", "subject", "details", "address"]
    list_display_links = None
    list_filter = [KindFilter]
    date_hierarchy = "at"
    search_fields = ["actor_name", "subject", "address"]
    ordering = ["-id"]
    list_per_page = 100
    empty_value_display = ""
    show_full_result_count = False
    change_list_template = "admin/gallery/auditentry/log.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [path("export/", self.admin_site.admin_view(self.export_view), name="audit_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """What the page shows, as CSV."""
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:gallery_auditentry_changelist")
        audit.record(Act.EXPORTED, "The audit log")
        name = f"audit-log-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            lines_of(rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f"attachment; filename={name}"},
        )

    @admin.display(description="When", ordering="id")
    def when(self, entry: AuditEntry) -> str:
        return states.moment(entry.at)

    @admin.display(description="What", ordering="act")
    def what_happened(self, entry: AuditEntry) -> str:
        return entry.act_words

    @admin.display(description="Who", ordering="actor_name")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_name or "–"

    @admin.display(description="Details")
    def details(self, entry: AuditEntry) -> str:
        return in_words(entry)


class Echo:
    def write(self, line: str) -> str:
        return line


def lines_of(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for row in rows.iterator(2000):
        cells = (row.actor_name, row.subject, in_words(row), row.address or "")
        at = row.at.astimezone(UTC).isoformat(timespec="seconds")
        yield writer.writerow([at, row.act_words, *map(as_cell, cells)])


def in_words(entry: AuditEntry) -> str:
    """A fact that is true or false by its name alone, or with “not”."""
    facts = []
    for name, value in entry.detail.items():
        words = name.removeprefix("is_").replace("_", " ")
        facts.append(f"{words}: {value}" if not isinstance(value, bool) else words if value else f"not {words}")
    return "; ".join(facts)
