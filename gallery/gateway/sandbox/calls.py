"""One call to the sandbox and its answer, whether it came through the transport or over HTTP."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Call:
    """`path` is what stands below the gateway's slug, as in `/v1/models`; `origin` is where the caller reached it, slug
    included, as in `https://sandbox.invalid/routellm`: addresses of pictures begin with it. Header names: lower case.
    `checks_key`: whether a key is asked for; any key that looks like one is good."""

    method: str
    path: str
    origin: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    checks_key: bool = False

    @property
    def has_key(self) -> bool:
        """Whether a key came along; `wrong` in it makes it a wrong one, for those who want to see the refusal."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and bool(key.strip()) and "wrong" not in key

    @property
    def is_out_of_credit(self) -> bool:
        """`empty` in a key makes its account one without credit, for those who want to see another key take its place."""
        return self.checks_key and "empty" in self.headers.get("authorization", "")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, empty when it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """With `stream` the body comes from there, piece by piece, once."""

    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> dict[str, str]:
        return {
            "content-type": self.media_type,
            **({"content-length": str(len(self.body))} if self.stream is None else {}),
            "x-content-type-options": "nosniff",
            **self.headers,
        }


def answer_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(body=msgspec.json.encode(value), status=status, headers=headers or {})
