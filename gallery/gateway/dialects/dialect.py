"""What a dialect is: pure functions between our words and one gateway's JSON. No network, no files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gallery.gateway.messages import Ask, Reply, Result


@dataclass(frozen=True, kw_only=True)
class KeyTest:
    """The call that proves a key: its path stands under the base URL, `json` is None for a call without a body."""

    method: str
    path: str
    json: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """`parse` raises the gateway's refusals as errors but leaves an answer without pictures to the caller;
    `read_key_test` gives a sentence on what was proven, or raises."""

    slug: str
    default_base_url: str
    default_path: str
    build: Callable[[Ask], dict[str, Any]]
    parse: Callable[[Reply], Result]
    key_test: Callable[[], KeyTest]
    read_key_test: Callable[[Reply], str]
