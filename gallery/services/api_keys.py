"""What becomes of API keys as they are used: set aside with a reason, taken up again, and the sentence when none is left.

Which key a run takes is in services.key_choices; saving one is a change to its gateway, in services.gateways.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from gallery.gateway import errors
from gallery.models import APIKey, Gateway
from gallery.models.gateways import APIKeyQuerySet

SetAside = APIKey.SetAside
SAME_MOMENT = timedelta(seconds=1)
# After this long a key without credit is tried once more: somebody may have topped the account up.
CREDIT_WAIT = timedelta(minutes=5)
SHORTEST_WAIT_SECONDS = 1.0
USUAL_WAIT_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 60.0
FREE_AGAIN = {"set_aside_at": None, "set_aside_as": "", "try_again_at": None, "last_error": "", "last_error_at": None}
# What is known of a key whose secret is new.
FRESH = {**FREE_AGAIN, "credit_left": None, "credit_total": None, "credit_read_at": None}
LIMIT_REACHED = "limit"
WORDS: Mapping[str, str] = {
    SetAside.REFUSED: "refused",
    SetAside.OUT_OF_CREDIT: "out of credit and tried again every five minutes",
    SetAside.BUSY: "asked to wait a moment",
    LIMIT_REACHED: "held back by a limit set here",
}


def note_used(api_key: APIKey) -> None:
    """To the second: many runs at once need not all write it down."""
    now = timezone.now()
    if api_key.last_used_at is None or now - api_key.last_used_at > SAME_MOMENT:
        APIKey.objects.filter(pk=api_key.pk).update(last_used_at=now)
        api_key.last_used_at = now


def note_worked(api_key: APIKey) -> None:
    """An answer came with it: earlier trouble is over. A key that was refused meanwhile, by its gateway or a new secret's
    test, is left as it is."""
    if api_key.last_error or api_key.set_aside_at:
        same = APIKey.objects.filter(pk=api_key.pk, secret=api_key.secret)
        same.exclude(set_aside_as=SetAside.REFUSED).update(**FREE_AGAIN)


def note_error(api_key: APIKey, sentence: str) -> None:
    # A new secret may have taken the place of the one that was used: the error is not its.
    same = APIKey.objects.filter(pk=api_key.pk, secret=api_key.secret)
    same.update(last_error=sentence[:500], last_error_at=timezone.now())


def set_aside(api_key: APIKey, problem: errors.GatewayError) -> None:
    """Pass over this key from now on, as far as the gateway's answer says so: one that was refused until a person decides,
    one without credit for some minutes, one that was asked to wait for as long. Else the error is noted and no more."""
    note_error(api_key, problem.sentence)
    reason = reason_of(problem)
    if reason:
        now = timezone.now()
        wait = {SetAside.OUT_OF_CREDIT: CREDIT_WAIT, SetAside.BUSY: pause_of(problem)}.get(reason)
        same = APIKey.objects.filter(pk=api_key.pk, secret=api_key.secret)
        same.update(set_aside_at=now, set_aside_as=reason, try_again_at=now + wait if wait else None)


def reason_of(problem: errors.GatewayError) -> SetAside | None:
    if isinstance(problem, errors.KeyRefused):
        return SetAside.REFUSED
    if isinstance(problem, errors.OutOfCredit):
        # Too little for this one model may be enough for another.
        return None if isinstance(problem, errors.CreditReserved) else SetAside.OUT_OF_CREDIT
    return SetAside.BUSY if isinstance(problem, errors.TooManyRequests) else None


def pause_of(problem: errors.GatewayError) -> timedelta:
    seconds = USUAL_WAIT_SECONDS if problem.retry_after is None else problem.retry_after
    return timedelta(seconds=min(max(seconds, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS))


def use_again(api_key: APIKey) -> None:
    """Let a key that was set aside be tried again."""
    APIKey.objects.filter(pk=api_key.pk).update(**FREE_AGAIN)


def use_earlier(api_key: APIKey) -> None:
    """Let it change places with the key before it; all keys that were saved for the gateway are numbered anew."""
    with transaction.atomic():
        saved = APIKey.objects.in_order().filter(gateway=api_key.gateway_id, fingerprint="")
        rows = list(saved.select_for_update(no_key=True))
        place = next((number for number, row in enumerate(rows) if row.pk == api_key.pk), 0)
        before = [number for number in range(place) if rows[number].host == api_key.host]
        if before:
            rows.insert(before[-1], rows.pop(place))
        for number, row in enumerate(rows):
            APIKey.objects.filter(pk=row.pk).update(position=number)


def none_left(gateway: Gateway, in_force: APIKeyQuerySet, *, at_limit: int = 0) -> errors.GatewayError:
    """Why none of the keys in force can be used now, in one sentence; `at_limit` of them have used up a limit of their own."""
    rows = list(in_force.filter(is_enabled=True))
    reasons = Counter(row.set_aside_as for row in rows if row.set_aside_as)
    if at_limit:
        reasons[LIMIT_REACHED] = at_limit
    sentence = sentence_of(gateway, reasons, len(rows))
    waits = [row.try_again_at for row in rows if row.set_aside_as == SetAside.BUSY and row.try_again_at]
    if waits:
        return errors.TooManyRequests(sentence, retry_after=(min(waits) - timezone.now()).total_seconds())
    if reasons[SetAside.OUT_OF_CREDIT]:
        return errors.OutOfCredit(sentence)
    return errors.KeyLimitReached(sentence) if at_limit else errors.KeyRefused(sentence)


def sentence_of(gateway: Gateway, reasons: "Counter[str]", count: int) -> str:
    """`RouteLLM has no API key that works now: one is out of credit, 2 are refused. …`"""
    if not reasons:
        return f"{gateway.name} has no API key that works. An administrator can enter one."
    one = "it" if count == 1 else "one"
    told = [f"{one} is {WORDS[reason]}" if n == 1 else f"{n} are {WORDS[reason]}" for reason, n in reasons.items()]
    return (
        f"{gateway.name} has no API key that works now: {', '.join(told)}. Nothing was sent. "
        f"An administrator can mend that on {gateway.name}’s page."
    )
