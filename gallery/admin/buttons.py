"""Buttons on a change page that do something at once: a POST to an admin address of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from gallery.admin.conflicts import ConflictsAdmin


@dataclass(frozen=True)
class Button:
    """`does` gets request and row and says by a message what it did, or answers with another page; `shown_for` tells whether a
    row has it."""

    label: str
    does: Callable[[HttpRequest, Any], HttpResponse | None]
    shown_for: Callable[[Any], bool] = bool


class ButtonsAdmin(ConflictsAdmin):
    """A ModelAdmin whose `buttons()` stand at the top of the change page."""

    def buttons(self) -> Mapping[str, Button]:
        """By the last word of their address."""
        raise NotImplementedError

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without Django's signs beside a choice of rows: what is chosen has a page of its own, which is found by its name."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_urls(self) -> list[URLPattern]:
        press = self.admin_site.admin_view(require_POST(self.press_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_press"
        return [path("<int:row_id>/press/<slug:word>/", press, name=name), *super().get_urls()]

    def press_view(self, request: HttpRequest, row_id: int, word: str) -> HttpResponse:
        row = self.get_object(request, str(row_id))
        button = self.buttons().get(word)
        if row is None or button is None:
            raise Http404
        if not self.may_press(request, row):
            raise PermissionDenied
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return button.does(request, row) or redirect(page, row_id)

    def may_press(self, request: HttpRequest, row: Any) -> bool:
        return self.has_change_permission(request, row)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_press"
        shown = [
            {"label": button.label, "url": reverse(name, args=[row.pk, word])}
            for word, button in self.buttons().items()
            if row is not None and button.shown_for(row)
        ]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "buttons": shown})
