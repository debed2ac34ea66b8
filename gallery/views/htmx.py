"""The type of a request once django-htmx's middleware has looked at it, and how a whole page is sent to another one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


def go_to(request: HtmxRequest, url: str) -> HttpResponse:
    """The whole page, whatever part of it asked."""
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
