"""Share links: made of a picture, a selection or a board; what visitors see; changed, counted, ended."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from gallery.images import metadata
from gallery.models import Board, BoardItem, Image, ImageModel, Share, ShareItem, User
from gallery.services import generations, images, shares, trash
from tests import factories
from tests.sharing import board_with, link_to, link_to_board, see, share_of, shown, status_of


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a red chair")


@pytest.fixture
def other(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a blue chair", colour="navy")


# Making ------------------------------------------------------------------------------------------------------------


def test_a_picture_is_shared_for_thirty_days_unless_said_otherwise(picture: Image, as_bea: Client) -> None:
    page = as_bea.get(f"/shares/new/?image={picture.pk}").content.decode()
    assert 'value="30" checked' in page
    answer = as_bea.post("/shares/", {"ids": str(picture.pk), "query": "stacks=off", "lasts": "30"})
    share = Share.objects.get()
    assert answer["Location"] == f"/shares/{share.pk}/"
    assert share.expires_at
    assert timedelta(days=29) < share.expires_at - timezone.now() <= timedelta(days=30)
    link = f"/s/{share.token.reveal()}/"
    assert f"http://testserver{link}" in as_bea.get(f"/shares/{share.pk}/").content.decode()
    assert shown(see(link)) == [picture.pk]


@pytest.mark.parametrize(("lasts", "days"), [("1", 1), ("7", 7), ("30", 30), ("never", None)])
def test_a_link_lasts_as_long_as_chosen(picture: Image, as_bea: Client, lasts: str, days: int | None) -> None:
    as_bea.post("/shares/", {"ids": str(picture.pk), "query": "", "lasts": lasts})
    expires_at = Share.objects.get().expires_at
    if days is None or expires_at is None:
        assert (days, expires_at) == (None, None)
    else:
        assert timedelta(0) <= timezone.now() + timedelta(days=days) - expires_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lasts": "90"}, "Select a valid choice"),
        ({"lasts": "kept"}, "Select a valid choice"),
        ({"lasts": ""}, "Choose for how long the link works."),
        ({"password": "short"}, "At least 6 characters"),
        ({"password": "x" * 129}, "at most 128"),
        ({"title": "x" * 121}, "at most 120"),
        ({"ids": ""}, "There is nothing to share"),
        ({"ids": "999999"}, "There is nothing to share"),
    ],
)
def test_a_bad_choice_comes_back_with_its_sentence(
    picture: Image, as_bea: Client, changes: dict[str, str], sentence: str
) -> None:
    data = {"ids": str(picture.pk), "query": "stacks=off", "lasts": "30"} | changes
    answer = as_bea.post("/shares/", data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Share.objects.exists()


def test_a_selection_is_first_asked_how(picture: Image, other: Image, as_bea: Client) -> None:
    answer = as_bea.post("/shares/", {"ids": f"{picture.pk},{other.pk}", "query": ""})
    assert answer.status_code == 200
    assert "Share 2 pictures" in answer.content.decode()
    assert not Share.objects.exists()


def test_a_stack_that_is_selected_is_shared_whole(bea: User, flux_kontext: ImageModel, as_bea: Client) -> None:
    cover = factories.create_picture(bea, flux_kontext)
    second = Image.objects.get(pk=cover.pk)
    second.pk, second.position, second.is_cover = None, 1, False
    second.save()
    as_bea.post("/shares/", {"ids": str(cover.pk), "query": "", "lasts": "7"})
    assert set(Share.objects.get().images.values_list("pk", flat=True)) == {cover.pk, second.pk}


def test_everything_found_is_shared_in_the_walls_order(picture: Image, other: Image, as_bea: Client) -> None:
    as_bea.post("/shares/", {"all": "1", "query": "q=chair", "lasts": "7"})
    link = f"/s/{Share.objects.get().token.reveal()}/"
    assert shown(see(link)) == [other.pk, picture.pk]


def test_too_many_pictures_are_better_put_on_a_board(bea: User) -> None:
    with pytest.raises(shares.ShareRefused, match="Put them on a board"):
        shares.create_share(owner=bea, image_ids=range(1, shares.MOST_PICTURES + 2))


def test_what_one_does_not_see_cannot_be_shared(picture: Image, as_chi: Client, chi: User, bea: User) -> None:
    board = board_with(bea, picture, visibility="private")
    images.set_image_visibility(picture, "private")
    assert as_chi.get(f"/shares/new/?image={picture.pk}").status_code == 404
    assert as_chi.get(f"/shares/new/?board={board.pk}").status_code == 404
    assert as_chi.post("/shares/", {"board": str(board.pk), "lasts": "7"}).status_code == 404
    assert as_chi.post("/shares/", {"ids": str(picture.pk), "query": "", "lasts": "7"}).status_code == 422
    with pytest.raises(shares.ShareRefused):
        shares.create_share(owner=chi, image_ids=[picture.pk])


def test_links_to_the_same_thing_are_shown_when_it_is_shared_again(
    picture: Image, other: Image, bea: User, chi: User, as_bea: Client
) -> None:
    link = link_to(bea, picture)
    for someone_elses in (link_to(chi, picture), link_to(bea, picture, other), link_to(bea, other)):
        page = as_bea.get(f"/shares/new/?image={picture.pk}").content.decode()
        assert link in page
        assert someone_elses not in page
    board = board_with(bea, picture)
    to_board = link_to_board(bea, board)
    assert to_board in as_bea.get(f"/shares/new/?board={board.pk}").content.decode()


def test_without_a_page_around_it_the_answer_is_the_panel(picture: Image, as_bea: Client) -> None:
    data = {"ids": str(picture.pk), "query": "", "lasts": "7"}
    answer = as_bea.post("/shares/", data, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page
    assert Share.objects.get().token.reveal() in page


def test_private_pictures_are_told_beside_the_button(picture: Image, other: Image, bea: User, as_bea: Client) -> None:
    board = board_with(bea, picture, other, visibility="private")
    paths = [f"/shares/new/?image={picture.pk}", "/shares/new/?all=1&query=q%3Dchair", f"/shares/new/?board={board.pk}"]

    def warnings() -> list[str]:
        found = [
            re.search(r'class="share-private">.*</svg>(.*)</p>', as_bea.get(path).content.decode()) for path in paths
        ]
        return [match[1] if match else "" for match in found]

    assert warnings() == ["", "", ""]
    images.set_image_visibility(picture, "private")
    later = "Whoever has the link sees it too, and private ones that come later."
    assert warnings() == [
        "This picture is private. Whoever has the link sees it too.",
        "1 of these pictures is private. Whoever has the link sees it too.",
        f"1 picture on this board is private. {later}",
    ]
    images.set_image_visibility(other, "private")
    assert warnings()[1:] == [
        "Both pictures are private. Whoever has the link sees them too.",
        f"2 pictures on this board are private. {later.replace(' it ', ' them ')}",
    ]


def test_a_board_of_the_team_needs_no_warning_since_its_private_pictures_stay_hidden(
    picture: Image, bea: User, as_bea: Client
) -> None:
    images.set_image_visibility(picture, "private")
    board = board_with(bea, picture)
    assert "share-private" not in as_bea.get(f"/shares/new/?board={board.pk}").content.decode()


# What visitors see -------------------------------------------------------------------------------------------------


def test_a_selection_keeps_its_order_and_a_picture_opens_large(picture: Image, other: Image, bea: User) -> None:
    link = link_to(bea, picture, other, title="Autumn")
    page = see(link)
    assert shown(page) == [picture.pk, other.pk]
    assert "Autumn" in page and "2 pictures" in page and "Made with Proofsheet" in page
    first = see(f"{link}{picture.pk}/")
    assert f'href="{link}{other.pk}/" rel="next"' in first
    assert 'rel="prev"' not in first
    assert f'href="{link}{picture.pk}/" rel="prev"' in see(f"{link}{other.pk}/")


@pytest.mark.parametrize("shows_prompts", [True, False])
def test_prompt_and_model_show_only_where_allowed(picture: Image, other: Image, bea: User, shows_prompts: bool) -> None:
    link = link_to(bea, picture, other, shows_prompts=shows_prompts)
    for path in (link, f"{link}{picture.pk}/"):
        page = see(path)
        assert ("a red chair" in page) == shows_prompts
        assert ("FLUX" in page) == shows_prompts


def test_nothing_else_of_the_house_is_told(picture: Image, other: Image, bea: User, as_bea: Client) -> None:
    link = link_to(bea, picture, other, shows_prompts=True, allows_download=True)
    for path in (link, f"{link}{picture.pk}/"):
        page = see(path)
        for word in ("Bea", "bea", picture.sha256, f"/images/{picture.pk}", "/generations/", "csrf", "hx-", "<nav"):
            assert word not in page


def test_downloads_are_there_only_where_allowed(picture: Image, other: Image, bea: User) -> None:
    closed = link_to(bea, picture)
    assert "Download" not in see(closed)
    sheet, closed_sheet = link_to(bea, picture, other, allows_download=True), link_to(bea, picture, other)
    assert f'data-original="{sheet}download/{picture.pk}/"' in see(sheet)
    assert "ownload" not in see(closed_sheet) and "data-original" not in see(closed_sheet)
    assert Client().get(f"{closed}download/{picture.pk}/").status_code == 404
    assert Client().get(f"{closed}media/{picture.pk}/original").status_code == 404
    opened = link_to(bea, picture, allows_download=True)
    assert f"{opened}download/{picture.pk}/" in see(opened)
    answer = Client().get(f"{opened}download/{picture.pk}/")
    assert answer["Content-Disposition"] == f'attachment; filename="picture-{picture.pk}.png"'
    assert factories.read_stream(answer) == factories.png()


def with_words(content: bytes) -> bytes:
    """As some other program writes them."""
    info, buffer = PngInfo(), io.BytesIO()
    info.add_text("parameters", "a secret chair")
    PillowImage.open(io.BytesIO(content)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def with_our_recipe(content: bytes) -> bytes:
    return bytes(metadata.with_recipe(content, "image/png", {"prompt": "a secret chair"}))


@pytest.mark.parametrize(
    ("make", "shows_prompts", "is_told"),
    [
        (with_words, False, False),
        (with_words, True, True),
        (with_our_recipe, False, False),
        (with_our_recipe, True, False),
    ],
)
def test_a_download_tells_of_its_making_only_where_prompts_are_shown_and_never_who_made_it(
    bea: User, make: Callable[[bytes], bytes], shows_prompts: bool, is_told: bool
) -> None:
    content = make(factories.png("gold"))
    assert b"a secret chair" in content
    stored = images.take_in(content, max_bytes=1_000_000)
    image = Image.objects.create(source=Image.Source.IMPORTED, owner=bea, **images.image_fields(stored))
    link = link_to(bea, image, allows_download=True, shows_prompts=shows_prompts)
    got = factories.read_stream(Client().get(f"{link}download/{image.pk}/"))
    assert (b"a secret chair" in got) == is_told
    assert (got == content) == is_told


def gif_with_words(content: bytes) -> bytes:
    buffer = io.BytesIO()
    PillowImage.open(io.BytesIO(content)).save(buffer, "GIF", comment=b"a secret chair")
    return buffer.getvalue()


def svg_with_words(content: bytes) -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><title>a secret chair</title><path d="M0 0h9v9z"/></svg>'


@pytest.mark.parametrize("make", [with_words, gif_with_words, svg_with_words])
@pytest.mark.parametrize("shows_prompts", [True, False])
def test_no_file_behind_a_link_tells_its_words_unless_prompts_are_shown(
    bea: User, make: Callable[[bytes], bytes], shows_prompts: bool
) -> None:
    stored = images.take_in(make(factories.png("gold")), max_bytes=1_000_000)
    fields = images.image_fields(stored) | {"thumbnail_widths": []}
    image = Image.objects.create(source=Image.Source.IMPORTED, owner=bea, **fields)
    link = link_to(bea, image, allows_download=True, shows_prompts=shows_prompts)
    for path in (f"download/{image.pk}/", f"media/{image.pk}/original"):
        response = Client().get(link + path)
        assert response["Content-Type"] == image.media_type
        assert (b"a secret chair" in factories.read_stream(response)) == shows_prompts


def test_a_long_link_is_read_in_pages(picture: Image, bea: User) -> None:
    fields = {name: getattr(picture, name) for name in ("sha256", "media_type", "byte_size", "width", "height")}
    copies = [Image(source=Image.Source.IMPORTED, owner=bea, **fields) for _ in range(203)]
    path, found = link_to(bea, *Image.objects.bulk_create(copies)), list[list[int]]()
    while path:
        page = see(path)
        found.append(shown(page))
        assert 'data-total="203"' in page or len(found) > 1
        following = re.search(r'href="([^"]+)" data-more', page)
        path = following[1] if following else ""
    assert [len(ids) for ids in found] == [100, 100, 3]
    assert [pk for ids in found for pk in ids] == [image.pk for image in copies]


@pytest.mark.parametrize("after", ["x", "1", "1.", ".1", "1.1.1", "9" * 30 + ".1", "-5.0"])
def test_an_odd_place_to_go_on_from_is_no_error(picture: Image, other: Image, bea: User, after: str) -> None:
    assert Client().get(link_to(bea, picture, other), {"after": after}).status_code == 200


def test_questions_to_the_database_do_not_grow_with_the_pictures(
    bea: User, flux_kontext: ImageModel, django_assert_max_num_queries: Callable[..., object]
) -> None:
    link = link_to(bea, *(factories.create_picture(bea, flux_kontext) for _ in range(12)), shows_prompts=True)
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        see(link)


# Never more than the owner sees ------------------------------------------------------------------------------------


def hide(image: Image, owner: User) -> None:
    images.set_image_visibility(image, "private")


def hide_run(image: Image, owner: User) -> None:
    assert image.generation
    generations.set_visibility(image.generation, "private")


def throw_away(image: Image, owner: User) -> None:
    images.trash_image(image, by=owner)


def delete(image: Image, owner: User) -> None:
    images.trash_image(image, by=owner)
    trash.purge_images(image_ids=[image.pk])


@pytest.mark.parametrize(
    ("change", "by_owner", "by_teammate"),
    [(hide, True, False), (hide_run, True, False), (throw_away, False, False), (delete, False, False)],
)
def test_what_its_owner_no_longer_sees_leaves_the_link(
    picture: Image,
    other: Image,
    bea: User,
    chi: User,
    change: Callable[[Image, User], None],
    by_owner: bool,
    by_teammate: bool,
) -> None:
    board = board_with(bea, picture, other)
    smart = Board.objects.create(name="Reds", owner=bea, query="q=chair")
    own = board_with(bea, picture, other, visibility="private")
    of_bea = [link_to(bea, picture, other), link_to_board(bea, own)]
    of_team = [link_to_board(bea, board), link_to_board(bea, smart)]
    of_chi = [link_to(chi, picture, other), link_to_board(chi, board), link_to_board(chi, smart)]
    for link in of_bea + of_team + of_chi:
        assert picture.pk in shown(see(link))
    change(picture, bea)
    width = picture.thumbnail_widths[0]
    for links, is_left in ((of_bea, by_owner), (of_team, by_teammate), (of_chi, by_teammate)):
        for link in links:
            assert (picture.pk in shown(see(link))) == is_left
            assert Client().get(f"{link}{picture.pk}/").status_code == (200 if is_left else 404)
            assert status_of(f"{link}media/{picture.pk}/{width}") == (200 if is_left else 404)


def test_another_search_of_a_smart_board_publishes_nothing_private_of_whoever_shared_it(
    picture: Image, other: Image, bea: User, chi: User, as_ada: Client, as_chi: Client
) -> None:
    hide(other, bea)
    teams = Board.objects.create(name="Reds", owner=chi, query="q=red")
    own = Board.objects.create(name="Reds", owner=bea, query="q=red")
    hidden = Board.objects.create(name="Blues", owner=bea, query="q=blue", visibility="private")
    links = [link_to_board(bea, teams), link_to_board(bea, own)]
    as_chi.post(f"/boards/{teams.pk}/search/", {"query": "q=chair"})
    as_ada.post(f"/boards/{own.pk}/search/", {"query": "q=chair"})
    assert set(Board.objects.exclude(pk=hidden.pk).values_list("query", flat=True)) == {"q=chair"}
    assert [shown(see(link)) for link in links] == [[picture.pk], [picture.pk]]
    assert shown(see(link_to_board(bea, hidden))) == []


def test_a_picture_hidden_on_somebody_elses_board_leaves_ones_link(
    picture: Image, other: Image, bea: User, chi: User
) -> None:
    link = link_to_board(bea, board_with(chi, picture, other))
    hide(picture, bea)
    assert shown(see(link)) == [other.pk]


def test_a_single_picture_taken_away_leaves_an_empty_page_that_fills_again(picture: Image, bea: User) -> None:
    link = link_to(bea, picture)
    throw_away(picture, bea)
    assert "Nothing to see here now" in see(link)
    images.restore_image(picture)
    assert shown(see(link)) == [picture.pk]


def test_a_board_is_shown_as_it_is_at_that_moment(picture: Image, other: Image, bea: User) -> None:
    board = board_with(bea, picture)
    link = link_to_board(bea, board)
    assert "Chairs for Anna" in see(link)
    assert shown(see(link)) == [picture.pk]
    item = BoardItem.objects.create(board=board, image=other, rank=5)
    assert shown(see(link)) == [other.pk, picture.pk]
    assert f'href="{link}{picture.pk}/" rel="next"' in see(f"{link}{other.pk}/")
    item.delete()
    assert shown(see(link)) == [picture.pk]


@pytest.mark.parametrize("how", ["deleted", "private"])
def test_a_board_out_of_its_owners_sight_takes_the_link_with_it(picture: Image, bea: User, chi: User, how: str) -> None:
    board = board_with(bea, picture)
    link = link_to_board(chi, board)
    see(link)
    if how == "deleted":
        Board.objects.filter(pk=board.pk).update(deleted_at=timezone.now())
    else:
        Board.objects.filter(pk=board.pk).update(visibility="private")
    assert Client().get(link).status_code == 404


def test_a_smart_board_never_shows_the_trash(picture: Image, other: Image, bea: User) -> None:
    throw_away(other, bea)
    smart = Board.objects.create(name="Trash", owner=bea, query="show=trash")
    assert shown(see(link_to_board(bea, smart))) == []


# Ending, changing, counting ----------------------------------------------------------------------------------------


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
