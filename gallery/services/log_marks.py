"""What a line of the log belongs to: the request that is answered, and the run that is carried out for it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
generation_id: ContextVar[int | None] = ContextVar("generation_id", default=None)


def fresh_id() -> str:
    return uuid.uuid4().hex


@contextmanager
def answering(name: str) -> Iterator[None]:
    token = request_id.set(name)
    try:
        yield
    finally:
        request_id.reset(token)


@contextmanager
def carrying_out(generation: int, *, asked_by: str | None) -> Iterator[None]:
    """In whichever process: the row remembers the request that submitted it."""
    run = generation_id.set(generation)
    try:
        with answering(asked_by or request_id.get()):
            yield
    finally:
        generation_id.reset(run)
