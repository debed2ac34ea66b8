"""The page for what fails on our side. A database that is busy, full or away has a page of its own, which needs none of it,
brings what was typed along and sends it again."""

import sys
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from gallery.services.troubles import Trouble, trouble_of

# What may not stand in a page, even in its sender's own.
SECRETS = ("password", "secret", "key", "code")
# The one secret that its sender surely knows by heart: the page asks for it again.
KNOWN_BY_HEART = "password"


def fault(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`."""
    trouble = trouble_of(sys.exc_info()[1])
    return server_error(request) if trouble is None else page_of(request, trouble)


def page_of(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    is_form = request.method == "POST"
    typed = typed_fields(request) if is_form else ()
    words = {
        "trouble": trouble,
        "address": request.get_full_path(),
        "typed": typed,
        "is_form": is_form,
        "is_kept": bool(typed),
        "files": sorted(request.FILES) if typed else (),
        "asks_password": bool(typed) and KNOWN_BY_HEART in request.POST,
    }
    response = HttpResponse(render_to_string("trouble.html", words), status=trouble.status)
    if trouble.retry_after:
        response["Retry-After"] = str(trouble.retry_after)
    return response


def typed_fields(request: HttpRequest) -> Sequence[tuple[str, str]]:
    """Nothing where a part of it cannot be sent again from here: secrets, what could not be read. Files are chosen again."""
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values if name != KNOWN_BY_HEART]
    # Reading it may be what failed.
    except Exception:
        return ()
    is_secret = any(secret in name.lower() for name, _ in fields for secret in SECRETS)
    return () if is_secret else fields
