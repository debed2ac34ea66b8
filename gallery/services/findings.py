"""What may be wrong with an installation, in sentences, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`is_fault`: something does not work or is in danger now; else it is worth knowing. `path` is the page to go to."""

    is_fault: bool
    what: str
    remedy: str
    path: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.what} {self.remedy}"


Findings = Iterator[Finding]


def counted(count: int, one: str, several: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {several}"


def fault(what: str, remedy: str) -> Finding:
    return Finding(True, what, remedy)


def note(what: str, remedy: str, *, path: str = "") -> Finding:
    return Finding(False, what, remedy, path)
