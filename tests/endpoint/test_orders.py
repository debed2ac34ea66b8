"""The pure parts, without a database: requests read as wishes, wishes held against a spec, sizes, JSON Schema."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gallery.endpoint import chat_requests, image_requests, orders
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.wishes import Wish
from gallery.models import Gateway, ImageModel

URL = "data:image/png;base64,AAAA"
SPEC: list[dict[str, Any]] = [
    {"name": "num_images", "type": "integer", "minimum": 1, "maximum": 4, "default": 1},
    {"name": "aspect_ratio", "type": "string", "choices": ["1:1", "16:9", "9:16"], "default": "1:1"},
    {"name": "image_quality", "type": "string", "choices": ["low", "high"]},
    {"name": "strength", "type": "number", "minimum": 0, "maximum": 1, "step": 0.01},
    {"name": "raw", "type": "boolean"},
    {"name": "character", "type": "image", "max_images": 2},
    {"name": "style", "type": "image", "max_images": 1},
    {"name": "mask", "type": "image", "max_images": 1},
]


def image_model(
    *, tasks: tuple[str, ...] = ("text",), output: str = "raster", spec: list[dict[str, Any]] | None = None
) -> ImageModel:
    return ImageModel(
        gateway=Gateway(slug="house"),
        model_id="painter",
        tasks=list(tasks),
        output=output,
        parameters=SPEC if spec is None else spec,
    )


def wish(**fields: Any) -> Wish:
    return Wish(**{"model": "painter", "prompt": "a red chair", **fields})


PAINTER: dict[str, Any] = {}
BOTH: dict[str, Any] = {"tasks": ("text", "analysis")}
TALKER: dict[str, Any] = {"tasks": ("analysis",), "output": "text"}
KINDS = [
    (PAINTER, {}, "image"),
    (PAINTER, {"wants": ["image"]}, "image"),
    (PAINTER, {"wants": ["text", "image"]}, "image"),
    (PAINTER, {"wants": ["text"]}, "modalities"),
    (BOTH, {}, "analysis"),
    (BOTH, {"wants": ["text"]}, "analysis"),
    (BOTH, {"wants": ["image"]}, "image"),
    (BOTH, {"wants": ["image", "text"]}, "image"),
    (BOTH, {"settings": {"aspect_ratio": "16:9"}}, "image"),
    (BOTH, {"settings": {"aspect_ratio": "16:9"}, "wants": ["text"]}, "analysis"),
    (BOTH, {"count": 1}, "analysis"),
    (TALKER, {}, "analysis"),
    (TALKER, {"wants": ["image"]}, "modalities"),
    (TALKER, {"settings": {"x": 1}}, "analysis"),
]


@pytest.mark.parametrize(("row", "fields", "kind"), KINDS, ids=str)
def test_the_kind_of_a_run_follows_from_model_and_request(row: Any, fields: Any, kind: str) -> None:
    try:
        assert orders.settle(wish(**fields), image_model(**row)).kind == kind
    except Refusal as refusal:
        assert (refusal.status, refusal.param) == (400, kind)


SETTLED: list[tuple[dict[str, Any], dict[str, Any], int]] = [
    ({"count": 2}, {"num_images": 2}, 0),
    ({"count": "3", "settings": {"n": 3}}, {"num_images": 3}, 0),
    ({"settings": {"strength": "0.30"}}, {"strength": 0.3}, 0),
    ({"settings": {"raw": "FALSE"}}, {"raw": False}, 0),
    ({"settings": {"aspect_ratio": "auto", "image_quality": None}}, {}, 0),
    ({"settings": {"quality": "high"}}, {}, 1),
    ({"loose": {"quality": "high"}}, {"image_quality": "high"}, 0),
    ({"loose": {"quality": "ultra"}}, {}, 1),
    ({"loose": {"quality": "auto", "style": "vivid", "seed": 7}}, {}, 2),
    ({"loose": {"aspect_ratio": {"a": 1}}}, {}, 1),
    ({"size": "1024x1792"}, {"aspect_ratio": "9:16"}, 1),
    ({"size": "1024x1792", "settings": {"aspect_ratio": "1:1"}}, {"aspect_ratio": "1:1"}, 1),
    ({"size": "auto"}, {}, 0),
    ({"options": {"temperature": 1}}, {}, 1),
    ({"settings": {"prompt": "x"}}, {}, 1),
]


@pytest.mark.parametrize(("fields", "parameters", "warnings"), SETTLED, ids=str)
def test_settings_are_settled(fields: Any, parameters: Any, warnings: int) -> None:
    order = orders.settle(wish(**fields), image_model())
    assert order.parameters == parameters
    assert len(order.wish.warnings) == warnings


PLACED: list[tuple[dict[str, Any], dict[str, list[str]] | str]] = [
    ({"pictures": ["a"]}, {"character": ["a"]}),
    ({"pictures": ["a", "b", "c"]}, {"character": ["a", "b"], "style": ["c"]}),
    ({"pictures": ["a", "b"], "settings": {"character": "x"}}, {"character": ["x", "a"], "style": ["b"]}),
    ({"settings": {"style": ["x"]}}, {"style": ["x"]}),
    ({"pictures": ["a"], "mask": "m"}, {"character": ["a"], "mask": ["m"]}),
    ({"pictures": ["a", "b", "c", "d"]}, "messages"),
    ({"settings": {"style": ["x", "y"]}}, "image_config.style"),
    ({"settings": {"style": 5}}, "image_config.style"),
    ({"mask": "m", "settings": {"mask": "x"}}, "image_config.mask"),
]


@pytest.mark.parametrize(("fields", "placed"), PLACED, ids=str)
def test_pictures_find_their_place(fields: Any, placed: Any) -> None:
    try:
        assert orders.settle(wish(**fields), image_model()).pictures == placed
    except Refusal as refusal:
        assert (refusal.status, refusal.param) == (400, placed)


def test_what_a_model_needs_is_asked_for() -> None:
    needs = [
        {"name": "control", "type": "image", "required": True},
        {"name": "mode", "type": "string", "required": True},
    ]
    with pytest.raises(Refusal, match="works from a picture") as refused:
        orders.settle(wish(), image_model(spec=needs))
    assert refused.value.param == "image_config.control"
    with pytest.raises(Refusal, match="mode is needed"):
        orders.settle(wish(pictures=["a"]), image_model(spec=needs))


# Requests as wishes ------------------------------------------------------------------------------------------------


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), **more}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


SPELLINGS = [
    {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
    {"type": "image_url", "image_url": URL},
    {"type": "image_url", "url": URL},
    {"type": "input_image", "image_url": URL},
    {"type": "output_image", "image_url": {"url": URL}},
]


@pytest.mark.parametrize("part", SPELLINGS, ids=str)
def test_a_picture_is_read_however_clients_write_it(part: Any) -> None:
    assert chat_requests.read_chat(chat(user([part]))).pictures == [URL]


def test_text_parts_become_lines_and_earlier_messages_the_conversation() -> None:
    said = [{"role": "system", "content": "Be brief."}, {"role": "assistant", "content": None, "images": [URL]}]
    read = chat_requests.read_chat(chat(*said, user(["a", {"type": "input_text", "text": "b"}])))
    assert read.prompt == "a\nb"
    assert [(turn.role, turn.text, turn.pictures) for turn in read.conversation] == [
        ("system", "Be brief.", []),
        ("assistant", "", [URL]),
    ]


@pytest.mark.parametrize("value", [None, False, "false", "False"])
def test_a_switch_that_is_off_is_off(value: Any) -> None:
    assert chat_requests.read_chat(chat(user("x"), stream=value)).is_streamed is False


def test_null_is_nothing_said() -> None:
    names = ("modalities", "image_config", "n", "temperature", "stop", "response_format", "visibility", "stream")
    read = chat_requests.read_chat(chat(user("x"), **dict.fromkeys(names)))
    assert (read.wants, read.settings, read.count, read.options, read.warnings) == ((), {}, None, {}, [])


def test_loose_settings_of_the_images_api_give_way_to_image_config() -> None:
    body = {"prompt": "x", "quality": "low", "seed": None, "image_config": {"quality": "high"}}
    read = image_requests.read_generation(body)
    assert (read.loose, read.settings) == ({}, {"quality": "high"})


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (image_requests.read_generation, {"prompt": "x", "input_references": [URL]}),
        (image_requests.read_generation, {"prompt": "x", "images": [URL]}),
        (image_requests.read_routed, {"prompt": "x", "mask": URL}),
        (image_requests.read_edit, {"prompt": "x", "images": [URL], "input_references": 1, "api_key": "k"}),
    ],
)
def test_pictures_where_a_surface_takes_none_are_named(read: Callable[[Mapping[str, Any]], Wish], body: Any) -> None:
    found = read(body)
    assert any(
        name in warning for warning in found.warnings for name in ("input_references", "images", "mask", "api_key")
    )
