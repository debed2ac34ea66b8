"""The studio behind nginx with TLS, as `deploy/nginx.conf` puts it there: who asks, what is believed, what streams."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from django.forms import IntegerField
from playwright.sync_api import Browser, Page, expect

from gallery.admin.gateways import GatewayForm
from gallery.services.calls import PLACE_SECONDS
from tests import nginx
from tests.browser import steps
from tests.browser.conftest import ARGUMENTS
from tests.browser.desk import Desk
from tests.browser.test_passkeys import add_passkey, give_device, sign_in_by_passkey
from tests.endpoint.script import ask
from tests.fake_gateway import CannedReply, FakeGateway, chunk, data_url, image_entry, image_reply
from tests.fake_gateway import make_picture as drawn
from tests.front_proxy import NAME, FrontProxy
from tests.installed import go_without
from tests.proxied_studio import ADA_IS_AT, LONG_ANSWER, NONE, PATIENCE, House
from tests.running_studio import running_studio
from tests.visitor import PASSWORD, invitation_path, join, make_picture, wait_until

SPOOFED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;proto=http;host=evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Request-ID": "chosen-by-the-caller",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if nginx.NGINX is None:
        go_without("No nginx here: what a studio behind a proxy does is not tried.")
    folder = tmp_path_factory.mktemp("proxied")
    proxy = FrontProxy(folder)
    with FakeGateway() as gateway:
        words = {
            "PROOFSHEET_PUBLIC_URL": proxy.origin,
            "PROOFSHEET_TRUSTED_PROXIES": "127.0.0.1",
            "ROUTELLM_API_KEY": "sk-test-0123456789abcdef",
            "ROUTELLM_BASE_URL": gateway.base_url,
        }
        with running_studio(folder / "data", **words) as studio, proxy.before(studio.port):
            yield House(proxy, studio, gateway)


def test_plain_http_is_sent_to_https(house: House) -> None:
    status, headers = house.get("/library/?q=chair", {"Host": NAME}, house.proxy.plain_port)
    assert (status, headers["Location"]) == (301, f"https://{NAME}/library/?q=chair")


def test_whoever_comes_in_has_secure_cookies_and_stays_on_https(house: House) -> None:
    cookies = {cookie.name: cookie for cookie in house.ada.cookies}
    session = cookies["proofsheet_session"]
    assert session.secure and session.has_nonstandard_attr("HttpOnly")
    assert cookies["proofsheet_csrf"].secure
    status, headers = house.get("/library/")
    assert (status, headers["Location"]) == (302, "/accounts/login/?next=/library/")
    assert headers["Strict-Transport-Security"] == f"max-age={30 * 24 * 3600}"
    assert headers["Server"] == "nginx"
    assert house.get("/metrics")[0] == 404


def test_a_run_and_its_picture_come_through(house: House) -> None:
    house.gateway.will_send_image()
    path = make_picture(house.ada, "a lamp behind a proxy")
    found = re.search(r'/media/[^"\s]+', house.ada.get(path).text)
    assert found
    shown = house.ada.get(found[0])
    assert shown.status == 200 and shown.body
    saved = house.ada.get(f"{path}download/")
    assert (saved.status, saved.body) == (200, house.gateway.pictures[-1])


def test_a_form_of_another_site_or_of_none_is_refused(house: House) -> None:
    assert house.try_door("127.0.0.21", {"Origin": "https://evil.example"}) == 403
    assert house.try_door("127.0.0.21", {"Origin": f"http://{NAME}"}) == 403
    assert house.try_door("127.0.0.21", {"Origin": "null"}) == 403
    assert house.try_door("127.0.0.21") == 422


def test_the_audit_log_knows_the_callers_own_address(house: House) -> None:
    assert house.try_door("127.0.0.31", SPOOFED) == 422
    # Past the proxy, as somebody who is not one.
    assert house.try_door("127.0.0.33", SPOOFED, port=house.studio.port) == 422
    log = house.audit_log()
    assert "Ada Lovelace" in log and ADA_IS_AT in log
    assert "127.0.0.31" in log and "127.0.0.33" in log
    assert "203.0.113.9" not in log


def test_an_id_of_a_request_is_the_proxys_not_the_callers(house: House) -> None:
    _, headers = house.get("/healthz", SPOOFED)
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])


def test_guessing_is_counted_by_the_callers_own_address(house: House) -> None:
    for number in range(10):
        assert house.try_door("127.0.0.41", {"X-Forwarded-For": f"203.0.113.{number}"}) == 422
    assert house.try_door("127.0.0.41", {"X-Forwarded-For": "203.0.113.99"}) == 429
    assert house.try_door("127.0.0.42") == 422


def test_words_stream_through_while_the_gateway_still_speaks(house: House) -> None:
    pauses = [chunk(content="")] * 40
    house.gateway.will_stream(chunk(content="Four"), *pauses, chunk(content="teen."), b"data: [DONE]\n\n", drip=0.0005)
    with house.call(ask("7 × 2?", model="routellm/gpt-4o", modalities=["text"], stream=True)) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        came = b""
        while b'"Four"' not in came:
            piece = answer.read1()
            assert piece, came
            came += piece
        assert b"teen" not in came
        assert b'"teen."' in answer.read()


def test_a_call_that_is_repeated_is_paid_once(house: House) -> None:
    before = len(house.gateway.requests)
    said = []
    for _ in range(2):
        with house.call(ask("a stool"), {"Idempotency-Key": "through-the-proxy"}) as answer:
            said.append(answer.read())
    assert said[0] == said[1]
    assert json.loads(said[0])["choices"][0]["message"]["images"]
    assert len(house.gateway.requests) == before + 1


def test_what_is_too_large_is_told_in_our_own_sentence(house: House) -> None:
    with house.asked("POST", "/accounts/login/", b"x" * 1024 * 1024, NONE) as answer:
        assert (answer.status, "Sign in and send it again" in answer.read().decode()) == (413, True)


def test_the_example_waits_longer_than_any_gateway_may_take() -> None:
    longest = cast(IntegerField, GatewayForm.base_fields["answer_seconds"]).max_value
    found = re.search(r"proxy_read_timeout (\d+)s;", nginx.example("nginx.conf", {}))
    assert found and longest and int(found[1]) > longest + PLACE_SECONDS


@pytest.fixture
def page(house: House, browser: Browser, chromium: str) -> Iterator[Page]:
    """Of a Chromium that knows where the studio's name is, and its certificate."""
    rules = [f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    # Passkeys are refused where errors of a certificate are passed over as a whole.
    rules += [f"--ignore-certificate-errors-spki-list={house.proxy.fingerprint}"]
    opened = browser.browser_type.launch(executable_path=chromium, args=[*ARGUMENTS, *rules])
    with Desk(opened, house.studio) as desk:
        yield desk.open(path=f"{house.proxy.origin}/accounts/login/?next=/profile/")
    opened.close()


def sign_in(page: Page, username: str = "ada") -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_answer_that_takes_long_is_waited_for_by_all_who_stand_between(house: House, page: Page) -> None:
    """The form's run in its page, a script's call and a script's stream. `PROOFSHEET_LONG_ANSWER=360` makes it six minutes."""
    before = len(house.gateway.requests)
    reply = json.dumps(image_reply([image_entry(data_url(drawn()))])).encode()
    sign_in(page)
    page.wait_for_url(f"{house.proxy.origin}/profile/")
    for _ in range(3):
        house.gateway.will_answer(CannedReply(body=reply, silent_seconds=LONG_ANSWER))
    page.goto(f"{house.proxy.origin}/?model=routellm/flux_kontext")
    steps.prompt(page).fill("a lamp that takes long")
    steps.generate(page)

    def call(content: Any) -> tuple[int, bytes]:
        with house.call(content) as answer:
            return answer.status, answer.read()

    with ThreadPoolExecutor() as scripts:
        calls = [scripts.submit(call, ask("a stool", stream=is_streamed)) for is_streamed in (False, True)]
        wait_until(lambda: len(house.gateway.requests) == before + 3, "all three are under way")
        wait_until(lambda: len(house.leases()) == 3, "all three are known")
        first = house.leases()
        wait_until(lambda: all(first[pk] < lease for pk, lease in house.leases().items()), "their leases are renewed")
        expect(steps.newest(page)).to_have_attribute("data-status", "running")
        (status, whole), (_, streamed) = (each.result(PATIENCE) for each in calls)
    assert status == 200 and json.loads(whole)["choices"][0]["message"]["images"]
    # The first silence ends with the opening, the others with a sign of life.
    assert streamed.count(b": keep-alive") >= LONG_ANSWER // 10 - 2
    assert b'"images"' in streamed and b'"error"' not in streamed
    shown = steps.newest(page).get_by_role("img", name="a lamp that takes long").first
    expect(shown).to_be_visible(timeout=PATIENCE * 1000)
    assert len(house.gateway.requests) == before + 3


def test_a_passkey_is_kept_for_the_public_name_and_lets_in(house: House, page: Page) -> None:
    # Of somebody whom no other test signs in: from then on a password alone is not enough.
    join(house.proxy.origin, invitation_path(house.ada), "pia", "Pia Passkey", house.proxy.handler(ADA_IS_AT))
    give_device(page)
    sign_in(page, "pia")
    page.wait_for_url(f"{house.proxy.origin}/profile/")
    add_passkey(page)
    sign_in_by_passkey(page, house.proxy.origin)
