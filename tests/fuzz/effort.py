"""How long is tried: a little, and always the same, with every change; more by PROOFSHEET_FUZZ=<examples per property>."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

ASKED = os.environ.get("PROOFSHEET_FUZZ", "")
EXAMPLES = int(ASKED) if ASKED.isdecimal() else 0


def bounded(examples: int) -> Callable[[Any], Any]:
    """That many examples, or as many as were asked for; whoever asked for more gets others every time."""
    return settings(
        max_examples=max(examples, EXAMPLES),
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
