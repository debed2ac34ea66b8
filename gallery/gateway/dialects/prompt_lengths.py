"""How long a prompt may be, as far as a refusal says so. Providers say it in words alone; nothing here knows a gateway."""

import re

# A figure below it is about something else, a code or a number of words, or an echo of the prompt itself.
SHORTEST = 200
_FIGURE = r"(?P<longest>\d{1,3}(?:,\d{3})+|\d{2,7})"
_MOST = (
    r"at most|no more than|up to|or equal to|limit(?: of| is)?:?|maximum(?: of| is)?:?|exceeds?(?: the)?(?: \w+){0,3}?|"
    r"longer than|under|below|within"
)
_LONGEST = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:maximum|max\.?|longest)(?: \w+){{0,3}}? length(?: of| is|:)* {_FIGURE}\b(?! ?token)",
        rf"(?:{_MOST}) {_FIGURE}(?:[- ](?:\w+ )?char)",
        rf"{_FIGURE}[- ]char(?:acter)?s? (?:limit|maximum|or (?:less|fewer))",
        rf"length must be (?:between \d+ and|at most|less than or equal to) {_FIGURE}\b",
    )
)


def longest_prompt(*texts: str) -> int | None:
    """None where the refusal is about something else, or names no figure."""
    for text in texts:
        is_about_it = re.search(r"\bprompt\b", text, re.IGNORECASE)
        found = next((match for pattern in _LONGEST if is_about_it and (match := pattern.search(text))), None)
        if found and (longest := int(found["longest"].replace(",", ""))) >= SHORTEST:
            return longest
    return None
