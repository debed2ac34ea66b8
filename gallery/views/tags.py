"""The team's tags: completed while one types; renamed, merged, coloured and deleted on their own page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from gallery.images import traits
from gallery.models import Tag
from gallery.models.search import plain
from gallery.models.url_state import clean
from gallery.services import tags
from gallery.views.access import current_user, require_maker

MOST_OFFERED = 12
MOST_SHOWN = 500


@require_GET
def complete(request: HttpRequest) -> HttpResponse:
    """Tags that begin with `?q=`, the most used first."""
    begin = tags.fold_name(request.GET.get("q", ""))
    found = Tag.objects.for_completion(current_user(request), begin=begin)[:MOST_OFFERED]
    options = [
        {
            "value": row.name,
            "label": f"#{row.name}",
            "hint": str(row.count),  # type: ignore[attr-defined]
            "colour": traits.SWATCHES.get(row.colour, ""),
        }
        for row in found
    ]
    return JsonResponse({"options": options})


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return show(request)


def show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    user = current_user(request)
    editable = set(Tag.objects.editable_by(user).values_list("pk", flat=True))
    words = clean(request.GET.get("q", ""))
    found = sorted(Tag.objects.for_page(user).named(words, anywhere=True)[:MOST_SHOWN], key=lambda row: plain(row.name))
    rows = [(row, row.pk in editable) for row in found]
    context = {"rows": rows, "words": words, "swatches": list(traits.SWATCHES), **more}
    return render(request, "tags/page.html", context, status=status)


@require_POST
def change(request: HttpRequest, tag_id: int) -> HttpResponse:
    """A new `name`, a new `colour`, or `delete`. The name of another tag makes one of the two."""
    require_maker(request)
    tag = get_editable_tag(request, tag_id)
    if request.POST.get("delete"):
        tags.delete_tag(tag)
        messages.success(request, f"#{tag.name} is gone. Its pictures stay.")
        return redirect("tags")
    name = request.POST.get("name", tag.name)
    try:
        left = tags.rename_tag(tag=tag, name=name)
    except tags.TagRefused as refusal:
        return show(request, status=422, refused_id=tag.pk, typed_name=name, refusal=str(refusal))
    if left.pk != tag_id:
        messages.success(request, f"#{tag.name} and #{left.name} are one tag now.")
    else:
        tags.colour_tag(tag=left, colour=request.POST.get("colour", ""))
    return redirect("tags")


def get_editable_tag(request: HttpRequest, tag_id: int) -> Tag:
    user = current_user(request)
    tag = Tag.objects.for_page(user).filter(pk=tag_id).first()
    if tag is None:
        raise Http404
    if not Tag.objects.editable_by(user).filter(pk=tag_id).exists():
        raise PermissionDenied
    return tag
