"""What a dialect is: pure functions between our words and one gateway's JSON. No network, no files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gallery.gateway.messages import Ask, ListedModel, Reply, Result


@dataclass(frozen=True, kw_only=True)
class KeyTest:
    """The call that proves a key: its path stands under the base URL, `json` is None for a call without a body."""

    method: str
    path: str
    json: dict[str, Any] | None = None


def no_headers(public_url: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """`parse` takes whole replies and streams, raises the gateway's refusals as errors, but leaves an answer without
    pictures to the caller; `read_key_test` gives a sentence on what was proven, or raises; `models_path` is where the
    list of models stands below the base URL; `headers` are extra ones for every request, given the studio's own public
    address ("" when it has none or keeps it to itself)."""

    slug: str
    default_base_url: str
    default_path: str
    build: Callable[[Ask], dict[str, Any]]
    parse: Callable[[Reply], Result]
    key_test: Callable[[], KeyTest]
    read_key_test: Callable[[Reply], str]
    models_path: str
    read_models: Callable[[Reply], Sequence[ListedModel]]
    headers: Callable[[str], Mapping[str, str]] = no_headers
