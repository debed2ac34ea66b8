"""Settings, pictures and prompt fitted to a model: what came of each is told, and nothing of somebody else's comes along."""

from itertools import permutations, product

import pytest

from gallery import specs
from gallery.forms import GenerationForm
from gallery.forms.batches import data_of
from gallery.models import Image, ImageModel, User
from gallery.services import recalls
from tests import factories
from tests.test_translation import extreme

COLOURS = ("red", "navy", "olive", "plum", "teal", "gold")


def named(model_id: str) -> ImageModel:
    return ImageModel.objects.select_related("gateway").get(model_id=model_id)


@pytest.fixture
def pictures(bea: User, flux_kontext: ImageModel) -> list[Image]:
    return [factories.create_picture(bea, flux_kontext, colour=colour) for colour in COLOURS]


PLACES = [
    ("flux_kontext", {"image_prompt": 2}, "nano_banana_pro", {"image_prompt": 2}, ["2 pictures"], []),
    ("nano_banana_pro", {"image_prompt": 6}, "flux_kontext", {"image_prompt": 4}, ["4 pictures"], ["2 pictures"]),
    ("flux_kontext", {"image_prompt": 2}, "dalle", {}, [], ["2 pictures"]),
    ("flux_kontext", {"image_prompt": 2}, "flux_pro_fill", {"image": 1}, ["1 picture"], ["1 picture"]),
    ("flux_pro_fill", {"image": 1, "mask": 1}, "flux_kontext", {"image_prompt": 1}, ["1 picture"], ["1 picture"]),
    ("flux_pro_fill", {"image": 1, "mask": 1}, "flux_pro_fill", {"image": 1, "mask": 1}, ["1 picture"] * 2, []),
    ("flux_pro_depth", {"control_image": 1}, "flux_pro_canny", {"control_image": 1}, ["1 picture"], []),
    ("ideogram_character", {"style_images": 1}, "flux_kontext", {"image_prompt": 1}, [], []),
]


@pytest.mark.parametrize(("before", "given", "after", "taken", "kept", "left_out"), PLACES)
def test_pictures_go_where_they_mean_the_same_up_to_the_limit(
    bea: User,
    pictures: list[Image],
    before: str,
    given: dict[str, int],
    after: str,
    taken: dict[str, int],
    kept: list[str],
    left_out: list[str],
) -> None:
    inputs = {name: pictures[:count] for name, count in given.items()}
    fitted = recalls.fit(named(after), {}, named(before).spec, inputs, bea)
    assert {name: len(images) for name, images in fitted.inputs.items()} == taken
    assert fitted.translation.kept == kept
    assert [one.value for one in fitted.translation.left_out] == left_out
    moved = sum(taken.values()) - sum(int(words.split()[0]) for words in kept)
    assert len(fitted.translation.changed) == (1 if moved else 0)


def test_a_mask_stays_with_the_picture_it_covers_and_with_what_it_marks(bea: User, pictures: list[Image]) -> None:
    fill, inverted = named("flux_pro_fill"), named("flux_pro_fill")
    inverted.parameters = [
        {**row, "mask_marks": "black"} if row.get("mask_of") else row for row in specs.to_json(fill.spec)
    ]
    inputs = {"image": pictures[:1], "mask": pictures[1:2]}
    assert recalls.fit(fill, {}, fill.spec, inputs, bea).inputs == inputs
    other_marks = recalls.fit(inverted, {}, fill.spec, inputs, bea)
    assert (other_marks.inputs, other_marks.translation.left_out[0].reason) == (
        {"image": pictures[:1]},
        "this model takes none",
    )
    Image.objects.filter(pk=pictures[0].pk).update(deleted_at="2026-01-01T00:00Z")
    alone = recalls.fit(fill, {}, fill.spec, inputs, bea)
    assert alone.inputs == {}
    assert [one.reason for one in alone.translation.left_out] == [
        "not there for you any more",
        "the picture it covers stays behind",
    ]


def test_pictures_one_does_not_see_are_left_out_and_it_is_said_why(
    chi: User, flux_kontext: ImageModel, pictures: list[Image]
) -> None:
    Image.objects.filter(pk=pictures[0].pk).update(visibility="private")
    fitted = recalls.fit(flux_kontext, {}, flux_kontext.spec, {"image_prompt": pictures[:2]}, chi)
    assert fitted.inputs == {"image_prompt": [pictures[1]]}
    assert [one.reason for one in fitted.translation.left_out] == ["not there for you any more"]


def test_a_prompt_the_model_forbids_is_kept_and_told(bea: User, flux_kontext: ImageModel) -> None:
    flux_kontext.prompt_forbids = ["flags"]
    fitted = recalls.fit(flux_kontext, {"prompt": "a chair --ar 16:9", "visibility": "private"}, [], {}, bea)
    assert fitted.values == {"prompt": "a chair --ar 16:9", "visibility": "private"}
    assert fitted.sentences == ["This model does not take --flags here: use the settings instead."]


def test_between_all_shipped_models_every_picture_has_a_place_or_is_named(bea: User, pictures: list[Image]) -> None:
    models = list(ImageModel.objects.select_related("gateway"))
    for one, other in permutations([row for row in models if row.image_parameters], 2):
        inputs = {p.name: pictures[: p.max_images] for p in one.image_parameters}
        fitted = recalls.fit(other, {}, one.spec, inputs, bea)
        target = {p.name: p for p in other.image_parameters}
        for name, images in fitted.inputs.items():
            assert len(images) <= target[name].max_images, (one, other)
        told = fitted.translation
        words = [*told.kept, *(change.label for change in told.changed), *(out.value for out in told.left_out)]
        counted = sum(int(str(text).split()[0]) for text in words)
        assert counted == sum(len(images) for images in inputs.values()), (one, other, told)


def test_a_stored_run_of_every_model_opens_in_every_other_with_nothing_invalid(
    bea: User, pictures: list[Image]
) -> None:
    """As the form would be posted at once: at most a picture is wanting, where the model works from one."""
    models = list(ImageModel.objects.select_related("gateway"))
    assert len(models) > 45
    for one, other in product(models, repeat=2):
        values = {p.name: extreme(p, -1) for p in one.spec if not p.is_image}
        inputs = {p.name: pictures[: p.max_images] for p in one.image_parameters}
        stored = specs.parse_parameters(one.spec_json)
        fitted = recalls.fit(other, {**values, "prompt": "a red chair"}, stored, inputs, bea)
        form = GenerationForm(data_of(fitted.values, fitted.inputs), image_model=other, user=bea)
        wanting = {p.name for p in other.image_parameters if p.is_required and not fitted.inputs.get(p.name)}
        assert set(form.errors) == wanting, (one, other, form.errors)
