"""The decoder process (`python -m gallery.images.child`): one JSON line in, one JSON line out, until stdin ends.

Pictures from outside are opened here and nowhere else, under the limits set below.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from gallery.images import contact_sheet, examine, export, flat, limits, mask, raster, rescale
from gallery.images.errors import PictureRefused

COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "decode": examine.decode,
    "export": export.export,
    "flat": flat.flat,
    "mask": mask.mask,
    "rescale": rescale.rescale,
    "sheet": contact_sheet.sheet,
}


def main() -> None:
    os.umask(0o077)
    replies = take_over_stdout()
    lower_limits()
    raster.set_pillow_limits()
    say(replies, {"is_ready": True})
    for line in sys.stdin.buffer:
        renew_cpu_limit()
        say(replies, answer(json.loads(line)))


def answer(order: dict[str, Any]) -> dict[str, Any]:
    command = COMMANDS[order.pop("command")]
    try:
        return command(**order)
    except PictureRefused as refused:
        return {"error": refused.kind, "sentence": refused.sentence, "detail": refused.detail}
    except MemoryError:
        return {"error": "crashed", "sentence": "", "detail": "out of memory"}
    except OSError as error:
        return {"error": "not_stored", "sentence": "", "detail": f"{type(error).__name__}: {error.strerror}"}


def say(replies: BinaryIO, reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


def take_over_stdout() -> BinaryIO:
    """Keep the real stdout for replies alone; whatever a library prints goes to stderr."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def lower_limits() -> None:
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_FSIZE, limits.CHILD_FILE_BYTES)
    lower(resource.RLIMIT_NOFILE, limits.CHILD_OPEN_FILES)
    # macOS lets no process limit its address space.
    if sys.platform != "darwin":
        lower(resource.RLIMIT_AS, limits.CHILD_ADDRESS_SPACE_BYTES)


def lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def renew_cpu_limit() -> None:
    """The limit counts a process's whole life, so each job gets its seconds on top of what is spent."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    seconds = int(used.ru_utime + used.ru_stime) + 1 + limits.CHILD_CPU_SECONDS
    soft = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


if __name__ == "__main__":
    main()
