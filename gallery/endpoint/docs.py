"""The endpoint's own description: the OpenAPI document, and a page made from it where one can send requests. Open to all."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from gallery.endpoint.bodies import JSON
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.surface import refuse

DOCUMENT = Path(__file__).with_name("openapi.json")
METHODS = ("GET", "HEAD")


@csrf_exempt  # a wrong method is answered as one, whoever sends it
@login_not_required
def openapi(request: HttpRequest) -> HttpResponse:
    """The document is written by hand and checked against the running endpoint by the tests."""
    if request.method not in METHODS:
        return refuse_method()
    return HttpResponse(read_document(), content_type=JSON)


@csrf_exempt
@login_not_required
def reference(request: HttpRequest) -> HttpResponse:
    if request.method not in METHODS:
        return refuse_method()
    origin = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    return render(request, "reference/page.html", {"base_url": f"{origin}/v1"})


@cache
def read_document() -> bytes:
    return DOCUMENT.read_bytes()


def refuse_method() -> HttpResponse:
    return refuse(Refusal(405, "Use GET here.", headers={"Allow": ", ".join(METHODS)}))
