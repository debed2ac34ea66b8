"""Health: is the process up; can it serve. Neither tells anything about the installation."""

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from gallery.models import User, Worker
from gallery.services.patience import OF_THE_DATABASE


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, storage and a worker answer; 503 and which one does not."""
    checks = {**look_at_the_database(), "storage": is_storage_there()}
    words = {name: "ok" if passed else "failed" for name, passed in checks.items()}
    return JsonResponse(words, status=200 if all(checks.values()) else 503)


def look_at_the_database() -> dict[str, bool]:
    """It may go away between two questions."""
    try:
        User.objects.exists()
        is_worked = Worker.objects.alive().exists()
    except OF_THE_DATABASE:
        return {"database": False, "worker": False}
    return {"database": True, "worker": is_worked}


def is_storage_there() -> bool:
    """Any answer will do; storages raise errors of their own kinds."""
    try:
        default_storage.exists("originals")
    except Exception:
        return False
    return True
