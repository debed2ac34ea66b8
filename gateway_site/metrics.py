"""`/metrics`, in Prometheus' text format: requests as this web process counts them, runs and queue as the database has them."""

import hmac
import resource
import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from gallery.models import Generation, UsageDay, UsagePace, Worker
from gallery.models.days import studio_day
from gallery.models.generations import OPEN
from gallery.models.usage import PACE_STEP
from gateway_site.environment import is_loopback
from gateway_site.tallies import tally

OUTCOMES = ("made", "failed", "cancelled")
BUCKETS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
Labels = Mapping[str, object]
Samples = list[tuple[Labels, float]]

# Sums of the days before this one do not change: they are read once a day.
_before: dict[date, tuple[Samples, dict[str, dict[int, int]]]] = {}


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        raise Http404
    lines = [line for family in families() for line in family]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def may_read(request: HttpRequest) -> bool:
    """Whoever has the operator's token; without one, whoever asks from this machine, unless a proxy may stand between."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    is_direct = not settings.PUBLIC_URL and not settings.TRUSTED_PROXIES
    return is_direct and is_loopback(request.META.get("REMOTE_ADDR", ""))


def families() -> Iterator[list[str]]:
    requests: Samples = [({"kind": kind, "status": status}, count) for (kind, status), count in tally.requests.items()]
    yield family("http_requests_total", "counter", "Requests answered; status 0: the caller left before.", requests)
    seconds: Samples = [({"kind": kind}, round(spent, 3)) for kind, spent in tally.seconds.items()]
    yield family("http_request_seconds_total", "counter", "Seconds from a request's head to its last byte.", seconds)
    yield family("http_in_flight", "gauge", "Requests under way.", [({}, tally.in_flight)])
    refused: Samples = [({"reason": reason}, count) for reason, count in tally.refused.items()]
    yield family("http_refused_total", "counter", "Turned away since there was no room, or too slow.", refused)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    yield family("web_memory_peak_bytes", "gauge", "Most memory the web process ever had.", [({}, memory)])
    yield family("workers", "gauge", "Workers that take from the queue.", [({}, Worker.objects.alive().count())])
    waiting = Generation.objects.counts_under_way()
    queue: Samples = [({"status": status}, waiting.get(status, 0)) for status in OPEN]
    yield family("generations_open", "gauge", "Runs that have not ended.", queue)
    runs, paces = sums_of_runs()
    yield family("generations_total", "counter", "Runs that ended, by gateway and outcome.", runs)
    yield histogram(paces)


def family(name: str, kind: str, help_text: str, samples: Samples) -> list[str]:
    head = [f"# HELP proofsheet_{name} {help_text}", f"# TYPE proofsheet_{name} {kind}"]
    return head + [f"proofsheet_{name}{labelled(labels)} {value:g}" for labels, value in samples]


def labelled(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{escaped(str(value))}"' for name, value in labels.items()) + "}"


def escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def sums_of_runs() -> tuple[Samples, dict[str, dict[int, int]]]:
    """By gateway: ended runs by outcome, and how many had which pace."""
    today = studio_day()
    if today not in _before:
        _before.clear()
        _before[today] = sums_between(date.min, today - timedelta(days=1))
    old, new = _before[today], sums_between(today, date.max)
    counts: dict[tuple[str, str], float] = {}
    paces: dict[str, dict[int, int]] = {}
    for samples, found in (old, new):
        for labels, count in samples:
            key = (str(labels["gateway"]), str(labels["outcome"]))
            counts[key] = counts.get(key, 0) + count
        for gateway, of_gateway in found.items():
            for pace, runs in of_gateway.items():
                kept = paces.setdefault(gateway, {})
                kept[pace] = kept.get(pace, 0) + runs
    return [({"gateway": gateway, "outcome": outcome}, count) for (gateway, outcome), count in counts.items()], paces


def sums_between(first: date, last: date) -> tuple[Samples, dict[str, dict[int, int]]]:
    rows = UsageDay.objects.filter(day__range=(first, last)).sums_by("gateway")
    samples: Samples = [({"gateway": row["key"], "outcome": name}, row[name]) for row in rows for name in OUTCOMES]
    return samples, UsagePace.objects.filter(day__range=(first, last)).counts_by("gateway")


def histogram(paces: Mapping[str, Mapping[int, int]]) -> list[str]:
    """Seconds are known to a tenth, which is what `PACE_STEP` keeps of them."""
    name = "proofsheet_generation_seconds"
    lines = [f"# HELP {name} Seconds from start to end of runs that were made.", f"# TYPE {name} histogram"]
    for gateway, of_gateway in paces.items():
        for most in BUCKETS:
            within = sum(runs for pace, runs in of_gateway.items() if PACE_STEP**pace <= most)
            lines.append(f"{name}_bucket{labelled({'gateway': gateway, 'le': most})} {within}")
        total = sum(of_gateway.values())
        seconds = sum(runs * PACE_STEP**pace for pace, runs in of_gateway.items())
        lines.append(f"{name}_bucket{labelled({'gateway': gateway, 'le': '+Inf'})} {total}")
        lines.append(f"{name}_sum{labelled({'gateway': gateway})} {seconds:.1f}")
        lines.append(f"{name}_count{labelled({'gateway': gateway})} {total}")
    return lines
