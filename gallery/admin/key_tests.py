"""“Test” on the pages of gateways and keys: one cheap call for each key, and a message on what it proved."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest

from gallery.models import APIKey, Gateway
from gallery.services import gateway_tests

ASKED_PER_MINUTE = 10


def try_into_messages(request: HttpRequest, gateway: Gateway, only: APIKey | None = None) -> bool | None:
    """Whether a key passed; None when it was not tried, because it was tried a lot just now."""
    if not may_ask(gateway):
        messages.warning(request, f"{gateway.name} was tested a lot just now. Wait a minute, then test it again.")
        return None
    outcomes = gateway_tests.try_gateway(gateway, only=only)
    passed = [outcome for outcome in outcomes if outcome.passed]
    level = messages.ERROR if not passed else messages.SUCCESS if passed == outcomes else messages.WARNING
    messages.add_message(request, level, f"{gateway.name}: {in_words(outcomes, len(passed))}")
    return bool(passed)


def in_words(outcomes: Sequence[gateway_tests.Outcome], passed: int) -> str:
    """Of several keys only what failed is told whole: the page lists them all."""
    if len(outcomes) == 1:
        return outcomes[0].report
    counted = f"{passed} of {len(outcomes)} keys passed the test."
    return " ".join([counted, *(outcome.report for outcome in outcomes if not outcome.passed)])


def may_ask(gateway: Gateway, what: str = "tests") -> bool:
    """At most ten tests of one gateway a minute, and ten looks at its list: each is a call to somebody else's service."""
    name = f"gateway-{what}-{gateway.pk}"
    cache.add(name, 0, 60)
    try:
        return cache.incr(name) <= ASKED_PER_MINUTE
    except ValueError:  # it ran out between the two calls
        return True
