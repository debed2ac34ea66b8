"""Two web hosts behind one nginx, two worker hosts, one data host, each a network namespace of its own; needs root, nginx,
PostgreSQL and Redis (Debian's packages) and, for S3, `--group parts`.

    python3 -m uv run --group dev --group parts --extra postgres --extra redis --extra s3 python -m tests.hosts

One line for each claim, with the seconds it took; 1 where one does not hold. The namespaces go in any case.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.hosts import scenes
from tests.hosts.gateway import LedgerGateway
from tests.hosts.house import FRONT, WEB, WORKERS, House, address
from tests.hosts.network import WATCHER, Network, lan_address
from tests.hosts.people import at
from tests.hosts.rolling import rolling_restart
from tests.visitor import Visitor, join, wait_until

LONGEST_SECONDS = 25 * 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts")
    parser.add_argument("--keep", action="store_true", help="Leave the folder with data and logs.")
    parser.add_argument("--only", nargs="*", default=[], metavar="CLAIM", help="These claims alone, by name.")
    parser.add_argument("--within", nargs=2, metavar=("MARK", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        return watch(Network(options.within[0]), Path(options.within[1]), options.only)
    if os.geteuid():
        print("Network namespaces need root.")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    network = Network(f"ps{os.getpid()}")
    folder = Path(tempfile.mkdtemp(prefix="proofsheet-hosts-"))
    try:
        network.build()
        words = (sys.executable, "-m", "tests.hosts", "--within", network.mark, str(folder), "--only", *options.only)
        return subprocess.run(network.inside(WATCHER, *words), check=False, timeout=LONGEST_SECONDS).returncode
    except subprocess.TimeoutExpired:
        print(f"BROKEN  not done after {LONGEST_SECONDS // 60} minutes")
        return 1
    finally:
        network.remove()
        if options.keep:
            print(f"Data and logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def watch(network: Network, folder: Path, only: Sequence[str]) -> int:
    """Beside the gateway, where all hosts are seen."""
    with ExitStack() as stack, ThreadPoolExecutor(4) as threads:
        gateway = LedgerGateway(lan_address(WATCHER))
        house = House(network, folder, gateway.base_url, stack)
        house.start_front()
        for host in WEB:
            house.start(host)
        house.wait_for(*WEB)
        for host in WORKERS:
            house.start(host)
        house.wait_for(*WORKERS)
        ada = at(join(address("web1"), house.setup_path(), "ada", "Ada"), FRONT)
        wait_until(lambda: Visitor(FRONT).status("/readyz") == 200, "the proxy finds web hosts")
        token = house.manage("worker1", "create_token", "ada", "--name", "hosts")
        stage = scenes.Stage(house=house, gateway=gateway, ada=ada, access_token=token)
        claims: list[Callable[[scenes.Stage], str]] = [
            scenes.first_start,
            scenes.one_session,
            scenes.drawn_elsewhere,
            scenes.references,
            scenes.masks,
            scenes.exports,
            scenes.scripts,
            scenes.offloaded,
            scenes.cut_off,
            scenes.given_up,
            scenes.worker_killed,
            scenes.web_killed,
            partial(scenes.web_killed_in_a_call, begin=threads.submit),
            rolling_restart,
        ]
        chosen = [claim for claim in claims if not only or name_of(claim) in only]
        broken = sum(not holds(claim, stage) for claim in chosen)
        tell_the_ledger(stage)
        return 1 if broken else 0


def name_of(claim: Callable[[scenes.Stage], str]) -> str:
    return str(getattr(claim, "func", claim).__name__)


def holds(claim: Callable[[scenes.Stage], str], stage: scenes.Stage) -> bool:
    began = time.monotonic()
    try:
        line, is_kept = claim(stage), True
    except Exception as problem:
        line, is_kept = f"{name_of(claim)}: {type(problem).__name__}: {problem}", False
    print(f"{'held' if is_kept else 'BROKEN':7} {time.monotonic() - began:5.0f} s  {line}", flush=True)
    return is_kept


def tell_the_ledger(stage: scenes.Stage) -> None:
    rows = stage.house.ask("SELECT status, count(*) FROM gallery_generation GROUP BY status ORDER BY status")
    told = ", ".join(f"{count} {status}" for status, count in rows)
    print(f"        the gateway was called {sum(stage.gateway.arrived.values())} times; runs: {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
