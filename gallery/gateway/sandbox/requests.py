"""A chat request of the unified form, read as loosely as gateways do; shared by all dialects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gallery.gateway.sandbox.files import PATH as FILES
from gallery.gateway.sandbox.files import FileStore
from gallery.gateway.sandbox.references import Reference, ReferenceRefused, read_data_url, read_picture

MOST_REFERENCES = 16


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """`picture_urls` come from the user's messages, and after them from the settings in `image_config`.
    `wants_cost`: OpenRoute's `usage.include`."""

    model: str
    prompt: str
    modalities: tuple[str, ...] = ()
    picture_urls: tuple[str, ...] = ()
    image_config: Mapping[str, Any] = field(default_factory=dict)
    is_streamed: bool = False
    wants_cost: bool = False

    @property
    def wants_image(self) -> bool:
        return "image" in self.modalities


def read_request(body: Mapping[str, Any]) -> ChatRequest:
    settings = body.get("image_config")
    settings = settings if isinstance(settings, dict) else {}
    messages = body.get("messages")
    said = [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    parts = [
        part for message in said if message.get("role", "user") == "user" for part in _parts(message.get("content"))
    ]
    modalities, usage = body.get("modalities"), body.get("usage")
    urls = [url for part in parts for url in _urls(part.get("image_url"))]
    urls += [url for value in settings.values() for url in _urls(value) if url.startswith("data:")]
    return ChatRequest(
        model=_text(body.get("model")),
        prompt="\n".join(_text(part.get("text")) for part in parts if part.get("text")).strip()
        or _text(settings.get("prompt")),
        modalities=tuple(_text(kind) for kind in modalities) if isinstance(modalities, list) else (),
        picture_urls=tuple(urls),
        image_config=settings,
        is_streamed=body.get("stream") is True,
        wants_cost=isinstance(usage, dict) and usage.get("include") is True,
    )


def read_references(request: ChatRequest, files: FileStore) -> list[Reference]:
    """The request's pictures. Links are followed to the sandbox's own files only. Raises ReferenceRefused."""
    if len(request.picture_urls) > MOST_REFERENCES:
        raise ReferenceRefused(f"Too many images. The maximum is {MOST_REFERENCES}.")
    return [_read(url, files) for url in request.picture_urls]


def _read(url: str, files: FileStore) -> Reference:
    if url.startswith("data:"):
        return read_data_url(url)
    _, found, token = url.partition(FILES)
    stored = files.find(FILES + token) if found else None
    if stored is None:
        raise ReferenceRefused(
            "The image could not be downloaded from its URL. The sandbox reads data URLs and its own files."
        )
    return read_picture(stored.content)


def _parts(content: object) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        yield {"text": content}
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, str):
                yield {"text": part}
            elif isinstance(part, dict):
                yield part


def _urls(value: object) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, dict):
        yield from _urls(value.get("url"))
    elif isinstance(value, list):
        for entry in value:
            yield from _urls(entry)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
