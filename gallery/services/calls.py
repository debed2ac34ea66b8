"""Calls of scripts: run at once in the web process, past the queue and by the same steps as everything else.

The row starts RUNNING with this process's lease, so that a worker repairs it should this process die. A run is a task of
its own: a script that hangs up does not end it.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gallery.gateway import errors
from gallery.models import AccessToken, Gateway, Generation, ImageModel
from gallery.models.generations import Status
from gallery.services import call_runs, claims, gateways, generations, prices, tokens, version_watch
from gallery.services.call_runs import LOOK_SECONDS, Ended, Prepared, Watch
from gallery.services.database_thread import in_database, remembered
from gallery.services.web_worker import for_arrivals, in_thread, stop, this_worker

__all__ = [
    "Call",
    "Ended",
    "NoPlace",
    "OtherRequest",
    "Started",
    "Watch",
    "earlier",
    "for_arrivals",
    "in_thread",
    "start",
    "stop",
]

PLACE_SECONDS = 60.0
# What was checked longer ago than this is checked again before a byte is sent.
STALE_SECONDS = 2.0
# Failures before anything could be charged, which may pass: clients try again by themselves, under the same key.
NOT_RUN = frozenset(error.kind for error in (errors.DidNotRun, errors.NotReached, errors.TooManyRequests))


class NoPlace(Exception):
    """As many runs as may wait at this gateway already do; the text is a sentence for people."""


class OtherRequest(Exception):
    """An Idempotency-Key came again with another request."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a script asked for, checked. `inputs` are stored pictures; `request_hash` is of everything that was asked;
    with an `idempotency_key` the same request is run once."""

    access_token: AccessToken
    client: str
    image_model: ImageModel
    prompt: str
    kind: str
    parameters: Mapping[str, Any]
    inputs: generations.Inputs = field(default_factory=dict)
    conversation: Sequence[Mapping[str, Any]] = ()
    visibility: str
    request_hash: str
    idempotency_key: str = ""
    is_streamed: bool = False
    checked_at: float = field(default_factory=time.monotonic)

    @property
    def submission(self) -> str | None:
        return submission_of(self.access_token, self.idempotency_key)


Started = tuple[Generation, "asyncio.Future[Ended]"]
_places: dict[tuple[asyncio.AbstractEventLoop, int], asyncio.Lock] = {}


def submission_of(access_token: AccessToken, idempotency_key: str) -> str | None:
    """Where a generation is found again; the same key of two tokens is two."""
    if not idempotency_key:
        return None
    return f"key-{hashlib.sha256(f'{access_token.pk}:{idempotency_key}'.encode()).hexdigest()}"


async def earlier(access_token: AccessToken, idempotency_key: str, request_hash: str) -> "Started | None":
    """The run that the same request under the same key began, if there is one; asked before anything else is done for
    it: its pictures may be gone, its model switched off. Raises OtherRequest."""
    submission = submission_of(access_token, idempotency_key)
    if submission is None:
        return None
    same = await in_database(partial(_find_same, access_token, submission, request_hash), row=submission)
    return (same, call_runs.join_run(same)) if same else None


async def start(call: Call, watch: Watch | None = None) -> "Started":
    """Write the row, once there is a place at the gateway, and start its run; give both. `watch` is handed the words of
    the answer as they come. Who waits for a place waits in line.

    The same request under the same Idempotency-Key gives the run there is. Raises NoPlace, OtherRequest, TokenRefused,
    BudgetRefused, LaterVersion.
    """
    await in_database(this_worker)
    gateway = call.image_model.gateway
    line = _places.setdefault((asyncio.get_running_loop(), gateway.pk), asyncio.Lock())
    end = time.monotonic() + PLACE_SECONDS
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + PLACE_SECONDS):
            await line.acquire()
    except TimeoutError:
        raise no_place(gateway) from None
    try:
        # Shielded: a row that is written while its caller hangs up is run, and never left as one that runs.
        while (started := await asyncio.shield(_begin_and_run(call, watch))) is None:
            if time.monotonic() > end:
                raise no_place(gateway)
            await asyncio.sleep(LOOK_SECONDS)
        return started
    finally:
        line.release()


def no_place(gateway: Gateway) -> NoPlace:
    most = gateway.max_running
    return NoPlace(f"{most} runs wait for {gateway.name} already, which is all that may. Try again in a moment.")


async def _begin_and_run(call: Call, watch: Watch | None) -> "Started | None":
    begun = await in_database(partial(_begin, call), is_durable=True, writes_books=True, row=call.submission or "")
    if begun is None:
        return None
    generation, prepared = begun
    if prepared is None:
        return generation, call_runs.join_run(generation)
    claims.in_hand[generation.claimed_by].add(generation.pk)
    return generation, call_runs.start_run(generation, prepared, watch)


def _begin(call: Call) -> "tuple[Generation, Prepared | None] | None":
    """The row with this process's claim on it, on the disk before a byte is sent; None while there is no place."""
    submission = call.submission
    if submission and (same := _find_same(call.access_token, submission, call.request_hash)):
        return same, None
    version_watch.watch.refuse_when_behind()
    if claims.is_gateway_full(call.image_model.gateway):
        return None
    if time.monotonic() - call.checked_at > STALE_SECONDS:
        tokens.check_again(call.access_token, call.image_model)
    prepared = Prepared(has_inputs=bool(call.inputs), is_streamed=call.is_streamed)
    generation = generations.create_generation(
        owner=call.access_token.owner,
        image_model=call.image_model,
        prompt=call.prompt,
        parameters=call.parameters,
        inputs=call.inputs,
        visibility=call.visibility,
        group=call.access_token.group,
        submission=submission,
        kind=call.kind,
        conversation=call.conversation,
        origin=origin_of(call, prepared),
    )
    if generation is not prepared.generation:
        # Another process was first with the same key.
        prepared.give_back()
        return _same(generation, call.request_hash), None
    return generation, prepared


def origin_of(call: Call, prepared: Prepared) -> generations.Origin:
    return generations.Origin(
        access_token=call.access_token,
        client=call.client,
        request_hash=call.request_hash,
        worker=this_worker(),
        is_simulated=gateways.is_simulated(call.image_model.gateway),
        quote=quote_of(call),
        prepare=prepared.prepare,
    )


def quote_of(call: Call) -> prices.Quote:
    """From what the last runs cost, read once for many calls: a run that ended meanwhile may be missing there."""
    row = call.image_model
    known = remembered(("prices", row.pk), lambda: prices.Prices([row]))
    return known.quote(row, call.parameters, set(call.inputs), kind=call.kind)


def _find_same(access_token: AccessToken, submission: str, request_hash: str) -> Generation | None:
    """The row of an earlier request under the same key. A run that surely came to nothing gives its key away, and stays
    as the record it is."""
    found = Generation.objects.filter(owner=access_token.owner, submission=submission).first()
    if found is None:
        return None
    same = _same(found, request_hash)
    if same.status == Status.FAILED and same.error_kind in NOT_RUN:
        Generation.objects.filter(pk=same.pk).update(submission=None)
        return None
    return same


def _same(generation: Generation, request_hash: str) -> Generation:
    if generation.request_hash != request_hash:
        raise OtherRequest
    return generation
