"""Share links as their owners see them: made of a picture, a selection or a board, listed, changed, revoked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms import ShareForm
from gallery.models import Board, Image, Selection, Share, User, Visibility, WallQuery
from gallery.services import shares as shares_service
from gallery.views.access import current_user, get_own_share, get_revocable_share, require_administrator, require_maker
from gallery.views.htmx import HtmxRequest
from gallery.views.share_lines import build_line, build_lines

MOST_LISTED = 200


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is to be shared; `fields` name it again in the form."""

    board: Board | None = None
    image_ids: Sequence[int] = ()
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        if self.board:
            return f"“{self.board.name}”"
        return "this picture" if len(self.image_ids) == 1 else f"{len(self.image_ids):,} pictures"

    def links_of(self, user: User) -> Iterable[Share]:
        """Links to the same thing that one has already."""
        if self.board:
            return Share.objects.of_board(user, self.board)
        few = 0 < len(self.image_ids) <= shares_service.MOST_AT_ONCE
        return Share.objects.of_images(user, self.image_ids) if few else []


@require_http_methods(["GET", "HEAD", "POST"])
def shares(request: HtmxRequest) -> HttpResponse:
    """The list; posted to, a new link of a picture, a selection or a board. What comes without `lasts` is first asked how."""
    if request.method == "POST":
        return create(request) if "lasts" in request.POST else new(request)
    is_all = request.GET.get("show") == "all"
    user = require_administrator(request) if is_all else current_user(request)
    rows = Share.objects.for_list() if is_all else Share.objects.for_owner(user)
    context = {"lines": build_lines(rows[:MOST_LISTED], request, user), "is_all": is_all}
    return unkept(render(request, "shares/page.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """How to share it: `?image=`, `?board=`, or a selection that is posted."""
    require_maker(request)
    data = request.POST if request.method == "POST" else request.GET
    return show_new(request, read_subject(current_user(request), data), ShareForm())


def create(request: HtmxRequest) -> HttpResponse:
    user = require_maker(request)
    subject = read_subject(user, request.POST)
    form = ShareForm(request.POST)
    if not form.is_valid():
        return show_new(request, subject, form, status=422)
    try:
        share, _ = shares_service.create_share(
            owner=user, board=subject.board, image_ids=subject.image_ids, **form.options
        )
    except shares_service.ShareRefused as problem:
        form.add_error(None, str(problem))
        return show_new(request, subject, form, status=422)
    if request.htmx:
        return show_new(request, subject, ShareForm(), fresh=get_own_share(request, share.pk))
    messages.success(request, "The link works.")
    return redirect("share-change", share.pk)


def show_new(
    request: HtmxRequest, subject: Subject, form: ShareForm, *, status: int = 200, fresh: Share | None = None
) -> HttpResponse:
    user = current_user(request)
    lines = build_lines(subject.links_of(user), request, user)
    context = {
        "subject": subject,
        "form": form,
        "fresh": build_line(fresh, request, user) if fresh else None,
        "warning": warn(subject, count_private(subject, user)),
        "lines": [line for line in lines if fresh is None or line.id != fresh.pk],
    }
    response = render(request, "shares/new.html#panel" if request.htmx else "shares/new.html", context, status=status)
    response["Vary"] = "HX-Request"
    return unkept(response)


def count_private(subject: Subject, user: User) -> int:
    """How many of one’s own private pictures the link would show now."""
    if subject.board:
        rows = Share(owner=user, board=subject.board).pictures()
    else:
        rows = Image.objects.visible_to(user).kept().listed(subject.image_ids)
    return rows.filter(visibility=Visibility.PRIVATE).count()


def warn(subject: Subject, count: int) -> str:
    """What people without an account will see that the team does not, "" where there is no such thing."""
    if not count:
        return ""
    if subject.board:
        what = f"{count:,} picture{'s' if count > 1 else ''} on this board {'are' if count > 1 else 'is'} private"
        return (
            f"{what}. Whoever has the link sees {'them' if count > 1 else 'it'} too, and private ones that come later."
        )
    if len(subject.image_ids) == 1:
        return "This picture is private. Whoever has the link sees it too."
    if count == len(subject.image_ids):
        all_of_them = "Both" if count == 2 else f"All {count:,}"
        return f"{all_of_them} pictures are private. Whoever has the link sees them too."
    what = f"{count:,} of these pictures {'are' if count > 1 else 'is'} private"
    return f"{what}. Whoever has the link sees {'them' if count > 1 else 'it'} too."


def read_subject(user: User, data: QueryDict) -> Subject:
    """Raises Http404 for what this person does not see."""
    query = WallQuery(stacks="off").encode()
    if board := number_in(data, "board"):
        row = Board.objects.visible_to(user).kept().filter(pk=board).first()
        if row is None:
            raise Http404
        return Subject(board=row, fields={"board": str(row.pk)})
    if image := number_in(data, "image"):
        if not Image.objects.visible_to(user).kept().filter(pk=image).exists():
            raise Http404
        return Subject(image_ids=[image], fields={"ids": str(image), "query": query})
    selection = Selection.read(data)
    rows = Image.objects.selected(user, selection).kept().values_list("pk", flat=True)
    ids = list(rows[: shares_service.MOST_PICTURES + 1])
    fields = {"all": "1", "query": data.get("query", "")}
    if selection.ids is not None:
        fields = {"ids": ",".join(map(str, ids)), "query": query}
    return Subject(image_ids=ids, fields=fields)


def number_in(data: QueryDict, name: str) -> int:
    text = data.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, share_id: int) -> HttpResponse:
    require_maker(request)
    share = get_own_share(request, share_id)
    form = ShareForm(request.POST if request.method == "POST" else None, share=share)
    if form.is_valid():
        shares_service.change_share(share, **form.options)
        messages.success(request, "Saved. It holds from now on, for everybody who has the link.")
        return redirect("share-change", share_id)
    context = {"line": build_line(share, request, current_user(request)), "form": form, "share": share}
    return unkept(render(request, "shares/change.html", context, status=422 if form.is_bound else 200))


@require_POST
def revoke(request: HttpRequest, share_id: int) -> HttpResponse:
    share = get_revocable_share(request, share_id)
    shares_service.revoke_share(share)
    messages.success(request, "The link no longer works.")
    is_own = share.owner_id == current_user(request).pk
    return redirect(reverse("shares") if is_own else f"{reverse('shares')}?show=all")


def unkept(response: HttpResponse) -> HttpResponse:
    """Pages with links on them stay in no cache."""
    response["Cache-Control"] = "no-store"
    return response
