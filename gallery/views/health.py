"""Health: is the process up; can it serve. Neither tells anything about the installation."""

import threading
from concurrent.futures import Future

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from gallery.models import User, Worker
from gallery.services import version_watch
from gallery.services.patience import OF_THE_DATABASE

# A storage that has not answered by then is not ready.
LOOK_SECONDS = 5.0


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, storage and a worker answer; 503 and which one does not. A database that a later version has changed
    is none for this one."""
    checks = {**look_at_the_database(), "storage": storage_look.is_there()}
    words = {name: "ok" if passed else "failed" for name, passed in checks.items()}
    return JsonResponse(words, status=200 if all(checks.values()) else 503)


def look_at_the_database() -> dict[str, bool]:
    """It may go away between two questions."""
    try:
        User.objects.exists()
        is_ours = not version_watch.watch.is_behind()
        is_worked = Worker.objects.alive().exists()
    except OF_THE_DATABASE:
        return {"database": False, "worker": False}
    return {"database": is_ours, "worker": is_worked}


class StorageLook:
    """One look at the storage for all who ask while it lasts: one that hangs holds a thread of its own, and nobody else's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer: Future[bool] | None = None

    def is_there(self) -> bool:
        with self._lock:
            if self._answer is None or self._answer.done():
                self._answer = Future()
                threading.Thread(target=self._look, args=(self._answer,), name="storage-look", daemon=True).start()
            answer = self._answer
        try:
            return answer.result(LOOK_SECONDS)
        except TimeoutError:
            return False

    def _look(self, answer: "Future[bool]") -> None:
        """Any answer will do; storages raise errors of their own kinds."""
        try:
            default_storage.exists("originals")
        except Exception:
            answer.set_result(False)
        else:
            answer.set_result(True)


storage_look = StorageLook()
