"""A form with files (https://www.rfc-editor.org/rfc/rfc7578): how pictures travel to the images routes. Pure."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gallery.gateway.messages import InputPicture, Wire

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
Files = Iterable[tuple[str, InputPicture]]


def form_wire(path: str, fields: Mapping[str, Any], files: Files) -> Wire:
    """`files` are pairs of a field's name and its picture; a name may come several times."""
    boundary = f"proofsheet-{secrets.token_hex(16)}"
    parts = [_part(f'name="{name}"', _text_of(value).encode()) for name, value in fields.items()]
    for number, (name, picture) in enumerate(files, start=1):
        file_name = f"{name.removesuffix('[]')}-{number}.{ENDINGS.get(picture.media_type, 'bin')}"
        head = f'name="{name}"; filename="{file_name}"\r\nContent-Type: {picture.media_type}'
        parts.append(_part(head, picture.content))
    opening = f"--{boundary}\r\n".encode()
    body = b"".join(piece for part in parts for piece in (opening, *part)) + f"--{boundary}--\r\n".encode()
    return Wire(path=path, media_type=f"multipart/form-data; boundary={boundary}", body=body)


def _part(head: str, content: bytes) -> tuple[bytes, bytes, bytes]:
    return f"Content-Disposition: form-data; {head}\r\n\r\n".encode(), content, b"\r\n"


def _text_of(value: Any) -> str:
    """As forms write it: text is itself, everything else its JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
