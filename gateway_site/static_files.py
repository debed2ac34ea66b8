"""Static files: collected into the data folder when they changed, and served from there by whitenoise."""

import hashlib
from pathlib import Path

import django
import django_htmx
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

MARK = "collected"


def collect_if_changed() -> bool:
    """True when files were collected."""
    mark = Path(settings.STATIC_ROOT) / MARK
    current = fingerprint()
    if mark.exists() and mark.read_text() == current:
        return False
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    mark.write_text(current)
    return True


def fingerprint() -> str:
    """Changes with any file of ours, and with the versions of those who bring files of their own."""
    digest = hashlib.sha256(f"{django.__version__} {Path(django_htmx.__file__).parent}".encode())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            status = path.stat()
            digest.update(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """whitenoise answers with a file that is read synchronously, which an ASGI server would warn about at each request.
    Ours are small: they are read here, in the thread that serves the request."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
