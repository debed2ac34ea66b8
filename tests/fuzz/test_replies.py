"""Whatever a gateway answers, its reader gives a result or one of our errors; never a fault of ours, and never the key."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.dialects.events import EventReader, read_events
from gallery.gateway.dialects.streams import Listener
from gallery.gateway.messages import Reply, Result
from tests.fuzz import hostile
from tests.fuzz.effort import bounded

REPLIES = Path(__file__).parents[1] / "gateway" / "replies"
KEY = "sk-fuzz-0123456789abcdef"
NAMES = [
    "choices", "message", "delta", "content", "images", "image_url", "url", "b64_json", "data", "inline_data", "inlineData",
    "source", "media_type", "mimeType", "type", "text", "usage", "cost", "compute_points_used", "prompt_tokens",
    "completion_tokens", "total_cost", "error", "code", "metadata", "raw", "reasons", "success", "detail", "finish_reason",
    "index", "model", "refusal", "revised_prompt", "param", "id", "name", "pricing", "architecture", "output_modalities",
    "supported_parameters", "created", "limit", "limit_remaining",
]  # fmt: skip
TYPES = ["application/json", "text/plain", "text/html", "text/event-stream", "", "application/json; charset=utf-16"]
replies = st.one_of(
    hostile.trees(NAMES).map(hostile.as_json),
    st.fixed_dictionaries(
        {"choices": st.lists(st.fixed_dictionaries({"message": hostile.trees(NAMES)}), max_size=3)}
    ).map(hostile.as_json),
    st.fixed_dictionaries({"error": hostile.trees(NAMES)}).map(hostile.as_json),
    *(hostile.spoilt((REPLIES / name).read_bytes()) for name in sorted(path.name for path in REPLIES.iterdir())),
    st.binary(max_size=60),
)
statuses = st.sampled_from(
    [200, 200, 200, 201, 204, 206, 302, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 524, 999]
)
headers = st.fixed_dictionaries(
    {"content-type": st.sampled_from(TYPES)},
    optional={
        "retry-after": st.one_of(hostile.texts, hostile.numbers.map(str)),
        "x-litellm-response-cost": hostile.texts,
    },
)


def connection(slug: str) -> Connection:
    return Connection(base_url="https://gateway.example/v1", api_key=KEY, dialect=slug)


@pytest.mark.parametrize("slug", DIALECTS)
@bounded(8)
@given(body=replies, status=statuses, told=headers, wants_picture=st.booleans())
def test_every_reply_is_read_or_refused(
    slug: str, body: bytes, status: int, told: dict[str, str], wants_picture: bool
) -> None:
    reply = Reply(status=status, headers=told, body=body)
    try:
        result = client.parse(connection(slug), reply, wants_picture=wants_picture)
    except errors.GatewayError as error:
        assert error.sentence and len(error.detail) <= 4000
        assert error.retry_after is None or 0 <= error.retry_after <= 60
        result = error.result or Result()
    assert result.cost is None or 0 <= result.cost < 10**9
    # What is kept of it can be kept: as text, and as JSON.
    "".join([result.text, result.revised_prompt, result.finish_reason, result.model_used, *result.broken]).encode()
    msgspec.json.encode(result.usage)


@pytest.mark.parametrize("slug", DIALECTS)
@bounded(8)
@given(
    body=st.one_of(
        replies, st.lists(hostile.trees(NAMES), max_size=4).map(lambda rows: hostile.as_json({"data": rows}))
    ),
    status=statuses,
)
def test_every_list_of_models_and_every_key_test_is_read_or_refused(slug: str, body: bytes, status: int) -> None:
    reply = Reply(status=status, headers={}, body=body)
    speaks = DIALECTS[slug]
    for read in (speaks.read_models, speaks.read_key_test, speaks.read_credit):
        try:
            found: Any = read(reply)
        except errors.GatewayError as error:
            assert error.sentence
        else:
            msgspec.json.encode(found)


streams = st.lists(
    st.one_of(
        hostile.trees(NAMES).map(lambda value: b"data: " + hostile.as_json(value) + b"\n\n"),
        st.sampled_from(
            [
                b": keep-alive\n\n",
                b"data: [DONE]\n\n",
                b"event: error\ndata: {}\n\n",
                b"\r\n",
                b"\r",
                b"data\n",
                b"\xef\xbb\xbf",
            ]
        ),
        st.binary(max_size=20),
        *(hostile.spoilt((REPLIES / name).read_bytes()[:3000]) for name in ("openrouter.sse", "routellm.sse")),
    ),
    max_size=5,
).map(b"".join)


@bounded(25)
@given(stream=streams)
def test_a_stream_is_read_alike_split_at_every_byte(stream: bytes) -> None:
    stream = stream[:2000]
    whole = list(read_events(stream))
    for place in range(len(stream) + 1):
        reader = EventReader()
        events = [*reader.feed(stream[:place]), *reader.feed(stream[place:]), *reader.end()]
        assert events == whole


@bounded(25)
@given(stream=streams, size=st.integers(1, 64))
def test_whoever_listens_hears_a_stream_alike_in_pieces_of_any_size(stream: bytes, size: int) -> None:
    heard = Listener()
    words = "".join(heard.hear(stream[start : start + size]) for start in range(0, len(stream), size))
    at_once = Listener()
    assert (at_once.hear(stream), at_once.holds_something) == (words, heard.holds_something)


@bounded(25)
@given(url=hostile.links)
def test_every_data_url_is_a_picture_a_link_or_a_refusal(url: str) -> None:
    body = hostile.as_json({"choices": [{"message": {"images": [{"image_url": {"url": url}}, {"b64_json": url}]}}]})
    try:
        result = client.parse(connection("openrouter"), Reply(status=200, headers={}, body=body))
    except errors.NoImage:
        return
    for picture in result.pictures:
        assert picture.content or picture.url.lower().startswith(("http://", "https://"))
        assert not picture.declared_type or len(picture.declared_type) <= 100
