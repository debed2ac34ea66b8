"""The storm: `python -m tests.storm --kills 200 [--seed N]`. People and scripts draw all the time while the worker, the web
process and both are killed at every step of a run; at the end every promise is held against the books, the disk and the
gateway's ledger. Loopback only; ends only what it started; exit code 1 on any breach, or when the time was too short.
"""

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.running_studio import manage
from tests.soak.__main__ import end, settle, sign_up, stand_in, tell
from tests.soak.ledger import read_calls
from tests.soak.people import Person, Submitted
from tests.soak.rows import read_rows
from tests.storm.audit import Audit, count_undrawn, show, shown_breaches
from tests.storm.killer import Killer, StormHouse, wait
from tests.storm.moments import Moments
from tests.storm.scripts import Answered, Script
from tests.visitor import Visitor

DRAWN_SECONDS = 200.0


def main() -> int:
    options = read_options()
    print(f"seed {options.seed}, {options.kills} kills, at most {options.minutes} minutes", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="proofsheet-storm-"))
    ledger = folder / "ledger.jsonl"
    started = time.monotonic()
    with stand_in(ledger, options) as address:
        house = StormHouse(folder / "data", address)
        try:
            visitors = sign_up(house)
            made = manage(house.data_folder, "create_token", "ada", "--name", "storm")
            killer, forms, scripts = rage(house, visitors, made.stdout.strip(), ledger, options)
            settle(house, address, visitors[0])
            wait(DRAWN_SECONDS, lambda: count_undrawn(house.data_folder) == 0)
            rows = read_rows(house.data_folder)
            more = shown_breaches(house, visitors[0], rows)
        finally:
            code = end(house)
    if killer.done.total() < options.kills:
        more.append(f"the time was too short: {killer.done.total()} of {options.kills} kills")
    if code or house.left:
        more.append(f"the studio ended with {code} and left {house.left}")
    held = show(Audit(house, killer, rows, read_calls(ledger), forms, scripts), more)
    print(f"{(time.monotonic() - started) / 60:.1f} minutes")
    if held and not options.keep:
        shutil.rmtree(folder)
    else:
        print(f"Kept: {folder}")
    return 0 if held else 1


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60, help="Stop killing after so many.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--every", type=float, default=1.5, help="Seconds from one form to the next.")
    parser.add_argument("--keep", action="store_true", help="Keep the data folder and the ledger.")
    parser.set_defaults(faults=0)
    return parser.parse_args()


def rage(
    house: StormHouse, visitors: Sequence[Visitor], access_token: str, ledger: Path, options: argparse.Namespace
) -> tuple[Killer, Submitted, Answered]:
    """Until the last kill."""
    numbers = itertools.count(1)
    forms, scripts = Submitted(numbers=numbers), Answered(numbers=numbers)
    pause = options.every * len(visitors)
    busy: list[Person | Script] = [
        *(Person(one, pause=pause, seed=f"{options.seed} {n}", submitted=forms) for n, one in enumerate(visitors)),
        *(Script(lambda: house.address, access_token, pause=options.every, answered=scripts) for _ in range(2)),
    ]
    chance = random.Random(f"{options.seed} kills")
    moments = Moments(house.data_folder, ledger, chance)
    killer = Killer(house, moments, kills=options.kills, chance=chance, tell=tell)
    for thread in (*busy, killer):
        thread.start()
    killer.join(options.minutes * 60)
    killer.is_over.set()
    killer.join()
    for thread in busy:
        thread.is_over.set()
    for thread in busy:
        thread.join()
    if killer.failure:
        raise killer.failure
    return killer, forms, scripts


if __name__ == "__main__":
    sys.exit(main())
