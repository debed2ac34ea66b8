"""From a wish to the end of its run: the model it names, the pictures it brings, one call, one answer or one error."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from django.http import HttpRequest

from gallery.endpoint import bodies, inputs, orders, refusals
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.wishes import Wish
from gallery.models import AccessToken, Generation, ImageModel, Visibility
from gallery.models.generations import Status
from gallery.services import budgets, calls, tokens
from gallery.services.database_thread import in_database, remembered

LONGEST_KEY = 255
LONGEST_CLIENT = 80
# No name that a model or an alias can have is longer.
LONGEST_MODEL = 240
# What clients tell of themselves and of the person they work for.
PERSON_HEADERS = ("X-OpenWebUI-User-Name", "X-OpenWebUI-User-Email")
CLIENT_HEADERS = ("X-OpenRouter-Title", "X-Title")


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run under way, and what its answer has to mention."""

    generation: Generation
    run: "asyncio.Future[calls.Ended]"
    warnings: Sequence[str]

    async def end(self) -> Generation:
        """The row of a run that succeeded. A caller that goes away meanwhile ends nothing. Raises Refusal."""
        ended = await asyncio.shield(self.run)
        if ended.generation.status != Status.SUCCEEDED:
            raise refusals.of_failure(ended.generation, ended.problem)
        return ended.generation


async def start(
    request: HttpRequest, access_token: AccessToken, wish: Wish, body: bytes, watch: calls.Watch | None = None
) -> Started:
    """Check everything, take the pictures in, and begin. `body` is what the request is known by. Raises Refusal."""
    idempotency_key, request_hash = key_of(request), await bodies.aside(partial(hash_of, request, body), body)
    if idempotency_key and (same := await join(access_token, wish, idempotency_key, request_hash)):
        return same
    image_model = await find_model(wish.model, access_token)
    order = orders.settle(wish, image_model)
    given, conversation = await inputs.take_in(order, access_token.owner)
    call = calls.Call(
        access_token=access_token,
        client=client_of(request, access_token),
        image_model=image_model,
        prompt=wish.prompt,
        kind=order.kind,
        parameters=order.parameters,
        inputs=given,
        conversation=conversation,
        visibility=visibility_for(wish, access_token),
        request_hash=request_hash,
        idempotency_key=idempotency_key,
        is_streamed=wish.is_streamed and order.kind == Generation.Kind.ANALYSIS,
    )
    with refused():
        generation, run = await calls.start(call, watch)
    return Started(generation=generation, run=run, warnings=wish.warnings)


async def join(access_token: AccessToken, wish: Wish, idempotency_key: str, request_hash: str) -> Started | None:
    """The run of the same request, if it came before: pictures that are gone since, or a model, do not matter to it."""
    with refused():
        earlier = await calls.earlier(access_token, idempotency_key, request_hash)
    if earlier is None:
        return None
    with suppress(Refusal):
        # For its warnings: the same request gets the same answer.
        orders.settle(wish, await find_model(wish.model, access_token))
    return Started(generation=earlier[0], run=earlier[1], warnings=wish.warnings)


@contextmanager
def refused() -> Iterator[None]:
    """What may stand in the way of a run, as its script is told."""
    try:
        with refusals.before_a_byte_is_sent():
            yield
    except calls.NoPlace as full:
        raise Refusal(429, str(full), headers={"Retry-After": str(refusals.WAIT_SECONDS)}) from full
    except calls.OtherRequest as other:
        sentence = "This Idempotency-Key was used with another request. Take a new key."
        raise Refusal(409, sentence, headers={"x-should-retry": "false"}) from other
    except budgets.BudgetRefused as spent:
        if spent.is_passing:
            wait = {"Retry-After": str(refusals.WAIT_SECONDS)}
            raise Refusal(429, str(spent), metadata=spent.facts, headers=wait) from spent
        # Waiting a moment changes nothing, whatever clients make of a 402.
        headers = {"x-should-retry": "false"}
        raise Refusal(402, str(spent), metadata=spent.facts, headers=headers) from spent
    except tokens.TokenRefused as over:
        raise Refusal(401, str(over)) from over
    except tokens.NotAllowed as refused_one:
        raise Refusal(403, str(refused_one)) from refused_one
    except tokens.ModelGone as gone:
        raise Refusal(404, str(gone), param="model") from gone


async def find_model(name: str, access_token: AccessToken) -> ImageModel:
    """By full id, bare id where unique, or alias; without a name the studio's first choice. Raises Refusal: 404, 403 for
    one that the token's group may not use."""
    if len(name) > LONGEST_MODEL:
        raise Refusal(404, there_is_none(name), param="model")
    with refusals.before_a_byte_is_sent():
        image_model = await in_database(lambda: remembered(("model", name), partial(look_up, name)))
    if image_model is None or not access_token.allows(image_model):
        raise Refusal(404, await in_database(partial(say_what_is_missing, name, access_token)), param="model")
    if access_token.group and not await in_database(partial(tokens.group_allows, access_token, image_model)):
        raise Refusal(403, tokens.not_for_group(access_token.group, image_model), param="model")
    return image_model


def visibility_for(wish: Wish, access_token: AccessToken) -> str:
    """What the group of the token has at first, if nothing was said. Raises Refusal."""
    if wish.visibility == Visibility.GROUP and access_token.group is None:
        sentence = "visibility takes one of: team, private. This token is of no group."
        raise Refusal(400, sentence, param="visibility")
    fallback = access_token.group.default_visibility if access_token.group else Visibility.TEAM
    return wish.visibility or fallback


def say_what_is_missing(name: str, access_token: AccessToken) -> str:
    sharing = ImageModel.objects.offered().sharing(name) if name and "\x00" not in name else ()
    ids = [row.full_id for row in sharing if access_token.allows(row)]
    if len(ids) > 1:
        return f"Several gateways have a model {name[:200]}. Name one of: {', '.join(ids)}."
    return there_is_none(name)


def there_is_none(name: str) -> str:
    told = f"There is no model {name[:200]} for this token" if name else "No model is chosen at first"
    return f"{told}. GET /v1/models lists those there are."


def look_up(name: str) -> ImageModel | None:
    offered = ImageModel.objects.offered()
    if not name:
        return offered.order_by("-is_default", "gateway__position", "position", "id").first()
    return offered.called(name)


def client_of(request: HttpRequest, access_token: AccessToken) -> str:
    """The token's name, and whom or what the client says it works for."""
    people = (unquoted(request.headers.get(name, "")) for name in PERSON_HEADERS)
    clients = (request.headers.get(name, "") for name in CLIENT_HEADERS)
    told = (word.replace("\x00", "").strip() for word in (*people, *clients))
    return " · ".join([access_token.name, *(word for word in told if word)][:2])[:LONGEST_CLIENT]


def unquoted(value: str) -> str:
    """Open WebUI sends names percent-encoded, since headers hold no other letters. What is not so stays as it is."""
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value


def key_of(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise Refusal(400, f"An Idempotency-Key takes {LONGEST_KEY} characters.", param="Idempotency-Key")
    return key


def hash_of(request: HttpRequest, body: bytes) -> str:
    """The same for the same request, under either prefix."""
    told = f"{request.path.removeprefix('/api')}?{request.META.get('QUERY_STRING', '')}\n".encode()
    return hashlib.sha256(told + body).hexdigest()
