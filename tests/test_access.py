"""Who sees what, as a table: pages, pictures' bytes, actions. Not seen and not there are the same."""

from collections.abc import Callable

import pytest
from django.test import Client

from gallery.models import Image, ImageModel, User
from gallery.services import images
from tests import factories

WHO = ("anonymous", "owner", "teammate", "admin")
Statuses = tuple[int, int, int, int]


@pytest.fixture
def clients(ada: User, bea: User, chi: User) -> dict[str, Client]:
    return {
        "anonymous": Client(),
        "owner": factories.signed_in(bea),
        "teammate": factories.signed_in(chi),
        "admin": factories.signed_in(ada),
    }


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def leave(picture: Image) -> None:
    """As it is: the team sees it."""


def hide(picture: Image) -> None:
    images.set_image_visibility(picture, "private")


def trash(picture: Image) -> None:
    assert picture.owner
    images.trash_image(picture, by=picture.owner)


def statuses_of(clients: dict[str, Client], method: str, url: str) -> Statuses:
    """The status for anonymous, owner, teammate, admin; streamed bodies are read to their end."""
    found = []
    for who in WHO:
        response = getattr(clients[who], method)(url)
        if response.streaming:
            factories.read_stream(response)
        found.append(response.status_code)
    return found[0], found[1], found[2], found[3]


PAGES: list[tuple[Callable[[Image], None], str, Statuses]] = [
    # state, page, (anonymous, owner, teammate, admin)
    (leave, "/images/{image}/", (302, 200, 200, 200)),
    (leave, "/images/{image}/run/", (302, 200, 200, 200)),
    (leave, "/generations/{generation}/", (302, 200, 200, 200)),
    (leave, "/images/{image}/download/", (302, 200, 200, 200)),
    (leave, "/media/{sha256}/original", (302, 200, 200, 200)),
    (leave, "/media/{sha256}/{width}", (302, 200, 200, 200)),
    (leave, "/media/{sha256}/9999", (302, 404, 404, 404)),
    (leave, "/media/../secret_key", (302, 404, 404, 404)),
    (hide, "/images/{image}/", (302, 200, 404, 404)),
    (hide, "/images/{image}/run/", (302, 200, 404, 404)),
    (hide, "/generations/{generation}/", (302, 200, 404, 404)),
    (hide, "/images/{image}/download/", (302, 200, 404, 404)),
    (hide, "/media/{sha256}/original", (302, 200, 404, 404)),
    (hide, "/media/{sha256}/{width}", (302, 200, 404, 404)),
    (trash, "/images/{image}/", (302, 200, 404, 200)),
    (trash, "/images/{image}/download/", (302, 200, 404, 200)),
    (trash, "/media/{sha256}/original", (302, 200, 404, 200)),
    (trash, "/media/{sha256}/{width}", (302, 200, 404, 200)),
    (leave, "/", (302, 200, 200, 200)),
    (leave, "/library/", (302, 200, 200, 200)),
    (leave, "/history/", (302, 200, 200, 200)),
    (leave, "/boards/", (302, 200, 200, 200)),
    (leave, "/boards/new/", (302, 200, 200, 200)),
    (leave, "/models/", (302, 200, 200, 200)),
    (leave, "/people/", (302, 403, 403, 200)),
    (leave, "/tokens/", (302, 200, 200, 200)),
    (leave, "/shares/", (302, 200, 200, 200)),
    (leave, "/trash/empty/", (302, 200, 200, 200)),
    (leave, "/shares/?show=all", (302, 403, 403, 200)),
    (leave, "/shares/new/?image={image}", (302, 200, 200, 200)),
    (hide, "/shares/new/?image={image}", (302, 200, 404, 404)),
    (trash, "/shares/new/?image={image}", (302, 404, 404, 404)),
    (leave, "/accounts/login/", (200, 302, 302, 302)),
    (leave, "/healthz", (200, 200, 200, 200)),
]


@pytest.mark.parametrize(("prepare", "page", "statuses"), PAGES, ids=[f"{r[0].__name__}-{r[1]}" for r in PAGES])
def test_who_sees_what(
    clients: dict[str, Client], picture: Image, prepare: Callable[[Image], None], page: str, statuses: Statuses
) -> None:
    prepare(picture)
    url = page.format(
        image=picture.pk,
        generation=picture.generation_id,
        sha256=picture.sha256,
        width=picture.thumbnail_widths[0],
    )
    assert statuses_of(clients, "get", url) == statuses


ACTIONS: list[tuple[str, Statuses]] = [
    ("/images/{image}/visibility/", (302, 302, 403, 302)),
    ("/images/{image}/trash/", (302, 302, 403, 302)),
    ("/images/{image}/restore/", (302, 302, 403, 302)),
    ("/generations/{generation}/cancel/", (302, 302, 403, 302)),
    ("/generations/{generation}/visibility/", (302, 302, 403, 302)),
    ("/generations/{generation}/run-again/", (302, 302, 302, 302)),
    ("/people/invite/", (302, 403, 403, 422)),
]


@pytest.mark.parametrize(("action", "statuses"), ACTIONS, ids=[row[0] for row in ACTIONS])
def test_who_may_do_what(clients: dict[str, Client], picture: Image, action: str, statuses: Statuses) -> None:
    url = action.format(image=picture.pk, generation=picture.generation_id)
    found = []
    for who in WHO:
        images.restore_image(picture)
        found.append(clients[who].post(url).status_code)
    assert tuple(found) == statuses


@pytest.mark.parametrize("action", ["visibility", "trash", "restore", "download"])
def test_a_teammates_private_picture_is_not_there_for_others(
    clients: dict[str, Client], picture: Image, action: str
) -> None:
    hide(picture)
    for who in ("teammate", "admin"):
        url = f"/images/{picture.pk}/{action}/"
        method = clients[who].get if action == "download" else clients[who].post
        assert method(url).status_code == 404


def test_only_the_owner_decides_who_sees_a_picture(clients: dict[str, Client], picture: Image) -> None:
    for who, visibility in (("admin", "team"), ("owner", "private")):
        clients[who].post(f"/images/{picture.pk}/visibility/", {"visibility": "private"})
        picture.refresh_from_db()
        assert picture.visibility == visibility


def test_private_prompts_are_in_no_page_of_others(clients: dict[str, Client], picture: Image) -> None:
    assert picture.generation
    hide(picture)
    for page in ("/library/", "/library/?q=chair", "/history/", "/history/?q=chair", "/?results=team", "/models/"):
        assert "a red chair" not in clients["teammate"].get(page).content.decode()
        if page not in ("/?results=team", "/models/"):
            assert "a red chair" in clients["owner"].get(page).content.decode()


def test_somebody_elses_private_picture_cannot_be_used_as_a_reference(
    clients: dict[str, Client], picture: Image
) -> None:
    hide(picture)
    data = {
        "model": "routellm/flux_kontext",
        "prompt": "a blue chair",
        "mode": "pro",
        "image_prompt_images": picture.pk,
    }
    assert clients["owner"].post("/", data).status_code == 302
    response = clients["teammate"].post("/", data)
    assert response.status_code == 422
    assert "no longer there" in response.content.decode()


def test_a_private_picture_in_a_shared_generation_shows_to_its_owner_alone(
    clients: dict[str, Client], bea: User, flux_kontext: ImageModel
) -> None:
    secret = factories.create_picture(bea, flux_kontext, "secret sketch", visibility="private")
    shared = factories.create_picture(bea, flux_kontext, "shared", inputs={"image_prompt": [secret]}, colour="red")
    url = f"/generations/{shared.generation_id}/"
    assert secret.sha256 in clients["owner"].get(url).content.decode()
    assert secret.sha256 not in clients["teammate"].get(url).content.decode()


def test_media_is_private_immutable_and_cannot_run_anything(clients: dict[str, Client], picture: Image) -> None:
    response = clients["owner"].get(f"/media/{picture.sha256}/original")
    factories.read_stream(response)
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
