"""Who sees and changes a batch."""

from collections.abc import Callable

import pytest
from django.test import Client

from gallery.models import Gateway, Snippet, User
from tests import factories
from tests.batches.batch import MODELS, create, page_of, words_of
from tests.fake_gateway import FakeGateway

ACTIONS = ("pause", "resume", "stop", "limit", "retry", "winner")
PERMISSIONS: list[tuple[str, str, str, tuple[int, int, int, int]]] = [
    # visibility, method, page, (anonymous, owner, teammate, admin)
    ("team", "get", "", (302, 200, 200, 200)),
    ("team", "get", "live/", (302, 204, 204, 204)),
    ("private", "get", "", (302, 200, 404, 404)),
    ("private", "get", "live/", (302, 204, 404, 404)),
    ("private", "get", "sheet.png", (302, 200, 404, 404)),
    *(("team", "post", f"{action}/", (302, 302, 403, 302)) for action in ACTIONS),
    *(("private", "post", f"{action}/", (302, 302, 404, 404)) for action in ACTIONS),
]


@pytest.mark.parametrize(
    ("visibility", "method", "page", "expected"), PERMISSIONS, ids=[f"{row[0]} {row[2]}" for row in PERMISSIONS]
)
def test_who_sees_and_changes_a_batch(
    routellm: Gateway,
    fake_gateway: FakeGateway,
    ada: User,
    bea: User,
    chi: User,
    visibility: str,
    method: str,
    page: str,
    expected: tuple[int, int, int, int],
) -> None:
    batch = create(factories.signed_in(bea), models=MODELS[:2], visibility=visibility)
    clients: dict[str, Callable[[], Client]] = {
        "anonymous": Client,
        "owner": lambda: factories.signed_in(bea),
        "teammate": lambda: factories.signed_in(chi),
        "admin": lambda: factories.signed_in(ada),
    }
    found = tuple(getattr(make(), method)(f"/batches/{batch.pk}/{page}").status_code for make in clients.values())
    assert found == expected


def test_a_list_of_somebodys_own_is_named_to_nobody_else(
    shipped: None, as_bea: Client, as_chi: Client, bea: User
) -> None:
    Snippet.objects.create(owner=bea, kind="list", name="Contoso names", text="oak\nsteel", visibility="private")
    batch = create(as_bea, models=MODELS[:2], prompt="a {Contoso names} chair")
    assert "a {Contoso names} chair" in page_of(as_bea, batch) and "Contoso names" in page_of(as_bea, batch)
    for page in (f"/batches/{batch.pk}/", f"/batches/{batch.pk}/?columns=1&rows=0", "/?results=team", "/queue/"):
        words = words_of(as_chi.get(page))
        assert "contoso" not in words.casefold(), page
        assert "a {oak|steel} chair" in words or page == "/queue/"
    assert "Words" in page_of(as_chi, batch)
    batch.refresh_from_db()
    assert batch.prompt == "a {Contoso names} chair"
