"""The trash's end, by hand: some of its pictures or all of them are deleted for good. Taking back is elsewhere."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery import tasks
from gallery.models import Image, Selection, User
from gallery.services import trash
from gallery.views.access import current_user, require_administrator

WORDS = "empty the trash"
NOT_TYPED = f"Type “{WORDS}” to delete everybody’s pictures."


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Some pictures of one's own trash wall: `ids`, or `all` and `query`. Asked first, unless `confirmed`."""
    user = current_user(request)
    selection = Selection.read(request.POST)
    selection = replace(selection, query=selection.query.changed(show="trash"))
    rows = Image.objects.selected(user, selection)
    total = rows.count()
    if not total:
        messages.error(request, "These pictures are no longer in the trash.")
        return back()
    if not request.POST.get("confirmed"):
        return render(request, "trash/delete.html", ask(selection, rows, total))
    return say(request, *trash.purge_found(rows), total)


def ask(selection: Selection, rows: Any, total: int) -> dict[str, object]:
    chosen = {"all": "1"} if selection.ids is None else {"ids": ",".join(map(str, selection.ids))}
    return {
        "fields": {"query": selection.query.encode(), **chosen},
        "total": total,
        "first": rows.first(),
        "pictures": pictures(total),
        "times_used": Image.objects.times_used(rows.order_by().values("pk")),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def empty(request: HttpRequest) -> HttpResponse:
    """One's own; administrators everybody's, when they have typed that they mean it."""
    user = current_user(request)
    if request.method != "POST":
        return render(request, "trash/empty.html", empty_context(user))
    if request.POST.get("whose") != "all":
        return say(request, *trash.empty_trash(owner=user))
    require_administrator(request)
    typed = request.POST.get("words", "")
    if " ".join(typed.lower().split()) != WORDS:
        context = {**empty_context(user), "typed": typed, "problem": NOT_TYPED}
        return render(request, "trash/empty.html", context, status=422)
    return say(request, *trash.empty_trash())


def empty_context(user: User) -> dict[str, object]:
    mine = Image.objects.in_trash_of(user).count()
    rows = Image.objects.trashed().filter(purged_at=None)
    everyones = rows.count() if user.is_superuser else 0
    return {
        "mine": mine,
        "mine_words": pictures(mine),
        "everyones": everyones,
        "everyones_words": pictures(everyones),
        "hidden": everyones - rows.visible_to(user).count() if user.is_superuser else 0,
        "words": WORDS,
    }


def say(request: HttpRequest, count: int, later: int, total: int = 0) -> HttpResponse:
    """What was done; the files go in the background, and so does what is too much for an answer."""
    tasks.remove_purged()
    if later:
        tasks.purge_expired()
    left = total - count - later
    waiting = (
        f" {pictures(left)} stayed: a run that waits is going to use {'it' if left == 1 else 'them'}."
        if left > 0
        else ""
    )
    more = f" {later:,} more are being deleted, and leave the trash one after the other." if later else ""
    messages.success(request, f"{pictures(count).capitalize()} deleted for good.{more}{waiting}")
    return back()


def pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def back() -> HttpResponse:
    return redirect(f"{reverse('library')}?show=trash")
