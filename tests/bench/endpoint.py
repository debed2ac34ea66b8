"""Benchmark `endpoint`: ours beside LiteLLM's proxy, both in front of one stand-in that answers after 50 ms.

Ours checks a token, writes a row before and after each call, keeps the raw reply, proves and stores every picture;
LiteLLM (without its database) passes on. Both run with one web process. Ours also draws thumbnails, after the answer.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.processes import cpu_seconds, family, pss_megabytes
from tests.bench.results import Row
from tests.running_studio import free_port

LITELLM = "litellm[proxy]>=1.106,<2"
KEY = "sk-bench-0123456789abcdef"
SECONDS = 6.0
START_SECONDS = 300.0
IDLE_SECONDS = 180.0
# Of a core, while nobody calls.
IDLE_SHARE = 0.15
LOADS = [("words", 1), ("words", 16), ("words", 64), ("picture", 1), ("picture", 16), ("picture", 64)]
SHORT_LOADS = [("words", 16), ("picture", 4)]
MAKE_TOKEN = """
from gallery.models import Gateway, ImageModel, User
from gallery.services import tokens
owner = User.objects.create_user("bench")
Gateway.objects.update(max_running=1000)
openrouter = Gateway.objects.get(slug="openrouter")
make = ImageModel.objects.create
make(gateway=openrouter, model_id="words", name="Words", tasks=["analysis"], output="text")
make(gateway=openrouter, model_id="picture", name="Picture", tasks=["image"], modalities=["image", "text"])
print(tokens.create_token(owner=owner, name="bench")[1])
"""


@dataclass(frozen=True, kw_only=True)
class Side:
    url: str
    token: str
    process_id: int


def measure(rounds: int, database: str, *, is_short: bool) -> list[Row]:
    loads = SHORT_LOADS if is_short else LOADS
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(processes.throw_away_folder())
        origin, picture_bytes = stack.enter_context(upstream(folder))
        our_side, other_side = (
            stack.enter_context(ours(folder, origin, database)),
            stack.enter_context(litellm(folder, origin)),
        )
        idle = (megabytes(our_side), megabytes(other_side))
        seen = [[(load(our_side, *each), load(other_side, *each)) for each in loads] for _ in range(rounds)]
    rows = [Row(what="Memory (PSS), idle", ours=[idle[0]], unit="MB", other=[idle[1]], other_name="LiteLLM")]
    for number, (kind, callers) in enumerate(loads):
        pairs = [turn[number] for turn in seen]
        size = f" of {picture_bytes / 2**20:.0f} MiB" if kind == "picture" else ""
        rows += rows_of(f"{kind}{size}, {callers} at once", pairs)
    return rows


def rows_of(what: str, pairs: list[tuple[dict[str, float], dict[str, float]]]) -> list[Row]:
    def row(name: str, key: str, unit: str) -> Row:
        mine, other = ([float(pair[side][key]) for pair in pairs] for side in (0, 1))
        return Row(what=f"{name}: {what}", ours=mine, unit=unit, other=other, other_name="LiteLLM")

    mine, other = (sum(pair[side]["failed"] for pair in pairs) for side in (0, 1))
    what += f" ({mine:.0f} of ours and {other:.0f} of theirs failed)" if mine or other else ""
    return [
        row("Answers a second", "rate", "/s"),
        row("Time added at the median", "added", "ms"),
        row("CPU of an answer", "cpu", "ms"),
        row("Memory (PSS), highest", "megabytes", "MB"),
    ]


def load(side: Side, kind: str, callers: int) -> dict[str, float]:
    words = ["--url", side.url, "--token", side.token, "--model", f"openrouter/{kind}"]
    words += ["--callers", str(callers), "--seconds", str(SECONDS)]
    before, most = cpu_seconds(family(side.process_id)), 0.0
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", *words], cwd=processes.ROOT, stdout=subprocess.PIPE, text=True
    )
    while running.poll() is None:
        most = max(most, megabytes(side))
        time.sleep(0.5)
    told: dict[str, float] = json.loads(running.communicate()[0])
    # What is left to do belongs to this load: thumbnails are drawn after the answers.
    wait_until_idle(side)
    spent = cpu_seconds(family(side.process_id)) - before
    return told | {"cpu": spent / told["count"] * 1000, "added": told["median"] - 50, "megabytes": most}


def wait_until_idle(side: Side) -> None:
    end, last = time.monotonic() + IDLE_SECONDS, -1.0
    while time.monotonic() < end:
        now = cpu_seconds(family(side.process_id))
        if 0 <= now - last < IDLE_SHARE:
            return
        last = now
        time.sleep(1)


def megabytes(side: Side) -> float:
    return pss_megabytes(family(side.process_id))


@contextlib.contextmanager
def upstream(folder: Path) -> Iterator[tuple[str, int]]:
    environment = processes.environment(folder)
    with processes.running(["-m", "tests.bench.upstream"], environment=environment, log=folder / "upstream.log") as one:
        assert one.stdout
        port, size = one.stdout.readline().split()
        yield f"http://127.0.0.1:{int(port)}", int(size)


@contextlib.contextmanager
def ours(folder: Path, origin: str, database: str) -> Iterator[Side]:
    data = folder / "data"
    told = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": f"{origin}/api/v1"}
    port = free_port()
    words = ["manage.py", "studio", "--port", str(port)]
    with contextlib.ExitStack() as stack:
        environment = processes.environment(data) | told | stack.enter_context(processes.running_database(database))
        process = stack.enter_context(
            processes.running(words, environment=environment, log=folder / "ours.log", is_read=False)
        )
        wait_for(f"http://127.0.0.1:{port}/healthz")
        made = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE_TOKEN],
            cwd=processes.ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        token = made.stdout.split()[-1]
        yield Side(url=f"http://127.0.0.1:{port}/v1/chat/completions", token=token, process_id=process.pid)


@contextlib.contextmanager
def litellm(folder: Path, origin: str) -> Iterator[Side]:
    """Its proxy in an environment of its own, set up for production, without a database."""
    models: list[dict[str, Any]] = [
        {
            "model_name": f"openrouter/{name}",
            "litellm_params": {"model": f"openai/{name}", "api_base": f"{origin}/v1", "api_key": KEY},
        }
        for name in ("words", "picture")
    ]
    config = folder / "litellm.json"
    config.write_text(json.dumps({"model_list": models, "general_settings": {"master_key": KEY}}))
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
    port = free_port()
    words = ["run", "--isolated", "--no-project", "--with", LITELLM, "litellm"]
    words += ["--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    log, uv = folder / "litellm.log", os.environ.get("UV") or shutil.which("uv") or "uv"
    with processes.running(
        words, environment=environment, folder=folder, log=log, program=uv, is_read=False
    ) as process:
        wait_for(f"http://127.0.0.1:{port}/health/liveliness")
        yield Side(url=f"http://127.0.0.1:{port}/v1/chat/completions", token=KEY, process_id=process.pid)


def wait_for(url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
