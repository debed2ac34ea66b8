"""What the answers to the two kinds of key test prove, each as one sentence: a report on the key, a few words of chat."""

from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from gallery.gateway import errors
from gallery.gateway.dialects import bodies, refusals
from gallery.gateway.dialects.refusals import Recogniser
from gallery.gateway.messages import Credit, Reply

_exact = msgspec.json.Decoder(float_hook=Decimal)
_MOST = Decimal(10) ** 9


def read_chat(reply: Reply, recognise: Recogniser) -> str:
    """Of a chat of a few words, for gateways with nothing cheaper that asks for the key. Raises the refusal."""
    body = refusals.body_or_refusal(reply, recognise)
    complaint = refusals.complaint_in(body)
    if complaint is not None:
        raise refusals.failure(reply, complaint, recognise)
    if not body.choices:
        raise _another_service(reply)
    return "The gateway took the key and answered a test message of a few words. Address and key are good."


def read_report(reply: Reply, recognise: Recogniser) -> str:
    """Of `GET /key` at OpenRouter and OpenRoute.

    Raises the gateway's refusal; OutOfCredit for a good key whose limit is used up.
    """
    if not 200 <= reply.status < 300:
        refusals.body_or_refusal(reply, recognise)
    report = _report_in(reply, recognise)
    limit, left, used = (_credit(report.get(name)) for name in ("limit", "limit_remaining", "usage"))
    free = " It is a free account: few requests a day, of free models." if report.get("is_free_tier") is True else ""
    if left is not None and left <= 0:
        raise errors.OutOfCredit(
            "The gateway took the key, but the key's credit is used up. An administrator can raise its limit there.",
            detail=f"limit {limit}, used {used}",
            status=reply.status,
        )
    if left is not None:
        of = f" of ${limit:.2f}" if limit is not None else ""
        return f"The gateway took the key. Credit left on it: ${left:.2f}{of}.{free}"
    spent = f" ${used:.2f} were spent with it so far." if used is not None else ""
    return f"The gateway took the key, which has no limit of its own.{spent}{free}"


def read_key_credit(reply: Reply, recognise: Recogniser) -> Credit:
    """Of the same report: what is left of the key's own limit. A key without one tells nothing. Raises the refusal."""
    report = _report_in(reply, recognise)
    return Credit(left=_credit(report.get("limit_remaining")), total=_credit(report.get("limit")))


def read_account_credit(reply: Reply, recognise: Recogniser, *, points: int) -> Credit:
    """Of `GET /account` at RouteLLM, which counts in credits of so many points and is about an hour late. Its shape is in
    no document, so the numbers may stand within another object. Raises the refusal."""
    found = _decoded(reply)
    places = [found, *found.values()] if 200 <= reply.status < 300 else []
    account = next((place for place in places if isinstance(place, dict) and "credits_granted" in place), None)
    if account is None:
        _refuse(reply, recognise)
    granted, used = _credit(account["credits_granted"]), _credit(account.get("credits_used"))
    if granted is None:
        return Credit()
    return Credit(left=None if used is None else (granted - used) * points, total=granted * points)


def _report_in(reply: Reply, recognise: Recogniser) -> dict[str, Any]:
    report = _decoded(reply).get("data")
    return report if isinstance(report, dict) else _refuse(reply, recognise)


def _decoded(reply: Reply) -> dict[str, Any]:
    bodies.check_plain(reply)
    try:
        found = _exact.decode(reply.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse(reply: Reply, recognise: Recogniser) -> NoReturn:
    body = refusals.body_or_refusal(reply, recognise)
    complaint = refusals.complaint_in(body)
    if complaint is not None:
        raise refusals.failure(reply, complaint, recognise)
    raise _another_service(reply)


def _another_service(reply: Reply) -> errors.AnswerUnreadable:
    return errors.AnswerUnreadable(
        "Something answers at this address, but not as the gateway does. Check the base URL.", status=reply.status
    )


def _credit(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    credit = Decimal(value)
    return credit if credit.is_finite() and abs(credit) < _MOST else None
