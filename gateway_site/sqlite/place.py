"""Where the database lies: an empty file is made once, before anybody connects."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def make_file(path: Path) -> None:
    """An empty file where there is none. Beside one that is gone its journal may still lie, which would be lost with it."""
    journal = path.with_name(f"{path.name}-wal")
    try:
        if path.exists():
            return
        if journal.exists() and journal.stat().st_size:
            raise ImproperlyConfigured(
                f"The database {path} is gone, but {journal.name} is still there and holds what was written last. "
                f"Bring {path.name} back beside it. To begin anew, move {journal.name} away."
            )
        path.touch(mode=0o600, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(f"The database {path} cannot be written: {problem.strerror}.") from problem
