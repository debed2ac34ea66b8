"""Holds a gateway's own list of models against ours, and takes over what is accepted of the difference."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from gallery.gateway import errors
from gallery.gateway.messages import ListedModel
from gallery.management.studio_command import StudioCommand
from gallery.models import Gateway
from gallery.services import differences, listings
from gallery.services.differences import Difference
from gallery.services.listings import Listing


class Command(StudioCommand):
    help = (
        "Ask a gateway which models it offers, mark ours as available or not, and show what differs. Nothing else is changed "
        "unless it is accepted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", help="A gateway's short name, as in routellm.")
        parser.add_argument(
            "--accept",
            nargs="*",
            metavar="MODEL",
            help="take over what differs of these models; of all without a name",
        )
        parser.add_argument("--dry-run", action="store_true", help="show what differs, and do not even mark our models")

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = Gateway.objects.filter(slug=options["gateway"]).first()
        if gateway is None:
            known = ", ".join(Gateway.objects.values_list("slug", flat=True)) or "none; run load_catalogue first"
            raise CommandError(f"There is no gateway “{options['gateway']}”. Known: {known}.")
        accepted = options["accept"]
        if options["dry_run"] and accepted is not None:
            raise CommandError("Either --dry-run or --accept: the one changes nothing, the other does.")
        listing, listed = self.read(gateway, is_dry=options["dry_run"])
        found = differences.find_differences(gateway, listed)
        self.write_listing(listing)
        for one in found:
            self.write_difference(one)
        self.stdout.write(listing.sentence)
        if accepted is not None:
            self.accept(gateway, listed, found, accepted)

    def read(self, gateway: Gateway, *, is_dry: bool) -> tuple[Listing, list[ListedModel]]:
        try:
            if is_dry:
                listed = listings.ask(gateway)
                return listings.hold(gateway, listed), listed
            listing = listings.read_listing(gateway)
        except errors.GatewayError as problem:
            raise CommandError(problem.sentence) from problem
        return listing, listings.entries_of(gateway.model_listing)

    def write_listing(self, listing: Listing) -> None:
        for heading, model_ids in (
            ("available", listing.available),
            ("missing", listing.missing),
            ("by hand", listing.by_hand),
            ("new", listing.new),
        ):
            for model_id in model_ids:
                self.stdout.write(f"{heading:9} {model_id}")

    def write_difference(self, one: Difference) -> None:
        """New ones stand in the list above; these are what taking over would do."""
        if one.kind == differences.NEW:
            knobs = ", ".join(parameter["name"] for parameter in one.fields["parameters"]) or "the prompt alone"
            self.stdout.write(f"add       {one.model_id}: {knobs}")
        elif one.kind == differences.GONE:
            self.stdout.write(f"withdraw  {one.model_id}")
        elif one.kind == differences.BACK:
            self.stdout.write(f"offer     {one.model_id}")
        else:
            for words in differences.in_words(one):
                self.stdout.write(f"change    {one.model_id}: {words}")

    def accept(
        self, gateway: Gateway, listed: Sequence[ListedModel], found: Sequence[Difference], names: list[str]
    ) -> None:
        unknown = [name for name in names if name not in {one.model_id for one in found}]
        if unknown:
            raise CommandError(f"Nothing differs of {', '.join(unknown)}. Nothing was taken over.")
        done = differences.accept_differences(gateway=gateway, listed=listed, model_ids=names or None, author=None)
        for one in done:
            self.stdout.write(f"accepted  {one.model_id}")
        self.stdout.write(f"{len(done)} taken over.")
