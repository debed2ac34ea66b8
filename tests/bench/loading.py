"""Benchmark `loading`: pages of a library as a browser itself times them, against an empty Django page in the same rounds.

First loads begin with an empty cache, later ones have it. By itself: `python -m tests.bench.loading --folder F`, where F is a
data folder with a library (`manage.py seed_library`).
"""

import argparse
import socket
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.library import seed
from tests.bench.results import Row, as_table
from tests.bench.scrolling import browsing, come_in
from tests.running_studio import running_studio
from tests.visitor import wait_until

PICTURES = 1000
PAGES = {"studio": "/", "library": "/library/", "history": "/history/", "boards": "/boards/"}
TIMES = {"first": "first byte", "ready": "DOM ready", "seen": "largest paint", "loaded": "loaded"}
# The browser's own clock, from the start of the navigation; and what came over the wire for it.
READ = """
() => new Promise((resolve) => {
  const [page] = performance.getEntriesByType("navigation");
  const parts = performance.getEntriesByType("resource");
  const bytes = (found) => found.reduce((sum, part) => sum + part.encodedBodySize, 0);
  const code = parts.filter((part) => /[.](css|js)([?]|$)/.test(part.name));
  const paints = [];
  new PerformanceObserver((list) => paints.push(...list.getEntries()))
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => resolve({
    first: page.responseStart, ready: page.domContentLoadedEventEnd, loaded: page.loadEventEnd,
    seen: Math.max(0, ...paints.map((paint) => paint.startTime)),
    html: page.encodedBodySize, code: bytes(code), requests: parts.length,
  }), 300);
})
"""


def measure(rounds: int, *, folder: Path) -> list[Row]:
    place = folder / f"sqlite-{PICTURES}"
    place.mkdir(parents=True, exist_ok=True)
    seed(place, processes.environment(place), PICTURES)
    return measure_in(rounds, place)


def measure_in(rounds: int, place: Path) -> list[Row]:
    seen: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    with running_studio(place) as studio, empty_django(place) as empty, browsing() as browser:
        cookies = [
            {"name": cookie.name, "value": cookie.value or "", "url": studio.address}
            for cookie in come_in(studio).cookies
        ]
        # What is compiled and remembered at a first request is not a page's.
        addresses = {"empty": empty, **{name: f"{studio.address}{path}" for name, path in PAGES.items()}}
        for address in addresses.values():
            load_twice(browser, address, cookies)
        for _ in range(rounds):
            for name, address in addresses.items():
                for when, figures in zip(("first", "again"), load_twice(browser, address, cookies), strict=True):
                    seen[name, when].append(figures)
    return [row for name in PAGES for when in ("first", "again") for row in rows_of(seen, name, when)]


def rows_of(seen: dict[tuple[str, str], list[dict[str, float]]], name: str, when: str) -> list[Row]:
    ours, empty = seen[name, when], seen["empty", when]
    words = f"{name}, {'first load' if when == 'first' else 'loaded again'}"
    last = ours[-1]
    weight = f"{last['html'] / 1000:.0f} KB of HTML, {last['code'] / 1000:.0f} KB of CSS and JS, {last['requests']:.0f} files"
    return [
        Row(
            what=f"{words}: {title}" + (f" ({weight})" if time == "first" else ""),
            ours=[figures[time] for figures in ours],
            unit="ms",
            other=[max(figures[time], 0.1) for figures in empty],
            other_name="an empty Django page",
        )
        for time, title in TIMES.items()
    ]


def load_twice(browser: Any, address: str, cookies: Sequence[dict[str, str]]) -> list[dict[str, float]]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies(cookies)
    page = context.new_page()
    page.set_default_timeout(180_000)
    found = []
    for _ in range(2):
        page.goto(address, wait_until="load")
        found.append(page.evaluate(READ))
    context.close()
    return found


@contextmanager
def empty_django(place: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = ["-m", "uvicorn", "--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    environment = processes.environment(place)
    del environment["DJANGO_SETTINGS_MODULE"]
    words.append("tests.bench.empty_page:application")
    with processes.running(words, environment=environment, log=place / "log", is_read=False):
        wait_until(lambda: answers(port), "an empty Django")
        yield f"http://127.0.0.1:{port}/"


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(as_table(measure_in(chosen.rounds, Path(chosen.folder))))
