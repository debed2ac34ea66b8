"""Chat completions through the `openai` package: pictures, streams, words, and the studio's own variants."""

from typing import Any

import openai
from telling import ADDRESS, TOKEN, question_about_picture, tell

client = openai.OpenAI(base_url=f"{ADDRESS}/v1", api_key=TOKEN, max_retries=0)
LAMP = [{"role": "user", "content": "a small brass lamp"}]
SMALL = {"image_config": {"size": "640x480"}}
BOTH = "openrouter/google/gemini-2.5-flash-image-preview"


def told(reply: Any) -> dict[str, Any]:
    choice = reply.choices[0]
    return {
        "id": reply.id,
        "object": reply.object,
        "model": reply.model,
        "role": choice.message.role,
        "content": choice.message.content,
        "pictures": [image["image_url"]["url"] for image in getattr(choice.message, "images", None) or []],
        "finish_reason": choice.finish_reason,
        "total_tokens": reply.usage.total_tokens,
    }


def ask(model: str, messages: Any = LAMP, **more: Any) -> dict[str, Any]:
    return told(client.chat.completions.create(model=model, messages=messages, **more))


def stream(model: str, messages: Any = LAMP, **more: Any) -> dict[str, Any]:
    options = {"include_usage": True}
    chunks = client.chat.completions.create(model=model, messages=messages, stream=True, stream_options=options, **more)
    seen: dict[str, Any] = {"pieces": [], "pictures": [], "chunks_with_pictures": 0, "finish_reason": None}
    for chunk in chunks:
        if chunk.usage:
            seen["total_tokens"] = chunk.usage.total_tokens
        for choice in chunk.choices:
            images = getattr(choice.delta, "images", None) or []
            seen["pieces"] += [choice.delta.content] if choice.delta.content else []
            seen["pictures"] += [image["image_url"]["url"] for image in images]
            seen["chunks_with_pictures"] += bool(images)
            seen["finish_reason"] = choice.finish_reason or seen["finish_reason"]
    return seen


def one_picture() -> Any:
    return ask("routellm/flux_pro", modalities=["image"], extra_body=SMALL)


def several_pictures() -> Any:
    more = {"image_config": {"size": "640x480", "num_images": 3}}
    return ask("routellm/flux_pro", modalities=["image"], extra_body=more)


def picture_without_modalities() -> Any:
    return ask("flux_pro", extra_body=SMALL)


def picture_from_values_as_strings() -> Any:
    more = {"image_config": {"size": "640x480", "num_images": "2", "rewrite_prompt": "false", "seed": "7"}}
    return ask("routellm/flux_pro", modalities=["image"], extra_body=more)


def pictures_by_n() -> Any:
    return ask("routellm/flux_pro", modalities=["image"], n=2, extra_body=SMALL)


def streamed_pictures() -> Any:
    more = {"image_config": {"size": "640x480", "num_images": 2}}
    return stream("routellm/flux_pro", modalities=["image"], extra_body=more)


def streamed_picture_and_words() -> Any:
    return stream(BOTH, modalities=["image", "text"], extra_body={"image_config": {"aspect_ratio": "21:9"}})


def vision() -> Any:
    return ask("routellm/gpt-5.4", question_about_picture())


def streamed_words() -> Any:
    return stream("routellm/gpt-5.4", question_about_picture())


def talk() -> Any:
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Good morning"}]
    return ask("gpt-4o", messages, temperature=0.2, max_tokens=200)


def picture_from_picture() -> Any:
    more = {"image_config": {"mode": "pro", "aspect_ratio": "16:9"}}
    return ask("routellm/flux_kontext_edit", question_about_picture(), modalities=["image"], extra_body=more)


def picture_as_link() -> Any:
    return ask("routellm/flux_pro", modalities=["image"], extra_body=SMALL, extra_query={"images": "url"})


def picture_as_content_part() -> Any:
    return ask("routellm/flux_pro", modalities=["image"], extra_body=SMALL, extra_query={"images": "content"})


def headers() -> Any:
    raw = client.chat.completions.with_raw_response.create(
        model="routellm/flux_pro", messages=LAMP, modalities=["image"], extra_body=SMALL
    )
    names = ("x-request-id", "x-generation-id", "x-proofsheet-simulated", "content-type")
    return {name: raw.headers.get(name) for name in names} | {"id": raw.parse().id}


def same_key_twice() -> Any:
    more = {"extra_headers": {"Idempotency-Key": f"lamp-{openai.__version__}"}, "extra_body": SMALL}
    return [ask("routellm/flux_pro", **more), ask("routellm/flux_pro", **more)]


tell(
    one_picture,
    several_pictures,
    picture_without_modalities,
    picture_from_values_as_strings,
    pictures_by_n,
    streamed_pictures,
    streamed_picture_and_words,
    vision,
    streamed_words,
    talk,
    picture_from_picture,
    picture_as_link,
    picture_as_content_part,
    headers,
    same_key_twice,
)
