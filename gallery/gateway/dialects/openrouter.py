"""OpenRouter, https://openrouter.ai/docs: output kinds must fit the model, cost in USD comes unasked."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gallery.gateway import errors
from gallery.gateway.base_urls import DEFAULT_PATHS
from gallery.gateway.dialects import key_tests, listings, refusals, requests
from gallery.gateway.dialects.answers import read_answer
from gallery.gateway.dialects.dialect import Dialect, KeyTest
from gallery.gateway.dialects.refusals import Complaint
from gallery.gateway.messages import Ask, Credit, ListedModel, Reply, Result

SLUG = "openrouter"
COST_UNIT = "usd"
# The gateway sets credit aside for the longest answer a model could give, and says 402 where there is less than that;
# a picture and some words are well below this.
MOST_TOKENS = 8192
TITLE = "Proofsheet"
CHEAPEST_PICTURE = Decimal("0.001")

_OUTPUT_KINDS = re.compile(
    r"No endpoints found that support the requested output modalities:? ?(?P<kinds>[\w, ]{0,100})"
)
_NO_SUCH_MODEL = re.compile(r"is not a valid model ID|No endpoints found for|No allowed providers are available")
_PRIVACY = re.compile(r"No endpoints found matching your data policy|guardrail restrictions and data policy")
_RESERVE = re.compile(r"fewer max_tokens")
RESERVE = (
    "The gateway sets credit aside for the longest possible answer, and the account holds less than that. "
    "An administrator can top it up there."
)
PRIVACY = (
    "The privacy settings of the account at the gateway leave no provider for this model. "
    "An administrator can change them there, or choose another model."
)


def build(ask: Ask) -> dict[str, Any]:
    payload = requests.payload_of(ask, is_streamed=ask.is_streamed)
    if "image_config" in payload:
        payload["image_config"] = {name: _plain(value) for name, value in payload["image_config"].items()}
    # Without the field a model answers in words; with it, exactly the kinds that the model can give must stand there.
    if "image" in ask.modalities:
        payload["modalities"] = list(ask.modalities)
    # A model that gives nothing but pictures counts no tokens.
    if "text" in ask.modalities or "image" not in ask.modalities:
        payload.setdefault("max_tokens", MOST_TOKENS)
    return payload


def parse(reply: Reply) -> Result:
    return read_answer(reply, recognise, cost_fields=("cost",), cost_unit=COST_UNIT)


def read_models(reply: Reply) -> list[ListedModel]:
    return listings.read_models(reply, recognise)


def key_test() -> KeyTest:
    return KeyTest(method="GET", path="/key")


def read_key_test(reply: Reply) -> str:
    return key_tests.read_report(reply, recognise)


def read_credit(reply: Reply) -> Credit:
    return key_tests.read_key_credit(reply, recognise)


def headers(public_url: str) -> Mapping[str, str]:
    """Who asks; and that this is not to be shown in the gateway's public list of applications."""
    told = {
        "X-OpenRouter-Title": TITLE,
        "X-OpenRouter-Categories": "image-gen",
        "X-OpenRouter-App-Visibility": "hidden",
    }
    return {**told, "HTTP-Referer": public_url} if public_url else told


def recognise(status: int, complaint: Complaint) -> errors.GatewayError | None:
    """What only OpenRouter says, and OpenRoute, which took over its words."""
    kinds = _OUTPUT_KINDS.search(complaint.message)
    if kinds:
        return errors.ParameterRefused(
            f"This model does not give the kinds of output that were asked for ({kinds['kinds'].strip() or 'unknown'}). "
            "Nothing was charged. An administrator can correct the modalities on the model's page.",
            parameter="modalities",
        )
    if status == 402 and _RESERVE.search(complaint.message):
        return errors.CreditReserved(RESERVE)
    if status in (403, 404) and _PRIVACY.search(complaint.message):
        return errors.Rejected(PRIVACY)
    if status in (400, 404) and _NO_SUCH_MODEL.search(complaint.message):
        return errors.ModelNotFound(refusals.SENTENCES[errors.ModelNotFound])
    return None


def picture_price(prices: Mapping[str, str]) -> Decimal | None:
    """`image_output` is told for a token or for a picture, without saying which: no token costs a tenth of a cent."""
    for name in ("request", "image_output"):
        amount = Decimal(prices.get(name, "0"))
        if amount >= CHEAPEST_PICTURE:
            return amount
    return None


def _plain(value: Any) -> Any:
    """The gateway's schema knows text, numbers and lists in `image_config`, and no true or false."""
    return str(value).lower() if isinstance(value, bool) else value


DIALECT = Dialect(
    slug=SLUG,
    default_base_url=f"https://openrouter.ai{DEFAULT_PATHS[SLUG]}",
    default_path=DEFAULT_PATHS[SLUG],
    cost_unit=COST_UNIT,
    build=build,
    parse=parse,
    key_test=key_test,
    read_key_test=read_key_test,
    # Without the filter the list leaves out every model that gives nothing but pictures.
    models_path="/models?output_modalities=image&limit=1000",
    read_models=read_models,
    settings_path="/images/models",
    picture_price=picture_price,
    gives_kinds=True,
    credit_path="/key",
    read_credit=read_credit,
    headers=headers,
)
