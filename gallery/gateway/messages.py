"""The words in which the rest of the house speaks with a gateway: what is asked, what came back. Plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True)
class InputPicture:
    """A reference picture that travels with a request; `parameter` is the spec's name of the knob it was given to."""

    parameter: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """An earlier message of a conversation, by `role` (system, developer, user or assistant)."""

    role: str
    text: str
    pictures: Sequence[InputPicture] = ()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One generation in our words. `values` holds only what is to be sent, already checked and of its JSON type;
    `transports` says per parameter name where it travels (see `specs.TRANSPORTS`); missing means `image_config`.
    `conversation` is what was said before the prompt. `is_streamed` asks for the answer in pieces; a dialect that knows
    of no stream for such an ask leaves it out. `surface` is the route that this model is asked by, where its dialect has
    several: `chat` or `images`."""

    model_id: str
    prompt: str
    conversation: Sequence[Turn] = ()
    modalities: Sequence[str] = ("image",)
    values: Mapping[str, Any] = field(default_factory=dict)
    transports: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[InputPicture] = ()
    is_streamed: bool = False
    surface: str = "chat"


@dataclass(frozen=True, kw_only=True)
class Wire:
    """A request as it travels: `path` stands below the base URL."""

    path: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer as it arrived. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes | memoryview = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a reply: its bytes, or the URL where they wait. `declared_type` is the gateway's claim only."""

    content: bytes | None = field(default=None, repr=False)
    url: str = ""
    declared_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A reply in our words. `cost` is None when the gateway did not say; `cost_unit` is "usd" or "points".
    `broken` lists, in people's words, what of the reply could not be read; `is_cut`: a stream ended before its end.
    `model_used` is the gateway's word for the model that answered, which differs where it chose one itself."""

    pictures: Sequence[Picture] = ()
    text: str = ""
    revised_prompt: str = ""
    finish_reason: str = ""
    model_used: str = ""
    cost: Decimal | None = None
    cost_unit: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    broken: Sequence[str] = ()
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What a key or its account still has at the gateway, in the gateway's own unit; None where it does not say."""

    left: Decimal | None = None
    total: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class KeyProof:
    """What a test proved, as a sentence, and the credit it told of by the way."""

    sentence: str
    credit: Credit | None = None


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """One entry of a gateway's own list of models. `mode` is the gateway's word for what the model does, where it has one;
    `gives` and `takes` are kinds of content (`image`, `text`), empty where nothing is told; `prices` are amounts by the
    gateway's own words; `settings` typed parameters by name. `alias_of` is the id of the model that this only names."""

    model_id: str
    name: str = ""
    mode: str = ""
    alias_of: str = ""
    family: str = ""
    description: str = ""
    gives: Sequence[str] = ()
    takes: Sequence[str] = ()
    prices: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
