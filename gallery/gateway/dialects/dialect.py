"""What a dialect is: pure functions between our words and one gateway's JSON. No network, no files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from gallery.gateway.messages import Ask, Credit, ListedModel, Reply, Result, Wire

CHAT_PATH = "/chat/completions"
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class KeyTest:
    """The call that proves a key: its path stands under the base URL, `json` is None for a call without a body."""

    method: str
    path: str
    json: dict[str, Any] | None = None


def no_price(prices: Mapping[str, str]) -> Decimal | None:
    return None


def no_credit(reply: Reply) -> Credit:
    return Credit()


def no_headers(public_url: str) -> Mapping[str, str]:
    return {}


def chat_wire(payload: Mapping[str, Any]) -> Wire:
    return Wire(path=CHAT_PATH, media_type=JSON, body=msgspec.json.encode(payload))


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """`cost_unit` is `usd` or `points`; `build` gives what is asked, and `wire` how that travels; `parse` takes whole replies
    and streams, raises the gateway's refusals as errors, but leaves an answer without pictures to the caller;
    `read_key_test` gives a sentence on what was proven, or raises; `models_path` is where the list of models stands below
    the base URL, `settings_path` where typed parameters of models do ("" where they are not told); `picture_price` reads
    the price of one picture out of what a model is said to cost, None where that is not sure; `gives_kinds`: whether a
    request has to ask for exactly the kinds of content that its model gives; `credit_path` is where the gateway tells with a
    key what is left on it, "" where it does not, and `read_credit` reads that; `headers` are extra ones for every request,
    given the studio's own public address ("" when it has none or keeps it to itself)."""

    slug: str
    default_base_url: str
    default_path: str
    cost_unit: str
    build: Callable[[Ask], dict[str, Any]]
    parse: Callable[[Reply], Result]
    key_test: Callable[[], KeyTest]
    read_key_test: Callable[[Reply], str]
    models_path: str
    read_models: Callable[[Reply], Sequence[ListedModel]]
    settings_path: str = ""
    picture_price: Callable[[Mapping[str, str]], Decimal | None] = no_price
    gives_kinds: bool = False
    credit_path: str = ""
    read_credit: Callable[[Reply], Credit] = no_credit
    headers: Callable[[str], Mapping[str, str]] = no_headers
    wire: Callable[[Mapping[str, Any]], Wire] = chat_wire
