"""A try of a spec that nobody saved yet: the request it makes, sent to the sandbox. No rows, no library, no money."""

import struct
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pybase64
from django.conf import settings

from gallery import specs
from gallery.gateway import client, errors, messages
from gallery.images import arrivals
from gallery.images.errors import PictureNotStored
from gallery.models import ImageModel
from gallery.services import gateways, records

SECONDS = 60.0
LARGEST_REPLY = 64 * 1024 * 1024
LARGEST_PICTURE = 16 * 1024 * 1024
MOST_PICTURES = 4
PLACEHOLDER_SIDES = (96, 72)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`request` is what would be sent, without pictures' bytes; `pictures` are data URLs; `problem` says why there are none."""

    request: Any
    pictures: Sequence[str] = ()
    answer: str = ""
    problem: str = ""
    detail: str = ""


def try_spec(image_model: ImageModel, *, prompt: str, values: Mapping[str, Any]) -> Trial:
    """`image_model` may be one that is not saved so; `values` are of their JSON types."""
    gateway = image_model.gateway
    connection = gateways.connect(gateway, gateway.base_url, "", is_sandbox=True)
    ask = build_ask(image_model, prompt, values)
    payload = connection.speaks.build(ask)
    request = records.without_pictures(payload)
    path = settings.REPLIES_DIR / f"test-{uuid.uuid4().hex}.reply"
    try:
        client.send(connection, payload, reply_path=path, deadline=SECONDS, max_bytes=LARGEST_REPLY)
        result = client.parse(connection, client.read_reply(path), wants_picture=image_model.makes_images)
        pictures = [data_url(content) for content in contents_of(connection, result)]
    except (errors.GatewayError, PictureNotStored) as problem:
        return Trial(request=request, problem=problem.sentence, detail=problem.detail)
    finally:
        path.unlink(missing_ok=True)
    return Trial(request=request, pictures=pictures, answer=result.text)


def build_ask(image_model: ImageModel, prompt: str, values: Mapping[str, Any]) -> messages.Ask:
    """A grey placeholder stands in for every picture that the model needs."""
    spec = image_model.spec
    given = [parameter for parameter in spec if parameter.is_image and parameter.is_required]
    names = {parameter.name for parameter in given}
    return messages.Ask(
        model_id=image_model.model_id,
        prompt=prompt,
        modalities=image_model.modalities if image_model.makes_images else [],
        values=specs.values_to_send(
            spec, values, given_images=names, sends_defaults=image_model.gateway.sends_defaults
        ),
        transports={parameter.name: parameter.transport for parameter in spec},
        pictures=[
            messages.InputPicture(parameter=p.name, media_type="image/png", content=placeholder()) for p in given
        ],
        surface=image_model.surface if image_model.makes_images else "chat",
    )


def contents_of(connection: client.Connection, result: messages.Result) -> list[bytes]:
    pictures = result.pictures[:MOST_PICTURES]
    links = [picture.url for picture in pictures if picture.content is None]
    fetched = iter(fetch(connection, links) if links else ())
    found = [picture.content if picture.content is not None else next(fetched) for picture in pictures]
    return [content for content in found if content is not None]


def fetch(connection: client.Connection, links: Sequence[str]) -> list[bytes | None]:
    """None for one that did not come. Raises PictureNotStored."""
    with arrivals.own_folder(settings.INCOMING_DIR) as folder, arrivals.disk_errors():
        came = client.fetch_pictures(connection, links, folder=folder, max_bytes=LARGEST_PICTURE, deadline=SECONDS)
        return [found.read_bytes() if isinstance(found, Path) else None for found in came]


def data_url(content: bytes) -> str:
    return f"data:{type_of(content)};base64,{pybase64.b64encode(content).decode()}"


def type_of(content: bytes) -> str:
    """What the sandbox draws; it is no picture from outside."""
    if content[:4] == b"RIFF":
        return "image/webp"
    return {b"\x89PNG": "image/png", b"\xff\xd8\xff\xe0": "image/jpeg"}.get(content[:4], "image/svg+xml")


def placeholder() -> bytes:
    """A grey PNG, written out: drawing is done in another process here."""
    width, height = PLACEHOLDER_SIDES
    rows = (b"\x00" + b"\x80" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pieces = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in pieces
    )
