"""Holds a gateway's own list of models against ours."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.gateway import errors
from gallery.models import Gateway
from gallery.services import listings


class Command(BaseCommand):
    help = "Ask a gateway which models it offers, and mark ours as available or not. Adds and removes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="routellm, openroute, openrouter or llmgateway")

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = Gateway.objects.filter(slug=options["gateway"]).first()
        if gateway is None:
            known = ", ".join(Gateway.objects.values_list("slug", flat=True)) or "none; run load_catalogue first"
            raise CommandError(f"There is no gateway “{options['gateway']}”. Known: {known}.")
        try:
            listing = listings.read_listing(gateway)
        except errors.GatewayError as problem:
            raise CommandError(problem.sentence) from problem
        for heading, model_ids in (
            ("available", listing.available),
            ("missing", listing.missing),
            ("new", listing.new),
        ):
            for model_id in model_ids:
                self.stdout.write(f"{heading:9} {model_id}")
        self.stdout.write(listing.sentence)
