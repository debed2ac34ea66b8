"""Health: is the process up; can it serve. Neither tells anything about the installation."""

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from gallery.models import User, Worker


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, storage and a worker answer; 503 and which one does not."""
    checks = {"database": is_database_there(), "storage": is_storage_there()}
    checks["worker"] = checks["database"] and Worker.objects.alive().exists()
    words = {name: "ok" if passed else "failed" for name, passed in checks.items()}
    return JsonResponse(words, status=200 if all(checks.values()) else 503)


def is_database_there() -> bool:
    try:
        User.objects.exists()
    except DatabaseError:
        return False
    return True


def is_storage_there() -> bool:
    """Any answer will do; storages raise errors of their own kinds."""
    try:
        default_storage.exists("originals")
    except Exception:
        return False
    return True
