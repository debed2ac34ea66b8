"""Loads the shipped gateways and models; what an administrator changed stays."""

from typing import Any

from django.core.management.base import CommandError

from gallery.management.studio_command import StudioCommand
from gallery.services import catalogue


class Command(StudioCommand):
    help = "Create or update the shipped gateways and image models. Changes made in the admin are kept."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = catalogue.load_catalogue()
        except catalogue.CatalogueRefused as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{count} models are in the catalogue.")
