"""The images API's JSON and forms as wishes: OpenAI's `images/generations` and `images/edits`, OpenRouter's `images`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gallery.endpoint.bodies import Form, parts_named
from gallery.endpoint.chat_requests import listed, read_picture
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.wishes import Fields, Source, Wish, switch_in, table_in, text_in, visibility_in, warn_of_unknown

# Taken as far as the model has such a setting; clients send them to every model.
LOOSE = (
    "quality",
    "style",
    "background",
    "output_format",
    "output_compression",
    "moderation",
    "aspect_ratio",
    "resolution",
    "image_size",
    "seed",
    "negative_prompt",
)
WITHOUT_EFFECT = ("user", "safety_identifier", "partial_images", "input_fidelity", "provider")
KNOWN = frozenset(
    {"model", "prompt", "n", "size", "response_format", "image_config", "stream", "visibility", *LOOSE, *WITHOUT_EFFECT}
)
PICTURES_IN = frozenset({"images", "image", "image[]", "mask", "input_references"})
NEEDS_WORDS = "prompt is needed."
FIELDS = Fields(
    prompt="prompt", pictures="image", needs_words=NEEDS_WORDS, how_to_send="send one to images/edits, as image"
)
ROUTED_FIELDS = Fields(
    prompt="prompt", pictures="image", needs_words=NEEDS_WORDS, how_to_send="send one in input_references"
)
FORMATS = ("b64_json", "url")


def read_generation(body: Mapping[str, Any]) -> Wish:
    """`images/generations`. Raises Refusal."""
    wish = read_common(body)
    warn_of_unknown(body, KNOWN, wish.warnings)
    return wish


def read_routed(body: Mapping[str, Any]) -> Wish:
    """OpenRouter's `images`: references travel in `input_references`. Raises Refusal."""
    wish = read_common(body)
    wish.fields = ROUTED_FIELDS
    wish.pictures = [read_picture(part, "input_references") for part in listed(body.get("input_references"))]
    warn_of_unknown(body, KNOWN | {"input_references"}, wish.warnings)
    return wish


def read_edit(body: Mapping[str, Any]) -> Wish:
    """`images/edits` as JSON: `images`, each with an `image_url`. Raises Refusal."""
    wish = read_common(body)
    found = body.get("images") if body.get("images") is not None else body.get("image")
    wish.pictures = [
        read_picture(part, "images") for part in (found if isinstance(found, list) else [found] if found else [])
    ]
    mask = None if body.get("mask") is None else read_picture(body["mask"], "mask")
    return with_mask(wish, mask, body)


def read_edit_form(form: Form) -> Wish:
    """`images/edits` as a form: files `image` or `image[]`, and `mask`. Raises Refusal."""
    fields = with_settings(form.fields)
    wish = read_common(fields)
    wish.pictures = parts_named(form, "image", "image[]", "images", "images[]")
    told = fields.get("mask")
    mask = next(iter(parts_named(form, "mask")), None if told is None else read_picture(told, "mask"))
    return with_mask(wish, mask, fields)


def with_settings(fields: Mapping[str, str]) -> dict[str, Any]:
    """A form's `image_config`, in the two ways in which clients put a table into a form: as JSON, or field by field as
    `image_config[size]`. Raises Refusal."""
    found: dict[str, Any] = {**fields}
    settings: dict[str, Any] = {}
    for name, value in fields.items():
        if name.startswith("image_config[") and name.endswith("]"):
            settings[name[len("image_config[") : -1]] = found.pop(name)
        elif name == "image_config":
            settings |= read_settings(value)
    return found | ({"image_config": settings} if settings else {})


def read_settings(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as problem:
        raise Refusal(400, "image_config must be an object, in a form as JSON.", param="image_config") from problem


def with_mask(wish: Wish, mask: Source | None, body: Mapping[str, Any]) -> Wish:
    if not wish.pictures:
        raise Refusal(400, "An edit needs a picture: send it as image.", param="image")
    wish.mask = mask
    warn_of_unknown(body, KNOWN | PICTURES_IN, wish.warnings)
    return wish


def read_common(body: Mapping[str, Any]) -> Wish:
    prompt = text_in(body, "prompt")
    if not prompt.strip():
        raise Refusal(400, NEEDS_WORDS, param="prompt")
    settings = table_in(body, "image_config")
    return Wish(
        model=text_in(body, "model"),
        prompt=prompt,
        settings=settings,
        loose={name: body[name] for name in LOOSE if body.get(name) is not None and name not in settings},
        size=text_in(body, "size"),
        count=body.get("n"),
        wants=("image",),
        is_streamed=switch_in(body, "stream"),
        visibility=visibility_in(body),
        fields=FIELDS,
    )


def read_format(body: Mapping[str, Any]) -> str:
    """Bytes or links; `b64_json` where nothing is said."""
    wanted = text_in(body, "response_format", FORMATS[0])
    if wanted not in FORMATS:
        raise Refusal(400, f"response_format takes one of: {', '.join(FORMATS)}.", param="response_format")
    return wanted
