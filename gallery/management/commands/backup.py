"""Writes a backup of everything while the studio runs."""

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from gallery.management.studio_command import StudioCommand
from gallery.models import Act
from gallery.services import audit
from gallery.services.backups import Backup, write_backup
from gallery.services.database_copies import CopyRefused


class Command(StudioCommand):
    help = "Write database and pictures into one archive, while the studio runs. API keys stay encrypted in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", help="the file to write, or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["archive"] == "-":
                backup = write_backup(sys.stdout.buffer, workspace=settings.DATA_DIR)
            else:
                backup = write_file(Path(options["archive"]).absolute())
        except CopyRefused as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The backup could not be written: {problem.strerror or problem}.") from problem
        audit.record(Act.BACKED_UP, options["archive"], pictures=backup.pictures)
        self.stderr.write(f"{backup.pictures} pictures and the whole record are in the backup.")
        if backup.missing:
            self.stderr.write(
                f"{backup.missing} pictures of the record had no file; `manage.py doctor --full` names them."
            )
        self.stderr.write(
            "Keep the encryption key apart from it (the file encryption_keys, or PROOFSHEET_ENCRYPTION_KEYS): "
            "without it saved API keys have to be entered again."
        )


def write_file(path: Path) -> Backup:
    """Under its name only once it is whole; never over another file."""
    if path.exists():
        raise CommandError(f"{path} is there already. Name another file.")
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            backup = write_backup(file, workspace=path.parent)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return backup
