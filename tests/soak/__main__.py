"""The soak: `python -m tests.soak --minutes 60`. Four gateways, three people, faults, and a kill -9 every minute; at the
end the books are held against each other. Loopback only; ends only what it started; exit code 1 when books disagree.
"""

import argparse
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.running_studio import ROOT
from tests.soak import report
from tests.soak.house import House, Killer
from tests.soak.ledger import read_calls
from tests.soak.people import Person, Submitted
from tests.soak.rows import Row, count_open, read_rows
from tests.soak.stand_in import LINKS_WORK_AGAIN
from tests.visitor import Visitor, invitation_path, join, wait_until

SETTLE_SECONDS = 240.0
TELL_SECONDS = 60.0
NAMES = (("ada", "Ada"), ("bea", "Bea"), ("chi", "Chi"))


def main() -> int:
    options = read_options()
    print(f"seed {options.seed}, faults {options.faults} %, {options.kills} kills a minute; {' '.join(sys.argv)}")
    folder = Path(tempfile.mkdtemp(prefix="proofsheet-soak-"))
    with stand_in(folder / "ledger.jsonl", options) as address:
        house = House(folder / "data", address)
        try:
            visitors = sign_up(house)
            submitted = live(house, visitors, options)
            settle(house, address, visitors[0])
        finally:
            code = end(house)
    rows, calls = read_rows(house.data_folder), read_calls(folder / "ledger.jsonl")
    agree = report.show(house, rows, calls, submitted, exit_code=code)
    if agree and not options.keep:
        shutil.rmtree(folder)
    else:
        print(f"Kept: {folder}")
    return 0 if agree else 1


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--faults", type=float, default=5, help="Per cent of the calls that go wrong, in any way.")
    parser.add_argument("--kills", type=float, default=1, help="Kills a minute.")
    parser.add_argument("--every", type=float, default=1.5, help="Seconds from one submission to the next.")
    parser.add_argument("--keep", action="store_true", help="Keep the data folder and the ledger.")
    return parser.parse_args()


@contextlib.contextmanager
def stand_in(ledger: Path, options: argparse.Namespace) -> Iterator[str]:
    words = ["--ledger", str(ledger), "--seed", str(options.seed), "--faults", str(options.faults / 100)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.stand_in", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def live(house: House, visitors: Sequence[Visitor], options: argparse.Namespace) -> Submitted:
    """The given minutes of work, faults and kills."""
    submitted = Submitted()
    pause = options.every * len(NAMES)
    people = [
        Person(visitor, pause=pause, seed=f"{options.seed} {number}", submitted=submitted)
        for number, visitor in enumerate(visitors)
    ]
    killer = Killer(house, a_minute=options.kills, seed=options.seed, report=tell)
    for thread in (*people, killer):
        thread.start()
    end_at = time.monotonic() + options.minutes * 60
    while (left := end_at - time.monotonic()) > 0:
        time.sleep(min(left, TELL_SECONDS))
        if killer.failure:
            raise killer.failure
        house.top_up()
        tell(f"{len(submitted.tokens)} taken, {count_open(house.data_folder)} open")
    killer.stop()
    for person in people:
        person.is_over.set()
    for person in people:
        person.join()
    return submitted


def sign_up(house: House) -> Sequence[Visitor]:
    ada = join(house.address, house.setup_path, *NAMES[0])
    return [ada, *(join(house.address, invitation_path(ada), *name) for name in NAMES[1:])]


def settle(house: House, address: str, administrator: Visitor) -> None:
    """Wait until nothing is open; then look again at every reply that was kept, now that the links work."""
    wait_for_quiet(house)
    assert Visitor(address).get(LINKS_WORK_AGAIN).status == 200
    rows = [row for row in read_rows(house.data_folder) if row.status == "failed"]
    replies = {row.pk: reply for row in rows if (reply := reply_of(house, row)).exists()}
    tell(f"{len(replies)} rows say Look again")
    for pk in replies:
        assert administrator.post(f"/generations/{pk}/look-again/", {}).status == 302
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not any(reply.exists() for reply in replies.values()), "looked again")
    wait_for_quiet(house)


def reply_of(house: House, row: Row) -> Path:
    return house.data_folder / "replies" / f"{row.pk}-{row.attempts}.reply"


def wait_for_quiet(house: House) -> None:
    with contextlib.suppress(AssertionError):
        wait_until(lambda: count_open(house.data_folder) == 0, "nothing open", seconds=SETTLE_SECONDS)


def end(house: House) -> int:
    try:
        return house.end()
    finally:
        house.stop_all()


def tell(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
