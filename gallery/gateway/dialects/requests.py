"""A request in the unified form, built from an ask: what all dialects write in the same way."""

from typing import Any

import pybase64

from gallery.gateway.messages import Ask, InputPicture, Turn


def payload_of(ask: Ask, *, is_streamed: bool) -> dict[str, Any]:
    """Model, message and settings. A value that travels at the top never takes the place of one of these."""
    messages = [*map(message_of_turn, ask.conversation), message_of(ask)]
    payload: dict[str, Any] = {"model": ask.model_id, "messages": messages}
    image_config = values_for(ask, "image_config")
    if image_config:
        payload["image_config"] = image_config
    if is_streamed:
        payload["stream"] = True
    return values_for(ask, "top_level") | payload


def picture_payload_of(ask: Ask) -> dict[str, Any]:
    """For the images routes: prompt and settings side by side, pictures as they are. What people said before has no place
    of its own there, and stands before the prompt."""
    said = [turn.text for turn in ask.conversation if turn.text and turn.role != "assistant"]
    payload = {"model": ask.model_id, "prompt": "\n\n".join([*said, ask.prompt])}
    left_out = {name for name, transport in ask.transports.items() if transport == "none"}
    pictures: dict[str, list[InputPicture]] = {}
    for picture in ask.pictures:
        if picture.parameter not in left_out:
            pictures.setdefault(picture.parameter, []).append(picture)
    values = {name: value for name, value in ask.values.items() if name not in left_out}
    return values | {name: found[0] if len(found) == 1 else found for name, found in pictures.items()} | payload


def message_of(ask: Ask) -> dict[str, Any]:
    """The user's message: a plain string; with pictures that travel in it, the text part and then each in its order."""
    pictures = [picture for picture in ask.pictures if transport_of(ask, picture.parameter, "message") == "message"]
    return message_of_turn(Turn(role="user", text=ask.prompt, pictures=pictures))


def message_of_turn(turn: Turn) -> dict[str, Any]:
    if not turn.pictures:
        return {"role": turn.role, "content": turn.text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": turn.text}] if turn.text else []
    parts += [{"type": "image_url", "image_url": {"url": data_url(picture)}} for picture in turn.pictures]
    return {"role": turn.role, "content": parts}


def values_for(ask: Ask, transport: str) -> dict[str, Any]:
    """The values that travel by one transport, among them its pictures as data URLs: one, or a list of several."""
    values = {name: value for name, value in ask.values.items() if transport_of(ask, name) == transport}
    urls: dict[str, list[str]] = {}
    for picture in ask.pictures:
        if transport_of(ask, picture.parameter, "message") == transport:
            urls.setdefault(picture.parameter, []).append(data_url(picture))
    return values | {name: found[0] if len(found) == 1 else found for name, found in urls.items()}


def transport_of(ask: Ask, parameter: str, default: str = "image_config") -> str:
    return ask.transports.get(parameter, default)


def data_url(picture: InputPicture) -> str:
    return f"data:{picture.media_type};base64,{pybase64.b64encode_as_string(picture.content)}"
