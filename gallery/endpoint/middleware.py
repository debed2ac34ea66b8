"""The endpoint's requests need no session, no form token and no page: they go past all other middleware."""

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve

PREFIXES = ("/v1/", "/api/v1/")
# Pages like others, with their policies.
PAGES = tuple(f"{prefix}{page}" for prefix in PREFIXES for page in ("docs", "openapi.json"))


def is_endpoints(path: str) -> bool:
    """With or without the last slash: a redirect to a page is no answer for a script."""
    return f"{path}/".startswith(PREFIXES)


class EndpointMiddleware:
    """Stands first. What a request costs here, a script waits for at each of its calls."""

    # Not capable of both: it would be called from a thread wherever the middleware after it is not async.
    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]):
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_endpoints(request.path_info) or request.path_info in PAGES:
            return await self.get_response(request)
        view, args, kwargs = resolve(request.path_info)
        response: HttpResponseBase = await view(request, *args, **kwargs)
        return response
