"""The team's words for prompts: snippets, styles and lists on their own page, and completed in the prompt box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery.models import Snippet, Visibility
from gallery.services import snippets
from gallery.views.access import current_user, get_editable_snippet, require_maker
from gallery.views.audiences import audience_of, audiences_of, read_audience
from gallery.views.removed import MOST_REMOVED, Removed, words_left
from gallery.views.tiles import shorten

MOST_OFFERED = 12
MOST_LISTED = 400
LONGEST_HINT = 70
KINDS = (
    (Snippet.Kind.SNIPPET, "Snippets", "Words put in where the caret stands. Type / in the prompt."),
    (
        Snippet.Kind.STYLE,
        "Styles",
        "Words laid around a prompt when it is run; {prompt} says where it goes. Type / too.",
    ),
    (Snippet.Kind.LIST, "Lists", "One option a line. {its name} in a prompt makes one picture of each. Type {."),
)
ORDER: dict[str, int] = {kind: place for place, (kind, _, _) in enumerate(KINDS)}


@dataclass(frozen=True, kw_only=True)
class Line:
    id: int
    name: str
    shown: str
    text: str
    about: str
    owner_name: str
    visibility: str
    is_private: bool
    may_edit: bool


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest) -> HttpResponse:
    require_maker(request)
    return create(request) if request.method == "POST" else show(request)


def create(request: HttpRequest) -> HttpResponse:
    kind, user = request.POST.get("kind", ""), current_user(request)
    visibility, group = read_audience(request.POST.get("visibility", ""), user, otherwise=Visibility.TEAM)
    try:
        snippet = snippets.create_snippet(
            owner=user,
            kind=kind if kind in Snippet.Kind.values else Snippet.Kind.SNIPPET,
            name=request.POST.get("name", ""),
            text=request.POST.get("text", ""),
            visibility=visibility,
            group=group,
        )
    except snippets.SnippetRefused as refusal:
        return show(request, refusal=refusal, status=422)
    messages.success(request, f"“{snippet.name}” is kept.")
    return redirect(f"{reverse('words')}#words-{snippet.pk}")


@require_POST
def change(request: HttpRequest, snippet_id: int) -> HttpResponse:
    user = require_maker(request)
    snippet = get_editable_snippet(request, snippet_id)
    chosen = request.POST.get("visibility", "")
    visibility, group = read_audience(chosen, user, otherwise=Visibility.TEAM, row=snippet)
    try:
        snippets.change_snippet(
            snippet=snippet,
            name=request.POST.get("name", ""),
            text=request.POST.get("text", ""),
            visibility=visibility,
            group=group,
            user=user,
        )
    except snippets.SnippetRefused as refusal:
        return show(request, refusal=refusal, refused_id=snippet_id, status=422)
    return redirect(f"{reverse('words')}#words-{snippet_id}")


@require_POST
def trash(request: HttpRequest, snippet_id: int) -> HttpResponse:
    require_maker(request)
    snippet = get_editable_snippet(request, snippet_id)
    snippets.trash_snippet(snippet)
    undo = reverse("words-restore", args=[snippet_id])
    messages.success(request, f"“{snippet.name}” is in the trash.", extra_tags=f"undo:{undo}")
    return redirect("words")


@require_POST
def restore(request: HttpRequest, snippet_id: int) -> HttpResponse:
    require_maker(request)
    snippet = get_editable_snippet(request, snippet_id)
    try:
        snippets.restore_snippet(snippet)
    except snippets.SnippetRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("words")
    messages.success(request, f"“{snippet.name}” is back.")
    return redirect(f"{reverse('words')}#words-{snippet_id}")


@require_GET
def complete(request: HttpRequest) -> HttpResponse:
    """Words for the prompt box whose name begins with `?q=`, then those that hold it: after `?at={` lists alone. `?all=1` gives
    every one, for its menu."""
    require_maker(request)
    rows = Snippet.objects.for_prompt(current_user(request))
    if request.GET.get("at") == "{":
        rows = rows.filter(kind=Snippet.Kind.LIST)
    wanted = request.GET.get("q", "").replace("\x00", "").strip().casefold()[: snippets.LONGEST_NAME]
    found = [row for row in rows if wanted in row.name.casefold()]
    found.sort(key=lambda row: (not row.name.casefold().startswith(wanted), ORDER[row.kind]))
    most = MOST_LISTED if request.GET.get("all") else MOST_OFFERED
    return JsonResponse({"options": [option_of(row) for row in found[:most]]})


def option_of(row: Snippet) -> dict[str, Any]:
    """`value` is what is put in; a style puts nothing in, it is laid around."""
    values = {Snippet.Kind.SNIPPET: row.text, Snippet.Kind.LIST: f"{{{row.name}}}", Snippet.Kind.STYLE: ""}
    return {
        "value": values[Snippet.Kind(row.kind)],
        "label": f"{{{row.name}}}" if row.kind == Snippet.Kind.LIST else row.name,
        "hint": row.get_kind_display().lower(),
        "after": "",
        "kind": row.kind,
        "id": row.pk,
        "name": row.name,
        "about": about(row),
        "length": len(row.text),
    }


# The page ----------------------------------------------------------------------------------------------------------


def show(
    request: HttpRequest,
    *,
    refusal: snippets.SnippetRefused | None = None,
    refused_id: int | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "groups": build_groups(request),
        "removed": build_removed(request),
        "kinds": Snippet.Kind.choices,
        "visibilities": audiences_of(current_user(request)),
        "typed": request.POST or {"text": request.GET.get("text", "").replace("\x00", "")},
        "is_new_open": (refusal is not None and refused_id is None) or bool(request.GET.get("text")),
        "chosen_kind": request.POST.get("kind", Snippet.Kind.SNIPPET),
        "refusal": refusal,
        "refused_id": refused_id,
    }
    return render(request, "words/page.html", context, status=status)


def build_groups(request: HttpRequest) -> list[dict[str, Any]]:
    user = current_user(request)
    rows = list(Snippet.objects.for_prompt(user)[: 3 * MOST_LISTED])
    editable = set(Snippet.objects.editable_by(user).values_list("pk", flat=True))
    return [
        {"kind": kind, "title": title, "help": words_of, "lines": lines_of(rows, kind, editable)}
        for kind, title, words_of in KINDS
    ]


def build_removed(request: HttpRequest) -> list[Removed]:
    return [
        Removed(
            name=f"{{{row.name}}}" if row.kind == Snippet.Kind.LIST else row.name,
            facts=row.get_kind_display(),
            left=words_left(row.deleted_at),
            restore_url=reverse("words-restore", args=[row.pk]),
        )
        for row in Snippet.objects.removed_for(current_user(request))[:MOST_REMOVED]
    ]


def lines_of(rows: Sequence[Snippet], kind: str, editable: set[int]) -> list[Line]:
    return [
        Line(
            id=row.pk,
            name=row.name,
            shown=f"{{{row.name}}}" if kind == Snippet.Kind.LIST else row.name,
            text=row.text,
            about=about(row),
            owner_name=row.owner.display_name if row.owner else "somebody who left",
            visibility=audience_of(row),
            is_private=row.visibility == Visibility.PRIVATE,
            may_edit=row.pk in editable,
        )
        for row in rows
        if row.kind == kind
    ]


def about(row: Snippet) -> str:
    """Its words in short; of a list the options."""
    if row.kind == Snippet.Kind.LIST:
        return f"{len(row.words)}: {shorten(', '.join(row.words), LONGEST_HINT)}"
    return shorten(row.text, LONGEST_HINT)
