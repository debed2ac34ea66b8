"""Middleware: whoever is signed in is noted with their session, so that the profile can list it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gallery.models import User
from gallery.models.sessions import SessionStore
from gallery.services import sessions
from gallery.services.patience import OF_THE_DATABASE
from gallery.services.troubles import trouble_of


class SeenMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Afterwards, when a sign-in has made its session. What asks nobody's name is left alone."""
        response = self.get_response(request)
        store = request.session
        assert isinstance(store, SessionStore)
        if store.accessed and isinstance(request.user, User) and store.session_key:
            device, address = request.headers.get("User-Agent", ""), request.META.get("REMOTE_ADDR", "")
            self.note_seen(store, device, address)
        return response

    def note_seen(self, store: SessionStore, device: str, address: str) -> None:
        """A visit that cannot be written down just now is no reason to refuse a page that is only read."""
        try:
            sessions.note_seen(store, device=device, address=address)
        except OF_THE_DATABASE as problem:
            if trouble_of(problem) is None:
                raise
