"""The sandbox's images routes, read by our own dialect: made and changed pictures, links, costs, faults."""

import asyncio
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import Ask, InputPicture, Reply, Result
from gallery.gateway.sandbox.app import SandboxApp

OPENAI = DIALECTS["openai"]
CONNECTION = Connection(base_url="http://127.0.0.1:9/v1", api_key="", dialect="openai")


def call(method: str, path: str, *, key: str = "key", body: bytes = b"", media_type: str = "application/json") -> Reply:
    async def run() -> Reply:
        transport = httpx.ASGITransport(app=SandboxApp(pace=0))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9123") as http:
            headers = {"Content-Type": media_type} | ({"Authorization": f"Bearer {key}"} if key else {})
            answer = await http.request(method, f"/openai/v1{path}", content=body, headers=headers)
            return Reply(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    return asyncio.run(run())


def ask(prompt: str = "a red hill", *, key: str = "key", **fields: Any) -> Result:
    values = {"size": "512x512"} | fields.pop("values", {})
    made = Ask(model_id="gpt-image-1", prompt=prompt, surface="images", values=values, **fields)
    wire = OPENAI.wire(OPENAI.build(made))
    return client.parse(CONNECTION, call("POST", wire.path, key=key, body=wire.body, media_type=wire.media_type))


def drawn(colour: str = "red", size: tuple[int, int] = (80, 60), parameter: str = "image") -> InputPicture:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return InputPicture(parameter=parameter, media_type="image/png", content=buffer.getvalue())


def size_of(result: Result, number: int = 0) -> tuple[int, int]:
    content = result.pictures[number].content
    assert content is not None
    return Image.open(io.BytesIO(content)).size


def test_pictures_are_made_in_size_and_number_and_have_a_cost() -> None:
    first, again = (ask(values={"n": 2, "seed": 5}) for _ in "ab")
    assert [picture.content for picture in first.pictures] == [picture.content for picture in again.pictures]
    assert (len(first.pictures), size_of(first, 1)) == (2, (512, 512))
    assert (str(first.cost), first.cost_unit, first.output_tokens) == ("0.084", "usd", 2580)


def test_pictures_may_wait_at_links() -> None:
    (picture,) = ask(values={"response_format": "url"}).pictures
    assert picture.url.startswith("http://127.0.0.1:9123/openai/files/")


def test_a_picture_is_changed_in_its_own_shape() -> None:
    assert size_of(ask("make it blue", pictures=[drawn(), drawn("blue")], values={"size": "auto"})) == (1184, 864)


def test_a_mask_has_to_fit_its_picture() -> None:
    assert len(ask(pictures=[drawn(), drawn("white", parameter="mask")]).pictures) == 1
    with pytest.raises(errors.ParameterRefused) as caught:
        ask(pictures=[drawn(), drawn("white", (9, 9), "mask")])
    assert caught.value.parameter == "mask"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("refuse", errors.ContentRefused),
        ("rate-limit", errors.TooManyRequests),
        ("no-credit", errors.OutOfCredit),
        ("no-image", errors.NoImage),
        ("error", errors.GatewayFailed),
        ("broken", errors.GatewayFailed),
        ("cut", errors.AnswerUnreadable),
    ],
)
def test_a_fault_on_request_is_understood(word: str, expected: type[errors.GatewayError]) -> None:
    with pytest.raises(expected) as caught:
        ask(f"a hill sandbox:{word}")
    assert caught.value.retry_after == (5 if word == "rate-limit" else None)


@pytest.mark.parametrize(
    ("fields", "parameter", "supported"),
    [
        ({"values": {"n": 11}}, "n", ("10",)),
        ({"values": {"size": "banana"}}, "size", ("1024x1024", "1024x1536", "1536x1024")),
        ({"prompt": "a hill sandbox:wrong-value"}, "size", ("1024x1024", "1024x1536", "1536x1024")),
    ],
)
def test_a_wrong_value_is_refused_with_those_that_are_taken(
    fields: dict[str, Any], parameter: str, supported: tuple[str, ...]
) -> None:
    with pytest.raises(errors.ParameterRefused) as caught:
        ask(**fields)
    assert (caught.value.parameter, caught.value.supported_values) == (parameter, supported)


def test_a_value_that_is_taken_draws_although_a_wrong_one_was_asked_for() -> None:
    assert size_of(ask("a hill sandbox:wrong-value", values={"size": "1024x1024"})) == (1024, 1024)


@pytest.mark.parametrize(
    ("path", "body", "media_type"),
    [
        ("/images/generations", b"{", "application/json"),
        ("/images/generations", b"[]", "application/json"),
        ("/images/edits", b"{}", "application/json"),
        ("/images/edits", b"", "multipart/form-data"),
        ("/images/edits", b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (
            "/images/edits",
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nno\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_is_no_request_is_refused(path: str, body: bytes, media_type: str) -> None:
    assert call("POST", path, body=body, media_type=media_type).status == 400


def test_keys_and_methods_are_looked_at() -> None:
    for key in ("", "wrong"):
        with pytest.raises(errors.KeyRefused):
            ask(key=key)
    assert call("GET", "/images/generations").status == 405
