"""Ids of others', of nothing, and of no number at all: not there, whatever they stand in.

LibreChat CVE-2026-31950 and CVE-2024-11167, Open WebUI CVE-2026-45349, -45671 and -28788, InvokeAI CVE-2024-11042, Langflow
CVE-2026-4503: ids in streams, lists, groups and parents that nobody asked about again. Who may do what to one row at its own
address is the table in `tests/test_permissions.py`; here the ids travel in forms, queries and lists.
"""

from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import URLPattern

from gallery import urls
from gallery.models import (
    Batch,
    Board,
    BoardItem,
    Budget,
    Comment,
    Generation,
    Image,
    ImageModel,
    Preset,
    Snippet,
    User,
)
from gallery.services import batches, boards
from tests import factories
from tests.security.house import answer_of, body_of, undone

pytestmark = pytest.mark.django_db
KEEPING = (Board, BoardItem, Batch, Comment, Generation, Image, Preset, Snippet, Budget)


@pytest.fixture
def hidden(bea: User, flux_kontext: ImageModel) -> Image:
    """Bea's own picture, on a board of her own."""
    picture = factories.create_picture(bea, flux_kontext, "secret sketch", visibility="private")
    board = Board.objects.create(owner=bea, name="secret board", visibility="private")
    boards.put_on_board(board=board, image_ids=[picture.pk], user=bea)
    Snippet.objects.create(owner=bea, name="secret style", text="secret {prompt}", kind="style", visibility="private")
    Preset.objects.create(owner=bea, name="secret preset", image_model=flux_kontext, visibility="private")
    Comment.objects.create(image=picture, author=bea, text="secret words")
    return picture


def kept() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for model in KEEPING:
        rows: Any = QuerySet(model)
        found[model.__name__] = list(rows.order_by("pk").values())
    return found


def forms(picture: Image, model: ImageModel) -> list[tuple[str, dict[str, Any]]]:
    """Every form in which an id of somebody else's may stand."""
    board = Board.objects.get(name="secret board")
    run, style, preset = picture.generation_id, Snippet.objects.get().pk, Preset.objects.get().pk
    form = {"model": model.full_id, "prompt": "x", "mode": "pro"}
    ids = {"ids": str(picture.pk)}
    all_of = {"all": "1", "query": f"board={board.pk}"}
    bulk = (
        "tag",
        "untag",
        "board",
        "unboard",
        "rate",
        "circle",
        "uncircle",
        "reject",
        "private",
        "team",
        "trash",
        "restore",
    )
    return [
        ("/", form | {"image_prompt_images": picture.pk}),
        ("/", form | {"prompt_styles": style}),
        ("/", form | {"board": board.pk}),
        ("/studio/code/", form | {"image_prompt_images": picture.pk}),
        ("/studio/expansion/", form | {"prompt_styles": style}),
        ("/uploads/", {"model": model.full_id, "parameter": "image_prompt", "image": picture.pk}),
        (
            "/uploads/cut/",
            {
                "model": model.full_id,
                "parameter": "image_prompt",
                "image": picture.pk,
                "left": 0,
                "top": 0,
                "width": 9,
                "height": 9,
            },
        ),
        ("/analysis/", {"model": "routellm/gpt-4o", "prompt": "x", "images_images": picture.pk}),
        ("/shares/", ids | {"lasts": "30"}),
        ("/shares/", {"board": board.pk, "lasts": "30"}),
        ("/library/download/", ids),
        ("/library/download/", all_of),
        ("/trash/delete/", ids | {"confirmed": "1"}),
        ("/trash/delete/", {"all": "1", "query": "show=trash", "confirmed": "1"}),
        *(
            (f"/library/bulk/{action}/", chosen | {"rating": "3", "name": "x", "confirmed": "1"})
            for action in bulk
            for chosen in (ids, all_of)
        ),
        *(
            (f"/boards/{board.pk}/{end}/", ids | {"image": picture.pk, "name": "x"})
            for end in ("add", "remove", "move", "cover", "words", "trash")
        ),
        (f"/generations/{run}/vary/", {}),
        (f"/queue/runs/{run}/retry/", {}),
        (f"/queue/runs/{run}/cancel/", {}),
        (f"/presets/{preset}/use/", form),
        (f"/images/{picture.pk}/comments/{Comment.objects.get().pk}/delete/", {}),
    ]


def test_an_id_of_somebody_elses_changes_and_shows_nothing_in_any_form(
    hidden: Image, ada: User, chi: User, flux_kontext: ImageModel
) -> None:
    """Not even to an administrator: private is private."""
    before, wrong = kept(), {}
    for user in (chi, ada):
        client = factories.signed_in(user)
        for path, data in forms(hidden, flux_kontext):
            with undone():
                response = client.post(path, data)
                body = body_of(response).decode("utf-8", "replace")
                after = kept()
            shown = "secret" in body or hidden.sha256 in body
            changed = [
                name
                for name, rows in before.items()
                if [row for row in after[name] if row["id"] in {old["id"] for old in rows}] != rows
            ]
            if shown or changed or response.status_code >= 500:
                wrong[f"{user.username} {path} {data}"[:120]] = (response.status_code, shown, changed)
    assert wrong == {}


QUERIES = [
    "/?reference={image}",
    "/?generation={run}",
    "/?preset={preset}",
    "/analysis/?images={image}",
    "/analysis/?generation={run}",
    "/compare/?images={image},{other}",
    "/library/?board={board}",
    "/library/?run={run}",
    "/library/?person={owner}",
    "/library/ids/?board={board}",
    "/library/sections/?board={board}",
    "/library/facets/board/?board={board}",
    "/library/pick/?board={board}",
    "/history/?q=secret",
    "/boards/?q=secret",
    "/boards/?before={board}",
    "/shares/new/?image={image}",
    "/shares/new/?board={board}",
    "/uploads/crop/?image={image}&model=routellm/flux_kontext",
    "/studio/live/?ids={run}",
    "/words/complete/?q=secret",
    "/tags/complete/?q=secret",
    "/images/{image}/boards/?q=secret",
    "/studio/earlier/?q=secret",
    "/queue/live/?drawer=1",
    "/generations/{run}/live/",
    "/media/{sha256}/original",
]


@pytest.mark.parametrize("query", QUERIES)
def test_an_id_of_somebody_elses_shows_nothing_in_any_query(
    query: str, hidden: Image, as_chi: Client, chi: User, flux_kontext: ImageModel
) -> None:
    other = factories.create_picture(chi, flux_kontext, "mine", colour="red")
    path = query.format(
        image=hidden.pk,
        other=other.pk,
        run=hidden.generation_id,
        board=Board.objects.get().pk,
        preset=Preset.objects.get().pk,
        owner=hidden.owner_id,
        sha256=hidden.sha256,
    )
    response = as_chi.get(path)
    body = (
        body_of(response)
        .decode("utf-8", "replace")
        .replace("q=secret", "")
        .replace('value="secret"', "")
        .replace("“secret”", "")
    )
    assert response.status_code in (200, 302, 403, 404, 422)
    assert hidden.sha256 not in body
    assert "secret sketch" not in body
    assert "secret board" not in body
    assert "secret style" not in body
    assert "secret preset" not in body


NUMBERS = ["9" * 19, "%00", "..%2f1"]


def test_no_address_breaks_on_an_id_that_is_none(as_ada: Client, shipped: None) -> None:
    """A path is taken apart by Django's own converters; a number too large for the database is not there."""
    broken = {}
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern)
        if not isinstance(pattern, URLPattern) or "<" not in route or route.startswith("s/"):
            continue
        for number in NUMBERS:
            path = "/" + "/".join(
                number if part.startswith("<") else part for part in route.replace(".png", "").split("/")
            )
            for ask in (as_ada.get, as_ada.post):
                status, why = answer_of(ask, path)
                if status >= 500:
                    broken[f"{ask.__name__} {path}"] = why
    assert broken == {}


def test_runs_of_others_are_not_steered_through_their_batch(
    hidden: Image, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    batch = Batch.objects.create(kind=Batch.Kind.COMPARE, owner=bea, visibility="private")
    run = factories.create_generation(bea, flux_kontext, visibility="private")
    Generation.objects.filter(pk=run.pk).update(batch=batch)
    batches.pause_batch(batch)
    before = Generation.objects.values().get(pk=run.pk)
    for end in ("pause", "resume", "stop", "retry", "limit", "winner"):
        assert as_chi.post(f"/batches/{batch.pk}/{end}/", {"image": hidden.pk}).status_code == 404
        assert as_chi.post(f"/queue/batches/{batch.pk}/{end}/").status_code == 404
    assert Generation.objects.values().get(pk=run.pk) == before
