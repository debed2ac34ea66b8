"""The JSON of `chat/completions` as a wish. Loose in what it takes; what it does not know is named and left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from gallery.endpoint.refusals import Refusal
from gallery.endpoint.wishes import Said, Source, Wish, switch_in, table_in, text_in, visibility_in, warn_of_unknown
from gallery.services.questions import CHAT_OPTIONS

ROLES = ("system", "developer", "user", "assistant")
MODALITIES = ("image", "text")
OPTIONS = tuple(option.name for option in CHAT_OPTIONS)
FORMS_OF_ANSWER = ("text", "json_object")
MOST_MESSAGES = 200
MOST_STOPS = 16
LONGEST_STOP = 200
# Taken without a word: they change nothing here.
WITHOUT_EFFECT = ("user", "usage", "stream_options", "metadata", "store", "safety_identifier", "prompt_cache_key")
KNOWN = frozenset(
    {
        "model",
        "messages",
        "modalities",
        "image_config",
        "n",
        "num_images",
        "stream",
        "visibility",
        *OPTIONS,
        *WITHOUT_EFFECT,
    }
)


def read_chat(body: Mapping[str, Any]) -> Wish:
    """Raises Refusal, naming the field."""
    messages = read_messages(body.get("messages"))
    if messages[-1].role != "user":
        raise Refusal(400, "The last message must be the user’s.", param="messages")
    model = text_in(body, "model")
    if not model:
        raise Refusal(400, "model is needed: GET /v1/models lists them.", param="model")
    settings = table_in(body, "image_config")
    wish = Wish(
        model=model,
        prompt=messages[-1].text,
        pictures=messages[-1].pictures,
        conversation=messages[:-1],
        settings=settings,
        options={name: body[name] for name in OPTIONS if body.get(name) is not None},
        count=body.get("n") if body.get("n") is not None else body.get("num_images"),
        wants=read_modalities(body.get("modalities")),
        is_streamed=switch_in(body, "stream"),
        has_usage_chunk=table_in(body, "stream_options").get("include_usage") is not False,
        visibility=visibility_in(body),
    )
    check_options(wish.options)
    warn_of_unknown(body, KNOWN, wish.warnings)
    return wish


def read_messages(value: object) -> list[Said]:
    if not isinstance(value, list) or not value:
        raise Refusal(400, "messages must be a list with at least one message.", param="messages")
    if len(value) > MOST_MESSAGES:
        raise Refusal(400, f"messages may hold {MOST_MESSAGES} messages.", param="messages")
    return [read_message(message, f"messages.{number}") for number, message in enumerate(value)]


def read_message(message: object, place: str) -> Said:
    if not isinstance(message, dict):
        raise Refusal(400, "A message must be an object with role and content.", param=place)
    role = message.get("role")
    if role not in ROLES:
        raise Refusal(400, f"role takes one of: {', '.join(ROLES)}.", param=f"{place}.role")
    texts, pictures = read_content(message.get("content"), f"{place}.content")
    # Pictures that a model made stand beside the words of its message.
    pictures += [read_picture(picture, f"{place}.images") for picture in listed(message.get("images"))]
    return Said(role=role, text="\n".join(texts), pictures=pictures)


def read_content(content: object, place: str) -> tuple[list[str], list[Source]]:
    """Texts and pictures of a message, each in their order."""
    parts = [] if content is None else [content] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise Refusal(400, "content must be a text or a list of parts.", param=place)
    texts: list[str] = []
    pictures: list[Source] = []
    for number, part in enumerate(parts):
        read_part(
            {"type": "text", "text": part} if isinstance(part, str) else part, f"{place}.{number}", texts, pictures
        )
    return texts, pictures


def read_part(part: object, place: str, texts: list[str], pictures: list[Source]) -> None:
    if not isinstance(part, dict):
        raise Refusal(400, "A part must be an object with a type.", param=place)
    kind = part.get("type")
    if kind in ("text", "input_text", "output_text"):
        texts.append(text_in(part, "text"))
    elif kind in ("image_url", "input_image", "output_image"):
        pictures.append(read_picture(part, place))
    else:
        raise Refusal(400, "A part is of type text or image_url.", param=f"{place}.type")


def read_picture(part: object, place: str) -> Source:
    """The URL in `{"image_url": {"url": …}}`, `{"image_url": …}`, `{"url": …}` or a plain text."""
    found = part
    for name in ("image_url", "url"):
        if isinstance(found, dict):
            found = found.get(name, found)
    if not isinstance(found, str) or not found:
        raise Refusal(400, "A picture needs image_url.url: an https address or a data URL.", param=place)
    return found


def listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def read_modalities(value: object) -> Sequence[str]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(kind in MODALITIES for kind in value):
        raise Refusal(400, "modalities is a list of: image, text.", param="modalities")
    return value


def check_options(options: Mapping[str, Any]) -> None:
    """What is not a plain number: only forms that we know travel on."""
    stop = options.get("stop", [])
    stops = stop if isinstance(stop, list) else [stop]
    if len(stops) > MOST_STOPS or not all(isinstance(word, str) and len(word) <= LONGEST_STOP for word in stops):
        sentence = f"stop is a text or a list of up to {MOST_STOPS} texts, each of up to {LONGEST_STOP} characters."
        raise Refusal(400, sentence, param="stop")
    if "\x00" in "".join(stops):
        raise Refusal(400, "stop holds a character that cannot be sent.", param="stop")
    form = options.get("response_format", {"type": "text"})
    if not isinstance(form, dict) or form.get("type") not in FORMS_OF_ANSWER:
        raise Refusal(400, f"response_format.type takes one of: {', '.join(FORMS_OF_ANSWER)}.", param="response_format")
