"""RouteLLM (Abacus.AI), https://abacus.ai/help/developer-platform/route-llm: one route for all, cost in points."""

import re
from typing import Any

from gallery.gateway import errors
from gallery.gateway.base_urls import DEFAULT_PATHS
from gallery.gateway.dialects import key_tests, listings, refusals, requests
from gallery.gateway.dialects.answers import read_answer
from gallery.gateway.dialects.dialect import Dialect, KeyTest
from gallery.gateway.dialects.refusals import Complaint
from gallery.gateway.messages import Ask, Credit, ListedModel, Reply, Result

SLUG = "routellm"
COST_UNIT = "points"
KEY_TEST_MODEL = "route-llm"
POINTS_OF_A_CREDIT = 100

_VALUE_REFUSED = re.compile(
    r"Invalid (?P<parameter>[\w.-]{1,64}) for (?P<model>\S{1,200}): (?P<value>.{0,500}?)\.? "
    r"Supported values are:? (?P<values>.{1,3000})",
    re.DOTALL,
)
_PARAMETER_REFUSED = re.compile(r"Invalid image config param (?P<parameter>[\w.-]{1,64}) provided")
_TEMPORARY = re.compile(r"temporary error", re.IGNORECASE)


def build(ask: Ask) -> dict[str, Any]:
    # A stream is documented for words only.
    payload = requests.payload_of(ask, is_streamed=ask.is_streamed and "image" not in ask.modalities)
    # Text alone is the gateway's own default, and the only thing for which it does not want the field.
    return payload | ({"modalities": list(ask.modalities)} if "image" in ask.modalities else {})


def parse(reply: Reply) -> Result:
    return read_answer(reply, _recognise, cost_fields=("compute_points_used",), cost_unit=COST_UNIT)


def read_models(reply: Reply) -> list[ListedModel]:
    return listings.read_models(reply, _recognise)


def key_test() -> KeyTest:
    """A few tokens of chat: the list of models is open to everybody, so it proves nothing about a key."""
    question = {"role": "user", "content": "Say ok."}
    json = {"model": KEY_TEST_MODEL, "messages": [question], "max_tokens": 5}
    return KeyTest(method="POST", path="/chat/completions", json=json)


def read_key_test(reply: Reply) -> str:
    return key_tests.read_chat(reply, _recognise)


def read_credit(reply: Reply) -> Credit:
    return key_tests.read_account_credit(reply, _recognise, points=POINTS_OF_A_CREDIT)


def _recognise(status: int, complaint: Complaint) -> errors.GatewayError | None:
    """What only RouteLLM says."""
    value = _VALUE_REFUSED.search(complaint.message)
    if value:
        supported = tuple(choice for choice in re.split(r"[,;]\s*|\n", value["values"].strip(" .[]()")) if choice)
        return refusals.parameter_refused(
            value["parameter"],
            value["value"].strip(),
            tuple(choice.strip(" '\"`.")[:100] for choice in supported)[:100],
        )
    parameter = _PARAMETER_REFUSED.search(complaint.message)
    if parameter:
        return refusals.parameter_refused(parameter["parameter"])
    if status == 403 and complaint.is_bare and "key" in complaint.message.lower():
        return errors.KeyRefused(refusals.SENTENCES[errors.KeyRefused])
    if status < 500 and status != 429 and _TEMPORARY.search(complaint.message):
        return errors.GatewayFailed(refusals.SENTENCES[errors.GatewayFailed])
    return None


DIALECT = Dialect(
    slug=SLUG,
    default_base_url=f"https://routellm.abacus.ai{DEFAULT_PATHS[SLUG]}",
    default_path=DEFAULT_PATHS[SLUG],
    cost_unit=COST_UNIT,
    build=build,
    parse=parse,
    key_test=key_test,
    read_key_test=read_key_test,
    models_path="/models",
    read_models=read_models,
    credit_path="/account",
    read_credit=read_credit,
)
