"""Making words from outside fit to be kept: without secrets, without control characters, of bounded length."""

import re

# Keys as gateways hand them out and echo them, whole or half starred: sk-or-v1-12ab…, s2_…, llmgtwy_…, Bearer ….
_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|s2|llmgtwy)[-_][\w.*…-]{6,}"
    r"|\b(?:bearer|basic)\s+[\w.~+/=*…-]{6,}"
    r"|(?<=[?&])(?:key|api_key|token|access_token)=[^&\s\"']+",
    re.IGNORECASE,
)
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
SHORTEST_TELLING_PIECE = 8


def without_secrets(text: str, secret: str = "") -> str:
    """The text with the secret, long pieces of its ends, and whatever looks like a key replaced by ••••."""
    for piece in _pieces(secret):
        text = text.replace(piece, "••••")
    return _LIKE_A_KEY.sub("••••", text)


def _pieces(secret: str) -> tuple[str, ...]:
    if len(secret) < SHORTEST_TELLING_PIECE:
        # Shorter ones are no secrets, and would blot out half of every sentence.
        return (secret,) if len(secret) >= 4 else ()
    half = max(SHORTEST_TELLING_PIECE, len(secret) // 2)
    return secret, secret[:half], secret[-half:]


def printable(text: str, limit: int = 4000) -> str:
    """The text on plain lines: terminal escapes, bidirectional overrides and line separators become spaces."""
    return _CONTROL_CHARACTERS.sub(" ", text[:limit]).strip()


class Blanker:
    """Takes a secret out of bytes as they arrive, wherever the pieces are cut: a careless gateway sends back what it was sent.
    Stars stand in its place, so that nothing else moves."""

    def __init__(self, secret: str):
        self.secret = secret.encode() if len(secret) >= SHORTEST_TELLING_PIECE else b""
        self.held = b""

    def take(self, chunk: bytes) -> bytes:
        """What may be passed on now; the beginning of a secret at the very end waits for what follows."""
        if not self.secret:
            return chunk
        whole = (self.held + chunk).replace(self.secret, b"*" * len(self.secret))
        longest = min(len(self.secret) - 1, len(whole))
        kept = next((size for size in range(longest, 0, -1) if whole.endswith(self.secret[:size])), 0)
        self.held = whole[len(whole) - kept :]
        return whole[: len(whole) - kept]

    def rest(self) -> bytes:
        """What was held back, once nothing follows."""
        rest, self.held = self.held, b""
        return rest
