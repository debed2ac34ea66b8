"""Benchmark `scrolling`: 50,000 pictures scrolled end to end in a real Chromium: the longest task, the most nodes.

There is no other side: the figures stand beside the aims, 100 ms and 2,500 nodes. Tasks are measured twice: by the clock,
which on a busy machine counts what others do meanwhile, and by the processor time of the page's own thread.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench import processes
from tests.bench.library import seed
from tests.bench.results import Row
from tests.running_studio import Studio, running_studio
from tests.visitor import PASSWORD, Visitor, join

PICTURES = 50_000
LONGEST_TASK = 100
MOST_NODES = 2500
STEP = 0.9
FRAMES = 4
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run"]
# Scrolls by `step` screens every `frames` frames to the end and, at the end, back by the scroll bar in 40 leaps.
SCROLL = """
async ([step, frames]) => {
  const tasks = [];
  const observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) tasks.push(entry.duration); });
  observer.observe({ type: "longtask" });
  const frame = () => new Promise(requestAnimationFrame);
  const seen = { nodes: 0, tiles: 0, steps: 0, blank: 0 };
  const look = () => {
    seen.nodes = Math.max(seen.nodes, document.getElementsByTagName("*").length);
    seen.tiles = Math.max(seen.tiles, document.querySelectorAll("[data-tile]").length);
  };
  const isAtEnd = () => scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const rest = async (count) => { for (let at = 0; at < count; at += 1) await frame(); look(); };
  let still = 0;
  while (still < 30) {
    const before = scrollY;
    scrollBy(0, innerHeight * step);
    await rest(frames);
    seen.steps += 1;
    still = isAtEnd() && scrollY === before ? still + 1 : 0;
  }
  const last = document.querySelectorAll("[data-tile]").length;
  for (let leap = 40; leap >= 0; leap -= 1) {
    scrollTo(0, document.documentElement.scrollHeight * leap / 40);
    await rest(frames * 3);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { ...seen, last, longest: Math.max(0, ...tasks), over: tasks.filter((task) => task > 100).length, tasks: tasks.length };
}
"""


def measure(rounds: int, *, folder: Path) -> list[Row]:
    place = folder / f"sqlite-{PICTURES}"
    place.mkdir(parents=True, exist_ok=True)
    seed(place, processes.environment(place), PICTURES)
    with running_studio(place) as studio, browsing() as browser:
        visitor = come_in(studio)
        seen = [scroll(browser, studio, visitor) for _ in range(rounds)]
    name = f"{PICTURES:,} pictures in Chromium, end to end and back"
    return [
        beside(f"{name}: longest task, processor time", figures(seen, "longest_cpu"), "ms", LONGEST_TASK),
        Row(what=f"{name}: tasks over 100 ms, processor time", ours=figures(seen, "over_cpu"), unit=""),
        beside(f"{name}: longest task, by the clock", figures(seen, "longest"), "ms", LONGEST_TASK),
        Row(what=f"{name}: tasks over 100 ms, by the clock", ours=figures(seen, "over"), unit=""),
        beside(f"{name}: most nodes in the page", figures(seen, "nodes"), "", MOST_NODES),
        Row(what=f"{name}: most tiles in the page", ours=figures(seen, "tiles"), unit=""),
        Row(what=f"{name}: steps of {STEP} screens", ours=figures(seen, "steps"), unit=""),
    ]


def beside(what: str, ours: list[float], unit: str, aim: float) -> Row:
    return Row(what=what, ours=ours, unit=unit, other=[aim] * len(ours), other_name="aim, at most")


def figures(seen: list[dict[str, Any]], name: str) -> list[float]:
    return [float(one[name]) for one in seen]


@contextmanager
def browsing() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


def come_in(studio: Studio) -> Visitor:
    """The administrator of this library: made by its set-up link, who signs in when it was scrolled before."""
    if studio.setup_path:
        return join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
    visitor = Visitor(studio.address)
    visitor.get("/accounts/login/")
    assert visitor.post("/accounts/login/", {"username": "ada", "password": PASSWORD}).status == 302
    return visitor


def scroll(browser: Any, studio: Studio, visitor: Visitor) -> dict[str, Any]:
    context = browser.new_context(base_url=studio.address, viewport={"width": 1440, "height": 900})
    context.add_cookies(
        [{"name": cookie.name, "value": cookie.value or "", "url": studio.address} for cookie in visitor.cookies]
    )
    page: Page = context.new_page()
    page.set_default_timeout(900_000)
    page.goto("/library/")
    page.wait_for_load_state("networkidle")
    with tracing(page) as events:
        found: dict[str, Any] = page.evaluate(SCROLL, [STEP, FRAMES])
    times = task_milliseconds(events)
    found |= {"longest_cpu": max(times), "over_cpu": sum(time > LONGEST_TASK for time in times)}
    assert re.fullmatch(r".*/library/.*", page.url)
    assert found["last"] > 0
    context.close()
    return found


@contextmanager
def tracing(page: Page) -> Iterator[list[dict[str, Any]]]:
    """What Chromium's threads did; complete when the block is left."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended: list[Any] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda part: ended.append(part))
    config = {"includedCategories": ["toplevel", "__metadata"]}
    session.send("Tracing.start", {"traceConfig": config, "transferMode": "ReportEvents"})
    yield events
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(100)


def task_milliseconds(events: list[dict[str, Any]]) -> list[float]:
    """Processor time of each task of the pages' main threads."""
    names = [event for event in events if event.get("ph") == "M" and event["name"] == "thread_name"]
    mains = {(event["pid"], event["tid"]) for event in names if event["args"]["name"] == "CrRendererMain"}
    tasks = [event for event in events if event.get("ph") == "X" and event["name"].endswith("RunTask")]
    return [event["tdur"] / 1000 for event in tasks if (event["pid"], event["tid"]) in mains and "tdur" in event]
