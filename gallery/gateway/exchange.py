"""One exchange through the door: what is asked, and the answer while it arrives."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx

from gallery.gateway import errors, failures, redaction
from gallery.gateway.destinations import HostAndPort

# What an answer's record keeps: enough to judge it and to ask the gateway about it; no cookies, nothing unbounded.
KEPT_HEADERS = (
    "content-type",
    "content-length",
    "content-encoding",
    "date",
    "location",
    "retry-after",
    "x-request-id",
    "request-id",
    "cf-ray",
    # What a LiteLLM proxy reckons that the call cost, in dollars.
    "x-litellm-response-cost",
)
LONGEST_HEADER = 8192


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to ask. `deadline` is in seconds, for everything from the name's lookup to the last byte; `max_bytes` bounds
    the answer's body; `named` are the (host, port) pairs an administrator named; `allow_http` opens port 80; `secret` is what
    goes along in the headers, and is taken out of whatever comes back."""

    method: str
    url: str
    deadline: float
    max_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    named: frozenset[HostAndPort] = frozenset()
    allow_http: bool = False
    is_sandbox: bool = False
    secret: str = field(default="", repr=False)


class Answer:
    """An answer whose body still arrives. Header names are lower case. Nowhere in it is the secret that was sent."""

    def __init__(self, response: httpx.Response, max_bytes: int, secret: str = ""):
        self.status = response.status_code
        self.headers = {
            name: redaction.without_secrets(redaction.printable(response.headers[name], LONGEST_HEADER), secret)
            for name in KEPT_HEADERS
            if name in response.headers
        }
        self._response = response
        self._max_bytes = max_bytes
        self._blanker = redaction.Blanker(secret)

    @property
    def promised_bytes(self) -> int | None:
        """The length of the body as the gateway declared it."""
        length = self.headers.get("content-length", "")
        return int(length) if length.isdecimal() and len(length) < 16 else None

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed, though we asked for plain bytes; it is passed on as it came."""
        return self.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises Interrupted, AnswerUnreadable (over `max_bytes`) or TimedOut."""
        arrived = 0
        # A response that was made in memory has no raw stream left.
        body = self._response.aiter_bytes() if self._response.is_stream_consumed else self._response.aiter_raw()
        try:
            async for chunk in body:
                arrived += len(chunk)
                if arrived > self._max_bytes:
                    raise self._too_large()
                if piece := self._blanker.take(chunk):
                    yield piece
            if rest := self._blanker.rest():
                yield rest
        except failures.NETWORK_ERRORS as error:
            raise failures.network_failure(error, was_sent=True) from error

    def _too_large(self) -> errors.AnswerUnreadable:
        return errors.AnswerUnreadable(
            f"The gateway's answer is larger than {self._max_bytes / 1_000_000:.3g} MB and was not taken in. "
            "It may have been charged. Ask for fewer or smaller pictures.",
            status=self.status,
        )
