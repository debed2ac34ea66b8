"""Calls of scripts: run at once in the web process, past the queue and by the same steps as everything else.

The row starts RUNNING with this process's lease, so that a worker repairs it should this process die. A run is a task of
its own: a script that hangs up does not end it.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.db.models import prefetch_related_objects

from gallery.gateway import client, errors
from gallery.models import AccessToken, APIKey, Generation, Image, ImageModel, Worker
from gallery.models.generations import OPEN, Status
from gallery.services import claims, gateways, generations, images, outcomes, runs
from gallery.services.database_thread import forget, in_database, remembered
from gallery.services.repeated import Repeated

logger = logging.getLogger(__name__)

FINISHING_THREADS = 8
PLACE_SECONDS = 60.0
LOOK_SECONDS = 0.2
SMALL_REPLY = 64 * 1024
# Failures before anything could be charged, which may pass: clients try again by themselves, under the same key.
NOT_RUN = frozenset(error.kind for error in (errors.DidNotRun, errors.NotReached, errors.TooManyRequests))

T = TypeVar("T")
Watch = Callable[[str], None]


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

    @property
    def submission(self) -> str | None:
        """Where the generation is found again; keys of two tokens are two keys."""
        if not self.idempotency_key:
            return None
        told = f"{self.access_token.pk}:{self.idempotency_key}"
        return f"key-{hashlib.sha256(told.encode()).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run at its end: the row as it is kept, and, where this process saw it fail, why."""

    generation: Generation
    problem: errors.GatewayError | None = None


@dataclass(kw_only=True)
class _Prepared:
    """How a new row is sent. Without pictures the request is built before the row is written, and is in it from the
    beginning; pictures are read and scaled later, in a thread of their own."""

    call: Call
    access: gateways.Access | None = None
    payload: dict[str, Any] | None = None
    problem: errors.GatewayError | None = None

    def prepare(self, generation: Generation) -> None:
        try:
            gateway = runs.gateway_of(generation)
            self.access = remembered(("access", gateway.pk), partial(gateways.access_to, gateway))
            if not self.call.inputs:
                self.payload = runs.build_payload(generation, self.access, {}, is_streamed=self.call.is_streamed)
        except errors.GatewayError as problem:
            self.problem = problem

    async def ready(self, generation: Generation) -> tuple[gateways.Access, dict[str, Any]]:
        """Access and payload. Raises GatewayError."""
        if self.problem is not None:
            raise self.problem
        assert self.access is not None
        if self.payload is None:
            build = partial(runs.prepare, generation, self.access, is_streamed=self.call.is_streamed)
            self.payload = await in_thread(build)
        return self.access, self.payload


Started = tuple[Generation, "asyncio.Future[Ended]"]

_threads = ThreadPoolExecutor(FINISHING_THREADS, thread_name_prefix="finishing")
# One at a time, and gently: scripts that wait come first.
_drawing = ThreadPoolExecutor(1, thread_name_prefix="drawing")
_running: dict[int, "asyncio.Task[Ended]"] = {}
_places: dict[tuple[asyncio.AbstractEventLoop, int], asyncio.Lock] = {}
_worker: Worker | None = None


async def in_thread(work: Callable[[], T]) -> T:
    """Work that waits for the disk, the network or a decoder, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def this_worker() -> Worker:
    """The row of this web process, made at its first call; from then on its leases are renewed."""
    global _worker
    if _worker is None:
        _worker = claims.register_worker(takes_from_queue=False)
        Repeated("keeper of calls", partial(_keep, _worker)).start()
    return _worker


def _keep(worker: Worker) -> None:
    runs.hang_up(claims.beat(worker))


async def start(call: Call, watch: Watch | None = None) -> "Started":
    """Write the row, once there is a place at the gateway, and start its run; give both. `watch` is handed the words of
    the answer as they come.

    The same request under the same Idempotency-Key gives the run there is. Raises NoPlace, OtherRequest.
    """
    return await _take_place(call, watch)


async def _take_place(call: Call, watch: Watch | None) -> "Started":
    """The row and its run. Who waits for a place at a gateway waits in line."""
    gateway = call.image_model.gateway
    line = _places.setdefault((asyncio.get_running_loop(), gateway.pk), asyncio.Lock())
    try:
        async with asyncio.timeout(PLACE_SECONDS), line:
            # Shielded: a row that is written while its caller hangs up is run, and never left as one that runs.
            while (started := await asyncio.shield(_begin_and_run(call, watch))) is None:
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise NoPlace(
            f"{gateway.max_running} runs wait for {gateway.name} already, which is all that may. Try again in a moment."
        ) from None
    return started


async def _begin_and_run(call: Call, watch: Watch | None) -> "Started | None":
    begun = await in_database(partial(_begin, call), is_durable=True)
    if begun is None:
        return None
    generation, prepared = begun
    if prepared is None:
        return generation, _running.get(generation.pk) or asyncio.ensure_future(_wait_for(generation))
    run = asyncio.ensure_future(_run(generation, prepared, watch))
    _running[generation.pk] = run
    run.add_done_callback(lambda _: _running.pop(generation.pk, None))
    return generation, run


def _begin(call: Call) -> "tuple[Generation, _Prepared | None] | None":
    """The row with this process's claim on it, on the disk before a byte is sent; None while there is no place."""
    submission = call.submission
    if submission:
        same = Generation.objects.filter(owner=call.access_token.owner, submission=submission).first()
        if same is not None and not _may_run_again(same):
            return _same(same, call), None
    if claims.is_gateway_full(call.image_model.gateway):
        return None
    worker = this_worker()
    prepared = _Prepared(call=call)
    generation = generations.create_generation(
        owner=call.access_token.owner,
        image_model=call.image_model,
        prompt=call.prompt,
        parameters=call.parameters,
        inputs=call.inputs,
        visibility=call.visibility,
        submission=submission,
        kind=call.kind,
        conversation=call.conversation,
        origin=generations.Origin(
            access_token=call.access_token,
            client=call.client,
            request_hash=call.request_hash,
            worker=worker,
            is_simulated=gateways.is_simulated(call.image_model.gateway),
            prepare=prepared.prepare,
        ),
    )
    if generation.claimed_by != worker.name or generation.pk in claims.in_hand[worker.name]:
        # Another process was first with the same key.
        return _same(generation, call), None
    claims.in_hand[worker.name].add(generation.pk)
    return generation, prepared


def _may_run_again(generation: Generation) -> bool:
    """Whether a run under the same key surely came to nothing: it gives its key away, and stays as the record it is."""
    if generation.status != Status.FAILED or generation.error_kind not in NOT_RUN:
        return False
    Generation.objects.filter(pk=generation.pk).update(submission=None)
    return True


def _same(generation: Generation, call: Call) -> Generation:
    if generation.request_hash != call.request_hash:
        raise OtherRequest
    return generation


async def _run(generation: Generation, prepared: _Prepared, watch: Watch | None) -> Ended:
    """Run the row to its end. Whatever happens, the row ends truthful."""
    worker = this_worker()
    problem: errors.GatewayError | None = None
    try:
        access, payload = await prepared.ready(generation)
        with runs.in_flight(generation) as handle:
            await client.send_async(
                access.connection, payload, **runs.limits_of(generation), handle=handle, watch=watch
            )
        await _finish(generation, access, worker)
    except errors.GatewayError as found:
        problem = found
        api_key = prepared.access.api_key if prepared.access else None
        await in_database(partial(_end_with_error, generation, worker, found, api_key))
    except Exception as found:
        logger.exception("generation %s failed here", generation.pk)
        await in_database(partial(outcomes.fail, generation, worker, *outcomes.own_fault(generation, found)))
    finally:
        claims.put_down(generation.pk, worker)
    if generation.is_open:
        # Ended by somebody else.
        generation = await in_database(partial(_read, generation.pk))
    return Ended(generation=generation, problem=problem)


def _end_with_error(
    generation: Generation, worker: Worker, problem: errors.GatewayError, api_key: APIKey | None
) -> None:
    outcomes.end_call_with_error(generation, worker, problem, api_key=api_key)
    # The key may have been set aside.
    forget()


async def _finish(generation: Generation, access: gateways.Access, worker: Worker) -> None:
    """Small answers in words are read in where the rows are written; pictures are decoded in a thread of their own."""

    def finish() -> None:
        if access.api_key:
            gateways.note_key_used(access.api_key)
        runs.finish_from_reply(generation, access, worker, draws_later=True)
        if not runs.is_analysis(generation):
            prefetch_related_objects([generation], "images")
            for image in generation.images.all():
                if not image.is_drawn:
                    _drawing.submit(_draw, image)

    is_small = runs.is_analysis(generation) and outcomes.reply_path(generation).stat().st_size < SMALL_REPLY
    await (in_database(finish) if is_small else in_thread(finish))


def _draw(image: Image) -> None:
    try:
        images.draw(image)
    except Exception:
        # A worker tries again.
        logger.exception("picture %s could not be drawn", image.pk)


async def _wait_for(generation: Generation) -> Ended:
    """The end of a run that another process, or an earlier request, has in hand."""
    row = generation
    while row.status in OPEN:
        await asyncio.sleep(LOOK_SECONDS)
        row = await in_database(partial(_read, generation.pk))
    return Ended(generation=await in_database(partial(_read, generation.pk)))


def _read(pk: int) -> Generation:
    return Generation.objects.select_related("gateway", "image_model").prefetch_related("images").get(pk=pk)


def stop() -> None:
    """When the web server has ended: what was to be drawn is left to a worker, calls under way are repaired by one."""
    for threads in (_drawing, _threads):
        threads.shutdown(wait=False, cancel_futures=True)
    if _worker is not None:
        claims.forget_worker(_worker)
