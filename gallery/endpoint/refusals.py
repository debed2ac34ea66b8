"""Errors as every client understands them: one shape, the fitting status, never within a 200."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError

from gallery.gateway import errors
from gallery.models import Generation
from gallery.services import records
from gallery.services.troubles import trouble_of

TYPES: Mapping[int, str] = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "upstream_error",
    503: "upstream_error",
    504: "timeout_error",
    507: "server_error",
}
# By the kind that a failed row keeps. A gateway that refuses our key is no fault of the script's token: never 401.
STATUSES: Mapping[str, int] = {
    "rejected": 400,
    "content_refused": 400,
    "parameter_refused": 400,
    "out_of_credit": 402,
    "key_limit": 402,
    "model_not_found": 404,
    "cancelled": 409,
    "too_many_requests": 429,
    "internal": 500,
    "not_stored": 500,
    "did_not_run": 503,
    "not_reached": 503,
    "timed_out": 504,
}
OTHER_FAILURE = 502
SURELY_NOT_RUN = frozenset({"too_many_requests", "not_reached", "did_not_run"})
# What these keep as detail is our own, paths of this machine among it, and no gateway's words.
OWN_FAULTS = frozenset({"internal", "not_stored"})
CONTENT_POLICY = "content_policy_violation"
WAIT_SECONDS = 5


class Refusal(Exception):
    """`status` is the HTTP status and the `code` of the answer; `param` names the field in dots, `image_config.size`."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.metadata = dict(metadata or {})
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        error = {
            "message": self.message,
            "type": TYPES.get(self.status, "invalid_request_error"),
            "param": self.param,
            "code": self.status,
            "metadata": self.metadata,
        }
        return {"error": error}


def of_failure(generation: Generation, problem: errors.GatewayError | None) -> Refusal:
    """A run that failed, as its script is told. `problem` is there when this process saw it fail."""
    kind = generation.error_kind
    is_refused_content = kind == "content_refused" or has_stopped_by_rules(generation)
    status = 400 if is_refused_content else STATUSES.get(kind, OTHER_FAILURE)
    metadata: dict[str, Any] = {"error_type": CONTENT_POLICY if is_refused_content else kind}
    metadata |= {"gateway": generation.gateway_slug, "generation_id": str(generation.pk)}
    if generation.error_detail and kind not in OWN_FAULTS:
        metadata["raw"] = generation.error_detail
    if problem is not None and problem.supported_values:
        metadata["supported_values"] = list(problem.supported_values)
    headers = marks_of(generation)
    if status == 429 or status == 503:
        seconds = problem.retry_after if problem and problem.retry_after is not None else WAIT_SECONDS
        headers["Retry-After"] = str(max(1, round(seconds)))
    if kind not in SURELY_NOT_RUN:
        # Clients try again by themselves after a 409 and every 5xx; that could be paid a second time.
        headers["x-should-retry"] = "false"
    param = f"image_config.{problem.parameter}" if problem is not None and problem.parameter else None
    return Refusal(status, generation.error_sentence, param=param, metadata=metadata, headers=headers)


def marks_of(generation: Generation) -> dict[str, str]:
    """The headers that name a run."""
    simulated = {"X-Proofsheet-Simulated": "true"} if generation.is_simulated else {}
    return {"X-Generation-Id": str(generation.pk), **simulated}


def own_fault(sentence: str, *, metadata: Mapping[str, Any] | None = None) -> Refusal:
    """Something of ours failed, perhaps after a run that was paid: clients must not try again by themselves."""
    return Refusal(500, sentence, metadata=metadata, headers={"x-should-retry": "false"})


@contextmanager
def before_a_byte_is_sent() -> Iterator[None]:
    """A database or disk in trouble, told to a script that may try again: nothing was sent, nothing is paid."""
    try:
        yield
    except (DatabaseError, InterfaceError, OSError) as problem:
        trouble = trouble_of(problem)
        if trouble is None:
            raise
        headers = {"Retry-After": str(trouble.retry_after)} if trouble.retry_after else {"x-should-retry": "false"}
        raise Refusal(trouble.status, trouble.sentence, headers=headers) from problem


def has_stopped_by_rules(generation: Generation) -> bool:
    """Whether the gateway says so of an answer in which nothing came; by the record, so that it is told again alike."""
    return generation.error_kind == "no_image" and records.finish_reason(generation.reply) == "content_filter"
