"""Where people are signed in: noted as they come, ended one by one or all at once."""

from datetime import timedelta
from ipaddress import ip_address

from django.db import transaction
from django.utils import timezone

from gallery.models import Act, CacheEntry, Session, User
from gallery.models.sessions import LONGEST_DEVICE, SessionStore
from gallery.services import audit

# Closer together than this nobody wants to know it, and a page that is only read writes nothing.
NOTED_EVERY = timedelta(minutes=5)


def note_seen(store: SessionStore, *, device: str, address: str) -> None:
    """Keep where a session comes from and that it was used just now."""
    now = timezone.now()
    seen = {"device": device[:LONGEST_DEVICE], "address": readable_address(address)}
    known = Session() if store.row is None or store.row.pk != store.session_key else store.row
    is_same = {"device": known.device, "address": known.address} == seen
    if is_same and known.last_seen_at and now - known.last_seen_at < NOTED_EVERY:
        return
    Session.objects.filter(pk=store.session_key).update(**seen, last_seen_at=now)


def readable_address(text: str) -> str | None:
    """None for what is no address: a socket of the machine's own has none."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def end_session(session: Session) -> None:
    with transaction.atomic():
        audit.record(Act.SESSION_ENDED, session.user.display_name if session.user else "", where=session.address)
        session.delete()


def end_other_sessions(user: User, *, but: str | None) -> None:
    """All but the one with this key, by their own wish."""
    with transaction.atomic():
        end_sessions(user, but=but)
        audit.record(Act.SESSION_ENDED, user.display_name, which="all others")


def end_sessions(user: User, *, but: str | None = None) -> None:
    """End all of somebody's sessions; `but` is the key of one that stays."""
    Session.objects.of_person(user).exclude(pk=but or "").delete()


def purge_expired() -> None:
    """Rows that nobody asks for any more: sessions that ran out, and tries that were counted long ago."""
    Session.objects.expired().delete()
    CacheEntry.objects.filter(expires__lt=timezone.now()).delete()
