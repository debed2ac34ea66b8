"""The code samples of the four providers' documents, with the studio's address and a token in place of theirs: each gets
its picture. Where a sample is broken by itself, its first lines say so, and how it was repaired."""

import json
import shutil

import pytest

from tests.clients.environments import SAMPLES, Missing
from tests.clients.pictures import DATA_URL, sizes
from tests.clients.room import PICTURE_SIZE, Room

# What each sample asks for, in pixels.
SAMPLE_SIZES = {
    "llmgateway_basic": [(1024, 1024)],
    "openroute_basic": [(1024, 1024)],
    "openroute_stream": [(1024, 1024)],
    "openrouter_basic": [(1024, 1024)],
    # 5376 × 3072, but for the sandbox, which draws no side longer than 4096.
    "openrouter_sizes": [(4096, 2341)],
    "openrouter_stream": [(1024, 1024)],
    "routellm_1_basic": [(1024, 1024)],
    "routellm_2_several": [(1024, 1024)] * 3,
    "routellm_3_portrait": [(832, 1248)],
    "routellm_4_quality": [(1024, 1024)],
    "routellm_5_size": [(1024, 1536)],
}
QUESTION = "routellm_question.sh"


@pytest.mark.parametrize(
    "name", sorted(path.name for path in SAMPLES.iterdir() if path.is_file() and path.name != QUESTION)
)
def test_the_sample_gets_its_pictures(name: str, room: Room) -> None:
    need_curl(name)
    printed = room.printed_by_sample(name)
    pictures = [found[0] for found in DATA_URL.finditer(printed)]
    assert pictures, printed[-2000:]
    assert sizes(pictures) == SAMPLE_SIZES[name.partition(".")[0]]


def test_the_question_about_a_picture_is_answered(room: Room) -> None:
    need_curl(QUESTION)
    message = json.loads(room.printed_by_sample(QUESTION))["choices"][0]["message"]
    width, height = PICTURE_SIZE
    assert str(width) in message["content"] and str(height) in message["content"]
    assert "images" not in message


def need_curl(name: str) -> None:
    if name.endswith(".sh") and shutil.which("curl") is None:
        raise Missing("No curl here.")
