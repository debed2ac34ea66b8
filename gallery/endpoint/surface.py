"""What stands around every view of the endpoint: the method, the token, the request's id, and errors in one shape."""

import logging
from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from gallery.endpoint.bodies import JSON
from gallery.endpoint.refusals import Refusal, before_a_byte_is_sent, marks_of, own_fault
from gallery.models import AccessToken, Generation
from gallery.services import log_marks, tokens
from gallery.services.database_thread import in_database, remembered

logger = logging.getLogger(__name__)

P = ParamSpec("P")
Answering = Coroutine[Any, Any, HttpResponseBase]
OpenView = Callable[Concatenate[HttpRequest, P], Answering]
View = Callable[Concatenate[HttpRequest, AccessToken, P], Answering]


def open_surface(*methods: str) -> Callable[[OpenView[P]], OpenView[P]]:
    """A view that needs no token."""

    def decorate(view: OpenView[P]) -> OpenView[P]:
        @wraps(view)
        async def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            response: HttpResponseBase
            request_id = log_marks.request_id.get() or log_marks.fresh_id()
            try:
                if request.method not in methods:
                    allowed = ", ".join(methods)
                    raise Refusal(405, f"Use {allowed} here.", headers={"Allow": allowed})
                response = await view(request, *args, **kwargs)
            except Refusal as refusal:
                response = refuse(refusal)
            except Exception:
                logger.exception("request %s failed", request_id)
                response = refuse(own_fault(f"Something failed in the studio. Its log has more, under {request_id}."))
            response["x-request-id"] = request_id
            response["X-Content-Type-Options"] = "nosniff"
            return response

        return answer

    return decorate


def surface(*methods: str, is_counted: bool = False) -> Callable[[View[P]], OpenView[P]]:
    """A view for who holds an access token; `is_counted`: against the token's own limit a minute."""

    def decorate(view: View[P]) -> OpenView[P]:
        async def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            access_token = await come_in(request, is_counted=is_counted)
            return await view(request, access_token, *args, **kwargs)

        return open_surface(*methods)(answer)

    return decorate


async def come_in(request: HttpRequest, *, is_counted: bool) -> AccessToken:
    return await admit(request.headers.get("Authorization", ""), is_counted=is_counted)


async def admit(authorization: str, *, is_counted: bool) -> AccessToken:
    """The token in `Authorization: Bearer …`. Raises Refusal: 401, 403, or 429 when it asks too often."""
    scheme, _, plain = authorization.partition(" ")
    if scheme.lower() != "bearer" or not plain.strip():
        raise Refusal(
            401, "Send an access token: “Authorization: Bearer ps_…”. Make one in the studio under You → Access tokens."
        )
    try:
        with before_a_byte_is_sent():
            token = plain.strip()
            return await in_database(partial(find_and_count, token, is_counted=is_counted), row=token)
    except tokens.TokenRefused as refused:
        raise Refusal(401, str(refused)) from refused
    except tokens.NotAllowed as refused:
        raise Refusal(403, str(refused)) from refused
    except tokens.TooManyOfToken as refused:
        raise Refusal(429, str(refused), headers={"Retry-After": str(refused.retry_after)}) from refused


def find_and_count(plain: str, *, is_counted: bool) -> AccessToken:
    access_token = remembered(("token", plain), partial(tokens.find_token, plain))
    if access_token.is_expired:
        # Since it was remembered.
        access_token = tokens.find_token(plain)
    tokens.check_person(access_token)
    if is_counted:
        tokens.count_request(access_token)
    return access_token


def mark(response: HttpResponseBase, generation: Generation) -> HttpResponseBase:
    """Name the run in the answer's headers."""
    for name, value in marks_of(generation).items():
        response[name] = value
    return response


def answer_json(content: Any, *, status: int = 200) -> HttpResponse:
    body = msgspec.json.encode(content)
    return HttpResponse(body, status=status, content_type=JSON, headers={"Content-Length": str(len(body))})


def refuse(refusal: Refusal) -> HttpResponse:
    response = answer_json(refusal.body, status=refusal.status)
    for name, value in refusal.headers.items():
        response[name] = value
    return response
