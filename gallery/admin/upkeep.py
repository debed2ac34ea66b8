"""The rules by which things are tidied away: one page, no list."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from gallery.admin.audited import Audited
from gallery.admin.conflicts import ConflictsAdmin
from gallery.models import Act, Upkeep


@admin.register(Upkeep)
class UpkeepAdmin(Audited, ConflictsAdmin):
    added_as = changed_as = removed_as = Act.RETENTION_CHANGED

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_change(self, request: HttpRequest, obj: Upkeep) -> HttpResponse:
        days = obj.rejected_days
        after = "after a day" if days == 1 else f"after {days:,} days" if days else ""
        messages.success(request, f"Rejected pictures go to the trash {after}." if days else "Rejected pictures stay.")
        return HttpResponseRedirect(request.path)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return super().changeform_view(
            request, object_id, form_url, {"show_save_and_continue": False, **(extra_context or {})}
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one row, and its page is what one wants."""
        row = Upkeep.objects.current()
        return HttpResponseRedirect(reverse("admin:gallery_upkeep_change", args=[row.pk]))
