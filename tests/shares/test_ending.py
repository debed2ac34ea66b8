"""Links changed, ended, counted and listed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Image, Share, ShareItem, User
from gallery.services import shares
from tests.sharing import board_with, delete, link_to, link_to_board, see, share_of


def end_by_time(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def switch_owner_off(share: Share) -> None:
    User.objects.filter(pk=share.owner_id).update(is_active=False)


@pytest.mark.parametrize("end", [shares.revoke_share, end_by_time, switch_owner_off])
def test_an_ended_link_is_like_one_that_never_was(picture: Image, bea: User, end: Callable[[Share], None]) -> None:
    link = link_to(bea, picture)
    end(share_of(link))
    never = Client().get("/s/never-one-of-ours/")
    for path in (link, f"{link}{picture.pk}/"):
        ended = Client().get(path)
        assert ended.status_code == never.status_code == 404
        assert ended.content == never.content
    assert Client().get(f"{link}media/{picture.pk}/320").status_code == 404


def test_its_owner_changes_and_ends_a_link(picture: Image, bea: User, as_bea: Client) -> None:
    link = link_to(bea, picture, expires_at=timezone.now() + timedelta(days=3))
    share = share_of(link)
    data = {"lasts": "kept", "title": "For Anna", "shows_prompts": "on", "password": "sunflower"}
    assert as_bea.post(f"/shares/{share.pk}/", data).status_code == 302
    changed = share_of(link)
    assert (changed.title, changed.shows_prompts, changed.expires_at) == ("For Anna", True, share.expires_at)
    assert changed.password and "sunflower" not in changed.password
    as_bea.post(f"/shares/{share.pk}/", {"lasts": "never"})
    assert share_of(link).expires_at is None
    assert share_of(link).password
    as_bea.post(f"/shares/{share.pk}/", {"lasts": "never", "removes_password": "on"})
    assert not share_of(link).password
    assert as_bea.post(f"/shares/{share.pk}/revoke/").status_code == 302
    assert Client().get(link).status_code == 404
    assert as_bea.post(f"/shares/{share.pk}/", {"lasts": "never"}).status_code == 404


def test_who_ends_a_link_is_first_told_who_loses_it(picture: Image, bea: User, as_bea: Client, as_ada: Client) -> None:
    link = link_to(bea, picture, title="Chairs for Anna")
    change, everyones = f"/shares/{share_of(link).pk}/", "/shares/?show=all"
    assert "Nobody has opened it yet. Whoever was sent it finds nothing" in as_bea.get(change).content.decode()
    see(link)
    told = "Whoever has it finds nothing behind it from now on. It was seen once, last just now. It cannot be brought back."
    for path in (change, "/shares/"):
        assert told in as_bea.get(path).content.decode()
    assert f"Bea Arthur made it. {told}" in as_ada.get(everyones).content.decode()
    end_by_time(share_of(link))
    assert "Its time is over. It leaves this list" in as_bea.get("/shares/").content.decode()


def test_an_ended_link_works_again_when_it_is_given_more_time(picture: Image, bea: User, as_bea: Client) -> None:
    link = link_to(bea, picture)
    end_by_time(share_of(link))
    assert "This link has ended" in as_bea.get(f"/shares/{share_of(link).pk}/").content.decode()
    assert as_bea.post(f"/shares/{share_of(link).pk}/", {"lasts": "7"}).status_code == 302
    see(link)


def test_a_visitor_counts_once_an_hour_and_the_owner_never(picture: Image, bea: User, as_bea: Client) -> None:
    link = link_to(bea, picture)
    visitor = Client()
    for _ in range(3):
        see(link, visitor)
        see(link, as_bea)
    assert share_of(link).view_count == 1
    see(link)
    assert share_of(link).view_count == 2
    assert share_of(link).last_viewed_at
    assert set(visitor.cookies) == {"share_seen"}
    assert visitor.cookies["share_seen"]["path"] == link
    assert visitor.cookies["share_seen"]["max-age"] == 3600


def test_the_list_tells_what_is_shared_and_how_often_it_was_seen(
    picture: Image, other: Image, bea: User, as_bea: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    link = link_to(bea, picture, other, title="For Anna", allows_download=True)
    see(link)
    link_to_board(bea, board_with(bea, picture, cover=picture))
    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
        page = as_bea.get("/shares/").content.decode()
    for words in (
        "For Anna",
        "2 pictures",
        "Seen once, last just now",
        "downloads",
        "never ends",
        "Not seen yet",
        link,
    ):
        assert words in page
    assert "Chairs for Anna" in page
    assert as_bea.get("/shares/")["Cache-Control"] == "no-store"


def test_administrators_see_and_end_every_link_but_not_where_it_leads(
    picture: Image, bea: User, as_ada: Client, as_bea: Client, as_chi: Client
) -> None:
    link = link_to(bea, picture, title="A secret plan")
    share = share_of(link)
    page = as_ada.get("/shares/?show=all").content.decode()
    assert "Bea Arthur" in page and "1 picture" in page
    assert link not in page and "A secret plan" not in page and picture.sha256 not in page
    assert link not in as_ada.get("/shares/").content.decode()
    for client in (as_bea, as_chi):
        assert client.get("/shares/?show=all").status_code == 403
    for client in (as_ada, as_chi):
        assert client.get(f"/shares/{share.pk}/").status_code == 404
        assert client.post(f"/shares/{share.pk}/", {"lasts": "never"}).status_code == 404
    assert as_chi.post(f"/shares/{share.pk}/revoke/").status_code == 404
    assert as_ada.post(f"/shares/{share.pk}/revoke/").status_code == 302
    assert Client().get(link).status_code == 404


def test_a_link_outlives_what_was_in_it_and_its_places_go(picture: Image, bea: User) -> None:
    link = link_to(bea, picture)
    delete(picture, bea)
    assert not ShareItem.objects.exists()
    assert "Nothing to see here now" in see(link)
