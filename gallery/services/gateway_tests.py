"""What is known of a gateway without a run: tests that a person asks for, and looks that a worker takes now and then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from gallery.gateway import client, errors, messages
from gallery.models import APIKey, Gateway
from gallery.services import api_keys, gateways

SIMULATED = "No key yet: the sandbox answers, and everything made is marked as simulated."
BETWEEN_LOOKS = timedelta(minutes=15)
MOST_KEYS = 10
# Every other answer shows that somebody is there, if only to refuse.
NOBODY_THERE = (errors.NotReached, errors.TimedOut)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the test of one key showed; `key` is its name, "" where there is but one."""

    passed: bool
    sentence: str
    key: str = ""

    @property
    def report(self) -> str:
        return f"{self.key}: {self.sentence}" if self.key else self.sentence


def try_gateway(gateway: Gateway, *, only: APIKey | None = None) -> Sequence[Outcome]:
    """One cheap call for each key that is switched on, or for one alone. A person asks, perhaps because an account was
    topped up: keys that were set aside are tried too. What it shows is kept on the rows."""
    found = list(outcomes_of(gateway, only))
    report = " ".join(outcome.report for outcome in found)[:500]
    passed = any(outcome.passed for outcome in found)
    Gateway.objects.filter(pk=gateway.pk).update(tested_at=timezone.now(), test_passed=passed, test_report=report)
    return found


def outcomes_of(gateway: Gateway, only: APIKey | None) -> Iterator[Outcome]:
    try:
        accesses = accesses_to_test(gateway, only)
    except errors.GatewayError as problem:
        yield Outcome(passed=False, sentence=problem.sentence)
        return
    for access in accesses:
        name = access.key_label if len(accesses) > 1 else ""
        try:
            yield Outcome(passed=True, sentence=prove(gateway, access), key=name)
        except errors.GatewayError as problem:
            note_failure(gateway, access, problem)
            yield Outcome(passed=False, sentence=problem.sentence, key=name)
            if isinstance(problem, (*NOBODY_THERE, errors.Redirected)):
                # The others have the same address.
                return


def accesses_to_test(gateway: Gateway, only: APIKey | None) -> list[gateways.Access]:
    """As for a run, with the keys that were set aside. Raises GatewayError."""
    if not gateway.is_enabled or gateways.is_simulated(gateway) or gateways.takes_no_key(gateway):
        return gateways.accesses_to(gateway)
    gateways.note_environment_key(gateway)
    rows = APIKey.objects.filter(pk=only.pk) if only else gateways.keys_in_force(gateway).filter(is_enabled=True)
    address = gateways.normal_base_url(gateway, gateways.base_url_of(gateway))
    return gateways.accesses_by(gateway, address, rows[:MOST_KEYS])


def prove(gateway: Gateway, access: gateways.Access) -> str:
    """What one call with this key proved. Raises GatewayError."""
    if access.connection.is_sandbox:
        return SIMULATED
    proof = client.test_key(access.connection)
    note_reached(gateway, is_reachable=True, report="")
    if access.api_key:
        api_keys.note_used(access.api_key)
        api_keys.use_again(access.api_key)
    note_credit(gateway, access, proof.credit or credit_of(access))
    return proof.sentence


def note_failure(gateway: Gateway, access: gateways.Access, problem: errors.GatewayError) -> None:
    is_reachable = not isinstance(problem, NOBODY_THERE)
    note_reached(gateway, is_reachable=is_reachable, report="" if is_reachable else problem.sentence)
    if access.api_key:
        # Busy is said of the moment: it does not keep a key from being used.
        if isinstance(problem, errors.TooManyRequests):
            api_keys.note_error(access.api_key, problem.sentence)
        else:
            api_keys.set_aside(access.api_key, problem)


def credit_of(access: gateways.Access) -> messages.Credit | None:
    """By a call that costs nothing, where the gateway has one; what it does not tell fails no test."""
    if not access.connection.speaks.credit_path:
        return None
    try:
        return client.read_credit(access.connection)
    except errors.GatewayError:
        return None


def note_credit(gateway: Gateway, access: gateways.Access, credit: messages.Credit | None) -> None:
    """On the key; where it takes none, on its gateway."""
    if credit is None:
        return
    told = {"credit_left": credit.left, "credit_total": credit.total, "credit_read_at": timezone.now()}
    if access.api_key:
        same = APIKey.objects.filter(pk=access.api_key.pk, secret=access.api_key.secret)
        same.update(**told)
        if credit.left is not None and credit.left > 0:
            same.filter(set_aside_as=APIKey.SetAside.OUT_OF_CREDIT).update(**api_keys.FREE_AGAIN)
    else:
        Gateway.objects.filter(pk=gateway.pk).update(**told)


def note_reached(gateway: Gateway, *, is_reachable: bool, report: str) -> None:
    told = {"is_reachable": is_reachable, "look_report": report[:500], "looked_at": timezone.now()}
    Gateway.objects.filter(pk=gateway.pk).update(**told)


def look_at_gateways() -> None:
    """Whether each gateway with a key is there, and what it says is left: calls that cost nothing. Of several workers the
    first one looks."""
    now = timezone.now()
    stale = Q(looked_at=None) | Q(looked_at__lt=now - BETWEEN_LOOKS)
    for gateway in Gateway.objects.filter(stale, is_enabled=True):
        if gateways.is_simulated(gateway):
            continue
        if Gateway.objects.filter(stale, pk=gateway.pk).update(looked_at=now):
            look_at(gateway)


def look_at(gateway: Gateway) -> None:
    """A key is not set aside for what it is told here: runs and tests decide that."""
    try:
        accesses = accesses_to_test(gateway, None)
    except errors.GatewayError:
        # Nothing to look with; the state of its keys says so.
        return
    for access in accesses:
        try:
            note_credit(gateway, access, look_with(access))
            note_reached(gateway, is_reachable=True, report="")
        except errors.GatewayError as problem:
            is_reachable = not isinstance(problem, NOBODY_THERE)
            tells_more = not is_reachable or isinstance(problem, errors.Redirected)
            note_reached(gateway, is_reachable=is_reachable, report=problem.sentence if tells_more else "")
            if not is_reachable:
                return


def look_with(access: gateways.Access) -> messages.Credit | None:
    """Raises GatewayError."""
    if access.connection.speaks.credit_path:
        return client.read_credit(access.connection)
    client.list_models(access.connection)
    return None
