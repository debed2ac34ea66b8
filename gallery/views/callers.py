"""Tells the audit log who asks and from where."""

from collections.abc import Callable
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

from gallery.models import User
from gallery.services import audit


class CallerMiddleware:
    """After Django's authentication. Behind a trusted proxy the server has put the caller's own address in place already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.acting(lambda: person_of(request), address_of(request)):
            return self.get_response(request)


def person_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) and request.user.pk else None


def address_of(request: HttpRequest) -> str | None:
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
