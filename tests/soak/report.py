"""What is printed at the end: the totals of both books in one table, every disagreement, and what the studio logged."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.soak.books import SUCCEEDED, Books, file_disagreements, money, reply_disagreements
from tests.soak.house import House
from tests.soak.ledger import Call
from tests.soak.people import Submitted
from tests.soak.rows import OPEN, Row

MOST_LOG_LINES = 20


def show(house: House, rows: Sequence[Row], calls: Sequence[Call], submitted: Submitted, *, exit_code: int) -> bool:
    """True when the books agree."""
    books = Books(rows, calls, submitted.tokens, house.kills)
    disagreements = [
        *submitted.problems,
        *(f"{row.name} is still {row.status}" for row in rows if row.status in OPEN),
        *books.disagreements(),
        *file_disagreements(house.data_folder, rows),
        *reply_disagreements(house.data_folder, rows),
        *_money_disagreements(rows, books),
        *([f"the studio ended with {exit_code}"] if exit_code else []),
        *(f"process {process_id} is still there" for process_id in house.left),
    ]
    print()
    for name, value in totals(house, rows, calls, submitted, books):
        print(f"{name:<52} {value}")
    _show_log(house)
    print(f"\n{len(disagreements)} disagreements")
    for disagreement in disagreements:
        print(f"  {disagreement}")
    return not disagreements


def totals(
    house: House, rows: Sequence[Row], calls: Sequence[Call], submitted: Submitted, books: Books
) -> Iterator[tuple[str, str]]:
    ran = [call for call in calls if call.may_have_run]
    yield "forms taken / posts", f"{len(submitted.tokens)} / {submitted.posts}"
    yield "rows", f"{len(rows)}"
    yield "calls at the stand-in / of them may have run", f"{len(calls)} / {len(ran)}"
    yield "rows with two calls that may have run", f"{_doubles(books)}"
    yield "kills", _counted(kill.what for kill in house.kills)
    yield "calls by gateway", _counted(call.gateway for call in calls)
    yield "calls by plan", _counted(str(call.plan) for call in calls)
    yield "rows by ending", _counted(row.ending for row in rows)
    yield "rows by kind", _counted(row.kind for row in rows)
    sent = sum(len(call.usable) for row in rows if row.ending == SUCCEEDED and (call := books.final_call(row)))
    yield "pictures stored / usable in their answers", f"{sum(len(row.pictures) for row in rows)} / {sent}"
    whole = [call for call in ran if call.is_whole and call.usable]
    yield "pictures in all whole answers", f"{sum(len(call.usable) for call in whole)}"
    yield "answers sent whole whose row a kill interrupted", f"{_lost_to_kills(rows, books)}"
    for gateway, (ours, theirs) in sorted(money(rows, books).items()):
        yield f"cost, {gateway}: rows / ledger", f"{ours} / {theirs}"
    replies, incoming = house.data_folder / "replies", house.data_folder / "incoming"
    yield "parts of replies left", f"{len(list(replies.glob('*.part')))}"
    yield "replies left", f"{len(list(replies.glob('*.reply')))}"
    yield "arrivals that kills left in incoming", f"{len(list(incoming.iterdir()))}"


def _doubles(books: Books) -> int:
    return sum(sum(call.may_have_run for call in calls) > 1 for calls in books.calls_of.values())


def _lost_to_kills(rows: Sequence[Row], books: Books) -> int:
    interrupted = [books.final_call(row) for row in rows if row.ending == "interrupted"]
    return sum(call is not None and call.is_whole and call.may_have_run for call in interrupted)


def _money_disagreements(rows: Sequence[Row], books: Books) -> Iterator[str]:
    for gateway, (ours, theirs) in money(rows, books).items():
        if ours != theirs:
            yield f"{gateway}: the succeeded rows cost {ours}, their calls {theirs}"


def _counted(names: Iterator[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(names).most_common())


def _show_log(house: House) -> None:
    """The studio's own log, alike lines once; a traceback is its last line."""
    lines = Counter(
        re.sub(r"^[\d-]+ [\d:,]+ |\d+", "#", line.rstrip())
        for line in house.complaints
        if line.strip() and not line.startswith((" ", "Traceback"))
    )
    if lines:
        print(f"\nThe studio's log, {sum(lines.values())} lines:")
    for line, count in lines.most_common(MOST_LOG_LINES):
        print(f"  {count:>4} × {line[:160]}")
