"""What a question to a model may hold: an analysis has no knobs of the model, its spec is this one."""

from collections.abc import Collection

from gallery import specs

ANALYSIS_PICTURES = specs.Parameter(
    name="images",
    type="image",
    label="Pictures",
    description="What the question is about",
    is_basic=True,
    max_images=8,
    transport="message",
)
# Scripts may set these; the ranges are those of the OpenAI API, https://platform.openai.com/docs/api-reference/chat.
CHAT_OPTIONS = (
    specs.Parameter(
        name="temperature", type="number", label="Temperature", minimum=0, maximum=2, transport="top_level"
    ),
    specs.Parameter(name="top_p", type="number", label="Top p", minimum=0, maximum=1, transport="top_level"),
    specs.Parameter(name="max_tokens", type="integer", label="Most tokens", minimum=1, transport="top_level"),
    specs.Parameter(
        name="max_completion_tokens", type="integer", label="Most tokens in all", minimum=1, transport="top_level"
    ),
    specs.Parameter(
        name="presence_penalty", type="number", label="Presence penalty", minimum=-2, maximum=2, transport="top_level"
    ),
    specs.Parameter(
        name="frequency_penalty", type="number", label="Frequency penalty", minimum=-2, maximum=2, transport="top_level"
    ),
    specs.Parameter(name="seed", type="integer", label="Seed", transport="top_level"),
    specs.Parameter(name="stop", type="array", label="Stop words", transport="top_level"),
    specs.Parameter(name="response_format", type="object", label="Form of the answer", transport="top_level"),
)
# Pictures of earlier turns of a conversation go in under this name, which no spec has.
CONVERSATION = "conversation"
CONVERSATION_PICTURES = specs.Parameter(name=CONVERSATION, type="image", label="Earlier pictures", transport="message")


def analysis_spec(options: Collection[str]) -> tuple[specs.Parameter, ...]:
    """The pictures, and of the options those that were chosen."""
    return (ANALYSIS_PICTURES, *(option for option in CHAT_OPTIONS if option.name in options))
