"""Fills the library with simulated pictures, to try and to measure how it holds up."""

from typing import Any

from django.core.management.base import CommandParser

from gallery.management.studio_command import StudioCommand
from gallery.services import catalogue, seeding


class Command(StudioCommand):
    help = (
        "Add simulated pictures to the library, with runs, tags, boards and marks: for trying out and measuring. "
        "Not for a library that people work in: what it adds can only be removed by hand."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=int, required=True, help="how many pictures to add")
        parser.add_argument("--files", type=int, default=2000, help="how many different ones are drawn; 2000 else")
        parser.add_argument("--days", type=int, default=900, help="over how many days they are spread; 900 else")
        parser.add_argument(
            "--own-files", action="store_true", help="every picture a file of its own, as in a real library"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same number gives the same pictures")

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue.load_catalogue()
        seed = seeding.Seed(
            images=options["images"],
            files=options["files"],
            days=options["days"],
            number=options["seed"],
            own_files=options["own_files"],
        )
        seeding.seed_library(seed, self.stdout.write)
