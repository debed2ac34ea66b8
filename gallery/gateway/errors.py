"""The error tree of everything that can go wrong between us and a gateway. Drawn once, here.

GatewayError
├── DidNotRun            surely not charged; may be tried again without a second payment
│   ├── NotReached           no connection: name unknown, refused, TLS, address not allowed
│   ├── TooManyRequests      429, or 503 with Retry-After
│   └── Rejected             the gateway looked and said no
│       ├── KeyRefused           401, RouteLLM's 403 with a string
│       ├── OutOfCredit          402
│       │   └── CreditReserved       402 for want of a reserve: too little for this model, perhaps not for another
│       ├── KeyLimitReached      ours: no key has room left within the limits an administrator set
│       ├── ContentRefused       moderation
│       ├── ParameterRefused     400 that names a parameter (and perhaps the values it takes)
│       ├── ModelNotFound        404
│       └── Redirected           3xx on POST: never followed
└── MayHaveRun           may have been charged: a person decides
    ├── TimedOut             sent, then no whole answer before the deadline
    ├── Interrupted          connection broke, or our process died, after sending
    ├── GatewayFailed        5xx, or an error in the body of a 200
    ├── AnswerUnreadable     HTML, cut JSON, too large, encoded
    ├── NoImage              a whole answer without a usable picture, or without the words that were asked for
    ├── PictureNotRead       a whole answer over whose only pictures the process that reads them was ended
    └── PictureNotFetched    a whole answer whose picture could not be fetched from its link
"""

from collections.abc import Sequence

from gallery.gateway import messages


class GatewayError(Exception):
    """`sentence` is for people and stands alone; `detail` is the gateway's own words, without secrets, at most 4,000
    characters; `kind` names the class on a record; `retry_after` is seconds, already bounded; `result` holds what an
    answer did say before it failed: its words, its cost, its usage. `was_read`: a saved answer was read and said so;
    whatever else went wrong, an answer that is on the disk may still hold what was paid for."""

    kind = "gateway_error"
    may_have_run = False
    was_read = False
    result: messages.Result | None = None

    def __init__(
        self,
        sentence: str,
        *,
        detail: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        parameter: str = "",
        supported_values: Sequence[str] = (),
    ):
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail[:4000]
        self.status = status
        self.retry_after = retry_after
        self.parameter = parameter
        self.supported_values = tuple(supported_values)


class DidNotRun(GatewayError):
    kind = "did_not_run"


class NotReached(DidNotRun):
    kind = "not_reached"


class TooManyRequests(DidNotRun):
    kind = "too_many_requests"


class Rejected(DidNotRun):
    kind = "rejected"


class KeyRefused(Rejected):
    kind = "key_refused"


class OutOfCredit(Rejected):
    kind = "out_of_credit"


class CreditReserved(OutOfCredit):
    """Told and kept as OutOfCredit is."""


class KeyLimitReached(Rejected):
    kind = "key_limit"


class ContentRefused(Rejected):
    kind = "content_refused"


class ParameterRefused(Rejected):
    kind = "parameter_refused"


class ModelNotFound(Rejected):
    kind = "model_not_found"


class Redirected(Rejected):
    kind = "redirected"


class MayHaveRun(GatewayError):
    kind = "may_have_run"
    may_have_run = True


class TimedOut(MayHaveRun):
    kind = "timed_out"


class Interrupted(MayHaveRun):
    kind = "interrupted"


class GatewayFailed(MayHaveRun):
    kind = "gateway_failed"


class AnswerUnreadable(MayHaveRun):
    kind = "answer_unreadable"


class NoImage(MayHaveRun):
    kind = "no_image"


class PictureNotRead(MayHaveRun):
    kind = "picture_not_read"


class PictureNotFetched(MayHaveRun):
    kind = "picture_not_fetched"
