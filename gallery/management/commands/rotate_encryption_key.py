"""Exchanges the key that saved secrets are encrypted with, while the studio runs."""

from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from gallery.management.studio_command import StudioCommand
from gallery.models import Act
from gallery.services import audit, encryption

VARIABLE = "PROOFSHEET_ENCRYPTION_KEYS"


class Command(StudioCommand):
    help = (
        "Make a new encryption key, put it before the old ones and encrypt every saved secret with it. The studio may run "
        "meanwhile. Stopped in the middle, the next call goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove-old",
            action="store_true",
            help="take out the old keys afterwards; backups made before can then no longer be read",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = settings.ENCRYPTION_KEYS_FILE
        if path is None and options["remove_old"]:
            raise CommandError(f"The keys come from {VARIABLE}: take the old ones out there.")
        try:
            with encryption.alone(settings.DATA_DIR):
                if path is None:
                    self.rotate_in_environment()
                else:
                    self.rotate_in_file(path, remove_old=options["remove_old"])
        except encryption.AlreadyRotating as problem:
            raise CommandError("Another rotation runs on this data folder. Wait for it to end.") from problem

    def rotate_in_file(self, path: Path, *, remove_old: bool) -> None:
        if encryption.has_older_rows():
            self.stdout.write("An earlier rotation was not finished; this one goes on with its key.")
        else:
            encryption.add_key(path)
            self.stdout.write(f"A new key is in {path}. Keep a copy of this file where your backups are not.")
        self.encrypt_anew()
        audit.record(Act.KEYS_ROTATED, "Encryption key", old_keys="taken out" if remove_old else "kept")
        if not remove_old:
            self.stdout.write("The old keys stay in the file for backups that need them; --remove-old takes them out.")
        elif count := encryption.remove_old_keys(path):
            self.stdout.write(f"{count} old key{'s were' if count > 1 else ' was'} taken out.")
        else:
            self.stdout.write("A secret was saved with an old key just now. Run this again to take the old keys out.")

    def rotate_in_environment(self) -> None:
        """The variable is not ours to change: say what to set, or do the part that follows."""
        if encryption.has_older_rows():
            self.encrypt_anew()
            audit.record(Act.KEYS_ROTATED, "Encryption key")
            self.stdout.write(f"All but the first key can leave {VARIABLE}, once no backup needs them.")
            return
        self.stdout.write(
            f"The keys come from {VARIABLE}, which only you can change. Put this new key before the one that is there, "
            "with a comma between them, start the studio anew, and run this command again:"
        )
        self.stdout.write(Fernet.generate_key().decode())

    def encrypt_anew(self) -> None:
        progress = encryption.encrypt_anew()
        self.stdout.write(f"{progress.done} secret{'' if progress.done == 1 else 's'} encrypted with the first key.")
        if progress.unreadable:
            self.stderr.write(
                f"{progress.unreadable} can be read with none of the keys and stay as they are: enter those API keys again."
            )
