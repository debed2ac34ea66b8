"""Share links under attack: guessed, stretched to other pictures, kept after their end, unlocked by force or borrowed cookies.

Langflow GHSA-7grx-3xcx-2xv5 (pictures were given to whoever asked for them).
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Image, ImageModel, Share, User
from gallery.services import images, shares
from tests import factories
from tests.sharing import board_with, link_to, link_to_board, see, share_of, shown, status_of

PASSWORD = "sunflower fields"
SIZES = ("original", "320", "640", "1280")


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a red chair")


@pytest.fixture
def hidden(chi: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(chi, flux_kontext, "a secret sketch", visibility="private", colour="crimson")


@pytest.fixture
def locked(bea: User, picture: Image) -> str:
    return link_to(bea, picture, password=PASSWORD, title="A telling title")


def unlock(client: Client, path: str, password: str = PASSWORD) -> Any:
    return client.post(path, {"password": password})


# Guessing ----------------------------------------------------------------------------------------------------------


def test_a_token_has_192_bits_and_is_stored_as_its_hash_and_a_ciphertext(bea: User, picture: Image) -> None:
    token = link_to(bea, picture).split("/")[2]
    row = Share.objects.values("token_hash").get()
    assert len(token) == 32
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    share = Share.objects.get()
    assert token not in share.token.token
    assert token not in str(share.token)
    assert share.token.reveal() == token


@pytest.mark.parametrize(
    "token",
    ["xI3y5u-PhJ0TZNYJ_gGo4Thiyn9yXymm", "a", "1", "%00", "..", "%2e%2e%2f", "x" * 5000, "é", "%ff", "' OR 1=1--"],
)
def test_a_guess_is_a_plain_404(bea: User, picture: Image, token: str) -> None:
    link_to(bea, picture)
    for path in (f"/s/{token}/", f"/s/{token}/{picture.pk}/", f"/s/{token}/media/{picture.pk}/320"):
        assert Client().get(path).status_code == 404


def test_the_stored_hash_opens_nothing(bea: User, picture: Image) -> None:
    share = share_of(link_to(bea, picture))
    for word in (share.token_hash, share.token.token, str(share.pk)):
        assert Client().get(f"/s/{word}/").status_code == 404


# Other people’s pictures through a link that works -----------------------------------------------------------------


def test_a_link_opens_its_own_pictures_alone(
    bea: User, picture: Image, hidden: Image, flux_kontext: ImageModel
) -> None:
    unshared = factories.create_picture(bea, flux_kontext, "not for clients", colour="olive")
    links = [
        link_to(bea, picture, allows_download=True, shows_prompts=True),
        link_to_board(bea, board_with(bea, picture), allows_download=True),
    ]
    for link in links:
        for image in (unshared, hidden):
            paths = [f"{link}{image.pk}/", f"{link}download/{image.pk}/"]
            paths += [f"{link}media/{image.pk}/{size}" for size in SIZES]
            assert {status_of(path) for path in paths} == {404}
            page = Client().get(f"{link}{image.pk}/").content.decode()
            assert "secret" not in page and "not for clients" not in page


def test_a_board_of_the_team_shows_no_private_picture_of_somebody_else(
    bea: User, picture: Image, hidden: Image
) -> None:
    link = link_to_board(bea, board_with(bea, hidden, picture))
    page = see(link)
    assert shown(page) == [picture.pk]
    assert "1 picture" in page
    assert str(hidden.pk) not in see(f"{link}{picture.pk}/").split("/")


def test_a_row_slipped_into_a_link_shows_nothing_that_its_owner_does_not_see(
    bea: User, picture: Image, hidden: Image
) -> None:
    link = link_to(bea, picture)
    share_of(link).items.create(image=hidden, position=1)
    assert shown(see(link)) == [picture.pk]
    assert status_of(f"{link}media/{hidden.pk}/320") == 404


@pytest.mark.parametrize(
    "rest",
    [
        "media/{pk}/..%2foriginal", "media/{pk}/..%2f..%2fsecret_key", "media/../secret_key", "media/{pk}/0", "media/{pk}/-1",
        "media/{pk}/9999", "media/{pk}/٣٢٠", "media/{pk}/%00", "media/-1/320", "media/{sha256}/320", "..%2f..%2fshares/",
        "download/..%2f{pk}/", "download/{pk}", "99999999999999999999999/", "media/99999999999999999999999/320",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_a_link(bea: User, picture: Image, rest: str) -> None:
    link = link_to(bea, picture, allows_download=True)
    path = link + rest.format(pk=picture.pk, sha256=picture.sha256)
    assert status_of(path) in (404, 301, 302)
    response = Client().get(path, follow=True)
    assert b"Fernet" not in response.getvalue() if not response.streaming else True


def test_a_link_is_no_account(bea: User, picture: Image) -> None:
    client = Client()
    see(link_to(bea, picture), client)
    for path in ("/", "/library/", f"/images/{picture.pk}/", f"/media/{picture.sha256}/320", "/shares/"):
        assert client.get(path).status_code == 302


# After the end -----------------------------------------------------------------------------------------------------


def revoke(share: Share) -> None:
    shares.revoke_share(share)


def expire(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now())


def lock(share: Share) -> None:
    fields = {"title": "", "shows_prompts": False, "allows_download": False, "expires_at": None}
    shares.change_share(share, **fields, password="another password")  # type: ignore[arg-type]


@pytest.mark.parametrize("end", [revoke, expire, lock])
def test_what_ends_while_somebody_looks_is_gone_with_the_next_request(
    bea: User, picture: Image, end: Callable[[Share], None]
) -> None:
    link = link_to(bea, picture, allows_download=True, password=PASSWORD)
    client, media = Client(), f"{link}media/{picture.pk}/320"
    unlock(client, link)
    response = client.get(media)
    factories.read_stream(response)
    assert response.status_code == 200
    end(share_of(link))
    for path in (media, f"{link}download/{picture.pk}/"):
        assert client.get(path).status_code == 404
    assert client.get(media, headers={"If-None-Match": response["ETag"]}).status_code == 404
    assert picture.pk not in shown(client.get(link).content.decode())


def test_answers_are_kept_by_nobody_else_and_asked_about_each_time(bea: User, picture: Image) -> None:
    link = link_to(bea, picture, allows_download=True)
    page = Client().get(link)
    assert page["Cache-Control"] == "private, no-store"
    response = Client().get(f"{link}media/{picture.pk}/320")
    factories.read_stream(response)
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sandbox" in response["Content-Security-Policy"]
    again = Client().get(f"{link}media/{picture.pk}/320", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    original = Client().get(f"{link}download/{picture.pk}/")
    factories.read_stream(original)
    for answer in (page, response, original, Client().get("/s/none/")):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]


def test_a_vector_is_never_opened_as_a_page(bea: User) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" fill="red"/></svg>'
    stored = images.take_in(svg, max_bytes=1_000_000)
    image = Image.objects.create(source=Image.Source.IMPORTED, owner=bea, **images.image_fields(stored))
    link = link_to(bea, image, allows_download=True)
    for path in (f"{link}media/{image.pk}/original", f"{link}download/{image.pk}/"):
        response = Client().get(path)
        factories.read_stream(response)
        assert response["Content-Disposition"].startswith("attachment")
        assert "sandbox" in response["Content-Security-Policy"]


# Passwords ---------------------------------------------------------------------------------------------------------


def test_a_locked_link_tells_nothing_before_it_is_opened(locked: str, picture: Image) -> None:
    client = Client()
    for path in (locked, f"{locked}{picture.pk}/", f"{locked}?after=1.1"):
        page = see(path, client)
        assert "These pictures have a password" in page
        for word in ("telling", "red chair", "1 picture", "Bea", "/media/"):
            assert word not in page
    for rest in (f"media/{picture.pk}/320", f"download/{picture.pk}/"):
        assert client.get(locked + rest).status_code == 404
    assert share_of(locked).view_count == 0


def test_the_password_opens_it_and_is_remembered_by_this_browser_alone(locked: str, picture: Image) -> None:
    client = Client()
    answer = unlock(client, locked)
    assert (answer.status_code, answer["Location"]) == (302, locked)
    assert "A telling title" in see(locked, client)
    assert status_of(f"{locked}media/{picture.pk}/320", client) == 200
    cookie = client.cookies["share_unlocked"]
    assert cookie["path"] == locked
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert "telling" not in see(locked)


def test_five_wrong_passwords_lock_the_link_for_ten_minutes(locked: str) -> None:
    for number in range(4):
        assert unlock(Client(), locked, f"guess {number}").status_code == 422
    for password in ("guess 5", "guess 6", PASSWORD):
        answer = unlock(Client(), locked, password)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 601
        assert "Try again in 10 minutes." in answer.content.decode()
    Share.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert unlock(Client(), locked, "guess 7").status_code == 422
    assert unlock(Client(), locked).status_code == 302


def test_tries_at_the_same_moment_are_no_more_than_five(locked: str) -> None:
    """As many counted as there may be, none of them decided: nobody else is let in to guess."""
    Share.objects.update(failed_passwords=shares.MOST_TRIES)
    assert unlock(Client(), locked).status_code == 429
    assert Share.objects.get().locked_until


def test_the_right_password_takes_the_wrong_ones_back(locked: str) -> None:
    for _ in range(3):
        unlock(Client(), locked, "a wrong one")
        assert unlock(Client(), locked).status_code == 302
        assert Share.objects.get().failed_passwords == 0


def test_somebody_already_in_stays_in_while_others_guess(locked: str) -> None:
    client = Client()
    unlock(client, locked)
    for _ in range(6):
        unlock(Client(), locked, "a wrong one")
    assert "A telling title" in see(locked, client)


def test_the_cookies_of_one_link_open_no_other(bea: User, chi: User, picture: Image, locked: str) -> None:
    client = Client()
    unlock(client, locked)
    others = [
        link_to(bea, picture, password=PASSWORD, title="Another title"),
        link_to(chi, picture, password=PASSWORD, title="Another title"),
    ]
    for other in others:
        stranger = Client()
        stranger.cookies["share_unlocked"] = client.cookies["share_unlocked"].value
        assert "Another title" not in see(other, stranger)


@pytest.mark.parametrize("value", ["", "1", "x:y:z", "é:1:2", ":" * 50, "\\x00", "a" * 4000])
def test_an_invented_cookie_opens_nothing(locked: str, value: str) -> None:
    client = Client()
    client.cookies["share_unlocked"] = value
    assert "telling" not in see(locked, client)
    signed = Client()
    signed.cookies["share_unlocked"] = seen_cookie(locked)
    assert "telling" not in see(locked, signed)


def seen_cookie(locked: str) -> str:
    """A cookie that this server signed for the same link, for another purpose."""
    client, share = Client(), share_of(locked)
    unlock(client, locked)
    see(locked, client)
    assert share.pk
    return client.cookies["share_seen"].value


def test_a_new_password_shuts_everybody_out(locked: str) -> None:
    client = Client()
    unlock(client, locked)
    lock(share_of(locked))
    assert "These pictures have a password" in see(locked, client)


@pytest.mark.parametrize("field", ["next", "path", "url", "redirect"])
def test_opening_leads_to_the_link_itself_alone(locked: str, field: str) -> None:
    for path in (locked, f"{locked}?{field}=https://evil.test/"):
        data = {"password": PASSWORD, field: "//evil.test/"}
        answer = Client().post(
            path, data, headers={"Referer": "https://evil.test/", "Hx-Current-Url": "https://evil.test/"}
        )
        assert answer["Location"] == locked


def test_posting_to_a_link_without_a_password_changes_nothing(bea: User, picture: Image) -> None:
    link = link_to(bea, picture)
    before = Share.objects.values_list("title", "expires_at", "view_count", "password", "revoked_at").get()
    assert Client().post(link, {"password": "x", "title": "y", "lasts": "never"})["Location"] == link
    assert Client().post(f"{link}{picture.pk}/", {"visibility": "private"}).status_code == 302
    assert Client().post(f"{link}media/{picture.pk}/320").status_code == 405
    assert Client().delete(link).status_code == 405
    assert Share.objects.values_list("title", "expires_at", "view_count", "password", "revoked_at").get() == before


def test_pages_of_links_need_no_foreign_origin_and_set_no_session(locked: str, picture: Image) -> None:
    """Browsers hide their origin under this page's policy: the password must still open it."""
    client = Client(enforce_csrf_checks=True)
    answer = client.post(locked, {"password": PASSWORD}, headers={"Origin": "null"})
    assert answer.status_code == 302
    see(locked, client)
    assert set(client.cookies) == {"share_unlocked", "share_seen"}


# The owner’s side --------------------------------------------------------------------------------------------------


def test_making_and_ending_links_needs_ones_own_page(bea: User, picture: Image) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bea)
    share = share_of(link_to(bea, picture))
    for path in ("/shares/", f"/shares/{share.pk}/", f"/shares/{share.pk}/revoke/"):
        assert client.post(path, {"ids": str(picture.pk), "lasts": "7"}, headers={"Origin": "null"}).status_code == 403
    assert client.get(f"/shares/{share.pk}/revoke/").status_code == 405
    assert share_of(link_to(bea, picture)).revoked_at is None


def test_fields_that_are_no_choice_of_an_owner_are_ignored(
    as_bea: Client, bea: User, chi: User, picture: Image
) -> None:
    data = {
        "ids": str(picture.pk), "query": "", "lasts": "7", "owner": chi.pk, "token": "mine", "token_hash": "x", "view_count": 99,
        "expires_at": "2999-01-01", "failed_passwords": -5, "revoked_at": "",
    }  # fmt: skip
    as_bea.post("/shares/", data)
    share = Share.objects.get()
    assert (share.owner, share.view_count, share.failed_passwords) == (bea, 0, 0)
    assert share.token.reveal() != "mine"
    assert share.expires_at and share.expires_at < timezone.now() + timedelta(days=8)
