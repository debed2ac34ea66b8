"""The run of a script's call, from its row to its end; see `calls` for how it begins. A run is a task of its own."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import prefetch_related_objects

from gallery.gateway import client, errors
from gallery.models import Gateway, Generation, Worker
from gallery.models.generations import OPEN
from gallery.services import api_keys, claims, gateways, key_uses, outcomes, replies, runs
from gallery.services.database_thread import forget, in_database, remembered
from gallery.services.key_choices import KeyChoice
from gallery.services.log_marks import generation_id
from gallery.services.patience import OF_THE_DATABASE, once_it_can_async
from gallery.services.web_worker import draw_later, in_thread, this_worker

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
SMALL_REPLY = 64 * 1024

Watch = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run at its end: the row as it is kept, and, where this process saw it fail, why."""

    generation: Generation
    problem: errors.GatewayError | None = None


@dataclass(kw_only=True)
class Prepared:
    """How a new row is sent. Without pictures the request is built before the row is written, and is in it from the
    beginning; pictures are read and scaled later, in a thread of their own."""

    has_inputs: bool
    is_streamed: bool
    generation: Generation | None = None
    choice: KeyChoice | None = None
    access: gateways.Access | None = None
    payload: dict[str, Any] | None = None
    problem: errors.GatewayError | None = None

    def prepare(self, generation: Generation) -> None:
        self.generation = generation
        try:
            pk = runs.gateway_of(generation).pk
            found = remembered(("accesses", pk), lambda: gateways.accesses_to(Gateway.objects.get(pk=pk)))
            self.choice = KeyChoice(generation, found)
            self.access = self.choice.take()
            if not self.has_inputs:
                self.payload = runs.build_payload(generation, self.access, {}, is_streamed=self.is_streamed)
        except errors.GatewayError as problem:
            self.problem = problem

    async def ready(self, generation: Generation) -> tuple[gateways.Access, dict[str, Any]]:
        """Access and payload. Raises GatewayError."""
        if self.problem is not None:
            raise self.problem
        assert self.access is not None
        if self.payload is None:
            build = partial(runs.prepare, generation, self.access, is_streamed=self.is_streamed)
            self.payload = await in_thread(build)
        return self.access, self.payload

    def take_next_key(self, problem: errors.GatewayError, refused: gateways.Access) -> errors.GatewayError | None:
        """After an answer that proves that nothing ran. Returns why there is no other key to try; raised, it would undo
        that this one is set aside. May be done again where the database gave the first time up."""
        # A key may be set aside here.
        forget()
        if self.generation is None or self.choice is None:
            return problem
        if outcomes.was_cancelled(self.generation):
            return problem
        try:
            self.access = self.choice.take_next(problem, refused)
        except errors.GatewayError as none_left:
            return none_left
        return None

    def give_back(self) -> None:
        """The row was not written after all: another process had written the same."""
        if self.generation is not None:
            key_uses.give_back(self.generation)


under_way: dict[int, "asyncio.Task[Ended]"] = {}


def start_run(generation: Generation, prepared: Prepared, watch: Watch | None) -> "asyncio.Task[Ended]":
    task = asyncio.ensure_future(_run(generation, prepared, watch))
    under_way[generation.pk] = task
    task.add_done_callback(lambda _: under_way.pop(generation.pk, None))
    return task


def join_run(generation: Generation) -> "asyncio.Future[Ended]":
    """The run of a row that an earlier request, or another process, began."""
    return under_way.get(generation.pk) or asyncio.ensure_future(_wait_for(generation))


async def _run(generation: Generation, prepared: Prepared, watch: Watch | None) -> Ended:
    """Run the row to its end. Whatever happens, the row ends truthful."""
    worker = this_worker()
    problem: errors.GatewayError | None = None
    generation_id.set(generation.pk)
    try:
        await _run_with_keys(generation, prepared, worker, watch)
    except errors.GatewayError as found:
        problem = found
        await _write_down(partial(outcomes.end_call_with_error, generation, worker, found))
        replies.let_go(generation, found)
    except Exception as found:
        logger.exception("generation %s failed here", generation.pk)
        await _write_down(partial(outcomes.fail, generation, worker, *outcomes.own_fault(generation, found)))
    finally:
        claims.put_down(generation.pk, worker)
    if generation.is_open:
        # Ended by somebody else.
        generation = await in_database(partial(_read, generation.pk))
    return Ended(generation=generation, problem=problem)


async def _write_down(end: Callable[[], None]) -> None:
    """No worker would look at the row soon: this process lives."""
    await once_it_can_async(partial(in_database, end, writes_books=True))


async def _run_with_keys(generation: Generation, prepared: Prepared, worker: Worker, watch: Watch | None) -> None:
    """As `runs.run_with_keys`. A refusal is no stream: nothing was said to whoever watches."""
    while True:
        access, payload = await prepared.ready(generation)
        try:
            with runs.in_flight(generation) as handle:
                await client.send_async(
                    access.connection, payload, **runs.limits_of(generation), handle=handle, watch=watch
                )
            await once_it_can_async(partial(_finish, generation, access, worker), troubles=OF_THE_DATABASE)
            return
        except errors.GatewayError as problem:
            take_next = partial(prepared.take_next_key, problem, access)
            if none_left := await in_database(take_next, writes_books=True):
                raise none_left from problem


async def _finish(generation: Generation, access: gateways.Access, worker: Worker) -> None:
    """Small answers in words are read in where the rows are written; pictures are kept in a thread of their own."""
    if runs.is_analysis(generation) and outcomes.reply_path(generation).stat().st_size < SMALL_REPLY:
        # Past the budget of replies being read: who holds it may wait for the database.
        take_in = partial(_take_in, generation, access, worker, replies.finish_from_reply)
        await in_database(take_in, writes_books=True)
    else:
        await in_thread(partial(_take_in, generation, access, worker, runs.finish_from_reply))


def _take_in(generation: Generation, access: gateways.Access, worker: Worker, finish: Callable[..., None]) -> None:
    if access.api_key:
        api_keys.note_used(access.api_key)
    finish(generation, access, worker, draws_later=True)
    if runs.is_analysis(generation):
        return
    prefetch_related_objects([generation], "images")
    for image in generation.images.all():
        if not image.is_drawn:
            draw_later(image)


async def _wait_for(generation: Generation) -> Ended:
    row = generation
    while row.status in OPEN:
        await asyncio.sleep(LOOK_SECONDS)
        row = await in_database(partial(_read, generation.pk))
    return Ended(generation=await in_database(partial(_read, generation.pk)))


def _read(pk: int) -> Generation:
    return Generation.objects.select_related("gateway", "image_model").prefetch_related("images").get(pk=pk)


async def end_all(seconds: float) -> None:
    """When the web server stops: give what is under way this long, then hang up on it and let it write that down."""
    if not under_way:
        return
    await asyncio.wait(list(under_way.values()), timeout=seconds)
    if under_way:
        runs.hang_up(list(under_way))
        await asyncio.wait(list(under_way.values()), timeout=seconds)
