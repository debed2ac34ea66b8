"""Loads the shipped gateways and models; what an administrator changed stays."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.management.checks import WITHOUT_PAGES
from gallery.services import catalogue


class Command(BaseCommand):
    help = "Create or update the shipped gateways and image models. Changes made in the admin are kept."
    requires_system_checks = WITHOUT_PAGES

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = catalogue.load_catalogue()
        except catalogue.CatalogueRefused as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{count} models are in the catalogue.")
