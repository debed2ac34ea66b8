"""What must be true after the storm, whatever was killed when; and the report."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.running_studio import manage
from tests.soak.books import SUCCEEDED, Books, file_disagreements, reply_disagreements
from tests.soak.ledger import Call
from tests.soak.people import Submitted
from tests.soak.rows import OPEN, Row, count
from tests.storm.killer import Killer, StormHouse
from tests.storm.scripts import Answered
from tests.visitor import Visitor

MOST_NAMED = 40


class Audit:
    """`breaches` is empty when every promise held. Runs of the studio die with the worker, those of scripts with the web
    process: each is held against its own kills."""

    def __init__(
        self,
        house: StormHouse,
        killer: Killer,
        rows: Sequence[Row],
        calls: Sequence[Call],
        forms: Submitted,
        scripts: Answered,
    ):
        self.house, self.killer, self.rows, self.calls = house, killer, rows, calls
        self.forms, self.scripts = forms, scripts
        tokens = set(scripts.statuses)
        told = [token for token, status in scripts.statuses.items() if status == 200]
        of_web = [replace(kill, what="both") for kill in house.kills if kill.what != "worker"]
        of_scripts = self._of(tokens.__contains__)
        of_people = self._of(lambda token: token not in tokens)
        self.books = (
            Books(*of_people, forms.tokens, house.kills),
            Books(*of_scripts, told, of_web),
        )

    def _of(self, is_theirs: Callable[[str], bool]) -> tuple[list[Row], list[Call]]:
        return (
            [row for row in self.rows if is_theirs(row.token)],
            [call for call in self.calls if is_theirs(call.token)],
        )

    def breaches(self) -> Iterator[str]:
        yield from self.forms.problems
        yield from self.scripts.problems
        yield from (f"{row.name} is still {row.status}" for row in self.rows if row.status in OPEN)
        for books in self.books:
            yield from books.disagreements()
        yield from self._lost_replies()
        yield from self._told_otherwise()
        yield from file_disagreements(self.house.data_folder, self.rows)
        yield from reply_disagreements(self.house.data_folder, self.rows)

    def _lost_replies(self) -> Iterator[str]:
        """A paid answer that lay whole on the disk at a kill is a success in the end."""
        endings = {str(row.pk): row.ending for row in self.rows}
        for name in sorted(self.killer.whole_replies | self.house.replies_at_starts):
            ending = endings.get(name.partition("-")[0])
            if ending != SUCCEEDED:
                yield f"the paid reply {name} lay on the disk at a kill, and its row ended {ending}"

    def _told_otherwise(self) -> Iterator[str]:
        rows = {row.token: row for row in self.rows}
        for token, status in self.scripts.statuses.items():
            row = rows.get(token)
            if status == 200 and (row is None or row.ending != SUCCEEDED or not self.scripts.pictures[token]):
                yield f"{token} was told a success, and its row ended {row.ending if row else 'nowhere'}"
            if status != 200 and row is not None and row.ending == SUCCEEDED:
                yield f"{token} was told {status}, and its row ended a success"

    def totals(self) -> Iterator[tuple[str, str]]:
        ran = [call for call in self.calls if call.may_have_run]
        yield "kills", _counted(kill.what for kill in self.house.kills)
        steps: Counter[str] = Counter()
        for (step, _), times in self.killer.done.items():
            steps[step] += times
        yield "kills by step", ", ".join(f"{step} {times}" for step, times in steps.most_common())
        yield "of them not met in time", ", ".join(f"{step} {n}" for step, n in self.killer.missed.items()) or "0"
        yield "forms taken / posts", f"{len(self.forms.tokens)} / {self.forms.posts}"
        yield "calls of scripts answered / posts", f"{len(self.scripts.statuses)} / {self.scripts.posts}"
        yield "answers to scripts", _counted(str(status) for status in self.scripts.statuses.values())
        yield "rows", str(len(self.rows))
        yield "rows by ending", _counted(row.ending for row in self.rows)
        yield "calls at the gateway that may have run", str(len(ran))
        yield "rows with two such calls", str(sum(n > 1 for n in Counter(call.token for call in ran).values()))
        yield "paid replies on the disk at a kill", str(len(self.killer.whole_replies | self.house.replies_at_starts))
        yield "pictures", str(sum(len(row.pictures) for row in self.rows))


def shown_breaches(house: StormHouse, visitor: Visitor, rows: Sequence[Row]) -> list[str]:
    """What people see: every picture of every success is served, and the doctor finds nothing. While the studio runs."""
    shas = {picture.sha256 for row in rows for picture in row.pictures}
    lost = [
        f"the picture {sha} is not served" for sha in sorted(shas) if visitor.status(f"/media/{sha}/original") != 200
    ]
    done = manage(house.data_folder, "doctor", "--full", **house.environment)
    return lost if done.returncode == 0 else [*lost, f"the doctor says: {done.stdout} {done.stderr}"]


def count_undrawn(data_folder: Path) -> int:
    return count(data_folder, "SELECT COUNT(*) AS rows FROM gallery_image WHERE NOT is_drawn")


def show(audit: Audit, more: Sequence[str]) -> bool:
    """True when every promise held."""
    breaches = [*audit.breaches(), *more]
    print()
    for name, value in audit.totals():
        print(f"{name:<42} {value}")
    print(f"\n{len(breaches)} breaches")
    for breach in breaches[:MOST_NAMED]:
        print(f"  {breach}")
    return not breaches


def _counted(names: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(names).most_common()) or "0"
