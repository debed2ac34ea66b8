"""The sandbox: sizes, drawings, and RouteLLM's answers through the transport and over ASGI."""

import asyncio
import base64
import io
import random
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from PIL import Image, ImageChops, ImageStat

from gallery.gateway.dialects.routellm import parse
from gallery.gateway.errors import (
    AnswerUnreadable,
    ContentRefused,
    GatewayFailed,
    NoImage,
    OutOfCredit,
    TooManyRequests,
)
from gallery.gateway.messages import Reply
from gallery.gateway.sandbox import collage, drawing, vectors
from gallery.gateway.sandbox.app import SandboxApp
from gallery.gateway.sandbox.files import FileStore
from gallery.gateway.sandbox.palettes import PALETTES
from gallery.gateway.sandbox.references import ReferenceRefused, read_data_url
from gallery.gateway.sandbox.routellm_models import MODELS
from gallery.gateway.sandbox.sizes import SizeRefused, size_for
from gallery.gateway.sandbox.transport import SandboxTransport

BASE = "https://sandbox.invalid/routellm/v1"


def ask(body: dict[str, Any], *, then_fetch: bool = False) -> list[httpx.Response]:
    """The answer, and with `then_fetch` what its first picture's link gives."""

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=SandboxTransport(pace=0)) as client:
            answers = [await client.post(f"{BASE}/chat/completions", json=body)]
            if then_fetch:
                answers.append(await client.get(urls_of(answers[0])[0]))
            return answers

    return asyncio.run(run())


def body_of(model: str, content: object = "a red hill", *, modalities: bool = True, **settings: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": content}]}
    if modalities:
        body["modalities"] = ["image"]
    return body | ({"image_config": settings} if settings else {})


def urls_of(answer: httpx.Response) -> list[str]:
    return [entry["image_url"]["url"] for entry in answer.json()["choices"][0]["message"]["images"]]


def picture_in(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def data_url(colour: str = "red", size: tuple[int, int] = (80, 60)) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def with_pictures(text: str, *urls: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}, *({"type": "image_url", "image_url": {"url": url}} for url in urls)]


def difference(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of two pictures, in levels of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (1024, 1024)),
        ({"size": "1024x1536"}, (1024, 1536)),
        ({"size": "auto"}, (1024, 1024)),
        ({"image_size": "1820x1024"}, (1820, 1024)),
        ({"aspect_ratio": "1:1"}, (1024, 1024)),
        ({"aspect_ratio": "1:1 HD"}, (1024, 1024)),
        ({"aspect_ratio": "16:9"}, (1344, 768)),
        ({"aspect_ratio": "9:16"}, (768, 1344)),
        ({"aspect_ratio": "16x9"}, (1344, 768)),
        ({"aspect_ratio": "10x16"}, (816, 1296)),
        ({"aspect_ratio": "4:3"}, (1184, 864)),
        ({"aspect_ratio": "2:3"}, (832, 1248)),
        ({"aspect_ratio": "21:9"}, (1536, 672)),
        ({"aspect_ratio": "8:1"}, (2896, 368)),
        ({"aspect_ratio": "square_hd"}, (1024, 1024)),
        ({"aspect_ratio": "square"}, (512, 512)),
        ({"image_size": "portrait_4_3"}, (768, 1024)),
        ({"image_size": "landscape_16_9"}, (1024, 576)),
        ({"image_size": "auto_4K"}, (4096, 4096)),
        ({"resolution": "0.5K"}, (512, 512)),
        ({"resolution": "2K", "aspect_ratio": "4:3"}, (2368, 1728)),
        ({"image_size": "2K", "aspect_ratio": "4:3"}, (2368, 1728)),
        ({"resolution": "4K", "aspect_ratio": "8:1"}, (4096, 520)),
        ({"aspect_ratio": "2:3", "image_size": "1024x1536", "resolution": "2K"}, (1024, 1536)),
    ],
)
def test_settings_give_a_size(settings: Any, expected: Any) -> None:
    assert size_for(settings) == expected


def test_a_reference_gives_its_shape_when_no_size_is_asked_for() -> None:
    assert size_for({}, (800, 600)) == (1184, 864)
    assert size_for({"image_size": "auto_4K"}, (800, 600)) == (4096, 2989)
    assert size_for({"aspect_ratio": "1:1"}, (800, 600)) == (1024, 1024)


@pytest.mark.parametrize("value", ["banana", "0:1", "100:1", "1024x", "-3:2"])
def test_a_size_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(SizeRefused) as caught:
        size_for({"aspect_ratio": value})
    assert caught.value.parameter == "aspect_ratio"


@pytest.mark.parametrize("motif", drawing.MOTIFS)
def test_a_motif_draws_the_same_picture_again_and_another_with_another_seed(motif: Any) -> None:
    first, again, other = (
        drawing.draw("a thing in red", width=160, height=120, seed=seed, motif=motif) for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert difference(first, other) > 5


@pytest.mark.parametrize("motif", drawing.MOTIFS)
@pytest.mark.parametrize("size", [(64, 64), (512, 64), (64, 512)])
def test_a_motif_draws_in_any_shape(motif: Any, size: Any) -> None:
    picture = drawing.draw("", width=size[0], height=size[1], seed=3, motif=motif)
    assert (picture.size, picture.mode) == (size, "RGB")
    assert min(ImageStat.Stat(picture).stddev) > 2


@pytest.mark.parametrize(
    ("prompt", "motif"),
    [
        ("A ceramic teapot on a windowsill at dusk", "teapot"),
        ("A beautiful sunset over mountains", "hills"),
        ("A professional headshot of a business executive", "figure"),
        ("logo for a bakery", "grid"),
        ("black ink in water", "flame"),
    ],
)
def test_words_choose_the_motif(prompt: Any, motif: Any) -> None:
    assert drawing.choose_motif(prompt, random.Random(1)) == motif


@pytest.mark.parametrize(("word", "strongest"), [("red", 0), ("green", 1), ("blue", 2)])
def test_words_choose_the_colours(word: Any, strongest: Any) -> None:
    picture = drawing.draw(f"{word} nothing", width=96, height=96, seed=5, motif="silk")
    levels = ImageStat.Stat(picture).mean
    assert levels.index(max(levels)) == strongest


def test_every_palette_has_enough_colours_for_every_motif() -> None:
    assert {(len(palette.ramp), len(palette.sky), len(palette.accents)) for palette in PALETTES.values()} == {(5, 3, 6)}


@pytest.mark.parametrize("manner", collage.MANNERS)
@pytest.mark.parametrize("count", [1, 2, 14])
def test_references_are_seen_in_the_picture(manner: Any, count: Any) -> None:
    references = [Image.radial_gradient("L").convert("RGB"), *[Image.new("RGB", (40, 90), "black")] * (count - 1)]
    plain = drawing.draw("night", width=200, height=140, seed=1)
    worked_in = drawing.draw("night", width=200, height=140, seed=1, references=references, manner=manner)
    assert worked_in.size == plain.size
    assert difference(plain, worked_in) > 5


@pytest.mark.parametrize("style", [*vectors.STYLES, "unheard of"])
@pytest.mark.parametrize("prompt", ["mountains", "a vase", "a rose <script>alert(1)</script> & more", "poster"])
def test_a_vector_picture_is_plain_svg(style: Any, prompt: Any) -> None:
    text = vectors.draw_svg(prompt, width=640, height=320, seed=2, style=style)
    root = ElementTree.fromstring(text)
    allowed = {"svg", "g", "defs", "linearGradient", "stop", "clipPath", "path", "rect", "circle"}
    assert {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in root.iter()} <= allowed
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("640", "320", "0 0 640 320")
    assert not any(word in text for word in ("script", "href", "onload", "style="))
    assert text == vectors.draw_svg(prompt, width=640, height=320, seed=2, style=style)


def test_the_styles_of_a_vector_picture_differ() -> None:
    drawn = {vectors.draw_svg("a vase", width=64, height=64, seed=2, style=style) for style in vectors.STYLES}
    assert len(drawn) == len(vectors.STYLES)


def test_a_plain_picture_waits_under_a_link() -> None:
    answer, picture = ask(body_of("imagen", aspect_ratio="16:9", seed=7), then_fetch=True)

    assert answer.json().keys() == {"created", "model", "choices", "usage"}
    [choice] = answer.json()["choices"]
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "stop", "assistant")
    assert choice["message"]["content"] == ""
    assert urls_of(answer)[0].startswith("https://sandbox.invalid/routellm/files/")
    assert answer.json()["usage"] == {"compute_points_used": 130}
    assert picture.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(picture.content)).size == (1344, 768)


def test_the_dialect_reads_the_answer() -> None:
    [answer] = ask(body_of("nano_banana", num_images=2))
    result = parse(Reply(status=answer.status_code, headers=dict(answer.headers), body=answer.content))
    assert len(result.pictures) == 2
    assert (str(result.cost), result.cost_unit) == ("253.6", "points")


def test_the_same_seed_gives_the_same_pictures_and_four_differ() -> None:
    first, again = (urls_of(ask(body_of("nano_banana", num_images=4, seed=11, aspect_ratio="square"))[0]) for _ in "ab")
    assert first == again
    assert len(set(first)) == 4
    assert urls_of(ask(body_of("nano_banana", aspect_ratio="square"))[0])[0] not in first


def test_models_draw_the_same_prompt_and_seed_differently() -> None:
    pictures = [urls_of(ask(body_of(model, seed=1, aspect_ratio="square"))[0]) for model in ("nano_banana", "gpt-5.4")]
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    ("model", "media_type", "start"),
    [
        ("flux_pro", "image/png", b"\xff\xd8\xff"),
        ("flux2", "image/webp", b"RIFF"),
        ("ideogram", "image/png", b"\x89PNG"),
        ("recraft_svg", "image/svg+xml", b"<svg "),
    ],
)
def test_models_send_their_own_formats(model: Any, media_type: Any, start: Any) -> None:
    picture = ask(body_of(model, size="640x640"), then_fetch=True)[1]
    assert picture.headers["content-type"] == media_type
    assert picture.content.startswith(start)


def test_a_picture_with_references_comes_inline_and_shows_them() -> None:
    plain = ask(body_of("flux_kontext", seed=3), then_fetch=True)[1]
    [worked_in] = ask(body_of("flux_kontext", with_pictures("a red hill", data_url("lime", (64, 64))), seed=3))
    picture = picture_in(urls_of(worked_in)[0])
    assert difference(Image.open(io.BytesIO(plain.content)), picture) > 5
    pixel = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    assert green > 200 > 100 > max(red, blue)


def test_references_are_also_read_from_the_image_config() -> None:
    [answer] = ask(body_of("flux_kontext_edit", "make it blue", image_prompt=[data_url(), data_url("blue")]))
    assert picture_in(urls_of(answer)[0]).size == (1184, 864)


def test_the_upscaler_returns_the_reference_larger() -> None:
    [answer] = ask(body_of("magnific", with_pictures("sharper", data_url("red", (80, 60))), scale_factor="4x"))
    picture = picture_in(urls_of(answer)[0])
    assert picture.size == (320, 240)
    assert picture.getpixel((100, 100)) == (255, 0, 0)


def test_four_thousand_pixels_cost_double() -> None:
    points = [
        ask(body_of("magnific", with_pictures("x", data_url()), resolution=tier))[0].json()["usage"][
            "compute_points_used"
        ]
        for tier in ("1K", "4K")
    ]
    assert points == [650, 1300]


def test_a_question_about_a_picture_is_answered_with_its_facts() -> None:
    [answer] = ask(body_of("route-llm", with_pictures("What is this?", data_url("red", (80, 60))), modalities=False))
    message = answer.json()["choices"][0]["message"]
    assert "images" not in message
    assert "80 × 60 pixels, PNG, 4:3. Main colour: red." in message["content"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (body_of("flux_pro", modalities=False), "flux_pro is an image generation model."),
        (body_of("flux_pro", size="banana"), "Invalid size for flux_pro: banana. Supported values are: 1024x1024"),
        (body_of("imagen", num_images=9), "Invalid num_images for imagen: 9. Supported values are: 1, 2, 3, 4"),
        (body_of("imagen", seed="x"), "Invalid seed for imagen: x."),
        (body_of("gemini_native"), "An input image is required for gemini_native."),
        (body_of("imagen", ""), "The messages contain no prompt."),
        (body_of("flux2", with_pictures("x", "data:image/png;base64,AAAA")), "The image could not be read."),
        (body_of("flux2", with_pictures("x", "https://example.com/a.png")), "The image could not be downloaded"),
        (body_of(""), "The model parameter is required."),
        ({"messages": 5, "image_config": [], "modalities": "image", "model": {}}, "The model parameter is required."),
    ],
)
def test_a_wrong_request_is_refused(body: Any, complaint: Any) -> None:
    [answer] = ask(body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["error"].startswith(complaint)


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("refuse", ContentRefused),
        ("rate-limit", TooManyRequests),
        ("no-credit", OutOfCredit),
        ("no-image", NoImage),
        ("broken", GatewayFailed),
        ("cut", AnswerUnreadable),
    ],
)
def test_a_fault_on_request_is_understood_by_the_dialect(word: Any, error: Any) -> None:
    [answer] = ask(body_of("imagen", f"a hill sandbox:{word}"))
    reply = Reply(status=answer.status_code, headers=dict(answer.headers), body=answer.content)
    if error is NoImage:
        assert (parse(reply).pictures, parse(reply).text != "") == ([], True)
        return
    with pytest.raises(error):
        parse(reply)


def test_every_model_has_a_price_and_a_time() -> None:
    assert all(played.points > 0 and played.seconds > 0 for played in MODELS.values())
    assert {played.manner for played in MODELS.values()} <= collage.MANNERS.keys()


def test_the_oldest_pictures_leave_a_full_store() -> None:
    store = FileStore(most_bytes=100)
    first, second = (store.keep(bytes(45), "image/png", "png") for _ in "ab")
    assert store.find(first)
    third = store.keep(bytes(45), "image/png", "png")
    assert [store.find(path) is not None for path in (first, second, third)] == [True, False, True]


@pytest.mark.parametrize("url", ["data:image/png;base64,%%%", "data:image/png,abc", "data:image/png;base64,", "data:"])
def test_a_data_url_without_a_picture_is_refused(url: Any) -> None:
    with pytest.raises(ReferenceRefused):
        read_data_url(url)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/routellm/v1/models", {}, 200),
        ("POST", "/routellm/v1/chat/completions", {}, 403),
        ("POST", "/routellm/v1/chat/completions", {"Authorization": "Bearer wrong-key"}, 403),
        ("POST", "/routellm/v1/chat/completions", {"Authorization": "Bearer key"}, 200),
        ("GET", "/routellm/v1/chat/completions", {"Authorization": "Bearer key"}, 405),
        ("POST", "/routellm/v1/images/generations", {"Authorization": "Bearer key"}, 404),
        ("GET", "/routellm/files/0000.png", {}, 404),
        ("GET", "/elsewhere/v1/models", {}, 404),
    ],
)
def test_over_http_the_paths_and_the_key_count(method: Any, path: Any, headers: Any, status: Any) -> None:
    answer = over_http(method, path, headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json() == {"error": "Invalid API Key"}


def test_over_http_links_carry_the_callers_own_host() -> None:
    answer = over_http("POST", "/routellm/v1/chat/completions", {"Authorization": "Bearer key"})
    assert urls_of(answer)[0].startswith("http://127.0.0.1:9123/routellm/files/")


def over_http(method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=SandboxApp(pace=0))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9123") as client:
            json = body_of("imagen", size="640x640") if method == "POST" else None
            return await client.request(method, path, headers=headers, json=json)

    return asyncio.run(run())
