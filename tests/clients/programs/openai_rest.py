"""The images API, the list of models and the typed errors, through the `openai` package."""

from collections.abc import Callable
from typing import Any

import openai
from telling import ADDRESS, MASK, PICTURE, TOKEN, tell

client = openai.OpenAI(base_url=f"{ADDRESS}/v1", api_key=TOKEN, max_retries=0)
SMALL = {"image_config": {"size": "640x480"}}
BOTH = "openrouter/google/gemini-2.5-flash-image-preview"


def made(reply: Any) -> dict[str, Any]:
    return {
        "created": reply.created,
        "pictures": [one.b64_json for one in reply.data],
        "links": [one.url for one in reply.data],
        "warnings": ((reply.model_extra or {}).get("metadata") or {}).get("warnings"),
        "total_tokens": reply.usage.total_tokens if reply.usage else None,
    }


def draw(
    words: str = "a small brass lamp", *, asking: Any = client, model: str = "routellm/flux_pro", **more: Any
) -> Any:
    messages = [{"role": "user", "content": words}]
    settings = {"modalities": ["image"], "extra_body": SMALL} | more
    return asking.chat.completions.create(model=model, messages=messages, **settings)


def generated() -> Any:
    more = {"size": "640x480", "response_format": "b64_json"}
    return made(client.images.generate(model="routellm/flux_pro", prompt="a small brass lamp", **more))


def generated_several() -> Any:
    return made(client.images.generate(model="routellm/flux_pro", prompt="a lamp", n=2, size="640x480"))


def generated_as_links() -> Any:
    more = {"size": "640x480", "response_format": "url"}
    return made(client.images.generate(model="routellm/flux_pro", prompt="a lamp", **more))


def generated_by_alias() -> Any:
    more = {"size": "512x512", "quality": "auto", "background": "auto"}
    return made(client.images.generate(model="gpt-image-1", prompt="a lamp", **more))


def generated_in_any_size() -> Any:
    return made(client.images.generate(model="dall-e-3", prompt="a lamp", size="auto"))


def generated_as_stream() -> Any:
    events = client.images.generate(model="routellm/flux_pro", prompt="a lamp", n=2, size="640x480", stream=True)
    return [{"class": type(event).__name__, "type": event.type, "picture": event.b64_json} for event in events]


def edited() -> Any:
    with PICTURE.open("rb") as file:
        return made(client.images.edit(model="routellm/gpt_image15_edit", image=file, prompt="at night"))


def edited_from_two() -> Any:
    with PICTURE.open("rb") as first, MASK.open("rb") as second:
        return made(client.images.edit(model="routellm/flux_kontext_edit", image=[first, second], prompt="both"))


def edited_with_mask() -> Any:
    with PICTURE.open("rb") as file, MASK.open("rb") as mask:
        return made(client.images.edit(model="routellm/flux_pro_fill", image=file, mask=mask, prompt="a door"))


def models() -> Any:
    listed = list(client.models.list())
    return {"ids": [one.id for one in listed], "objects": sorted({one.object for one in listed})}


def one_model() -> Any:
    found = client.models.retrieve(BOTH)
    return {"id": found.id, "object": found.object, "created": found.created, "owned_by": found.owned_by}


def error_of(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        call()
    except openai.APIError as error:
        reply = getattr(error, "response", None)
        return {
            "class": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "type": error.type,
            "code": error.code,
            "param": error.param,
            "message": error.message,
            "body": error.body,
            "retry_after": reply.headers.get("retry-after") if reply is not None else None,
        }
    return {"class": "", "failed": "no error came"}


def wrong_value() -> Any:
    return error_of(lambda: draw(extra_body={"image_config": {"size": "17x19"}}))


def wrong_token() -> Any:
    stranger = openai.OpenAI(base_url=f"{ADDRESS}/v1", api_key="ps_00000000_nobody", max_retries=0)
    return error_of(lambda: draw(asking=stranger))


def no_credit() -> Any:
    return error_of(lambda: draw("a lamp sandbox:no-credit"))


def unknown_model() -> Any:
    return error_of(lambda: draw(model="routellm/no_such_model"))


def rate_limit() -> Any:
    return error_of(lambda: draw("a lamp sandbox:rate-limit"))


def refused_content() -> Any:
    return error_of(lambda: draw("a lamp sandbox:refuse"))


def other_request_under_same_key() -> Any:
    more = {"extra_headers": {"Idempotency-Key": f"vase-{openai.__version__}"}}
    draw("a vase", **more)
    return error_of(lambda: draw("another vase", **more))


def unknown_path() -> Any:
    return error_of(lambda: client.embeddings.create(model="routellm/flux_pro", input="a lamp"))


def refused_stream() -> Any:
    return error_of(lambda: list(draw("a lamp sandbox:refuse", stream=True)))


def broken_stream() -> Any:
    """Words come, then the answer fails: the status line is long gone."""
    more = {"model": BOTH, "modalities": ["text"], "stream": True, "extra_body": {}}
    return error_of(lambda: list(draw("a lamp sandbox:error", **more)))


def tried_once_though_retries_are_on() -> Any:
    """How often a call was sent that failed after it may have been paid."""
    sent = []
    counting = openai.DefaultHttpxClient(event_hooks={"request": [sent.append]})
    retrying = openai.OpenAI(base_url=f"{ADDRESS}/v1", api_key=TOKEN, max_retries=2, http_client=counting)
    return error_of(lambda: draw("a lamp sandbox:broken", asking=retrying)) | {"sent": len(sent)}


tell(
    generated,
    generated_several,
    generated_as_links,
    generated_by_alias,
    generated_in_any_size,
    generated_as_stream,
    edited,
    edited_from_two,
    edited_with_mask,
    models,
    one_model,
    wrong_value,
    wrong_token,
    no_credit,
    unknown_model,
    rate_limit,
    refused_content,
    other_request_under_same_key,
    unknown_path,
    refused_stream,
    broken_stream,
    tried_once_though_retries_are_on,
)
