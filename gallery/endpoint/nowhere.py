"""Everything under the endpoint's prefixes that is not there: the same shape of error as everywhere."""

from django.http import HttpRequest, HttpResponseBase

from gallery.endpoint.refusals import Refusal
from gallery.endpoint.surface import open_surface

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@open_surface(*METHODS)
async def nowhere(request: HttpRequest) -> HttpResponseBase:
    raise Refusal(404, f"There is nothing at {request.path[:200]}. GET /v1/docs shows what there is.")
