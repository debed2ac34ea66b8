"""A change page that was saved by somebody else meanwhile: both versions side by side, field by field, and nothing lost.

The page carries what its fields stood at when it was opened; a save holds that against what stands now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from gallery.models import User

BASE = "conflict-base"
CHOICE = "conflict-choose-"
THEIRS = "theirs"
Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Both:
    """One field of which two versions are there. `is_mine`: whether the person who saves had changed it."""

    name: str
    label: str
    theirs: str
    mine: str
    is_mine: bool


class ConflictsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            row = self.lock_row(object_id) if request.method == "POST" else self.get_object(request, object_id)
            if row is None:
                return super().change_view(request, object_id, form_url, extra_context)
            now = self.values_now(request, row)
            base = read_values(request.POST.get(BASE, "")) if request.method == "POST" else now
            if request.method == "POST":
                request.POST = with_choices(request.POST, now)  # type: ignore[assignment]
            if base is not None and base != now and self.is_right(request, row):
                return self.conflict(request, row, base, now)
            context = {**(extra_context or {}), "conflict_base": json.dumps(now if base is None else base)}
            return super().change_view(request, object_id, form_url, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """The names of fields stand without Django's colon, as on every other page."""
        context["adminform"].form.label_suffix = ""
        return super().render_change_form(request, context, *args, **options)

    def lock_row(self, object_id: str) -> Any:
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            return None
        rows = self.locked_with(int(object_id)).select_for_update(no_key=True).order_by("pk")
        return next((row for row in rows if row.pk == int(object_id)), None)

    def locked_with(self, key: int) -> Any:
        """The row, and whatever has to be locked together with it."""
        return self.model._default_manager.filter(pk=key)

    def form_of(self, request: HttpRequest, row: Any, data: Any = None) -> Any:
        return self.get_form(request, row, change=True)(data, instance=row)

    def values_now(self, request: HttpRequest, row: Any) -> Values:
        """What the fields of the page stand at, as a browser would post them; secrets are not among them."""
        form = self.form_of(request, row)
        return {field.name: posted(field.value()) for field in form if not is_secret(field.field)}

    def is_right(self, request: HttpRequest, row: Any) -> bool:
        """What is wrong is told first, as ever. The form works on a row of its own: checking it fills the row."""
        return bool(self.form_of(request, type(row)._default_manager.get(pk=row.pk), request.POST).is_valid())

    def conflict(self, request: HttpRequest, row: Any, base: Values, now: Values) -> HttpResponse:
        form = self.form_of(request, row)
        mine = {name: [text for text in request.POST.getlist(name) if text] for name in now}
        both = [
            Both(
                name=name,
                label=str(form.fields[name].label or name).capitalize(),
                theirs=in_words(form.fields[name], now[name]),
                mine=in_words(form.fields[name], mine[name]),
                is_mine=mine[name] != base.get(name),
            )
            for name in now
            if mine[name] != now[name]
        ]
        secrets = {name for name, field in form.fields.items() if is_secret(field)}
        skipped = {BASE, "csrfmiddlewaretoken", *secrets}
        context = {
            "row": row,
            "both": both,
            "base": json.dumps(now),
            "base_name": BASE,
            "choice": CHOICE,
            "posted": [
                (key, value) for key in request.POST if key not in skipped for value in request.POST.getlist(key)
            ],
            "had_secret": any(request.POST.get(name) for name in secrets),
            "kind": self.opts.verbose_name,
            "list_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist",
            "kinds": str(self.opts.verbose_name_plural).capitalize(),
            "who": self.last_change(row),
        }
        return render(request, "conflict/page.html", context, status=409)

    def last_change(self, row: Any) -> str:
        """Who saved it last and when, in words; "" where nobody knows."""
        entries = LogEntry.objects.filter(content_type__model=self.opts.model_name, object_id=str(row.pk))
        last = entries.order_by("-action_time", "-pk").first()
        person = User.objects.filter(pk=last.user_id).first() if last else None
        return f"{person.display_name}, {timezone.localtime(last.action_time):%H:%M}" if last and person else ""


def read_values(text: str) -> dict[str, list[str]] | None:
    """None where the page carried nothing: then there is nothing to hold against."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def with_choices(data: QueryDict, now: Values) -> QueryDict:
    """What was posted, with the other's version where that was chosen."""
    chosen = data.copy()
    for name, values in now.items():
        if data.get(f"{CHOICE}{name}") == THEIRS:
            chosen.setlist(name, list(values))
    return chosen


def posted(value: Any) -> list[str]:
    if value is None or value is False or value == "":
        return []
    if value is True:
        return ["on"]
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def is_secret(field: forms.Field) -> bool:
    return isinstance(field.widget, forms.PasswordInput)


def in_words(field: forms.Field, values: Sequence[str]) -> str:
    if isinstance(field, forms.BooleanField):
        return "yes" if values else "no"
    labels = {str(value): str(label) for value, label in getattr(field, "choices", ())}
    return ", ".join(labels.get(value, value) for value in values)
