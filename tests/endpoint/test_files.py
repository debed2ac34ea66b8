"""Signed links of pictures: open to who holds one, for an hour, and to nobody who made one up."""

import time
from types import SimpleNamespace

import pytest
from django.core import signing
from django.core.files.storage import default_storage
from django.core.signing import TimestampSigner
from django.test import override_settings
from django.utils import timezone

from gallery.endpoint import files
from gallery.models import Gateway, Generation, Image
from tests import factories
from tests.endpoint.script import CHAT, FLUX, GENERATIONS, Answer, Script, ask, picture_part, question, text_part
from tests.fake_gateway import FakeGateway, data_url
from tests.visitor import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = "http://testserver"


def link_of(script: Script, model: str = FLUX) -> str:
    (url,) = script.post(f"{CHAT}?images=url", ask(model=model)).urls
    assert url.startswith(f"{ORIGIN}/v1/files/")
    return url.removeprefix(ORIGIN)


def follow(path: str, method: str = "GET") -> Answer:
    return Script().send(method, path)


def test_a_link_shows_its_picture_to_who_has_no_token(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    (picture,) = fake_gateway.will_send_image()
    path = link_of(script)
    answer = follow(path)
    assert (answer.status, answer.body) == (200, picture)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(picture))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "private" in answer.headers["cache-control"]
    assert path.endswith(".png")
    head = follow(path, "HEAD")
    assert (head.status, head.headers["content-length"]) == (200, str(len(picture)))


def test_several_pictures_have_links_of_their_own(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    pictures = fake_gateway.will_send_image(count=3)
    urls = script.post(f"{CHAT}?images=url", ask(n=3)).urls
    assert [follow(url.removeprefix(ORIGIN)).body for url in urls] == pictures


def test_a_link_works_under_both_prefixes(shipped: None, script: Script) -> None:
    assert follow(f"/api{link_of(script)}").status == 200


def test_a_vector_comes_as_an_attachment(shipped: None, script: Script) -> None:
    path = link_of(script, "routellm/recraft_svg")
    answer = follow(path)
    assert path.endswith(".svg")
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == ("image/svg+xml", "attachment")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_link_made_up_opens_nothing(shipped: None, script: Script) -> None:
    path = link_of(script)
    name, _, suffix = path.rpartition(".")
    pk = Image.objects.get().pk
    for wrong in (
        f"{name[:-1]}{'A' if name[-1] != 'A' else 'B'}.{suffix}",
        f"{name}x.{suffix}",
        path.replace(f"/{pk}~", f"/{pk + 1}~"),
        f"/v1/files/{pk}.png",
        f"/v1/files/{TimestampSigner(salt='another', sep='~').sign(str(pk))}.png",
        "/v1/files/x",
        "/v1/files/~~.png",
        "/v1/files/.png",
        "/v1/files/../models",
    ):
        assert follow(wrong).refusal[:2] in ((404, "not_found_error"), (401, "authentication_error")), wrong


def test_a_link_of_earlier_is_over(shipped: None, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    with monkeypatch.context() as earlier:
        earlier.setattr(signing, "time", SimpleNamespace(time=lambda: now - files.VALID_SECONDS - 60))
        path = link_of(script)
    answer = follow(path)
    assert answer.refusal[:2] == (403, "permission_error")
    assert "expired" in answer.error["message"]


def test_a_removed_picture_is_gone(shipped: None, script: Script) -> None:
    path = link_of(script)
    Image.objects.update(deleted_at=timezone.now())
    assert follow(path).refusal[:2] == (404, "not_found_error")
    Image.objects.all().delete()
    assert follow(path).refusal[:2] == (404, "not_found_error")


def test_a_lost_file_is_told_and_no_half_answer(shipped: None, script: Script) -> None:
    path = link_of(script)
    lose_the_file()
    assert follow(path).refusal[:2] == (404, "not_found_error")


def test_links_bear_the_address_that_is_set(shipped: None, script: Script) -> None:
    with override_settings(PUBLIC_URL="https://studio.example"):
        (url,) = script.post(f"{CHAT}?images=url", ask()).urls
    assert url.startswith("https://studio.example/v1/files/")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (f"{CHAT}?images=url", ask()),
        (f"{CHAT}?images=url", ask(stream=True)),
        (GENERATIONS, {"model": FLUX, "prompt": "x", "response_format": "url"}),
    ],
    ids=["chat", "stream", "images"],
)
def test_a_host_that_is_not_ours_is_refused_before_anything_is_paid(
    path: str, content: object, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.post(path, content, Host="evil.example")
    assert answer.refusal[:2] == (400, "invalid_request_error")
    assert not fake_gateway.requests
    assert not Generation.objects.exists()


def lose_the_file() -> None:
    """Once the picture is drawn: what draws it keeps the original anew."""
    wait_until(lambda: Image.objects.get().is_drawn, "the picture is drawn")
    default_storage.delete(Image.objects.get().file_name)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (CHAT, ask()),
        (CHAT, ask(stream=True)),
        (f"{CHAT}?images=content", ask()),
        (GENERATIONS, {"model": FLUX, "prompt": "x"}),
        (GENERATIONS, {"model": FLUX, "prompt": "x", "stream": True}),
    ],
    ids=["chat", "stream", "content", "images", "images stream"],
)
def test_a_picture_whose_file_is_lost_is_an_error_and_no_empty_success(
    path: str, content: object, shipped: None, script: Script
) -> None:
    key = {"Idempotency-Key": "k"}
    assert script.post(path, content, **key).status == 200
    lose_the_file()
    answer = script.post(path, content, **key)
    assert answer.refusal[:2] == (500, "server_error")
    assert answer.headers["x-should-retry"] == "false"


def test_a_file_that_is_lost_after_the_first_words_ends_the_stream_with_an_error(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_image(text="Here is your chair.")
    key = {"Idempotency-Key": "k"}
    assert script.post(CHAT, ask(stream=True), **key).status == 200
    lose_the_file()
    answer = script.post(CHAT, ask(stream=True), **key)
    assert answer.status == 500 or answer.events[-1]["error"]["code"] == 500


@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "stream"])
def test_a_wish_for_links_changes_nothing_for_words_about_a_picture(
    is_streamed: bool, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("A chair.")
    content = [text_part("What is this?"), picture_part(data_url(factories.png()))]
    answer = script.post(f"{CHAT}?images=url", question(content, stream=is_streamed))
    assert answer.status == 200
    if is_streamed:
        assert "".join(delta["content"] for delta in answer.deltas) == "A chair."
        assert not [delta for delta in answer.deltas if "images" in delta]
    else:
        assert answer.message == {"role": "assistant", "content": "A chair.", "refusal": None}
