"""The history of an image model: who changed what, when and why, and the way back to any of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from gallery import specs
from gallery.admin.model_access import administrator, get_image_model, head_of, page_url
from gallery.admin.spec_field import as_text
from gallery.models import ImageModel, SpecVersion
from gallery.services import corrections, image_models, spec_versions

MOST_SHOWN = 200
MOST_WORDS = 4


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """`summary` are the first few differences to the version before."""

    version: SpecVersion
    url: str
    summary: Sequence[str]
    more: int
    is_present: bool


@require_GET
def versions(request: HttpRequest, image_model_id: int) -> HttpResponse:
    image_model = get_image_model(image_model_id)
    rows = list(SpecVersion.objects.for_page(image_model)[: MOST_SHOWN + 1])
    lines = [build_line(image_model, row, before) for row, before in zip(rows, [*rows[1:], None], strict=False)]
    context = {**head_of(image_model), "lines": lines[:MOST_SHOWN], "is_long": len(rows) > MOST_SHOWN}
    return render(request, "model_versions/page.html", context)


@require_GET
def version(request: HttpRequest, image_model_id: int, number: int) -> HttpResponse:
    """One version beside the one before it, and beside what stands now."""
    image_model = get_image_model(image_model_id)
    row = get_version(image_model, number)
    before = SpecVersion.objects.before(row)
    now = spec_versions.fields_of(image_model)
    context = {
        **head_of(image_model),
        "version": row,
        "is_present": row.number == image_model.version,
        "before": before,
        "changed_then": describe(before.fields, row.fields) if before else None,
        "changed_since": describe(row.fields, now),
        "text": as_text(row.parameters),
        "restore_url": page_url(image_model, "version_restore", number),
    }
    return render(request, "model_versions/version.html", context)


@require_POST
def restore(request: HttpRequest, image_model_id: int, number: int) -> HttpResponse:
    image_model = get_image_model(image_model_id)
    row = get_version(image_model, number)
    names = spec_versions.restore_version(image_model=image_model, version=row, author=administrator(request))
    if names:
        messages.success(request, f"Version {number} is back, as version {image_model.version}.")
    else:
        messages.info(request, f"{image_model.name} stands as in version {number}.")
    return redirect(page_url(image_model, "versions"))


@require_POST
def restore_shipped(request: HttpRequest, image_model_id: int) -> HttpResponse:
    image_model = get_image_model(image_model_id)
    names = image_models.restore_shipped(image_model, author=administrator(request))
    words = f"back as it was shipped, as version {image_model.version}" if names else "as it was shipped already"
    messages.success(request, f"{image_model.name} is {words}.")
    return redirect(page_url(image_model, "versions"))


@require_POST
def correct(request: HttpRequest, image_model_id: int) -> HttpResponse:
    """Take over what the gateway named when it refused a run of this model."""
    image_model = get_image_model(image_model_id)
    key = request.POST.get("generation", "")
    generation_id = int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else 0
    author = administrator(request)
    if corrections.correct_spec(image_model=image_model, generation_id=generation_id, author=author):
        messages.success(request, f"Taken over, as version {image_model.version}. New runs use it at once.")
    else:
        messages.info(request, "There is nothing left to correct.")
    return redirect(page_url(image_model, "spec"))


def get_version(image_model: ImageModel, number: int) -> SpecVersion:
    row = SpecVersion.objects.for_page(image_model).filter(number=number).first()
    if row is None:
        raise Http404
    return row


def build_line(image_model: ImageModel, row: SpecVersion, before: SpecVersion | None) -> Line:
    told = describe(before.fields, row.fields) if before else {"fields": [], "spec": []}
    words = [f"{one.label}: {one.before or 'none'} → {one.after or 'none'}" for one in told["fields"]]
    words += [str(change) for change in told["spec"]]
    return Line(
        version=row,
        url=page_url(image_model, "version", row.number),
        summary=words[:MOST_WORDS],
        more=max(len(words) - MOST_WORDS, 0),
        is_present=row.number == image_model.version,
    )


def describe(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What differs between two sets of fields: plain ones, and the spec's."""
    both = [name for name in spec_versions.FIELDS if name in before and name in after and name != "parameters"]
    plain = [name for name in both if before[name] != after[name]]
    return {
        "fields": [
            FieldChange(label=label_of(name), before=in_words(before[name]), after=in_words(after[name]))
            for name in plain
        ],
        "spec": specs.compare(read_spec(before), read_spec(after)),
    }


def read_spec(fields: dict[str, Any]) -> tuple[specs.Parameter, ...]:
    """None where an old one breaks a rule that came later."""
    try:
        return specs.parse_parameters(fields["parameters"])
    except specs.SpecRefused:
        return ()


def label_of(name: str) -> str:
    return str(getattr(ImageModel._meta.get_field(name), "verbose_name", name)).capitalize()


def in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
