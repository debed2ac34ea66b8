"""Says what is wrong with this installation."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from gallery.services import doctor


class Command(BaseCommand):
    help = "Say what is wrong with this installation and what to do. Ends with 1 where something is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="look at every picture's file and the whole database too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = doctor.examine(is_thorough=options["full"])
        for finding in found:
            self.stdout.write(f"{'wrong' if finding.is_fault else 'note '}  {finding.sentence}")
        if any(finding.is_fault for finding in found):
            sys.exit(1)
        if not found:
            self.stdout.write("Nothing is wrong.")
