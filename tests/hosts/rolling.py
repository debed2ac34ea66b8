"""All four hosts restarted one after the other while people and scripts draw."""

import threading
import time
from dataclasses import dataclass, field

from tests.hosts.house import FRONT, WEB, WORKERS
from tests.hosts.people import at, call, fresh_token
from tests.hosts.scenes import Stage
from tests.visitor import wait_until

PEOPLE, SCRIPTS = 2, 2
PAUSE_SECONDS = 0.5
PROXY_FORGETS_SECONDS = 3.0


@dataclass
class Load:
    """What was answered, by token; `odd` are answers that nobody should have got."""

    stage: Stage
    is_over: threading.Event = field(default_factory=threading.Event)
    submitted: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    pages: int = 0
    odd: list[str] = field(default_factory=list)

    def person(self) -> None:
        visitor = at(self.stage.ada, FRONT)
        while not self.is_over.wait(PAUSE_SECONDS):
            token = fresh_token()
            try:
                page = visitor.post("/", {"model": "routellm/flux_kontext", "prompt": f"A boat {token} takes-1 at sea"})
                seen = visitor.get("/library/").status
            except OSError as problem:
                self.odd.append(f"{token}: {problem}")
                continue
            self.pages += 1
            if page.status != 302 or seen != 200:
                self.odd.append(f"{token}: {page.status}, {seen}")
            if page.status == 302:
                self.submitted.append(token)

    def script(self) -> None:
        while not self.is_over.wait(PAUSE_SECONDS):
            status, answer, token = call(FRONT, self.stage.access_token, seconds=1)
            if status == 200:
                self.called.append(token)
            else:
                self.odd.append(f"{token}: {status} {answer}")


def rolling_restart(stage: Stage) -> str:
    load = Load(stage)
    threads = [threading.Thread(target=load.person) for _ in range(PEOPLE)]
    threads += [threading.Thread(target=load.script) for _ in range(SCRIPTS)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    try:
        wait_until(lambda: len(load.submitted) > 3 and len(load.called) > 3, "load is on")
        for host in (*WEB, *WORKERS):
            code = stage.house.end(host)
            assert code == 0, f"{host} ended with {code}: {stage.house.said(host)[-2000:]}"
            stage.house.start(host)
            stage.house.wait_for(host)
            # Until nginx asks a host again that it could not reach.
            time.sleep(PROXY_FORGETS_SECONDS)
    finally:
        load.is_over.set()
        for thread in threads:
            thread.join(180)
    took = time.monotonic() - began
    assert not load.odd, load.odd
    for token in (*load.submitted, *load.called):
        stage.until(token, "succeeded", seconds=180)
    stage.paid_once(*load.submitted, *load.called)
    return (
        f"all four restarted one after the other in {took:.0f} s under load: {load.pages} forms and pages, {len(load.called)} "
        f"scripts’ calls, {len(load.submitted) + len(load.called)} runs, each drawn and paid once, no error shown"
    )
