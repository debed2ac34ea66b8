"""Any server that speaks OpenAI's API (https://platform.openai.com/docs/api-reference): a local one, a proxy, OpenAI.

A model travels by its surface: `chat`, or `images` (`/images/generations`, and with pictures `/images/edits`). The cost
is told by some servers only: in `usage`, or LiteLLM's proxy in a header (https://docs.litellm.ai/docs/proxy/cost_tracking).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from gallery.gateway import errors
from gallery.gateway.base_urls import DEFAULT_PATHS
from gallery.gateway.dialects import listings, multipart, numbers, refusals, requests
from gallery.gateway.dialects.answers import read_answer
from gallery.gateway.dialects.dialect import JSON, Dialect, KeyTest, chat_wire
from gallery.gateway.dialects.refusals import Complaint
from gallery.gateway.messages import Ask, InputPicture, ListedModel, Reply, Result, Wire

SLUG = "openai"
COST_UNIT = "usd"
IMAGES = "images"
GENERATIONS_PATH = "/images/generations"
EDITS_PATH = "/images/edits"
COST_HEADER = "x-litellm-response-cost"

_NO_SUCH_MODEL = re.compile(r"Invalid model name passed|model `?\S{1,200}`? (?:does not exist|not found)", re.I)
_KEY_REFUSED = re.compile(r"Incorrect API key|No connected db", re.I)
_REFUSED_BY_RULES = re.compile(r"ContentPolicyViolation|safety system", re.I)
_USED_UP = re.compile(r"budget has been exceeded|ExceededBudget", re.I)


def build(ask: Ask) -> dict[str, Any]:
    if ask.surface == IMAGES:
        return requests.picture_payload_of(ask)
    payload = requests.payload_of(ask, is_streamed=ask.is_streamed)
    # A server that has never heard of kinds of output is not asked for any: its model's modalities are left empty.
    kinds = {"modalities": list(ask.modalities)} if "image" in ask.modalities else {}
    return payload | kinds | ({"stream_options": {"include_usage": True}} if ask.is_streamed else {})


def wire(payload: Mapping[str, Any]) -> Wire:
    if "messages" in payload:
        return chat_wire(payload)
    pictures = {name: found for name, value in payload.items() if (found := _pictures_in(value))}
    if not pictures:
        return Wire(path=GENERATIONS_PATH, media_type=JSON, body=msgspec.json.encode(payload))
    fields = {name: value for name, value in payload.items() if name not in pictures}
    files = [
        (name if len(found) == 1 else f"{name}[]", picture) for name, found in pictures.items() for picture in found
    ]
    return multipart.form_wire(EDITS_PATH, fields, files)


def parse(reply: Reply) -> Result:
    fields = ("cost", "cost_usd_total", "total_cost")
    result = read_answer(reply, _recognise, cost_fields=fields, cost_unit=COST_UNIT)
    # What a proxy reckons itself; its `usage` may repeat what was charged behind it.
    told = numbers.cost_in(reply.headers.get(COST_HEADER, ""))
    return result if told is None else replace(result, cost=told, cost_unit=COST_UNIT)


def read_models(reply: Reply) -> list[ListedModel]:
    return listings.read_models(reply, _recognise)


def key_test() -> KeyTest:
    """The one call that every such server knows and nobody charges. Where it is open to everybody it proves the address."""
    return KeyTest(method="GET", path="/models")


def read_key_test(reply: Reply) -> str:
    models = len(read_models(reply))
    listed = "1 model" if models == 1 else f"{models} models"
    return f"The server took the key, if it asks for one, and lists {listed}."


def _recognise(status: int, complaint: Complaint) -> errors.GatewayError | None:
    """What OpenAI and LiteLLM say in words of their own, whatever the status."""
    kinds = (
        (_KEY_REFUSED, errors.KeyRefused),
        (_USED_UP, errors.OutOfCredit),
        (_REFUSED_BY_RULES, errors.ContentRefused),
        (_NO_SUCH_MODEL, errors.ModelNotFound),
    )
    for words, kind in kinds:
        if 400 <= status < 500 and words.search(complaint.message):
            return kind(refusals.SENTENCES[kind])
    return None


def _pictures_in(value: Any) -> list[InputPicture]:
    """Pictures stand in the payload as they are, so that they travel as files."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, InputPicture)]


DIALECT = Dialect(
    slug=SLUG,
    default_base_url=f"https://api.openai.com{DEFAULT_PATHS[SLUG]}",
    default_path=DEFAULT_PATHS[SLUG],
    cost_unit=COST_UNIT,
    build=build,
    parse=parse,
    key_test=key_test,
    read_key_test=read_key_test,
    models_path="/models",
    read_models=read_models,
    wire=wire,
)
