"""Comments that name a person; seen once the page was opened."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery.models import Mention, User
from gallery.services import comments
from gallery.services.mentions import split_mentions
from gallery.views.access import current_user
from gallery.views.tiles import age

SHOWN = 100
MOST_OFFERED = 8


@dataclass(frozen=True, kw_only=True)
class MentionLine:
    url: str
    thumbnail_url: str
    author: User | None
    author_name: str
    age: str
    pieces: list[tuple[str, bool]]
    is_new: bool


@require_GET
def mentions(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    rows = list(Mention.objects.for_person(user)[:SHOWN])
    lines = [build_line(row, user) for row in rows]
    comments.see_mentions(rows)
    return render(request, "mentions/page.html", {"lines": lines})


def build_line(mention: Mention, user: User) -> MentionLine:
    comment = mention.comment
    return MentionLine(
        url=f"{comment.image.get_absolute_url()}#comment-{comment.pk}",
        thumbnail_url=comment.image.thumbnail_url,
        author=comment.author,
        author_name=comment.author.display_name if comment.author else comment.author_name,
        age=age(comment.created_at),
        pieces=[(words, person is not None) for words, person in split_mentions(comment.text, [user])],
        is_new=mention.seen_at is None,
    )


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who may be named: completes `?q=`, the beginning of a user name or of one of the names."""
    words = request.GET.get("q", "").lower().strip()
    found = [person for person in User.objects.active() if begins(person, words)][:MOST_OFFERED]
    options: list[dict[str, Any]] = [
        {"value": f"@{person.username}", "label": person.display_name, "hint": person.username} for person in found
    ]
    return JsonResponse({"options": options})


def begins(person: User, words: str) -> bool:
    names = (person.username.lower(), person.display_name.lower(), *person.display_name.lower().split())
    return any(name.startswith(words) for name in names)
