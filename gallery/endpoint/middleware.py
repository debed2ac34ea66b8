"""The endpoint's requests need no session, no form token and no page: they go past all other middleware."""

from collections.abc import Awaitable, Callable

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve

PREFIXES = ("/v1/", "/api/v1/")
# Pages like others, with their policies.
PAGES = tuple(f"{prefix}{page}" for prefix in PREFIXES for page in ("docs", "openapi.json"))


class EndpointMiddleware:
    """Stands first. What a request costs here, a script waits for at each of its calls."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if not request.path_info.startswith(PREFIXES) or request.path_info in PAGES:
            return self.get_response(request)
        view, args, kwargs = resolve(request.path_info)
        if self.is_async:
            return view(request, *args, **kwargs)  # type: ignore[no-any-return]
        return async_to_sync(view)(request, *args, **kwargs)  # type: ignore[no-any-return]
