"""From the sandbox to a real gateway: an administrator enters address and key, and the same form goes there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import FakeGateway
from tests.visitor import join

pytestmark = pytest.mark.browser
SECRET = "sk-first-light-0123456789"


def fill_form(page: Page) -> None:
    steps.prompt(page).fill("a brass sextant")
    steps.choose(page, "mode", "max")
    steps.choose(page, "aspect_ratio", "16:9")
    steps.show_more(page)
    page.locator('[name="seed"]').fill("7")


def test_with_a_key_the_same_form_goes_to_the_real_gateway(fresh_desk: Desk, fake_gateway: FakeGateway) -> None:
    administrator = join(fresh_desk.studio.address, fresh_desk.studio.setup_path, "ada", "Ada Lovelace")
    page = fresh_desk.open(administrator, "/?model=routellm/flux_kontext")
    fill_form(page)
    steps.generate(page)
    expect(steps.newest(page).get_by_role("img", name="a brass sextant")).to_be_visible()
    expect(steps.newest(page)).to_contain_text("simulated")
    assert fake_gateway.requests == []

    page.get_by_role("link", name="Enter a key").click()
    page.locator('[name="base_url"]').fill(fake_gateway.base_url)
    page.locator('[name="api_key"]').fill(SECRET)
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue editing").or_(
            page.get_by_role("button", name="Save", exact=True)
        ).first.click()
    assert SECRET not in page.content()

    page.goto("/admin/gallery/gateway/")
    page.get_by_role("link", name="RouteLLM").click()
    fake_gateway.will_send_text("Yes.")
    page.get_by_role("button", name="Test", exact=True).first.click()
    expect(page.get_by_text("Address and key are good.").first).to_be_visible()
    assert fake_gateway.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in page.content()

    (picture,) = fake_gateway.will_send_image(as_url=True, size=(160, 90), cost=150)
    page.goto("/")
    expect(page.get_by_text("Simulated:")).to_have_count(0)
    steps.newest(page).get_by_role("link", name="Edit and run").click()
    steps.generate(page)
    group = steps.newest(page)
    expect(group.get_by_role("img", name="a brass sextant")).to_be_visible()
    expect(group).not_to_contain_text("simulated")

    assert len(fake_gateway.requests) == 2
    sent = fake_gateway.requests[1]
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.json == {
        "model": "flux_kontext",
        "messages": [{"role": "user", "content": "a brass sextant"}],
        "modalities": ["image"],
        "image_config": {"mode": "max", "aspect_ratio": "16:9", "seed": 7, "rewrite_prompt": True},
    }

    steps.open_picture(page)
    expect(page.get_by_text("simulated")).to_have_count(0)
    expect(page.get_by_role("complementary")).to_contain_text(re.compile(r"150 points"))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    assert waiting.value.path().read_bytes() == picture
