"""Makes an access token for somebody, for scripts that set a studio up."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from gallery.forms import AccessTokenForm
from gallery.forms.access_tokens import LONGEST
from gallery.management.studio_command import StudioCommand
from gallery.models import Group, User
from gallery.services import tokens


class Command(StudioCommand):
    help = "Make an access token for a person and print it. It is printed once and kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the person whose rights and history the token has")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument("--expires-days", type=int, help="days until it expires; without this it never does")
        parser.add_argument("--per-minute", type=int, help="requests a minute; without this there is no limit")
        parser.add_argument("--group", default="", help="for which of their groups it works, by its short name")
        parser.add_argument(
            "--model",
            action="append",
            default=[],
            help="a model it may use, as <gateway>/<model id>; once for each, without this every model",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = find_person(options["username"])
        days = options["expires_days"]
        if days is not None and not 1 <= days <= LONGEST.days:
            raise CommandError(f"--expires-days takes 1 to {LONGEST.days}.")
        limits = checked_limits(owner, options)
        if days is not None:
            limits["expires_at"] = timezone.now() + timedelta(days=days)
        _, plain = tokens.create_token(owner=owner, **limits)
        self.stdout.write(plain)


def find_person(username: str) -> User:
    person = User.objects.filter(username=User.normalize_username(username)).first()
    if person is None:
        raise CommandError(f"There is nobody with the user name “{username}”.")
    if not person.is_active:
        raise CommandError(f"The account of “{username}” is switched off.")
    if not person.may_make:
        raise CommandError(f"“{username}” is a viewer and makes no pictures: a token would do nothing.")
    return person


def checked_limits(owner: User, options: dict[str, Any]) -> dict[str, Any]:
    """Name and limits, by the rules of the page; raises CommandError with what is wrong in one line."""
    typed = {"name": options["name"], "models": options["model"], "requests_per_minute": options["per_minute"]}
    if slug := options["group"]:
        group = Group.objects.of_person(owner).filter(slug=slug).first()
        if group is None:
            raise CommandError(f"“{owner.username}” works for no group “{slug}”.")
        typed["group"] = group.pk
    form = AccessTokenForm(typed, user=owner)
    if not form.is_valid():
        raise CommandError(" ".join(str(error) for errors in form.errors.values() for error in errors))
    return form.limits
