"""How lines of the log are written: one JSON object each, or one line for people. Secrets and control characters are never
in them, and each says which request or run it belongs to."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from gallery.gateway.redaction import without_secrets
from gallery.services import log_marks
from gateway_site import environment

FORMATS = ("json", "text")
# Ours: access tokens, cookies, signatures, and addresses that open a door to whoever holds them.
SECRETS = re.compile(
    r"\bps_[\w-]{6,}"
    r"|(?<=proofsheet_session=)[^;\s\"']+"
    r"|(?<=proofsheet_csrf=)[^;\s\"']+"
    r"|(?<=csrfmiddlewaretoken=)[^&;\s\"']+"
    r"|(?<=authorization: )[^\r\n\"']+"
    r"|(?<=cookie: )[^\r\n\"']+"
    r"|(?<=/s/)[\w-]{16,}"
    r"|(?<=/accounts/join/)[\w-]{16,}"
    r"|(?<=/accounts/password/)[\w-]+/[\w-]+"
    r"|(?<=/v1/files/)[^\s\"'/?]+",
    re.IGNORECASE,
)
NOT_PRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def chosen_format() -> str:
    """People read at a terminal; whatever else takes the lines wants to take them apart."""
    given = environment.text("PROOFSHEET_LOG_FORMAT").lower()
    if given not in ("", *FORMATS):
        raise ImproperlyConfigured(f"PROOFSHEET_LOG_FORMAT must be json or text, not “{given}”.")
    return given or ("text" if sys.stderr.isatty() else "json")


def is_news(record: logging.LogRecord) -> bool:
    """Who asks whether we are ready wants to hear that we are not yet; the answer says it, again and again."""
    is_answer = getattr(record, "status_code", None) == HTTPStatus.SERVICE_UNAVAILABLE
    return not (is_answer and getattr(getattr(record, "request", None), "path", "") == "/readyz")


def blotted(text: str) -> str:
    return SECRETS.sub("••••", without_secrets(text))


def on_one_line(text: str) -> str:
    """What would end the line, colour it or turn it around is shown as its code."""
    return NOT_PRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class Marks(logging.Filter):
    """Tells each record which request and which run it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = log_marks.request_id.get()
        record.generation = log_marks.generation_id.get()
        return True


class JSONLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": blotted(record.getMessage()),
        }
        told |= {name: value for name in ("request_id", "generation") if (value := getattr(record, name, None))}
        if record.exc_info:
            told["trace"] = blotted(self.formatException(record.exc_info))
        return json.dumps(told)


class TextLine(logging.Formatter):
    """A trace follows its line indented, so that nothing within it can pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        marks = [getattr(record, "request_id", ""), getattr(record, "generation", None) or ""]
        mark = f" [{' '.join(str(one) for one in marks if one)}]" if any(marks) else ""
        head = f"{self.formatTime(record)} {record.levelname:7} {record.name}{mark}: "
        lines = [head + on_one_line(blotted(record.getMessage()))]
        if record.exc_info:
            trace = blotted(self.formatException(record.exc_info))
            lines += [f"    {on_one_line(line)}" for line in trace.split("\n")]
        return "\n".join(lines)
