"""What this web process counts of its requests, for `/metrics`."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Written by the event loop alone. `refused` is by reason."""

    in_flight: int = 0
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str, status: int, seconds: float) -> None:
        """A status of 0: whoever asked left before there was an answer."""
        self.requests[kind, status] += 1
        self.seconds[kind] += seconds  # type: ignore[assignment]


tally = Tally()
