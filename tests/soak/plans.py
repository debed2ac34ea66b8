"""What the stand-in does with a call: as it should be, or one of the faults. Drawn by seed, so that a run can be repeated."""

import random
from collections.abc import Mapping
from enum import StrEnum


class Plan(StrEnum):
    GOOD = "good"
    RATE_LIMIT = "429"
    NO_CREDIT = "402"
    REFUSED = "refused by rules"
    FAULT = "5xx or error in a 200"
    HANG = "hung"
    CUT = "cut"
    DRIP = "dripped, whole"
    TRICKLE = "dripped past the deadline"
    WEB_PAGE = "HTML"
    NO_PICTURE = "no image"
    BROKEN_PICTURE = "one broken picture"
    REPEATED_PICTURE = "one picture twice"
    LINK_GONE = "one link gone"
    LINKS_DOWN = "links down for now"


FAULTS = tuple(plan for plan in Plan if plan is not Plan.GOOD)
# The gateway looked and said no: nothing ran, nothing is paid.
DID_NOT_RUN = frozenset({Plan.RATE_LIMIT, Plan.NO_CREDIT, Plan.REFUSED})
ONLY_WITH_PICTURES = frozenset(
    {Plan.NO_PICTURE, Plan.BROKEN_PICTURE, Plan.REPEATED_PICTURE, Plan.LINK_GONE, Plan.LINKS_DOWN}
)
# Words in a prompt at which the sandbox answers so, in each gateway's own shape.
SANDBOX_WORDS: Mapping[Plan, tuple[str, ...]] = {
    Plan.RATE_LIMIT: ("sandbox:rate-limit",),
    Plan.NO_CREDIT: ("sandbox:no-credit",),
    Plan.REFUSED: ("sandbox:refuse",),
    Plan.FAULT: ("sandbox:error", "sandbox:broken"),
    Plan.NO_PICTURE: ("sandbox:no-image",),
}


def draw(chance: random.Random, faults: float, *, is_question: bool) -> Plan:
    """`faults` is the share of calls that go wrong, 0 to 1; every kind is as likely as any other."""
    if chance.random() >= faults:
        return Plan.GOOD
    possible = [plan for plan in FAULTS if not (is_question and plan in ONLY_WITH_PICTURES)]
    return chance.choice(possible)
