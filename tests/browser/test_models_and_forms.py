"""Models found and chosen, and the form that each brings: exactly its knobs, and nothing typed is lost."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.catalogue_expectations import COMMON

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("words", "some", "others"),
    [
        ("vector", {"recraft_svg"}, {"flux_pro", "dalle"}),
        ("edit", {"flux_kontext_edit", "gpt_image_edit", "qwen_image_edit"}, {"dalle", "recraft_svg"}),
        ("4K", {"nano_banana_pro"}, {"dalle", "flux_pro"}),
        ("flux", {"flux_pro", "flux2", "flux_kontext", "flux_pro_ultra"}, {"dalle", "nano_banana"}),
        ("FLUX edit", {"flux_kontext_edit"}, {"gpt_image_edit"}),
        ("nothing like it", set(), {"dalle", "flux_pro"}),
    ],
)
def test_the_picker_finds_models_by_words(desk: Desk, words: str, some: set[str], others: set[str]) -> None:
    page = desk.open(desk.designer)
    found = steps.find_models(steps.open_picker(page), words)
    assert found >= some
    assert not found & others
    expect(page.get_by_text("No model fits")).to_be_visible(visible=not found)


@pytest.mark.parametrize(
    ("chip", "some", "others"),
    [
        ("From text", {"flux_pro", "dalle"}, {"flux_kontext_edit", "route-llm"}),
        ("From image", {"flux_kontext", "nano_banana"}, {"dalle", "flux_pro"}),
        ("Edit", {"flux_kontext_edit", "gpt_image_edit"}, {"dalle"}),
        ("Upscale", {"magnific"}, {"dalle", "flux_pro"}),
        ("Vector", {"recraft_svg"}, {"recraft", "flux_pro"}),
        ("References", {"flux_kontext", "nano_banana"}, {"dalle", "flux_pro"}),
        ("Negative prompt", {"imagen", "ideogram"}, {"flux_pro"}),
        ("Text in image", {"ideogram"}, {"recraft_svg"}),
    ],
)
def test_the_picker_narrows_by_what_a_model_can_do(desk: Desk, chip: str, some: set[str], others: set[str]) -> None:
    picker = steps.open_picker(desk.open(desk.designer))
    picker.get_by_role("link", name=chip, exact=True).click()
    found = steps.models_shown(picker)
    assert found >= some
    assert not found & others


@pytest.mark.parametrize(
    ("model_id", "names"),
    [
        # as the provider's document lists them, plus the common ones
        ("dalle", {*COMMON, "size", "quality", "style"}),
        ("flux_kontext", {*COMMON, "mode", "aspect_ratio", "image_prompt", "seed", "guidance_scale"}),
        ("recraft_svg", {*COMMON, "size", "style"}),
        ("nano_banana_pro", {*COMMON, "image_prompt", "aspect_ratio", "resolution"}),
        ("ideogram", {*COMMON, "aspect_ratio", "style", "negative_prompt", "seed"}),
    ],
)
def test_choosing_a_model_shows_exactly_its_form_and_keeps_what_was_typed(
    desk: Desk, model_id: str, names: set[str]
) -> None:
    page = desk.open(desk.designer, "/?model=routellm/imagen")
    steps.prompt(page).fill("a lighthouse of paper")
    steps.choose_model(page, model_id)
    assert steps.field_names(page) == names | {"prompt", "visibility"}
    expect(steps.prompt(page)).to_have_value("a lighthouse of paper")
    page.reload()
    assert steps.field_names(page) == names | {"prompt", "visibility"}


def test_a_model_is_chosen_by_link(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/recraft_svg")
    expect(page.locator('input[name="model"]')).to_have_value("routellm/recraft_svg")


def test_what_is_typed_while_a_form_is_on_its_way_stays(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/imagen")
    held: list[Route] = []
    page.route("**/studio/form/", lambda route: held.append(route))
    steps.prompt(page).fill("a lighthouse")
    picker = steps.open_picker(page)
    steps.find_models(picker, "dalle")
    picker.locator('[data-model="routellm/dalle"]').click()
    steps.wait_for_held(page, held)
    steps.prompt(page).fill("a lighthouse of paper")
    held[0].continue_()
    expect(page.locator('#studio-form input[name="model"]')).to_have_value("routellm/dalle")
    expect(steps.prompt(page)).to_have_value("a lighthouse of paper")


def test_a_bad_form_comes_back_with_the_error_beside_its_field_and_nothing_lost(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    steps.prompt(page).fill("a bicycle in the rain")
    steps.show_more(page)
    page.locator('[name="guidance_scale"]').fill("99")
    steps.generate(page, expected=422)
    field = page.locator('[name="guidance_scale"]')
    expect(field).to_have_value("99")
    expect(field).to_be_focused()
    expect(page.locator('[data-knob="guidance_scale"]')).to_contain_text("takes 1 to 20")
    expect(steps.prompt(page)).to_have_value("a bicycle in the rain")
    expect(page.locator("#generations").get_by_text("a bicycle in the rain")).to_have_count(0)


def test_a_knob_shows_that_it_was_changed_and_resets_to_its_default(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    more = page.locator("details", has=page.locator('[name="guidance_scale"]'))
    expect(page.locator('[name="guidance_scale"]')).to_be_hidden()
    steps.show_more(page)
    page.locator('[name="guidance_scale"]').fill("7")
    expect(more.locator("summary")).to_contain_text("1 changed")
    page.get_by_role("button", name="Back to the default of Guidance scale").click()
    expect(page.locator('[name="guidance_scale"]')).to_have_value("3.5")
    expect(more.locator("summary")).not_to_contain_text("changed")
