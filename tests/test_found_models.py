"""What a model is taken for, of which a server tells its id and perhaps a mode."""

import pytest

from gallery import specs
from gallery.gateway.messages import ListedModel
from gallery.services.found_models import fields_of, is_shown

IMAGES = ("images", ["text", "image", "edit"])
DRAWING_CHAT = ("chat", ["text", "image", "edit", "analysis"])
WORDS = ("chat", ["analysis"])


@pytest.mark.parametrize(
    ("model_id", "mode", "expected"),
    [
        ("gpt-image-1", "", IMAGES),
        ("openai/dall-e-3", "", IMAGES),
        ("stabilityai/stable-diffusion-3.5-large", "", IMAGES),
        ("sd-3", "", IMAGES),
        ("black-forest-labs/FLUX.1-dev", "", IMAGES),
        ("qwen-image-edit", "", IMAGES),
        ("google/gemini-2.5-flash-image", "", DRAWING_CHAT),
        ("nano-banana", "", DRAWING_CHAT),
        ("gpt-4o", "", WORDS),
        ("llava:13b", "", WORDS),
        ("text-embedding-3-small", "", None),
        ("whisper-1", "", None),
        ("omni-moderation-latest", "", None),
        ("sora-2", "", None),
        # Where a mode is told, it decides.
        ("house-style", "image_generation", IMAGES),
        ("gemini-2.5-flash-image", "image_generation", IMAGES),
        ("gemini-2.5-flash-image", "chat", DRAWING_CHAT),
        ("flux-of-words", "chat", WORDS),
        ("anything", "embedding", None),
        ("flux-dev", "unheard-of", IMAGES),
    ],
)
def test_a_model_is_taken_for_what_its_id_and_mode_say(
    model_id: str, mode: str, expected: tuple[str, list[str]] | None
) -> None:
    fields = fields_of("openai", ListedModel(model_id=model_id, mode=mode))
    assert (fields and (fields["surface"], fields["tasks"])) == expected


def test_every_kind_has_a_form_of_its_own() -> None:
    def names(model_id: str) -> list[str]:
        fields = fields_of("openai", ListedModel(model_id=model_id))
        assert fields
        return [parameter.name for parameter in specs.parse_parameters(fields["parameters"])]

    assert names("gpt-image-1") == ["image", "mask", "n", "size", "quality", "background"]
    assert names("flux-dev") == ["image", "mask", "n", "size", "quality", "seed"]
    assert names("gemini-2.5-flash-image") == ["image_prompt", "aspect_ratio", "seed"]
    assert names("gpt-4o") == []


def test_a_name_that_was_told_is_kept_and_a_dialect_without_such_knowledge_has_no_kinds() -> None:
    fields = fields_of("openai", ListedModel(model_id="flux-dev", name="FLUX dev"), 3)
    assert fields and (fields["name"], fields["position"], fields["output"]) == ("FLUX dev", 3, "raster")
    assert fields_of("nobody", ListedModel(model_id="flux-dev")) is None


@pytest.mark.parametrize(
    ("dialect", "model_id", "shown"),
    [
        ("openai", "flux-dev", True),
        # A server of one's own has few models that only talk, and some of them see.
        ("openai", "llava", True),
        ("openai", "text-embedding-3-small", False),
        # Where the list itself tells what a model gives, that decides.
        ("openrouter", "text-embedding-3-small", True),
        ("nobody", "flux-dev", False),
    ],
)
def test_what_is_worth_a_look_is_shown(dialect: str, model_id: str, shown: bool) -> None:
    assert is_shown(dialect, ListedModel(model_id=model_id)) is shown
