"""A form with files, taken apart: how pictures come to the images routes."""

import re
from collections.abc import Iterator

_NAME = re.compile(rb'\bname="([^"]{1,100})"')
_FILE = re.compile(rb'\bfilename="')


def read_form(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, list[bytes]]]:
    """Its plain fields, and its files by their field's name without `[]`; both empty for what is no form."""
    fields: dict[str, str] = {}
    files: dict[str, list[bytes]] = {}
    for head, content in _parts(content_type, body):
        found = _NAME.search(head)
        name = found[1].decode("utf-8", "replace").removesuffix("[]") if found else ""
        if _FILE.search(head):
            files.setdefault(name, []).append(content)
        else:
            fields[name] = content.decode("utf-8", "replace")
    return fields, files


def _parts(content_type: str, body: bytes) -> Iterator[tuple[bytes, bytes]]:
    found = re.search(r'multipart/form-data;.*boundary="?([^";,]{1,100})', content_type, re.IGNORECASE)
    for part in body.split(b"--" + found[1].encode())[1:-1] if found else ():
        head, gap, content = part.partition(b"\r\n\r\n")
        if gap:
            yield head, content.removesuffix(b"\r\n")
