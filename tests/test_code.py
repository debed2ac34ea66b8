"""“Use from code”: the studio's form as curl, Python and JavaScript that ask for what the studio would send."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery.models import Generation, ImageModel, User
from tests import factories

ODD_PROMPT = 'A "matte" teapot; costs $5 `now` \\ it\'s $(fine)\nsecond line ü 茶'
LANGUAGES = ("curl", "python", "javascript")
FAKE_CURL = "#!/bin/sh\ncat > asked.json\n"


def samples(client: Client, form: dict[str, Any], **headers: str) -> dict[str, str]:
    """The code by language, as the copy button copies it."""
    response = client.post("/studio/code/", form, headers=headers)
    assert response.status_code == 200, response.content.decode()
    found = re.findall(r'<pre[^>]* id="sample-(\w+)"[^>]*>(.*?)</pre>', response.content.decode(), re.S)
    return {slug: html.unescape(re.sub(r"<[^>]+>", "", text)) for slug, text in found}


def asked_by(curl: str, folder: Path) -> Any:
    """What the curl sample sends, found out by a shell that has another curl; the reader's own picture is one byte."""
    program = folder / "curl"
    program.write_text(FAKE_CURL)
    program.chmod(0o755)
    for number in range(1, 4):
        for extension in ("png", "jpg"):
            (folder / f"reference-{number}.{extension}").write_bytes(b"\0")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "PROOFSHEET_TOKEN": "ps_test"}
    subprocess.run(["sh", "-c", curl], cwd=folder, env=environment, check=True, capture_output=True)
    return json.loads((folder / "asked.json").read_text())


@pytest.mark.parametrize(
    ("model", "settings", "image_config"),
    [
        ("flux_pro", {"size": "1440x1440"}, {"rewrite_prompt": False}),
        ("flux_pro", {"size": "1024x768", "seed": "7"}, {"size": "1024x768", "seed": 7, "rewrite_prompt": False}),
        (
            "flux_kontext",
            {"mode": "max", "guidance_scale": "4.5", "num_images": "2", "rewrite_prompt": "on"},
            {"mode": "max", "guidance_scale": 4.5, "num_images": 2, "rewrite_prompt": True},
        ),
        ("midjourney", {"version": "niji 6"}, {"version": "niji 6", "rewrite_prompt": False}),
    ],
)
def test_curl_sends_what_the_studio_would_send(
    shipped: None,
    as_bea: Client,
    tmp_path: Path,
    model: str,
    settings: dict[str, str],
    image_config: dict[str, Any],
) -> None:
    form = {"model": f"routellm/{model}", "prompt": ODD_PROMPT, **settings}
    asked = asked_by(samples(as_bea, form)["curl"], tmp_path)
    assert asked == {
        "model": f"routellm/{model}",
        "messages": [{"role": "user", "content": ODD_PROMPT}],
        "modalities": ["image"],
        "image_config": image_config,
    }
    assert not Generation.objects.exists()


def test_pictures_travel_in_the_message_and_what_they_switch_off_does_not(
    shipped: None, as_bea: Client, bea: User, flux_kontext: ImageModel, tmp_path: Path
) -> None:
    pictures = [factories.create_picture(bea, flux_kontext, colour=colour).pk for colour in ("teal", "navy")]
    form = {
        "model": "routellm/flux_kontext",
        "prompt": ODD_PROMPT,
        "image_prompt_images": pictures,
        "seed": "7",
        "aspect_ratio": "16:9",
        "visibility": "private",
    }
    found = samples(as_bea, form)
    asked = asked_by(found["curl"], tmp_path)
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert asked["messages"][0]["content"] == [{"type": "text", "text": ODD_PROMPT}, picture, picture]
    assert asked["image_config"] == {"mode": "pro", "aspect_ratio": "16:9", "rewrite_prompt": False}
    assert asked["visibility"] == "private"
    assert 'data_url("reference-2.png")' in found["python"]
    assert 'dataUrl("reference-2.png")' in found["javascript"]


def test_pictures_of_two_settings_travel_under_their_names(
    shipped: None, as_bea: Client, bea: User, flux_kontext: ImageModel, tmp_path: Path
) -> None:
    one, two, three = (factories.create_picture(bea, flux_kontext, colour=c).pk for c in ("teal", "navy", "olive"))
    form = {
        "model": "routellm/ideogram_character",
        "prompt": "a man",
        "character_images_images": [one],
        "style_images_images": [two, three],
    }
    asked = asked_by(samples(as_bea, form)["curl"], tmp_path)
    picture = "data:image/png;base64,AA=="
    assert asked["messages"] == [{"role": "user", "content": "a man"}]
    assert asked["image_config"]["character_images"] == picture
    assert asked["image_config"]["style_images"] == [picture, picture]


def test_every_shipped_model_has_code_that_its_language_reads(shipped: None, bea: User, as_bea: Client) -> None:
    picture = factories.create_picture(bea, ImageModel.objects.get(model_id="flux_pro")).pk
    for image_model in ImageModel.objects.for_picker().exclude(output="text"):
        inputs = {f"{p.name}_images": picture for p in image_model.image_parameters if p.is_required}
        texts = {p.name: "x" for p in image_model.spec if p.is_required and p.default is None and not p.is_image}
        found = samples(as_bea, {"model": image_model.full_id, "prompt": ODD_PROMPT, **inputs, **texts})
        assert set(found) == set(LANGUAGES)
        compile(found["python"], image_model.full_id, "exec")
        for text in found.values():
            assert image_model.full_id in text
            assert "PROOFSHEET_TOKEN" in text
            assert "http://testserver/v1" in text


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here: the JavaScript sample is not read.")
def test_javascript_reads(shipped: None, as_bea: Client, tmp_path: Path) -> None:
    file = tmp_path / "sample.mjs"
    file.write_text(samples(as_bea, {"model": "routellm/flux_pro", "prompt": ODD_PROMPT})["javascript"])
    subprocess.run([str(shutil.which("node")), "--check", str(file)], check=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": ""}, "Write a prompt first"),
        ({"guidance_scale": "99"}, "takes 1 to 20"),
        ({"model": "routellm/nothing"}, "no longer offered"),
    ],
)
def test_a_bad_form_comes_back_with_its_errors(
    shipped: None, as_bea: Client, change: dict[str, str], sentence: str
) -> None:
    form = {"model": "routellm/flux_kontext", "prompt": "a chair", **change}
    for headers in ({}, {"HX-Request": "true"}):
        response = as_bea.post("/studio/code/", form, headers=headers)
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert response["HX-Retarget"] == "#studio-form"


def test_the_panel_is_a_part_of_the_page(shipped: None, as_bea: Client) -> None:
    form = {"model": "routellm/flux_pro", "prompt": "a <b>chair</b>"}
    page = as_bea.post("/studio/code/", form).content.decode()
    panel = as_bea.post("/studio/code/", form, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in panel
    assert "<b>chair" not in page + panel
    assert 'href="/tokens/"' in panel
    assert as_bea.get("/studio/code/")["Location"] == "/"
