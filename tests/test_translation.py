"""Settings carried from model to model: the same idea stays, what is near is named, nothing invalid comes out."""

from itertools import product
from typing import Any

import pytest

from gallery import specs
from gallery.models import ImageModel


def knob(name: str, *choices: Any, **fields: Any) -> specs.Parameter:
    kind = fields.pop("type", "string")
    raw = {"name": name, "type": kind, "label": name.replace("_", " ").capitalize(), "choices": list(choices), **fields}
    return specs.parse_parameters([{key: value for key, value in raw.items() if value != []}])[0]


RATIOS = knob("aspect_ratio", "1:1", "16:9", "4:3", "9:16")
NAMED = knob("image_size", "square_hd", "square", "landscape_4_3", "landscape_16_9")
PIXELS = knob("size", "1440x1440", "1024x1024", "640x640", "1440x768", "1820x1024")
NARROW_PIXELS = knob("size", "512x512", "768x512")
SQUARE = knob("size", "1024x1024", "1792x1024")
SIZES = knob("size", "1440x768", "1024x1024", "768x448", "640x640")
TIMES = knob("aspect_ratio", "1x1", "16x9", "21x9")
HD = knob("aspect_ratio", "1:1 HD", "1:1", "16:9")
TIERS = knob("resolution", "1K", "2K", "4K")
SIZE_TIERS = knob("image_size", "1K", "2K")
FOUR = knob("num_images", type="integer", minimum=1, maximum=4, default=1)
TEN = knob("n", type="integer", minimum=1, maximum=10, default=1)
QUALITY = knob("quality", "auto", "low", "medium", "high")
STANDARD = knob("quality", "standard", "hd")
GUIDANCE = knob("guidance_scale", type="number", minimum=1, maximum=20, step=0.5, default=3.5)
NARROW = knob("guidance_scale", type="number", minimum=1, maximum=10, step=1)
STYLE = knob("style", "AUTO", "REALISTIC")
OTHER_STYLE = knob("style", "realistic", "vivid")


@pytest.mark.parametrize(
    ("before", "value", "after", "expected", "reason"),
    [
        (RATIOS, "1:1", NAMED, "square_hd", ""),
        (RATIOS, "1:1", TIMES, "1x1", ""),
        (RATIOS, "1:1", PIXELS, "1024x1024", ""),
        (RATIOS, "1:1", HD, "1:1", ""),
        (NAMED, "square_hd", HD, "1:1 HD", ""),
        (NAMED, "square", NARROW_PIXELS, "512x512", ""),
        (NAMED, "square", PIXELS, "640x640", "the same shape in other pixels"),
        (PIXELS, "640x640", SQUARE, "1024x1024", "the same shape in other pixels"),
        (PIXELS, "1440x1440", RATIOS, "1:1", ""),
        (PIXELS, "1820x1024", TIMES, "16x9", ""),
        (NAMED, "landscape_16_9", PIXELS, "1820x1024", ""),
        (TIMES, "21x9", RATIOS, "16:9", "the nearest offered"),
        (RATIOS, "9:16", NAMED, "square_hd", "the nearest offered"),
        (RATIOS, "16:9", SIZES, "1440x768", "the nearest offered"),
        (TIERS, "2K", SIZE_TIERS, "2K", ""),
        (TIERS, "4K", SIZE_TIERS, "2K", "the nearest offered"),
        (FOUR, 3, TEN, 3, ""),
        (TEN, 7, FOUR, 4, "it takes at most 4"),
        (QUALITY, "high", STANDARD, "hd", "the nearest offered"),
        (STANDARD, "standard", QUALITY, "medium", "the nearest offered"),
        (GUIDANCE, 14.5, NARROW, 10, "it takes at most 10"),
        (GUIDANCE, 4.5, NARROW, 5, "it goes in steps of 1"),
        (STYLE, "REALISTIC", OTHER_STYLE, "realistic", ""),
    ],
)
def test_a_setting_means_the_same_in_another_model_or_says_how_it_differs(
    before: specs.Parameter, value: Any, after: specs.Parameter, expected: Any, reason: str
) -> None:
    result = specs.translate({before.name: value}, [before], [after])
    assert result.values == {after.name: expected}
    assert [change.reason for change in result.changed] == ([reason] if reason else [])
    assert result.left_out == []


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (STYLE, "AUTO", OTHER_STYLE),
        (STYLE, "REALISTIC", RATIOS),
        (RATIOS, "16:9", SIZE_TIERS),
        (TIERS, "4K", PIXELS),
        (TIERS, "4K", NAMED),
    ],
)
def test_what_has_no_place_is_left_out_and_named(before: specs.Parameter, value: Any, after: specs.Parameter) -> None:
    result = specs.translate({before.name: value}, [before], [after])
    assert result.values == {}
    assert [str(one) for one in result.left_out] == [f"{before.label} {before.label_of(value)}"]


def test_what_stood_at_its_default_is_carried_where_it_means_the_same_and_else_not_missed() -> None:
    wide = knob("aspect_ratio", "21:9", "1:1", default="21:9")
    assert specs.translate({"aspect_ratio": "21:9"}, [wide], [RATIOS]) == specs.Translation()
    assert specs.translate({"aspect_ratio": "21:9"}, [wide], [TIMES]).values == {"aspect_ratio": "21x9"}


def test_a_value_whose_spec_is_lost_is_still_understood_by_its_name() -> None:
    result = specs.translate({"aspect_ratio": "16:9", "flavour": "mint"}, [], [TIMES])
    assert result.values == {"aspect_ratio": "16x9"}
    assert [str(one) for one in result.left_out] == ["Flavour mint"]


def test_between_all_shipped_models_nothing_raises_nothing_invalid_comes_out_and_every_loss_is_named(
    shipped: None,
) -> None:
    models = list(ImageModel.objects.select_related("gateway"))
    assert len(models) > 45
    for one, other in product(models, repeat=2):
        for pick in (0, -1):
            values = {p.name: extreme(p, pick) for p in one.spec if not p.is_image}
            result = specs.translate(values, one.spec, other.spec)
            if one == other:
                assert result.values == values and not result.changed and not result.left_out, one
            target = {p.name: p for p in other.spec}
            for name, value in result.values.items():
                assert specs.clean_value(target[name], value) == value, (one, other, name)
            moved = len(result.kept) + len(result.changed) + len(result.left_out)
            chosen = [p for p in one.spec if not p.is_image and values[p.name] != p.default]
            assert moved == len(chosen), (one, other, result)


def test_every_single_choice_of_every_model_is_kept_changed_or_named_by_every_other(shipped: None) -> None:
    models = list(ImageModel.objects.select_related("gateway"))
    assert len(models) > 45
    for one, other in product(models, repeat=2):
        target = {p.name: p for p in other.spec}
        for parameter in one.spec:
            for choice in parameter.choices:
                result = specs.translate({parameter.name: choice.value}, one.spec, other.spec)
                told = len(result.kept) + len(result.changed) + len(result.left_out)
                assert told == (choice.value != parameter.default), (one, other, parameter.name, choice.value)
                for name, value in result.values.items():
                    assert specs.clean_value(target[name], value) == value


def extreme(parameter: specs.Parameter, pick: int) -> Any:
    """The first or last choice, the lowest or highest number, some text, a switch turned."""
    if parameter.choices:
        return parameter.choices[pick].value
    if parameter.is_number:
        limit = parameter.minimum if pick == 0 else parameter.maximum
        return specs.clean_value(parameter, 7 if limit is None else limit)
    return not parameter.default if parameter.type == "boolean" else "some words"
