"""What administrators are told on every page, whatever it is about."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest

from gallery.services.worker_watch import watch


def alarm(request: HttpRequest) -> Mapping[str, Callable[[], bool]]:
    """For templates, which ask only where an administrator reads."""
    return {"is_worker_missing": watch.is_missing}
