"""The sandbox as OpenRouter, OpenRoute, LLMGateway and OpenAI, and every gateway's streams, read by our own dialects."""

import asyncio
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import Ask, InputPicture, Reply, Result
from gallery.gateway.sandbox import llmgateway, openroute, openrouter
from gallery.gateway.sandbox.app import SandboxApp
from gallery.gateway.sandbox.gateways import API_PATHS

MODELS = {
    "openrouter": "google/gemini-2.5-flash-image-preview",
    "openroute": "google/gemini-2.5-flash-image-preview",
    "llmgateway": "gemini-2.5-flash-image-preview",
    "openai": "gemini-2.5-flash-image",
}
BOTH = ("image", "text")


def red(size: tuple[int, int] = (80, 60)) -> InputPicture:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, "PNG")
    return InputPicture(parameter="image_prompt", media_type="image/png", content=buffer.getvalue())


def call(slug: str, method: str, path: str, *, key: str = "key", json: Any = None) -> Reply:
    async def run() -> Reply:
        transport = httpx.ASGITransport(app=SandboxApp(pace=0))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9123") as http:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            answer = await http.request(method, f"/{slug}{API_PATHS[slug]}{path}", json=json, headers=headers)
            return Reply(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    return asyncio.run(run())


def ask(slug: str, prompt: str = "a red hill", *, wants_picture: bool = True, **fields: Any) -> Result:
    fields = {"model_id": MODELS.get(slug, "flux_kontext"), "modalities": BOTH, "prompt": prompt} | fields
    reply = call(slug, "POST", "/chat/completions", json=DIALECTS[slug].build(Ask(**fields)))
    connection = Connection(base_url="https://x.example/v1", api_key="", dialect=slug)
    return client.parse(connection, reply, wants_picture=wants_picture)


def size_of(result: Result, number: int = 0) -> tuple[int, int]:
    content = result.pictures[number].content
    assert content is not None
    return Image.open(io.BytesIO(content)).size


@pytest.mark.parametrize("slug", MODELS)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_picture_is_drawn_in_the_size_that_was_asked_for(slug: str, is_streamed: bool) -> None:
    result = ask(slug, values={"aspect_ratio": "16:9"}, is_streamed=is_streamed)

    assert size_of(result) == (1344, 768)
    assert result.text == "Here is the picture you asked for."
    assert (str(result.cost), result.cost_unit) == ("0.039", "usd")
    assert result.output_tokens == 1290
    assert (result.finish_reason, list(result.broken)) == ("stop", [])


def test_settings_of_llmgateway_count() -> None:
    first, again = (ask("llmgateway", values={"n": 2, "seed": 5, "image_size": "512x512"}) for _ in "ab")
    assert [picture.content for picture in first.pictures] == [picture.content for picture in again.pictures]
    assert (len(first.pictures), size_of(first, 1), str(first.cost)) == (2, (512, 512), "0.078")


def test_models_of_pictures_only_want_to_be_asked_for_pictures_only() -> None:
    result = ask(
        "openrouter", model_id="black-forest-labs/flux.2-pro", modalities=["image"], values={"image_size": "0.5K"}
    )
    assert (len(result.pictures), result.text) == (1, "")
    with pytest.raises(errors.ParameterRefused) as caught:
        ask("openrouter", model_id="black-forest-labs/flux.2-pro")
    assert caught.value.parameter == "modalities"


@pytest.mark.parametrize("slug", MODELS)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_question_about_pictures_is_answered_with_their_facts(slug: str, is_streamed: bool) -> None:
    result = ask(
        slug,
        "What do you see?",
        modalities=["text"],
        pictures=[red(), red((64, 64))],
        is_streamed=is_streamed,
        wants_picture=False,
    )
    assert "Picture 1: 80 × 60 pixels, PNG, 4:3. Main colour: red." in result.text
    assert "Picture 2: 64 × 64 pixels" in result.text


def test_routellm_streams_its_words() -> None:
    json = DIALECTS["routellm"].build(
        Ask(model_id="route-llm", prompt="What?", modalities=["text"], pictures=[red()], is_streamed=True)
    )
    reply = call("routellm", "POST", "/chat/completions", json=json)
    assert reply.headers["content-type"] == "text/event-stream"
    assert "80 × 60 pixels" in DIALECTS["routellm"].parse(reply).text


@pytest.mark.parametrize("slug", MODELS)
def test_references_are_seen_in_the_picture(slug: str) -> None:
    values = {"aspect_ratio": "1:1"}
    assert size_of(ask(slug, "make it blue", pictures=[red()], values=values)) == (1024, 1024)


@pytest.mark.parametrize(
    ("slug", "asked", "used"),
    [
        ("openrouter", "openrouter/auto", "google/gemini-2.5-flash-image-preview"),
        ("openroute", "openroute/auto", "google/gemini-2.5-flash-image-preview"),
        ("llmgateway", "auto", "google-ai-studio/gemini-2.5-flash-image-preview"),
    ],
)
def test_a_router_says_which_model_it_chose(slug: str, asked: str, used: str) -> None:
    assert ask(slug, model_id=asked, values={"image_size": "512x512"}).model_used == used


def test_openroute_tells_the_cost_only_when_asked() -> None:
    json = {"model": MODELS["openroute"], "messages": [{"role": "user", "content": "Hello"}]}
    assert DIALECTS["openroute"].parse(call("openroute", "POST", "/chat/completions", json=json)).cost is None


@pytest.mark.parametrize("slug", MODELS)
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("refuse", errors.ContentRefused),
        ("rate-limit", errors.TooManyRequests),
        ("no-credit", errors.OutOfCredit),
        ("no-image", errors.NoImage),
        ("error", errors.GatewayFailed),
        ("broken", errors.GatewayFailed),
    ],
)
def test_a_fault_on_request_is_understood(
    slug: str, is_streamed: bool, word: str, expected: type[errors.GatewayError]
) -> None:
    # A stream shows its fault after its first picture; so this one asks for words.
    kinds = ["text"] if is_streamed and word == "error" else BOTH
    pictures = [red()] if kinds == ["text"] else []
    with pytest.raises(expected) as caught:
        ask(slug, f"a hill sandbox:{word}", modalities=kinds, pictures=pictures, is_streamed=is_streamed)
    assert caught.value.retry_after == (5 if word == "rate-limit" else None)


@pytest.mark.parametrize("slug", MODELS)
def test_an_answer_that_breaks_off_is_told(slug: str) -> None:
    result = ask(slug, "a hill sandbox:cut", values={"image_size": "512x512"}, is_streamed=True)
    assert (len(result.pictures), result.is_cut) == (1, True)
    with pytest.raises(errors.AnswerUnreadable):
        ask(slug, "a hill sandbox:cut", values={"image_size": "512x512"})


@pytest.mark.parametrize("slug", MODELS)
def test_a_fault_after_the_first_picture_keeps_it(slug: str) -> None:
    result = ask(slug, "a hill sandbox:error", values={"image_size": "512x512"}, is_streamed=True)
    assert len(result.pictures) == 1
    assert "fault" in result.broken[-1]


@pytest.mark.parametrize(
    ("slug", "fields", "expected"),
    [
        ("openrouter", {"model_id": "no-such/model"}, errors.ModelNotFound),
        ("openrouter", {"prompt": ""}, errors.Rejected),
        ("openrouter", {"values": {"aspect_ratio": "banana"}}, errors.ParameterRefused),
        ("llmgateway", {"values": {"n": 11}}, errors.ParameterRefused),
        ("llmgateway", {"values": {"aspect_ratio": "banana"}}, errors.ParameterRefused),
        (
            "openroute",
            {"pictures": [InputPicture(parameter="x", media_type="image/png", content=b"no")]},
            errors.Rejected,
        ),
    ],
)
def test_a_wrong_request_is_refused(slug: str, fields: dict[str, Any], expected: type[errors.GatewayError]) -> None:
    with pytest.raises(expected):
        ask(slug, **fields)


@pytest.mark.parametrize("slug", API_PATHS)
def test_a_wrong_value_on_request_names_those_that_are_taken(slug: str) -> None:
    prompt = "a hill sandbox:wrong-value"
    with pytest.raises(errors.ParameterRefused) as caught:
        ask(slug, prompt, values={"aspect_ratio": "16:9"})
    assert (caught.value.parameter, caught.value.supported_values) == ("aspect_ratio", ("1:1", "4:3", "3:4"))
    assert "the aspect ratio 16:9: this model takes 1:1, 4:3, 3:4" in caught.value.sentence
    assert len(ask(slug, prompt, values={"aspect_ratio": "4:3"}).pictures) == 1


@pytest.mark.parametrize("slug", API_PATHS)
def test_keys_are_tested_as_at_the_real_gateways(slug: str) -> None:
    dialect = DIALECTS[slug]
    test = dialect.key_test()

    def answer(key: str) -> Reply:
        return call(slug, test.method, test.path, key=key, json=test.json)

    assert "took the key" in dialect.read_key_test(answer("good"))
    for key in ("", "wrong"):
        with pytest.raises(errors.KeyRefused):
            dialect.read_key_test(answer(key))


@pytest.mark.parametrize("slug", API_PATHS)
def test_lists_of_models_are_read(slug: str) -> None:
    path = DIALECTS[slug].models_path
    models = DIALECTS[slug].read_models(call(slug, "GET", path))
    assert {model.model_id for model in models} >= {MODELS.get(slug, "flux_pro")}
    # OpenAI's list has ids alone.
    assert all(model.name for model in models) is (slug != "openai")


@pytest.mark.parametrize("slug", API_PATHS)
@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/chat/completions", 405), ("POST", "/elsewhere", 404)])
def test_other_calls_are_refused(slug: str, method: str, path: str, status: int) -> None:
    assert call(slug, method, path).status == status


def test_inside_the_product_a_stream_comes_word_by_word(tmp_path: Any) -> None:
    connection = Connection(base_url="", api_key="", dialect="openrouter", is_sandbox=True)
    payload = DIALECTS["openrouter"].build(
        Ask(model_id=MODELS["openrouter"], prompt="What?", modalities=["text"], pictures=[red()], is_streamed=True)
    )
    heard: list[str] = []
    client.send(connection, payload, reply_path=tmp_path / "r", deadline=20, max_bytes=10**7, watch=heard.append)
    result = client.parse(connection, client.read_reply(tmp_path / "r"), wants_picture=False)
    assert "".join(heard).strip() == result.text
    assert b": OPENROUTER PROCESSING" in (tmp_path / "r").read_bytes()
    assert {model.model_id for model in client.list_models(connection)} == set(openrouter.MODELS)


@pytest.mark.parametrize("gateway", [openrouter, openroute, llmgateway])
def test_every_played_model_has_a_price_and_a_time(gateway: Any) -> None:
    assert all(played.dollars > 0 and played.seconds > 0 for played in gateway.MODELS.values())


def test_a_data_url_in_the_reply_is_what_it_says() -> None:
    json = DIALECTS["openrouter"].build(
        Ask(
            model_id="black-forest-labs/flux.2-flex",
            prompt="a hill",
            modalities=["image"],
            values={"image_size": "0.5K"},
        )
    )
    reply = call("openrouter", "POST", "/chat/completions", json=json)
    result = DIALECTS["openrouter"].parse(reply)
    assert result.pictures[0].declared_type == "image/webp"
    assert (result.pictures[0].content or b"").startswith(b"RIFF")
