"""Pages for requests that no view answers: what cannot be read, what is too large, the wrong method."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import page_not_found, permission_denied

from gallery.models.url_state import LARGEST_ID
from gallery.services import idle_connections

Refusal = Callable[[HttpRequest, Exception], HttpResponse]
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
TOO_MUCH = "This form holds more than is taken at once. Send fewer pictures, or less text, at a time."


def over_its_own_connection(page: Refusal) -> Refusal:
    """Such pages are made by a thread that no request owns: nobody would see that its connection broke since the last one."""

    @wraps(page)
    def answer(request: HttpRequest, exception: Exception) -> HttpResponse:
        try:
            return page(request, exception)
        finally:
            idle_connections.give_back()

    return answer


@over_its_own_connection
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`."""
    return page_not_found(request, exception)


@over_its_own_connection
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler403`."""
    return permission_denied(request, exception)


@over_its_own_connection
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler400`."""
    if isinstance(exception, TOO_LARGE):
        return render(request, "413.html", {"sentence": TOO_MUCH}, status=413)
    return render(request, "400.html", {"is_wrong_host": isinstance(exception, DisallowedHost)}, status=400)


class RefusalMiddleware(MiddlewareMixin):
    """Numbers that no row can have are not there, whatever a view would look them up by; and a wrong method is told on a page,
    where Django's own is empty."""

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]) -> None:
        if any(isinstance(value, int) and value > LARGEST_ID for value in kwargs.values()):
            raise Http404

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 405 or response.streaming or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
