"""Words for whoever started a command that stays."""

import os
import sys
from typing import TextIO


def tell(words: str, stream: TextIO | None = None) -> None:
    """What cannot be printed, because the disk that it goes to is full, is no reason not to serve, nor not to end."""
    stream = stream or sys.stdout
    try:
        print(words, file=stream, flush=True)
    except OSError:
        if stream is not sys.stderr:
            # What is left in its buffer would be tried again at the end, and be taken for a fault of ours. The log goes on.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
