"""Puts a backup back into an empty place."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.management.checks import WITHOUT_PAGES
from gallery.services import record_looks, restores
from gallery.services.database_copies import CopyRefused


class Command(BaseCommand):
    help = "Restore a backup into an empty data folder (PROOFSHEET_DATA_DIR). Stop the studio first."
    requires_system_checks = WITHOUT_PAGES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", help="the file, or - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            about = unpack(options["archive"])
        except (CopyRefused, restores.RestoreRefused) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The backup could not be restored: {problem.strerror or problem}.") from problem
        call_command("migrate", verbosity=0, interactive=False)
        restored = restores.settle(about)
        for line in lines_about(restored):
            self.stdout.write(line)


def unpack(archive: str) -> dict[str, Any]:
    if archive == "-":
        return restores.unpack(sys.stdin.buffer, workspace=settings.DATA_DIR)
    with Path(archive).open("rb") as file:
        return restores.unpack(file, workspace=settings.DATA_DIR)


def in_words(made_at: str) -> str:
    return f"{datetime.fromisoformat(made_at).astimezone(UTC):%d %B %Y, %H:%M} UTC"


def lines_about(restored: restores.Restored) -> list[str]:
    lines = [
        f"{restored.pictures} pictures and {restored.generations} runs are back, as of {in_words(restored.made_at)}."
    ]
    if restored.missing:
        lines.append(f"{restored.missing} of the pictures had no file when the backup was made.")
    if restored.cancelled:
        lines.append(f"{restored.cancelled} runs that waited then were cancelled: they may have been sent since.")
    if restored.unreadable_keys:
        lines.append(
            f"{restored.unreadable_keys} saved API keys cannot be read with the encryption key here. "
            f"Bring the old one back into {record_looks.where_keys_are()}, or enter the keys again in the admin."
        )
    if restored.unreadable_others:
        lines.append(f"{restored.unreadable_others} share links cannot be copied again without it; they still work.")
    if names := restored.without_second_step:
        lines.append(
            f"Without it nobody takes these second steps: {', '.join(names)}. "
            "`manage.py remove_second_step USERNAME` lets them in with the password alone."
        )
    lines.append("Everybody signs in anew.")
    return lines
