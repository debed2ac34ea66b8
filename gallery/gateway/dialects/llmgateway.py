"""LLMGateway, https://docs.llmgateway.io: OpenAI's shapes, pictures without being asked for by kind, cost in USD."""

import re
from collections.abc import Mapping
from typing import Any

from gallery.gateway import errors
from gallery.gateway.base_urls import DEFAULT_PATHS
from gallery.gateway.dialects import key_tests, listings, refusals, requests
from gallery.gateway.dialects.answers import read_answer
from gallery.gateway.dialects.dialect import Dialect, KeyTest
from gallery.gateway.dialects.refusals import Complaint
from gallery.gateway.messages import Ask, ListedModel, Reply, Result

SLUG = "llmgateway"
COST_UNIT = "usd"
KEY_TEST_MODEL = "auto"

_NO_SUCH_MODEL = re.compile(r"(?:model|provider) \S{1,200} (?:is )?not (?:supported|found)|no longer available", re.I)
_USED_UP = re.compile(r"reached its usage limit|usage limit|insufficient credits", re.I)


def build(ask: Ask) -> dict[str, Any]:
    payload = requests.payload_of(ask, is_streamed=ask.is_streamed)
    # `modalities` is no word of this gateway: the model alone decides.
    return payload | ({"stream_options": {"include_usage": True}} if ask.is_streamed else {})


def parse(reply: Reply) -> Result:
    return read_answer(reply, _recognise, cost_fields=("cost_usd_total", "cost"), cost_unit=COST_UNIT)


def read_models(reply: Reply) -> list[ListedModel]:
    return listings.read_models(reply, _recognise)


def key_test() -> KeyTest:
    """A few tokens of chat: the list of models is open to everybody, and an unknown model is refused before the key is
    looked at (https://github.com/theopenco/llmgateway, apps/gateway/src/chat/chat.ts), so neither proves anything."""
    question = {"role": "user", "content": "Say ok."}
    json = {"model": KEY_TEST_MODEL, "messages": [question], "max_tokens": 16}
    return KeyTest(method="POST", path="/chat/completions", json=json)


def read_key_test(reply: Reply) -> str:
    return key_tests.read_chat(reply, _recognise)


def headers(public_url: str) -> Mapping[str, str]:
    return {"HTTP-Referer": public_url} if public_url else {}


def _recognise(status: int, complaint: Complaint) -> errors.GatewayError | None:
    """What only LLMGateway says."""
    # A key whose own limit is used up is told of as 401, like a wrong one.
    if status in (401, 402, 403) and _USED_UP.search(complaint.message):
        return errors.OutOfCredit(refusals.SENTENCES[errors.OutOfCredit])
    if status in (400, 404) and _NO_SUCH_MODEL.search(complaint.message):
        return errors.ModelNotFound(refusals.SENTENCES[errors.ModelNotFound])
    return None


DIALECT = Dialect(
    slug=SLUG,
    default_base_url=f"https://api.llmgateway.io{DEFAULT_PATHS[SLUG]}",
    default_path=DEFAULT_PATHS[SLUG],
    cost_unit=COST_UNIT,
    build=build,
    parse=parse,
    key_test=key_test,
    read_key_test=read_key_test,
    models_path="/models",
    read_models=read_models,
    headers=headers,
)
