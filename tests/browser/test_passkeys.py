"""Passkeys with a real browser and an authenticator of its own: added, used at the door and as a second step, removed."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.visitor import PASSWORD

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_device(page: Page) -> Any:
    """A finger reader that always says yes."""
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    return wire.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def forget_cookies(page: Page) -> None:
    """As in a new browser. The page goes first: what it still asks for would be answered with the sign-in page's own cookie."""
    page.goto("about:blank")
    page.context.clear_cookies()


def sign_in(page: Page, username: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page) -> None:
    """From the profile, where one is signed in."""
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    steps.wait_for_scripts(page)
    page.get_by_label("Name").fill("The laptop’s finger")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def sign_in_by_passkey(page: Page, origin: str) -> None:
    forget_cookies(page)
    page.goto(f"{origin}/accounts/login/?next=/boards/")
    steps.wait_for_scripts(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{origin}/boards/")


def test_a_passkey_is_added_lets_in_and_is_removed(desk: Desk) -> None:
    person = desk.add_person("Pia Passkey")
    by_number = desk.open(person.visitor, "/profile/")
    expect(by_number.get_by_text("Passkeys need a name: this page was opened by a number (127.0.0.1).")).to_be_visible()
    by_number.close()

    # At a name of its own: browsers refuse passkeys to numbers.
    origin = desk.studio.address.replace("127.0.0.1", "localhost")
    page = desk.open(path=f"{origin}/accounts/login/")
    give_device(page)
    sign_in(page, person.username)
    page.wait_for_url(f"{origin}/")
    page.goto(f"{origin}/profile/")
    add_passkey(page)
    page.goto(f"{origin}/profile/")
    expect(page.get_by_role("listitem").filter(has_text="The laptop’s finger")).to_contain_text("not used yet")

    sign_in_by_passkey(page, origin)

    forget_cookies(page)
    page.goto(f"{origin}/accounts/login/?next=/library/")
    sign_in(page, person.username)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    steps.wait_for_scripts(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(f"{origin}/library/"))

    page.goto(f"{origin}/profile/")
    page.get_by_role("link", name="Remove The laptop’s finger").click()
    page.get_by_role("link", name="Use a passkey").or_(page.get_by_label("Password")).first.wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("link", name="Add a passkey")).to_be_visible()
    expect(page.get_by_text("The laptop’s finger")).to_have_count(0)
