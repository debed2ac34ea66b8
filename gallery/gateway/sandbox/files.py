"""The pictures that the sandbox's answers link to: in memory, bounded, the least recently fetched leave first."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from gallery.gateway.sandbox.calls import Answer, Call, answer_json

PATH = "/files/"
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    content: bytes
    media_type: str


class FileStore:
    def __init__(self, most_bytes: int = MOST_BYTES):
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    def keep(self, content: bytes, media_type: str, ending: str) -> str:
        """The path under which the file waits, as in `/files/0123….png`. The newest file always stays."""
        path = f"{PATH}{secrets.token_hex(16)}.{ending}"
        with self._lock:
            self._files[path] = StoredFile(content, media_type)
            self._bytes += len(content)
            while self._bytes > self._most_bytes and len(self._files) > 1:
                _, oldest = self._files.popitem(last=False)
                self._bytes -= len(oldest.content)
        return path

    def find(self, path: str) -> StoredFile | None:
        with self._lock:
            found = self._files.get(path)
            if found is not None:
                self._files.move_to_end(path)
            return found

    def answer(self, call: Call) -> Answer:
        found = self.find(call.path)
        if found is None:
            return answer_json({"success": False, "error": "This link has expired."}, 404)
        # A picture is only ever looked at: even an SVG opened by its own address may run and load nothing.
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
        return Answer(body=found.content, media_type=found.media_type, headers=policy)
