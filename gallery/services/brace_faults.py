"""What is wrong or doubtful about the braces of a prompt, in sentences. Pure.

Braces that stand for nothing are plain text; only where alternatives were surely meant is a prompt refused, since a model
would draw the braces.
"""

import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from gallery.services.expansion import LONGEST_NAMED, MOST_OPTIONS, MOST_PICKS, RANGE, SPECIAL, Scan, count_places, scan

NAME = re.compile(r"\s*([^\W\d_][\w \-]{0,59})\s*\Z")
LONGEST_NAME = 60
LONGEST_QUOTED = 24
MOST_HINTS = 3


def find_fault(prompt: str, lists: Mapping[str, Sequence[str]]) -> str:
    """Why a prompt cannot be run as it is written; "" where it can."""
    found = scan(prompt)
    for at, bars in found.open:
        if bars:
            quoted = quote(prompt[at:])
            return (
                f"The brace in “{quoted}” is not closed: write }} after the last choice. A plain brace is written \\{{."
            )
    for at, bars in found.closed:
        if bars:
            quoted = quote_end(prompt[: at + 1])
            return f"Nothing opens the brace in “{quoted}”: write {{ before the first choice. A plain brace is written \\}}."
    if (places := count_places(prompt, lists)) > MOST_PICKS:
        return f"{places} places are filled in turn; at most {MOST_PICKS} go. Leave some out, or write \\{{ for a plain brace."
    return next(long_ranges(prompt, found), "")


def find_doubts(prompt: str, lists: Mapping[str, Sequence[str]]) -> list[str]:
    """What is sent as it stands although it looks like a list."""
    known = {name.casefold(): name for name in lists}
    doubts = []
    # Likeness is slow to find: only for what is told.
    for name in itertools.islice(filter(NAME.match, unknown_names(prompt, lists)), MOST_HINTS):
        near = difflib.get_close_matches(name.casefold(), known, n=1)
        meant = f"Did you mean {{{known[near[0]]}}}?" if near else f"{{{name}}} is sent as it stands."
        doubts.append(f"There is no list “{name}”. {meant}")
    return doubts


def unknown_names(prompt: str, lists: Mapping[str, Sequence[str]]) -> list[str]:
    """What stands between braces and may be the name of a list, but of none of these; each once."""
    known = {name.casefold() for name in lists}
    found: dict[str, None] = {}
    for at, pair in sorted(scan(prompt).pairs.items()):
        inner = prompt[at + 1 : pair.end].strip() if pair.end - at <= LONGEST_NAMED and not pair.bars else ""
        is_name = inner and len(inner) <= LONGEST_NAME and not RANGE.match(inner)
        if is_name and inner.casefold() not in known:
            found.setdefault(inner)
    return list(found)


def write_plainly(prompt: str) -> str:
    """The prompt written so that it stands for itself, whatever braces are in it."""
    return "".join(
        f"\\{character}" if character in "{}" or is_before_special(prompt, at) else character
        for at, character in enumerate(prompt)
    )


def is_before_special(text: str, at: int) -> bool:
    return text[at] == "\\" and at + 1 < len(text) and text[at + 1] in SPECIAL


def long_ranges(prompt: str, found: Scan) -> Iterator[str]:
    for at, pair in found.pairs.items():
        numbers = RANGE.match(prompt[at + 1 : pair.end]) if pair.end - at <= LONGEST_NAMED else None
        if not numbers:
            continue
        count = abs(int(numbers[2]) - int(numbers[1])) // (int(numbers[3] or 1) or 1) + 1
        if count > MOST_OPTIONS:
            yield f"{prompt[at : pair.end + 1]} counts {count:,} numbers; at most {MOST_OPTIONS:,} go. Shorten it."


def quote(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTED else line[:LONGEST_QUOTED].rstrip() + "…"


def quote_end(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTED else "…" + line[-LONGEST_QUOTED:].lstrip()
