"""The way of one run, from the claim to the end. Follow `run_next` downwards.

What is on disk before what: the claim before a byte is sent, the raw reply before it is parsed, the picture's file
before its row, the rows before the raw reply is removed. So a crash at any point is repaired by `end_abandoned`.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from gallery import specs
from gallery.gateway import client, errors, messages
from gallery.images import scaling
from gallery.images.errors import PictureRefused
from gallery.models import Gateway, Generation, Image, Worker
from gallery.services import api_keys, claims, gateways, idle_connections, leases, outcomes, records, replies
from gallery.services.answers import AnswerSoFar
from gallery.services.generations import Inputs, inputs_of
from gallery.services.key_choices import KeyChoice
from gallery.services.log_marks import carrying_out
from gallery.services.patience import OF_THE_DATABASE, once_it_can
from gallery.services.questions import CONVERSATION, CONVERSATION_PICTURES
from gallery.services.reply_budget import replies_being_read

logger = logging.getLogger(__name__)

LARGEST_REPLY = 256 * 1024 * 1024
LARGEST_SIDE = 4096
SENT_TYPES = ("image/png", "image/jpeg", "image/webp")
NOT_STORED = "not_stored"
# Failures that leave the reply for another look.
KEPT_KINDS = (NOT_STORED, errors.PictureNotRead.kind, errors.PictureNotFetched.kind)
KEPT = "The answer is kept: once that is mended, “Look again” reads it and costs nothing."
NOT_ALL_KEPT = "The studio stopped while this was being stored, and its answer is lost. What was stored is kept."
calls_in_flight: dict[int, client.CallHandle] = {}


def run_next(worker: Worker) -> bool:
    """Claim and run the next generation; False when there is none to run now."""
    generation = claims.claim_next(worker)
    if generation is None:
        return False
    try:
        with carrying_out(generation.pk, asked_by=generation.request_id):
            run_claimed(generation, worker)
    finally:
        claims.put_down(generation.pk, worker)
    return True


def run_claimed(generation: Generation, worker: Worker) -> None:
    """Run a claimed row to its end. Whatever happens, the row ends truthful."""
    try:
        choice = KeyChoice(generation, gateways.accesses_to(gateway_of(generation)))
        run_with_keys(generation, worker, choice)
    except errors.GatewayError as problem:
        once_it_can(partial(outcomes.end_with_error, generation, worker, problem))
        replies.let_go(generation, problem)
    except Exception as problem:
        logger.exception("generation %s failed here", generation.pk)
        # Else it would look as if it had been sent.
        once_it_can(partial(outcomes.fail, generation, worker, *outcomes.own_fault(generation, problem)))


def run_with_keys(generation: Generation, worker: Worker, choice: KeyChoice) -> None:
    """One call that may be paid: another key's turn comes only when nothing ran with the one before. Raises GatewayError."""
    access = choice.take()
    while True:
        try:
            call_gateway(generation, access)
            once_it_can(partial(take_in, generation, access, worker), troubles=OF_THE_DATABASE)
            return
        except errors.GatewayError as problem:
            access = choice.take_next(problem, access)


def take_in(generation: Generation, access: gateways.Access, worker: Worker) -> None:
    """What a paid call brought. A database that is locked or away takes it later; a disk that is full is told at once."""
    if access.api_key:
        api_keys.note_used(access.api_key)
    finish_from_reply(generation, access, worker)


def finish_from_reply(
    generation: Generation, access: gateways.Access, worker: Worker, *, draws_later: bool = False
) -> None:
    """Read the reply in as soon as there is memory for it: 64 large answers may come at once."""
    with replies_being_read.reserve(outcomes.reply_path(generation).stat().st_size):
        replies.finish_from_reply(generation, access, worker, draws_later=draws_later)


def gateway_of(generation: Generation) -> Gateway:
    """The gateway's row; Rejected when it was removed while the generation waited."""
    if generation.gateway is None:
        raise errors.Rejected("This generation’s gateway was removed. Choose another model with “Edit and run”.")
    return generation.gateway


def call_gateway(generation: Generation, access: gateways.Access) -> None:
    """Send the request once; when this returns, the raw reply is on disk."""
    payload = prepare(generation, access, is_streamed=is_analysis(generation))
    limits = limits_of(generation)
    idle_connections.give_back()
    with in_flight(generation) as handle:
        client.send(
            access.connection,
            payload,
            **limits,
            handle=handle,
            watch=AnswerSoFar(generation) if is_analysis(generation) else None,
        )


def prepare(generation: Generation, access: gateways.Access, *, is_streamed: bool) -> dict[str, Any]:
    """The request in the gateway's dialect, recorded on the row before a byte of it is sent."""
    payload = build_payload(generation, access, inputs_of(generation), is_streamed=is_streamed)
    generation.save(update_fields=["is_simulated", "api_key", "api_key_label", "request", "notes"])
    if outcomes.was_cancelled(generation):
        raise errors.DidNotRun("Cancelled before it was sent.")
    return payload


def build_payload(
    generation: Generation, access: gateways.Access, inputs: Inputs, *, is_streamed: bool
) -> dict[str, Any]:
    """The request in the gateway's dialect, and on the row what the record keeps of it."""
    payload = access.connection.speaks.build(build_ask(generation, inputs, is_streamed=is_streamed))
    generation.is_simulated = access.connection.is_sandbox
    generation.api_key, generation.api_key_label = access.api_key, access.key_label
    generation.request = records.without_pictures(payload)
    return payload


@contextmanager
def in_flight(generation: Generation) -> Iterator[client.CallHandle]:
    """While this lasts, `hang_up` finds the call."""
    handle = calls_in_flight[generation.pk] = client.CallHandle()
    try:
        yield handle
    finally:
        calls_in_flight.pop(generation.pk, None)


def limits_of(generation: Generation) -> dict[str, Any]:
    """Where a call's reply goes, how long it may take (seconds) and how large it may be (bytes)."""
    return {
        "reply_path": outcomes.reply_path(generation),
        "deadline": float(gateway_of(generation).answer_seconds),
        "max_bytes": LARGEST_REPLY,
    }


def build_ask(generation: Generation, inputs: Inputs, *, is_streamed: bool) -> messages.Ask:
    """The generation in the words that dialects understand, from its own copy of the spec."""
    spec = specs.parse_parameters(generation.spec)
    values = specs.values_to_send(
        spec, generation.parameters, given_images=set(inputs), sends_defaults=gateway_of(generation).sends_defaults
    )
    pictures = [
        input_picture(generation, parameter, image)
        for parameter in spec
        if parameter.is_image
        for image in inputs.get(parameter.name, ())
    ]
    image_model = generation.image_model
    return messages.Ask(
        model_id=generation.model_id,
        prompt=generation.prompt,
        conversation=turns_of(generation, inputs.get(CONVERSATION, ())),
        modalities=[] if is_analysis(generation) else image_model.modalities if image_model else ["image"],
        values=values,
        transports={parameter.name: parameter.transport for parameter in spec},
        pictures=pictures,
        is_streamed=is_streamed,
        surface=image_model.surface if image_model and not is_analysis(generation) else "chat",
    )


def turns_of(generation: Generation, pictures: Sequence[Image]) -> list[messages.Turn]:
    """What was said before the prompt; a turn names its pictures by their place among the conversation's."""
    return [
        messages.Turn(
            role=turn["role"],
            text=turn["text"],
            pictures=[input_picture(generation, CONVERSATION_PICTURES, pictures[place]) for place in turn["pictures"]],
        )
        for turn in generation.conversation
    ]


def is_analysis(generation: Generation) -> bool:
    return generation.kind == Generation.Kind.ANALYSIS


def input_picture(generation: Generation, parameter: specs.Parameter, image: Image) -> messages.InputPicture:
    """The stored picture as it travels: untouched, or scaled down to what the parameter takes, with a word about it."""
    try:
        with default_storage.open(image.file_name) as file:
            content = file.read()
        fitted = scaling.fit(
            content,
            folder=settings.INCOMING_DIR,
            max_side=LARGEST_SIDE,
            max_bytes=parameter.max_megabytes * 1024 * 1024,
            media_types=SENT_TYPES,
        )
    except FileNotFoundError as problem:
        raise errors.Rejected("A reference picture’s file is missing. Remove it and choose another.") from problem
    except PictureRefused as problem:
        raise errors.Rejected(f"A reference picture cannot be sent. {problem.sentence}") from problem
    if fitted.done:
        generation.notes = [*generation.notes, f"{parameter.label}: {fitted.done}."]
    return messages.InputPicture(parameter=parameter.name, media_type=fitted.media_type, content=fitted.content)


def end_abandoned(worker: Worker, *, at: float | None = None) -> int:
    """End every row whose process died: from its reply where one is on disk, else as interrupted. Never calls again."""
    rows = leases.take_over_abandoned(worker, at=at)
    for generation in rows:
        try:
            with carrying_out(generation.pk, asked_by=generation.request_id):
                look_again(generation, worker)
        finally:
            claims.put_down(generation.pk, worker)
    return len(rows)


def look_again(generation: Generation, worker: Worker) -> None:
    """Finish a row from its saved reply, without asking the gateway for anything but the pictures it links to; where there is
    none, the process that asked for it died."""
    try:
        if not client.rescue(outcomes.reply_path(generation)):
            end_without_reply(generation, worker)
            return
        try:
            access = gateways.access_to_answer(gateway_of(generation), is_simulated=generation.is_simulated)
        except errors.Rejected as problem:
            end_unread(generation, worker, problem)
            return
        finish_from_reply(generation, access, worker)
    except errors.GatewayError as problem:
        sentence = outcomes.sentence_for_people(generation, problem)
        if generation.images.exists():
            told = sentence if problem.was_read else f"{replies.NOT_READ}{sentence}"
            end_with_what_is_kept(generation, worker, told)
        else:
            outcomes.fail(generation, worker, problem.kind, sentence, problem.detail)
        replies.let_go(generation, problem)
    except Exception as problem:
        logger.exception("generation %s cannot be finished from its reply", generation.pk)
        outcomes.fail(generation, worker, *outcomes.own_fault(generation, problem))


def end_without_reply(generation: Generation, worker: Worker) -> None:
    if generation.images.exists():
        end_with_what_is_kept(generation, worker, NOT_ALL_KEPT)
    else:
        outcomes.end_with_error(generation, worker, errors.Interrupted("The studio stopped while this was running."))


def end_unread(generation: Generation, worker: Worker, problem: errors.Rejected) -> None:
    """What was paid waits until an administrator has mended what keeps it from being read."""
    sentence = f"{outcomes.sentence_for_people(generation, problem)} {KEPT}"
    if generation.images.exists():
        end_with_what_is_kept(generation, worker, f"{replies.NOT_READ}{sentence}")
    else:
        outcomes.fail(generation, worker, NOT_STORED, sentence, problem.detail)


def end_with_what_is_kept(generation: Generation, worker: Worker, sentence: str) -> None:
    """Pictures that an earlier look stored hang on the wall: their run is a success."""
    replies.note(generation, [sentence])
    outcomes.finish(generation, worker, Generation.Status.SUCCEEDED)


def hang_up(generation_ids: Sequence[int]) -> None:
    """Cancel calls of this process that are under way."""
    for pk in generation_ids:
        if handle := calls_in_flight.get(pk):
            handle.cancel()


def can_look_again(generation: Generation) -> bool:
    """Whether an ended row's reply is still on a disk: something in it could not be kept yet. What lies on another host's
    disk shows by how the row failed."""
    if generation.is_open or generation.status == Generation.Status.CANCELLED:
        return False
    return has_reply_here(generation) or is_kept_elsewhere(generation)


def ask_to_look_again(generation: Generation) -> bool:
    """Hand an ended row back to the host that has its reply: from then on it shows as running. Its worker needs a bell, or
    finds it by itself. False when somebody else asked first."""
    host = settings.HOST_NAME if has_reply_here(generation) else generation.claimed_by.partition(":")[0]
    return leases.hand_back(generation, host)


def has_reply_here(generation: Generation) -> bool:
    return outcomes.reply_path(generation).exists()


def is_kept_elsewhere(generation: Generation) -> bool:
    """Whether the host that failed to keep it is another one, and is there."""
    host = generation.claimed_by.partition(":")[0]
    return (
        generation.status == Generation.Status.FAILED
        and generation.error_kind in KEPT_KINDS
        and host not in ("", settings.HOST_NAME)
        and Worker.objects.heard_of().filter(name__startswith=f"{host}:").exists()
    )
