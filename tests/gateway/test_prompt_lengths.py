"""How long a prompt may be, read from what gateways and their providers write."""

import pytest

from gallery.gateway.dialects.prompt_lengths import longest_prompt

PYDANTIC = (
    '[{"type": "string_too_long", "loc": ["body", "prompt"], "msg": "String should have at most 2000 characters"}]'
)


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("Invalid 'prompt': string too long. Expected a string with maximum length 4000, but got 4612 instead.", 4000),
        (PYDANTIC, 2000),
        ("prompt exceeds the maximum length of 10,000 characters", 10_000),
        ("Prompt is too long: no more than 1024 characters.", 1024),
        ("The prompt must be 1500 characters or less", 1500),
        ("prompt: length must be between 1 and 10000", 10_000),
        ("Your prompt is over the 5000-character limit", 5000),
        ("negative words must be at most 500 characters", None),
        ("This model's maximum context length is 8192 tokens; your prompt has 9000.", None),
        ("The prompt was refused. Code 4000.", None),
        ("prompt: at most 4 pictures", None),
        ("", None),
    ],
)
def test_the_figure_of_a_refusal_is_found(text: str, longest: int | None) -> None:
    assert longest_prompt(text) == longest
