"""A streamed chat completion: its chunks in OpenAI's shape, pictures one by one as OpenRouter tells them."""

import time
from collections.abc import AsyncIterator
from typing import Any

from gallery.endpoint import answers
from gallery.endpoint.events import Telling, event
from gallery.endpoint.files import links_of
from gallery.endpoint.picture_json import Places
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.running import Started
from gallery.models import Generation

KIND = "chat.completion.chunk"


class ChatSpeech:
    """`form` is how pictures are wished for; `origin` is where links begin, empty when none are. The usage stands in a
    chunk of its own without choices, or, where that is not wished for, in the one that ends the answer."""

    def __init__(self, telling: Telling, *, model: str, form: str, origin: str, has_usage_chunk: bool):
        self._telling = telling
        self._form = form
        self._has_usage_chunk = has_usage_chunk
        self._origin = origin
        # Until there is a run: a refusal, too, is told in a chunk that strict clients can read.
        self._head: dict[str, Any] = {"id": "gen-0", "object": KIND, "created": int(time.time()), "model": model}
        self._is_open = False
        self._early: list[str] = []

    def say(self, words: str) -> None:
        """Words of the answer, as they come."""
        if self._is_open:
            self._telling.tell_words(self._chunk({"content": words}))
        else:
            self._early.append(words)

    def opening(self, started: Started) -> bytes:
        self._head = answers.head_of(started.generation, KIND)
        self._is_open = True
        for words in self._early:
            self.say(words)
        return self._chunk({"role": "assistant", "content": ""})

    async def end(self, started: Started, generation: Generation) -> AsyncIterator[bytes]:
        """What was not told yet: words of an answer that came whole, one chunk for each picture, the end, the usage."""
        self._head["provider"] = answers.head_of(generation, KIND)["provider"]
        if generation.answer and not self._telling.has_words:
            yield self._chunk({"content": generation.answer})
        links = links_of(self._origin, generation) if self._origin else None
        for number, image in enumerate(answers.pictures_of(generation)):
            places = Places()
            url = links[number] if links else answers.data_url(image, places.base64_of)
            async for piece in places.pieces_of(self._chunk(self._delta_of(answers.image_entry(url, number)))):
                yield piece
        reason, metadata = answers.finish_reason_of(generation), answers.metadata_of(generation, started.warnings)
        told = {"usage": answers.usage_of(generation), "metadata": metadata}
        yield self._chunk({"content": ""}, reason, **({} if self._has_usage_chunk else told))
        if self._has_usage_chunk:
            yield event({**self._head, "choices": [], **told})

    def refusal(self, refusal: Refusal) -> bytes:
        return self._chunk({"content": ""}, "error", **refusal.body)

    def _delta_of(self, entry: dict[str, Any]) -> dict[str, Any]:
        if self._form == "content":
            return {"role": "assistant", "content": [{"type": entry["type"], "image_url": entry["image_url"]}]}
        return {"role": "assistant", "content": "", "images": [entry]}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> bytes:
        choice = {
            "index": 0,
            "delta": delta,
            "finish_reason": finish_reason,
            "native_finish_reason": finish_reason,
            "logprobs": None,
        }
        return event({**self._head, "choices": [choice], **more})
