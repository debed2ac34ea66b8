"""Bounds on everything that is sent: whole bodies before anybody reads them, forms, texts, lists.

LibreChat CVE-2026-54024 (a second way to upload had no bound), Mastodon CVE-2026-23963 and -23962 (texts and lists without
end), the lengths that Django CVE-2026-5766 was about.
"""

import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.apps import apps
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Length
from django.test import Client

from gallery.forms.former import Former, write_former
from gallery.models import User
from gateway_site.asgi import application
from gateway_site.body_limit import LARGEST_BY_PATH, LARGEST_FORM, LARGEST_WITHOUT_SESSION, MEBIBYTE
from tests import factories
from tests.security.house import answer_of, everything_asked, field_names, undone
from tests.test_permissions import World

pytestmark = pytest.mark.django_db

# Untyped where it comes from.
Communicator: Any = ApplicationCommunicator
PAGE = (b"accept", b"text/html,*/*")
NOT_SIGNED_IN = "This is more than is taken from somebody who is not signed in"


async def send_pieces(scope: dict[str, Any], pieces: list[bytes]) -> tuple[int, dict[bytes, bytes], str]:
    """To the application itself, piece by piece: status, headers and words of what it answers first."""
    caller: Any = Communicator(application, scope)
    for number, piece in enumerate(pieces):
        await caller.send_input({"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces)})
    start = await caller.receive_output(20)
    body = await caller.receive_output(20)
    await caller.wait()
    return start["status"], dict(start["headers"]), body["body"].decode()


def post(path: str, pieces: list[bytes], *headers: tuple[bytes, bytes], user: User | None = None, key: str = "") -> Any:
    key = key or (factories.signed_in(user).session.session_key or "" if user else "")
    cookie = [(b"cookie", f"timezone=UTC; proofsheet_session={key}".encode())] if key else []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [*cookie, *headers],
    }
    return async_to_sync(send_pieces)(scope, pieces)


def declared(length: int) -> tuple[bytes, bytes]:
    return b"content-length", str(length).encode()


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/uploads/", "/import/", "/s/no-token/", "/admin/login/", "/nowhere/"]
)
def test_who_is_not_signed_in_can_send_little(path: str) -> None:
    for pieces, headers in (
        ([b"x"], [declared(LARGEST_WITHOUT_SESSION + 1)]),
        ([b"x" * LARGEST_WITHOUT_SESSION, b"x"], []),
    ):
        status, told, words = post(path, pieces, *headers)
        assert (status, told[b"content-type"]) == (413, b"text/plain; charset=utf-8")
        assert words == f"{NOT_SIGNED_IN}. Sign in and send it again."


# The endpoint's database thread asks whose session it is, and sees only what is committed.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [*LARGEST_BY_PATH, "/studio/draft/", "/boards/new/", "/admin/gallery/gateway/add/"])
def test_a_body_over_its_bound_is_refused_before_it_is_sent(path: str, bea: User) -> None:
    largest = LARGEST_BY_PATH.get(path, LARGEST_FORM)
    status, told, words = post(path, [b"x"], declared(largest + 1), PAGE, user=bea)
    assert status == 413
    assert f"This is more than {largest // MEBIBYTE} MB, the most that is taken here at once." in words
    assert "<h1>Too much at once</h1>" in words
    assert b"default-src 'self'" in told[b"content-security-policy"]
    assert told[b"x-content-type-options"] == b"nosniff"
    assert post(path, [b"x"], declared(largest), PAGE, user=bea)[0] != 413


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/studio/draft/", "/uploads/"])
def test_a_body_that_tells_no_length_is_stopped_at_its_bound(path: str, bea: User) -> None:
    pieces = LARGEST_BY_PATH.get(path, LARGEST_FORM) // LARGEST_FORM
    status, _, words = post(path, [b"x" * LARGEST_FORM] * pieces + [b"x"], user=bea)
    assert (status, words.partition(",")[0]) == (413, f"This is more than {pieces * 4} MB")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/import/", "/studio/draft/", "/uploads/"])
def test_an_invented_or_ended_session_opens_no_larger_bound(path: str, bea: User) -> None:
    User.objects.filter(pk=bea.pk).update(is_active=False)
    for key in ("x" * 32, factories.signed_in(bea).session.session_key or ""):
        for pieces, headers in (
            ([b"x"], [declared(LARGEST_WITHOUT_SESSION + 1)]),
            ([b"x" * LARGEST_WITHOUT_SESSION] * 16, []),
        ):
            status, _, words = post(path, pieces, *headers, key=key)
            assert (status, words.partition(".")[0]) == (413, NOT_SIGNED_IN)


PART = b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\nx\r\n'
FORMS = {
    "a long field": b"name=" + b"x" * (2621440 + 1),
    "many fields": b"a=1&" * 1001,
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_form_that_holds_too_much_gets_a_page_that_says_so(content: bytes, as_bea: Client) -> None:
    for path in ("/boards/new/", "/accounts/login/"):
        response = as_bea.generic("POST", path, content, "application/x-www-form-urlencoded")
        assert response.status_code == 413
        assert "This form holds more than is taken at once." in response.content.decode()


def test_more_files_than_a_form_may_have_get_the_same_page(as_bea: Client) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nx\r\n'
    response = as_bea.generic("POST", "/import/", part * 501 + b"--x--\r\n", "multipart/form-data; boundary=x")
    assert response.status_code == 413
    assert "Send fewer pictures" in response.content.decode()


def test_a_long_list_of_pictures_is_taken_up_to_its_bound(as_bea: Client) -> None:
    ids = ",".join(map(str, range(1, 20_002)))
    response = as_bea.post("/library/bulk/rate/", {"ids": ids, "rating": "3"})
    assert response.status_code == 422
    assert "20,000" in response.content.decode()


def kept_form(world: World, text: str) -> str:
    return write_former([Former(model_key=world.image_model.full_id, values={"prompt": text}, inputs={})])


# Where it is posted, by which field, and how much of it is taken. `{…}` names a thing that its owner made.
TEXTS = [
    ("/", "prompt", 32_000, {"model": "routellm/flux_kontext", "mode": "pro"}),
    ("/analysis/", "prompt", 32_000, {"model": "routellm/gpt-4o", "images_images": "{image}"}),
    ("/boards/new/", "name", 120, {}),
    ("/boards/{board}/words/", "notes", 10_000, {}),
    ("/images/{image}/note/", "note", 10_000, {"before": ""}),
    ("/images/{image}/comments/", "text", 4_000, {}),
    ("/images/{image}/tags/", "tag", 60, {}),
    ("/images/{image}/boards/", "board", 120, {}),
    ("/library/save/?q=x", "name", 120, {}),
    ("/words/", "name", 60, {"kind": "snippet", "text": "x"}),
    ("/words/", "text", 8_000, {"kind": "snippet", "name": "x"}),
    ("/presets/{preset}/", "name", 80, {}),
    ("/tags/{tag}/", "name", 60, {}),
    ("/profile/", "name", 150, {"theme": "dark"}),
    ("/tokens/create/", "name", 60, {"scope": "every", "expires": "never"}),
    ("/people/invite/", "note", 150, {"role": "designer"}),
    ("/people/groups/new/", "name", 80, {"scope": "every"}),
    ("/presets/{preset}/settings/", "form", 32_000, {}),
]


@pytest.mark.parametrize(("path", "name", "most", "more"), TEXTS, ids=[f"{row[0]} {row[1]}" for row in TEXTS])
def test_a_text_is_taken_up_to_its_bound(path: str, name: str, most: int, more: dict[str, str], world: World) -> None:
    """One character more, and the form comes back with a sentence, nothing changed."""
    things = world.things["team"] | {"tag": world.things[""]["tag"]}
    keys = {key: getattr(value, "pk", value) for key, value in things.items()}
    address, more = path.format(**keys), {key: value.format(**keys) for key, value in more.items()}
    client = world.clients["admin" if "people" in path else "owner"]
    statuses = []
    for length in (most, most + 1):
        text = "ä" * length
        told = kept_form(world, text) if name == "form" else text
        with undone():
            response = client.post(address, {name: told, **more}, headers={"HX-Request": "true"})
        statuses.append(response.status_code)
        if response.status_code == 422 and length > most and name not in ("tag", "form"):
            assert re.search(rf"{most:,}|{most}", response.content.decode())
    assert statuses[1] == 422
    assert statuses[0] < 300 or statuses[0] == 302


def test_no_text_is_kept_that_is_longer_than_its_column(world: World) -> None:
    """SQLite would keep it and PostgreSQL would break down."""
    data = dict.fromkeys(field_names(), "x" * 700)
    wrong = {}
    for asked in everything_asked(world, "post"):
        with undone():
            own = {
                name: "x" * 700
                if isinstance(value, str) and name in ("name", "text", "note", "tag", "board")
                else value
                for name, value in asked.told.items()
            }
            status, why = answer_of(asked.client.post, asked.path, data | own)
            if status >= 500:
                wrong[asked.label] = why
            elif status < 400 and (column := overfull_column()):
                wrong[asked.label] = column
    assert not wrong, wrong


def overfull_column() -> str:
    """The first text column with a text that is too long for it."""
    for model in apps.get_app_config("gallery").get_models():
        columns = [f for f in model._meta.concrete_fields if isinstance(f, CharField) and f.max_length]
        too_long = {f"{f.name}_length": Length(f.name) for f in columns}
        over = Q(*[Q(**{f"{f.name}_length__gt": f.max_length}) for f in columns], _connector=Q.OR) if columns else None
        if over and (row := QuerySet(model).annotate(**too_long).filter(over).first()):
            names = [f.name for f in columns if len(getattr(row, f.name) or "") > (f.max_length or 0)]
            return f"{model.__name__}.{names}"
    return ""
