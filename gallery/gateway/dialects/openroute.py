"""OpenRoute (openroute.cn), https://www.openroute.cn/en/docs: OpenRouter's protocol of 2025; the cost is told on request."""

from collections.abc import Mapping
from typing import Any

from gallery.gateway.base_urls import DEFAULT_PATHS
from gallery.gateway.dialects import key_tests, listings, openrouter, requests
from gallery.gateway.dialects.answers import read_answer
from gallery.gateway.dialects.dialect import Dialect, KeyTest
from gallery.gateway.messages import Ask, Credit, ListedModel, Reply, Result

SLUG = "openroute"
COST_UNIT = "usd"


def build(ask: Ask) -> dict[str, Any]:
    payload = requests.payload_of(ask, is_streamed=ask.is_streamed)
    if "image" in ask.modalities:
        # Its document knows pictures only together with words.
        payload["modalities"] = ["image", "text"]
    return payload | {"usage": {"include": True}}


def parse(reply: Reply) -> Result:
    return read_answer(reply, openrouter.recognise, cost_fields=("cost",), cost_unit=COST_UNIT)


def read_models(reply: Reply) -> list[ListedModel]:
    return listings.read_models(reply, openrouter.recognise)


def key_test() -> KeyTest:
    return KeyTest(method="GET", path="/key")


def read_key_test(reply: Reply) -> str:
    return key_tests.read_report(reply, openrouter.recognise)


def read_credit(reply: Reply) -> Credit:
    return key_tests.read_key_credit(reply, openrouter.recognise)


def headers(public_url: str) -> Mapping[str, str]:
    told = {"X-Title": openrouter.TITLE}
    return {**told, "HTTP-Referer": public_url} if public_url else told


DIALECT = Dialect(
    slug=SLUG,
    default_base_url=f"https://openroute.cn{DEFAULT_PATHS[SLUG]}",
    default_path=DEFAULT_PATHS[SLUG],
    cost_unit=COST_UNIT,
    build=build,
    parse=parse,
    key_test=key_test,
    read_key_test=read_key_test,
    models_path="/models",
    read_models=read_models,
    picture_price=openrouter.picture_price,
    credit_path="/key",
    read_credit=read_credit,
    headers=headers,
)
