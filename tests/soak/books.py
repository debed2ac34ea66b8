"""The studio's books held against the stand-in's ledger: every row, call, picture, file and payment."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from gallery.images.store import name_original, name_thumbnail
from tests import own_parts
from tests.soak.house import ANSWER_SECONDS, Kill
from tests.soak.ledger import Call
from tests.soak.plans import Plan
from tests.soak.rows import Row

# Between the stand-in's last byte and the worker's own file there is a moment in which a kill loses the answer.
SLACK_SECONDS = 1.0
SUCCEEDED = "succeeded"
ENDINGS: Mapping[Plan, frozenset[str]] = {
    Plan.GOOD: frozenset({SUCCEEDED}),
    Plan.RATE_LIMIT: frozenset({"too_many_requests"}),
    Plan.NO_CREDIT: frozenset({"out_of_credit"}),
    Plan.REFUSED: frozenset({"content_refused"}),
    Plan.FAULT: frozenset({"gateway_failed"}),
    Plan.HANG: frozenset({"timed_out"}),
    Plan.CUT: frozenset({"interrupted"}),
    Plan.DRIP: frozenset({SUCCEEDED}),
    Plan.TRICKLE: frozenset({"timed_out"}),
    Plan.WEB_PAGE: frozenset({"answer_unreadable"}),
    Plan.NO_PICTURE: frozenset({"no_image"}),
    Plan.BROKEN_PICTURE: frozenset({"no_image"}),
    Plan.REPEATED_PICTURE: frozenset({SUCCEEDED}),
    Plan.LINK_GONE: frozenset({"picture_not_fetched"}),
    # By the time the books are held together, somebody has pressed "Look again".
    Plan.LINKS_DOWN: frozenset({SUCCEEDED}),
}
COUNTED = frozenset({SUCCEEDED, "no_image", "picture_not_read", "picture_not_fetched"})


class Books:
    """`disagreements` is empty when they agree."""

    def __init__(self, rows: Sequence[Row], calls: Sequence[Call], tokens: Sequence[str], kills: Sequence[Kill]):
        self.rows = rows
        self.tokens = tokens
        self.kills = [kill.at for kill in kills if kill.hit_worker]
        self.calls_of: dict[str, list[Call]] = {}
        self.spent_at: dict[str, float] = {}
        for call in calls:
            self.calls_of.setdefault(call.token, []).append(call)
            if call.plan is Plan.NO_CREDIT:
                self.spent_at.setdefault(call.gateway, call.arrived_at)

    def disagreements(self) -> Iterator[str]:
        yield from self._rows_and_forms()
        for row in self.rows:
            for problem in self._of_row(row, self.calls_of.get(row.token, [])):
                yield f"{row.name}: {problem}"

    def final_call(self, row: Row) -> Call | None:
        """The one that may have run, else the last."""
        calls = self.calls_of.get(row.token, [])
        return next((call for call in calls if call.may_have_run), calls[-1] if calls else None)

    def _rows_and_forms(self) -> Iterator[str]:
        rows = Counter(row.token for row in self.rows)
        for token, count in rows.items():
            if count > 1:
                yield f"{token} has {count} rows"
        for token in set(self.tokens) - set(rows):
            yield f"{token} was taken and has no row"
        for token in set(self.calls_of) - set(rows):
            yield f"{token or 'a call without a token'} was called and has no row"

    def _of_row(self, row: Row, calls: Sequence[Call]) -> Iterator[str]:
        ran = [call for call in calls if call.may_have_run]
        if len(ran) > 1:
            yield f"{len(ran)} calls may have run"
        if len(calls) > row.attempts:
            yield f"{len(calls)} calls in {row.attempts} attempts"
        if any(call.gateway != row.gateway for call in calls):
            yield "called at another gateway"
        final = self.final_call(row)
        if final is None:
            was_killed = row.ending == "interrupted" and self._was_killed(row.started_at, row.finished_at)
            # The key of a gateway that said so is passed over until it is topped up.
            is_spent = row.ending == "out_of_credit" and self.spent_at.get(row.gateway, math.inf) <= row.finished_at
            if not (was_killed or is_spent):
                yield f"ended {row.ending} without a call and without a kill; {row.sentence}"
        else:
            yield from self._of_ending(row, final, len(calls))
            yield from self._of_contents(row, final)

    def _of_ending(self, row: Row, call: Call, calls: int) -> Iterator[str]:
        if row.ending in expected(call) or (row.ending == "timed_out" and was_too_slow(call)):
            return
        was_not_called = row.attempts > calls
        # What was sent just before a kill may reach a stand-in that is short of time only after it.
        start = row.started_at if was_not_called else min(row.started_at, call.arrived_at)
        end = row.finished_at if was_not_called or not call.ended_at else call.ended_at
        # A stream that was under way is kept as far as it came.
        is_of_a_kill = row.ending == "interrupted" or (row.ending == SUCCEEDED and call.is_streamed)
        if is_of_a_kill and self._was_killed(start, end):
            return
        yield (
            f"ended {row.ending} after {call.plan} ({'sent whole' if call.is_whole else 'not sent whole'}, "
            f"arrived {call.arrived_at:.1f}, ended {call.ended_at:.1f}, row {row.started_at:.1f} to "
            f"{row.finished_at:.1f}); expected {sorted(expected(call))}; {row.sentence}"
        )

    def _of_contents(self, row: Row, call: Call) -> Iterator[str]:
        stored = {picture.sha256 for picture in row.pictures}
        usable = call.usable if row.ending == SUCCEEDED else set()
        if stored != usable or len(row.pictures) != len(stored):
            yield f"{len(row.pictures)} pictures stored, {len(usable)} usable ones sent ({call.plan})"
        if row.ending == SUCCEEDED and call.is_whole and row.answer.strip() != call.words.strip():
            yield f"the words kept are not the words sent: {row.answer!r} for {call.words!r}"
        if row.ending == SUCCEEDED and row.kind == "analysis" and not row.answer:
            yield "an analysis succeeded without a word"
        if row.ending in COUNTED and call.is_whole and row.cost != call.cost:
            yield f"costs {row.cost} {row.cost_unit}, the gateway said {call.cost} ({row.ending})"
        if row.ending not in COUNTED and row.cost is not None and row.cost != call.cost:
            yield f"costs {row.cost} {row.cost_unit}, the gateway said {call.cost} ({row.ending})"
        if (row.cost is None) != (row.cost_unit == "") or row.cost_unit not in ("", unit_of(row.gateway)):
            yield f"costs {row.cost} in {row.cost_unit or 'no unit'}"

    def _was_killed(self, start: float, end: float) -> bool:
        return any(start - SLACK_SECONDS <= at <= end + SLACK_SECONDS for at in self.kills)


def expected(call: Call) -> frozenset[str]:
    """How a row may end that nobody killed."""
    endings = ENDINGS[call.plan]
    if call.plan in (Plan.BROKEN_PICTURE, Plan.LINK_GONE) and call.usable:
        return frozenset({SUCCEEDED})
    if call.is_streamed and call.plan is Plan.CUT:
        return frozenset({SUCCEEDED}) if call.words else endings
    if call.is_streamed and call.plan is Plan.TRICKLE:
        return endings | {SUCCEEDED}
    return endings


def was_too_slow(call: Call) -> bool:
    """The stand-in itself got no processor for longer than the studio waits."""
    return not call.is_whole and call.ended_at - call.arrived_at >= ANSWER_SECONDS - SLACK_SECONDS


def unit_of(gateway: str) -> str:
    return "points" if gateway == "routellm" else "usd"


def file_disagreements(data_folder: Path, rows: Sequence[Row]) -> Iterator[str]:
    """Every picture's files are there and are what their names say; no file is there for nothing."""
    wanted: dict[str, str] = {}
    for row in rows:
        for picture in row.pictures:
            wanted[name_original(picture.sha256, picture.media_type)] = row.name
            wanted |= {name_thumbnail(picture.sha256, width): row.name for width in picture.thumbnail_widths}
    present = set(own_parts.stored_names(data_folder))
    for name in wanted.keys() - present:
        yield f"{wanted[name]}: the file {name} is missing"
    for name in present - wanted.keys():
        yield f"the file {name} belongs to no row"
    for name in present:
        if not name.startswith("originals/"):
            continue
        if hashlib.sha256(own_parts.read_stored(data_folder, name)).hexdigest() != Path(name).stem:
            yield f"the file {name} is not what its name says"


def reply_disagreements(data_folder: Path, rows: Sequence[Row]) -> Iterator[str]:
    """A whole reply is kept for "Look again" alone, a part of one for a row that failed."""
    failed = {f"{row.pk}-{row.attempts}.reply" for row in rows if row.status == "failed"}
    for path in (data_folder / "replies").iterdir():
        if path.name not in failed and path.name.removesuffix(".part") not in failed:
            yield f"the reply {path.name} was left, and its row has not failed"


def money(rows: Sequence[Row], books: Books) -> dict[str, tuple[Decimal, Decimal]]:
    """For each gateway: what the succeeded rows say, and what the ledger says of their calls."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows:
        call = books.final_call(row)
        if row.ending == SUCCEEDED and call is not None:
            ours, theirs = sums.get(row.gateway, (Decimal(0), Decimal(0)))
            sums[row.gateway] = (ours + (row.cost or 0), theirs + (call.cost or 0))
    return sums
