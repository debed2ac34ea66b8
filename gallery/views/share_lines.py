"""Share links prepared for lists: what each shows, for how long, and how often it was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from gallery.models import Image, Share, ShareItem, User
from gallery.models.fields import SecretUnreadable
from gallery.views.access_tokens import day
from gallery.views.people import absolute
from gallery.views.tiles import age, may_show


@dataclass(frozen=True, kw_only=True)
class ShareLine:
    """`link` is empty for links of others, and where the token cannot be read any more."""

    id: int
    title: str
    what: str
    link: str
    thumbnail_url: str
    colour: str
    owner_name: str
    is_mine: bool
    is_expired: bool
    ends: str
    views: str
    loss: str
    options: list[str]


def build_lines(rows: Iterable[Share], request: HttpRequest, user: User) -> list[ShareLine]:
    """A fixed number of questions to the database, however many there are."""
    shares = list(rows)
    firsts = first_pictures(shares)
    return [build_line(share, request, user, firsts.get(share.pk)) for share in shares]


def first_pictures(shares: list[Share]) -> dict[int, Image]:
    items = ShareItem.objects.filter(share__in=shares, position=0).select_related("image")
    found = {item.share_id: item.image for item in items}
    covers = {share.pk: share.board.cover_id for share in shares if share.board and share.board.cover_id}
    images = Image.objects.in_bulk(list(covers.values()))
    return found | {share: images[cover] for share, cover in covers.items() if cover in images}


def build_line(share: Share, request: HttpRequest, user: User, first: Image | None = None) -> ShareLine:
    """Of somebody else’s link only its kind and its figures are told."""
    is_mine = share.owner_id == user.pk
    shown = first if first and is_mine and first.deleted_at is None and may_show(first, user) else None
    return ShareLine(
        id=share.pk,
        title=title_of(share) if is_mine else "",
        what=what_of(share),
        link=link_of(share, request) if is_mine else "",
        thumbnail_url=shown.thumbnail_url if shown else "",
        colour=shown.colour if shown else "",
        owner_name=share.owner.display_name,
        is_mine=is_mine,
        is_expired=share.is_expired,
        ends=ends_of(share),
        views=views_of(share),
        loss=loss_of(share, is_mine=is_mine),
        options=options_of(share),
    )


def title_of(share: Share) -> str:
    return share.title or (share.board.name if share.board else "")


def what_of(share: Share) -> str:
    if share.board_id:
        return "Board"
    count: int = share.picture_count  # type: ignore[attr-defined]
    return "1 picture" if count == 1 else f"{count:,} pictures"


def link_of(share: Share, request: HttpRequest) -> str:
    try:
        return absolute(request, reverse("share", args=[share.token.reveal()]))
    except SecretUnreadable:
        return ""


def ends_of(share: Share) -> str:
    if share.expires_at is None:
        return "never ends"
    return f"{'ended' if share.is_expired else 'until'} {day(share.expires_at)}"


def views_of(share: Share) -> str:
    if share.last_viewed_at is None:
        return "not seen yet"
    times = "once" if share.view_count == 1 else f"{share.view_count:,} times"
    return f"seen {times}, last {age(share.last_viewed_at)}"


def loss_of(share: Share, *, is_mine: bool) -> str:
    """What its end means, and to whom, before it is ended."""
    if share.is_expired:
        return "Its time is over. It leaves this list and can be given no more time."
    whose = "" if is_mine else f"{share.owner.display_name} made it. "
    if share.last_viewed_at is None:
        loss = "Nobody has opened it yet. Whoever was sent it finds nothing behind it."
    else:
        loss = f"Whoever has it finds nothing behind it from now on. It was {views_of(share)}."
    return f"{whose}{loss} It cannot be brought back."


def options_of(share: Share) -> list[str]:
    told = {"password": share.password, "with prompts": share.shows_prompts, "downloads": share.allows_download}
    return [words for words, is_so in told.items() if is_so]
