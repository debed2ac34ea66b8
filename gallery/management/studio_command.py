"""What commands have in common that work on a studio which is there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.management.checks import WITHOUT_PAGES
from gallery.services import doctor


class StudioCommand(BaseCommand):
    """Refuses an empty database: mostly a shell that does not know where the studio's is."""

    requires_system_checks = WITHOUT_PAGES

    def execute(self, *args: Any, **options: Any) -> str | None:
        if found := doctor.look_for_a_studio():
            raise CommandError(" ".join(finding.sentence for finding in found))
        return super().execute(*args, **options)
