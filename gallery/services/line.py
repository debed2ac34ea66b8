"""Where everyone stands in line, reckoned as `claims.next_in_line` will decide it if nothing ends meanwhile."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Mapping

from django.utils import timezone

from gallery.models import Generation
from gallery.services import claims

# Owners' waiting runs, oldest first.
Line = dict[int | None, deque[int]]


def places_in_line() -> dict[int, int]:
    """Of each waiting run its place before its gateway, 1 being next. What waits for a time of its own has none."""
    lines: dict[int | None, Line] = defaultdict(lambda: defaultdict(deque))
    for pk, gateway, owner in Generation.objects.due().order_by("pk").values_list("pk", "gateway", "owner"):
        lines[gateway][owner].append(pk)
    if not lines:
        return {}
    _, of_owner = claims.count_running()
    started = claims.last_starts([owner for line in lines.values() for owner in line])
    places: dict[int, int] = {}
    for line in lines.values():
        order = order_of(line, of_owner, started)
        places |= {pk: place for place, pk in enumerate(order, 1)}
    return places


def order_of(line: Line, running: Counter[int | None], started: Mapping[int | None, float]) -> list[int]:
    """Turn by turn: fewest running first, then whoever started longest ago, then first come."""
    now = timezone.now().timestamp()
    turns = [(running[owner], started.get(owner, 0.0), runs[0], owner) for owner, runs in line.items()]
    heapq.heapify(turns)
    order: list[int] = []
    while turns:
        count, _, pk, owner = heapq.heappop(turns)
        order.append(pk)
        runs = line[owner]
        runs.popleft()
        if runs:
            heapq.heappush(turns, (count + 1, now + len(order), runs[0], owner))
    return order
