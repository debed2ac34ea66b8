"""Where no studio is yet: a few commands make one, all others say so before anything is made."""

from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from gateway_site import environment

# They make a studio, or need none.
BEGINNERS = frozenset(
    {"studio", "migrate", "restore", "sandbox_gateway", "check", "makemigrations", "help", "version"}
    | {"-h", "--help", "--version"}
)


def refuse_without_a_studio(words: Sequence[str], base: Path) -> None:
    """For a command line, its first word left out. Raises ImproperlyConfigured. Whether there is one in a server's database
    the commands ask themselves."""
    if not words or BEGINNERS & {words[0], *(word for word in words if word.startswith("-"))}:
        return
    config = environment.database_at(environment.database_url(environment.place_of_data(base)))
    if config["ENGINE"] != "gateway_site.sqlite":
        return
    path = Path(config["NAME"]).absolute()
    # Of a database that is gone and left its journal, and of a folder that may not be entered, the settings speak.
    try:
        is_there = path.exists() or path.with_name(f"{path.name}-wal").exists()
    except OSError:
        return
    if not is_there:
        raise ImproperlyConfigured(f"There is no studio here: {path} is not there. {environment.WHERE_TO_LOOK}")
