"""A setting refused for its value, for people who ask for that with `sandbox:wrong-value` in the prompt.

Of the values of one spelling a few are taken and all others refused, so that a request mended by what was named works.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TAKEN: Sequence[tuple[re.Pattern[str], tuple[str, ...]]] = tuple(
    (re.compile(pattern), values)
    for pattern, values in (
        (r"\d{3,5}x\d{3,5}", ("1024x1024", "1024x1536", "1536x1024")),
        (r"\d{1,2}:\d{1,2}", ("1:1", "4:3", "3:4")),
        (r"\d{1,2}x\d{1,2}", ("1x1", "4x3", "3x4")),
        (r"(?:square|portrait|landscape)(?:_\w+)?", ("square", "landscape_4_3", "portrait_4_3")),
        (r"\d(?:\.\d)?K", ("1K", "2K")),
        (r"low|medium|high|standard|hd", ("low", "medium")),
    )
)


def refused(settings: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]] | None:
    """Name and value of the first setting to refuse, and what is taken instead; None when there is none."""
    for name, value in settings.items():
        taken = next((taken for spelling, taken in _TAKEN if spelling.fullmatch(str(value))), ())
        if taken and value not in taken:
            return name, str(value), taken
    return None


def in_words(value: str, taken: Sequence[str]) -> str:
    """As OpenAI says it: https://platform.openai.com/docs/guides/error-codes."""
    quoted = [f"'{one}'" for one in taken]
    return f"Invalid value: '{value}'. Supported values are: {', '.join(quoted[:-1])}, and {quoted[-1]}."
