"""The one place where errors of the network become ours. What a gateway *said* is judged in `dialects.refusals`."""

import socket
import ssl
from collections.abc import Iterator

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from gallery.gateway import errors, redaction
from gallery.gateway.addresses import AddressRefused

# What httpx, aiohttp and the sockets below them raise. aiohttp's own are met raw where its httpx transport maps none.
NETWORK_ERRORS = (
    OSError,
    aiohttp.ClientError,
    HttpProcessingError,
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
)

# Tables are read from the top: the most specific first.
_BEFORE_SENDING: tuple[tuple[type[BaseException], str], ...] = (
    (
        AddressRefused,
        (
            "The address leads into a private network, where this server does not go by itself. Nothing was sent. "
            "An administrator can name that very host and port as the gateway's base URL."
        ),
    ),
    (
        socket.gaierror,
        (
            "The gateway's address was not found on the network. Nothing was sent. "
            "Check the base URL and this server's network, then run it again."
        ),
    ),
    (
        ssl.SSLError,
        (
            "The gateway's certificate could not be trusted, so nothing was sent. "
            "An administrator should check the base URL."
        ),
    ),
    (
        ConnectionRefusedError,
        "Nobody answers at the gateway's address. Nothing was sent. It may be down: try again in a few minutes.",
    ),
    (TimeoutError, "The gateway could not be reached in time. Nothing was sent. Try again in a few minutes."),
    (aiohttp.InvalidURL, "The gateway's address cannot be read. Nothing was sent. An administrator can correct it."),
    (httpx.InvalidURL, "The gateway's address cannot be read. Nothing was sent. An administrator can correct it."),
)
_NOT_REACHED = "The gateway could not be reached. Nothing was sent. Try again in a few minutes."

_LOOK_FIRST = "It may have been charged: look at the gateway's own records before you run it again."
_AFTER_SENDING: tuple[tuple[type[BaseException], type[errors.GatewayError], str], ...] = (
    (
        aiohttp.ClientPayloadError,
        errors.Interrupted,
        f"The gateway's answer broke off before it was complete. {_LOOK_FIRST}",
    ),
    (aiohttp.ServerTimeoutError, errors.TimedOut, f"The gateway took too long to answer. {_LOOK_FIRST}"),
    (
        aiohttp.ClientResponseError,
        errors.AnswerUnreadable,
        f"The gateway's answer breaks the rules of the web and could not be read. {_LOOK_FIRST}",
    ),
    (
        HttpProcessingError,
        errors.AnswerUnreadable,
        f"The gateway's answer breaks the rules of the web and could not be read. {_LOOK_FIRST}",
    ),
    (TimeoutError, errors.TimedOut, f"The gateway took too long to answer. {_LOOK_FIRST}"),
    (httpx.TimeoutException, errors.TimedOut, f"The gateway took too long to answer. {_LOOK_FIRST}"),
)
_INTERRUPTED = f"The connection to the gateway broke before the answer was complete. {_LOOK_FIRST}"


def network_failure(error: BaseException, *, was_sent: bool) -> errors.GatewayError:
    """Our error for a network error. `was_sent`: whether the first byte of the request may have left."""
    detail = redaction.printable(redaction.without_secrets(f"{type(error).__name__}: {error}"))
    # The aiohttp transport reports a server that hung up as httpx.ConnectTimeout; its cause tells the truth.
    chain = [cause for cause in causes(error) if not isinstance(cause, httpx.ConnectTimeout)]
    if not was_sent:
        for kind, sentence in _BEFORE_SENDING:
            if any(isinstance(cause, kind) for cause in chain):
                return errors.NotReached(sentence, detail=detail)
        return errors.NotReached(_NOT_REACHED, detail=detail)
    for kind, failure, sentence in _AFTER_SENDING:
        if any(isinstance(cause, kind) for cause in chain):
            return failure(sentence, detail=detail)
    return errors.Interrupted(_INTERRUPTED, detail=detail)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it was raised from, down to the root."""
    while error is not None:
        yield error
        error = error.__cause__
