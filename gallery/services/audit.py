"""Writes the audit log. Whoever changes what it is about records that in the same transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from gallery.models import AuditEntry, User
from gallery.models.audit import Act

ITSELF = "Proofsheet"


@dataclass(frozen=True)
class Caller:
    """Who asks just now; asked for only when something is recorded, since most requests record nothing."""

    find_person: Callable[[], User | None]
    address: str | None


caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


@contextmanager
def acting(find_person: Callable[[], User | None], address: str | None) -> Iterator[None]:
    """Everything recorded within was done by this person, from this address."""
    before = caller.set(Caller(find_person, address))
    try:
        yield
    finally:
        caller.reset(before)


def record(act: Act, subject: object = "", *, actor: User | None = None, **detail: str | int | bool | None) -> None:
    """`detail` holds small facts: names, counts, what it was before. Never a secret, and never more than a page shows."""
    asking = caller.get()
    person = actor or (asking.find_person() if asking else None)
    AuditEntry.objects.create(
        act=act,
        actor=person,
        actor_name=person.display_name if person else "" if asking else ITSELF,
        subject=str(subject)[:200],
        detail={name: value for name, value in detail.items() if value not in (None, "")},
        address=asking.address if asking else None,
    )
