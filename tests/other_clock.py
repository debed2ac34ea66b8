"""A clock of its own for a process, set forward and back while it runs: libfaketime's. Its steady clock stays the machine's."""

from pathlib import Path

from tests.installed import go_without

PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")


class OtherClock:
    """`environment` is for whoever lives by it. Skips the test where the library is not installed, unless it is mandatory."""

    def __init__(self, file: Path):
        self._file = file
        self.set("+0")
        library = next((str(path) for place in PLACES for path in Path("/").glob(place[1:])), "")
        if not library:
            go_without("no libfaketime here: apt-get install libfaketime")
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, difference: str) -> None:
        """As `-1h` and `+1d`, from the machine's. Whole at once, for whoever reads it just now."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{difference}\n")
        fresh.replace(self._file)
