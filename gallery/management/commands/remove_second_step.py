"""For the administrator who lost telephone and recovery codes, and has nobody to take the second step away for them."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from gallery.management.studio_command import StudioCommand
from gallery.models import User
from gallery.services import second_steps


class Command(StudioCommand):
    help = "Take away somebody's authenticator app, passkeys and recovery codes. They come in with their password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody is called {options['username']}.")
        second_steps.remove_second_steps(user)
        self.stdout.write(f"{user.username} comes in with the password alone.")
