"""The same things through `litellm`, used as a library. Its provider `openai` means: any address of that kind."""

from collections.abc import Callable
from typing import Any

import litellm
from telling import ADDRESS, PICTURE, TOKEN, question_about_picture, tell

litellm.suppress_debug_info = True
LAMP = [{"role": "user", "content": "a small brass lamp"}]
SMALL = {"image_config": {"size": "640x480"}}
BOTH = "openrouter/google/gemini-2.5-flash-image-preview"


def reach(model: str) -> dict[str, Any]:
    return {"model": f"openai/{model}", "api_base": f"{ADDRESS}/v1", "api_key": TOKEN, "max_retries": 0}


def pictures_in(said: Any) -> list[str]:
    return [image["image_url"]["url"] for image in getattr(said, "images", None) or []]


def ask(model: str, messages: Any = LAMP, **more: Any) -> dict[str, Any]:
    reply = litellm.completion(**reach(model), messages=messages, **more)
    choice = reply.choices[0]
    return {
        "id": reply.id,
        "object": reply.object,
        "model": reply.model,
        "role": choice.message.role,
        "content": choice.message.content or "",
        "pictures": pictures_in(choice.message),
        "finish_reason": choice.finish_reason,
        "total_tokens": reply.usage.total_tokens,
    }


def stream(model: str, messages: Any = LAMP, **more: Any) -> dict[str, Any]:
    options = {"include_usage": True}
    chunks = litellm.completion(**reach(model), messages=messages, stream=True, stream_options=options, **more)
    seen: dict[str, Any] = {"pieces": [], "pictures": [], "chunks_with_pictures": 0, "finish_reason": None}
    for chunk in chunks:
        if getattr(chunk, "usage", None):
            seen["total_tokens"] = chunk.usage.total_tokens
        for choice in chunk.choices:
            seen["pieces"] += [choice.delta.content] if choice.delta.content else []
            seen["pictures"] += pictures_in(choice.delta)
            seen["chunks_with_pictures"] += bool(pictures_in(choice.delta))
            seen["finish_reason"] = choice.finish_reason or seen["finish_reason"]
    return seen


def made(reply: Any) -> dict[str, Any]:
    return {
        "created": reply.created,
        "pictures": [one.b64_json for one in reply.data],
        "links": [one.url for one in reply.data],
    }


def one_picture() -> Any:
    return ask("routellm/flux_pro", modalities=["image"], extra_body=SMALL)


def several_pictures() -> Any:
    more = {"image_config": {"size": "640x480", "num_images": 3}}
    return ask("routellm/flux_pro", modalities=["image"], extra_body=more)


def streamed_pictures() -> Any:
    more = {"image_config": {"size": "640x480", "num_images": 2}}
    return stream("routellm/flux_pro", modalities=["image"], extra_body=more)


def streamed_picture_and_words() -> Any:
    return stream(BOTH, modalities=["image", "text"], extra_body={"image_config": {"aspect_ratio": "21:9"}})


def vision() -> Any:
    return ask("routellm/gpt-5.4", question_about_picture())


def streamed_words() -> Any:
    return stream("routellm/gpt-5.4", question_about_picture())


def generated() -> Any:
    return made(litellm.image_generation(**reach("routellm/flux_pro"), prompt="a small brass lamp", size="640x480"))


def generated_by_alias() -> Any:
    return made(litellm.image_generation(**reach("gpt-image-1"), prompt="a lamp", size="512x512"))


def edited() -> Any:
    with PICTURE.open("rb") as file:
        return made(litellm.image_edit(**reach("routellm/gpt_image15_edit"), image=file, prompt="at night"))


def models() -> Any:
    where = {"api_base": ADDRESS, "api_key": TOKEN}
    return {"ids": litellm.get_valid_models(check_provider_endpoint=True, custom_llm_provider="litellm_proxy", **where)}


def error_of(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        call()
    except Exception as error:
        return {
            "class": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "message": getattr(error, "message", str(error)),
        }
    return {"class": "", "failed": "no error came"}


def draw(words: str = "a small brass lamp", *, model: str = "routellm/flux_pro", **more: Any) -> Any:
    settings = {"modalities": ["image"], "extra_body": SMALL} | more
    return litellm.completion(**reach(model) | settings, messages=[{"role": "user", "content": words}])


def wrong_value() -> Any:
    return error_of(lambda: draw(extra_body={"image_config": {"size": "17x19"}}))


def wrong_token() -> Any:
    return error_of(lambda: draw(api_key="ps_00000000_nobody"))


def no_credit() -> Any:
    return error_of(lambda: draw("a lamp sandbox:no-credit"))


def unknown_model() -> Any:
    return error_of(lambda: draw(model="routellm/no_such_model"))


def rate_limit() -> Any:
    return error_of(lambda: draw("a lamp sandbox:rate-limit"))


def refused_content() -> Any:
    return error_of(lambda: draw("a lamp sandbox:refuse"))


def refused_stream() -> Any:
    return error_of(lambda: list(draw("a lamp sandbox:refuse", stream=True)))


def broken_stream() -> Any:
    more = {"model": BOTH, "modalities": ["text"], "stream": True, "extra_body": {}}
    return error_of(lambda: list(draw("a lamp sandbox:error", **more)))


tell(
    one_picture,
    several_pictures,
    streamed_pictures,
    streamed_picture_and_words,
    vision,
    streamed_words,
    generated,
    generated_by_alias,
    edited,
    models,
    wrong_value,
    wrong_token,
    no_credit,
    unknown_model,
    rate_limit,
    refused_content,
    refused_stream,
    broken_stream,
)
