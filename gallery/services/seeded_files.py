"""Files for a seeded library: drawn once, and each picture a file of its own where the number of files is what is measured."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from gallery.images import store

START_OF_IMAGE = b"\xff\xd8"
COMMENT = b"\xff\xfe"


def copy_with_comment(drawn: dict[str, Any], comment: str) -> dict[str, Any]:
    """The fields of a JPEG that looks like the drawn one and is another: its bytes with a comment, and thumbnails of its own."""
    with default_storage.open(store.name_original(drawn["sha256"], drawn["media_type"])) as file:
        data = with_comment(file.read(), comment.encode())
    sha256 = hashlib.sha256(data).hexdigest()
    for width in drawn["thumbnail_widths"]:
        with default_storage.open(store.name_thumbnail(drawn["sha256"], width)) as file:
            keep_once(store.name_thumbnail(sha256, width), file.read())
    keep_once(store.name_original(sha256, drawn["media_type"]), data)
    return {**drawn, "sha256": sha256, "byte_size": len(data)}


def with_comment(data: bytes, comment: bytes) -> bytes:
    segment = COMMENT + (len(comment) + 2).to_bytes(2, "big") + comment
    return START_OF_IMAGE + segment + data.removeprefix(START_OF_IMAGE)


def keep_once(name: str, data: bytes) -> None:
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(data))
