"""The wall and the picture over it while the server does not answer: what is there works, and the rest comes by itself."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import steps, walls
from tests.browser.desk import Desk
from tests.visitor import wait_until

pytestmark = pytest.mark.browser

LIST = "**/library/sections/**"
ROWS = "**/library/section/**"


def open_unready(desk: Desk, answer: Callable[[Route], Any]) -> Page:
    """The library, the list of its sections answered so."""
    page = desk.open(desk.administrator, "/profile/")
    page.route(LIST, answer)
    page.goto("/library/?stacks=off")
    expect(walls.link(page, 3)).to_be_visible()
    return page


def look_at_one_and_come_back(page: Page) -> None:
    walls.focus(page, 2)
    page.keyboard.press("Enter")
    expect(shown(page)).to_be_visible()
    expect(shown(page).locator("[aria-hidden=false] img:not([role])")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(shown(page).get_by_text(re.compile(r"^4 of \d+\+$"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(shown(page)).to_have_count(0)
    expect(walls.link(page, 3)).to_be_focused()


@pytest.mark.parametrize("kind", ["lost", "busy", "too many"])
def test_while_the_list_is_refused_a_picture_opens_and_closes_and_the_wall_is_ready_later(
    seeded_desk: Desk, kind: str
) -> None:
    answers: dict[str, Callable[[Route], Any]] = {
        "lost": lambda route: route.abort(),
        "busy": lambda route: route.fulfill(status=503),
        "too many": lambda route: route.fulfill(status=429),
    }
    seeded_desk.expect_line("net::ERR_FAILED")
    for status in (503, 429):
        seeded_desk.expect_status(status, "/library/sections/")
    page = open_unready(seeded_desk, answers[kind])
    look_at_one_and_come_back(page)
    page.unroute(LIST)
    walls.wait_for_wall(page)
    assert walls.count(page) > 4


@pytest.mark.parametrize("status", [403, 404])
def test_a_list_that_is_refused_for_good_is_not_asked_for_again(seeded_desk: Desk, status: int) -> None:
    seeded_desk.expect_status(status, "/library/sections/")
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status)

    page = open_unready(seeded_desk, refuse)
    expect(page.locator('[data-wall]:not([aria-busy="true"])')).to_be_visible()
    assert len(asked) == 1


def test_while_the_list_is_slow_a_picture_opens_and_closes_and_the_keyboard_keeps_its_place(seeded_desk: Desk) -> None:
    held: list[Route] = []
    page = open_unready(seeded_desk, lambda route: held.append(route))
    look_at_one_and_come_back(page)
    steps.wait_for_held(page, held)
    held[0].continue_()
    walls.wait_for_wall(page)
    walls.wait_for_rest(page)
    expect(walls.link(page, 3)).to_be_focused()


def test_the_tile_one_is_on_keeps_the_focus_when_the_list_comes(seeded_desk: Desk) -> None:
    held: list[Route] = []
    page = open_unready(seeded_desk, lambda route: held.append(route))
    walls.focus(page, 3)
    page.evaluate("document.addEventListener('focusout', () => (window.isBlurred = true))")
    steps.wait_for_held(page, held)
    held[0].continue_()
    walls.wait_for_wall(page)
    expect(walls.link(page, 3)).to_be_focused()
    assert not page.evaluate("window.isBlurred")


def go_down(page: Page) -> None:
    page.evaluate("Proofsheet.wall.jump(Proofsheet.wall.heights.total * 0.7)")


def test_rows_that_did_not_come_are_asked_for_again_without_scrolling(seeded_desk: Desk) -> None:
    seeded_desk.expect_line("net::ERR_FAILED")
    page = walls.open_wall(seeded_desk)
    walls.wait_for_rest(page)
    refused: list[str] = []
    page.on("requestfailed", lambda request: refused.append(request.url))
    page.route(ROWS, lambda route: route.abort())
    go_down(page)
    wait_until(lambda: page.evaluate("document.querySelector('[data-waits]') !== null") and bool(refused), "refused")
    page.unroute(ROWS)
    expect(page.locator("[data-waits]")).to_have_count(0)
    assert page.locator("#toasts .toast").count() == 0


def test_rows_that_never_come_are_told_of_after_the_third_time_and_come_with_the_next_step(seeded_desk: Desk) -> None:
    seeded_desk.expect_line("net::ERR_FAILED")
    page = walls.open_wall(seeded_desk)
    walls.wait_for_rest(page)
    page.route(ROWS, lambda route: route.abort())
    go_down(page)
    expect(walls.note(page)).to_have_text("Some pictures did not come. Scroll a little to try again.")
    page.unroute(ROWS)
    page.mouse.wheel(0, 4)
    expect(page.locator("[data-waits]")).to_have_count(0)


def test_rows_that_come_late_take_neither_the_place_nor_the_focus_from_who_went_on(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.wait_for_rest(page)
    held: list[Route] = []
    let_go: list[bool] = []
    page.route(ROWS, lambda route: route.continue_() if let_go else held.append(route))
    open_and_go_to_the_end(page)
    steps.wait_for_held(page, held)
    page.keyboard.press("Escape")
    expect(shown(page)).to_have_count(0)
    page.locator("#search").focus()
    place = page.evaluate("scrollY")
    let_go.append(True)
    for route in held:
        route.continue_()
    wait_until(lambda: page.evaluate("Proofsheet.wall.loads.size") == 0, "the rows have come")
    walls.wait_for_rest(page)
    expect(page.locator("#search")).to_be_focused()
    assert page.evaluate("scrollY") == place


def shown(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Picture over the wall")


def open_and_go_to_the_end(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("Enter")
    expect(shown(page).locator("[aria-hidden=false] img:not([role])")).to_be_visible()
    page.keyboard.press("End")


def cut_in_two(whole: list[int], later: Callable[[Route], Any]) -> Callable[[Route], Any]:
    """The list as that of a very long wall: half of it, and the rest when it is asked for. `whole` gets the true number."""

    def answer(route: Route) -> None:
        if "before=" in route.request.url:
            later(route)
            return
        response = route.fetch()
        told = response.json()
        whole.append(told["total"])
        half = told["sections"][: len(told["sections"]) // 2]
        route.fulfill(response=response, json=told | {"sections": half, "more": half[-1][3]})

    return answer


def test_a_long_list_goes_on_by_itself_and_after_a_refusal_too(seeded_desk: Desk) -> None:
    seeded_desk.expect_line("net::ERR_FAILED")
    whole: list[int] = []
    asked: list[str] = []

    def later(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    page = open_unready(seeded_desk, cut_in_two(whole, later))
    walls.wait_for_wall(page)
    wait_until(lambda: walls.count(page) == whole[0], "the whole wall is known")
    assert len(asked) == 2


def open_cut(desk: Desk) -> tuple[Page, list[int], list[Route]]:
    """A wall of which half is known: the page, the true number of its pictures, and the questions for the other half."""
    whole: list[int] = []
    held: list[Route] = []
    page = open_unready(desk, cut_in_two(whole, lambda route: held.append(route)))
    walls.wait_for_wall(page)
    return page, whole, held


def wait_for_focus(page: Page, index: int) -> None:
    at = "document.activeElement.closest('[data-tile]')"
    wait_until(lambda: page.evaluate(f"{at} ? Proofsheet.wall.indexOf({at}) : -1") == index, f"the focus on {index}")


def test_end_leads_to_the_oldest_picture_that_is_known_and_on_to_the_oldest_of_all(seeded_desk: Desk) -> None:
    page, whole, held = open_cut(seeded_desk)
    walls.focus(page, 0)
    page.keyboard.press("End")
    wait_for_focus(page, walls.count(page) - 1)
    steps.wait_for_held(page, held)
    held[0].continue_()
    wait_for_focus(page, whole[0] - 1)


def test_end_does_not_take_along_who_does_something_else_meanwhile(seeded_desk: Desk) -> None:
    page, whole, held = open_cut(seeded_desk)
    walls.focus(page, 1)
    page.keyboard.press("End")
    steps.wait_for_held(page, held)
    page.keyboard.press("Home")
    wait_for_focus(page, 0)
    held[0].continue_()
    wait_until(lambda: walls.count(page) == whole[0], "the whole wall is known")
    walls.wait_for_rest(page)
    wait_for_focus(page, 0)


def test_over_the_wall_one_steps_on_to_what_was_told_later(seeded_desk: Desk) -> None:
    page, whole, held = open_cut(seeded_desk)
    half = walls.count(page)
    open_and_go_to_the_end(page)
    expect(shown(page).get_by_text(f"{half} of {half}+", exact=True)).to_be_visible()
    steps.wait_for_held(page, held)
    held[0].continue_()
    expect(shown(page).get_by_text(f"{half} of {whole[0]}", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(shown(page).get_by_text(f"{half + 1} of {whole[0]}", exact=True)).to_be_visible()
    expect(shown(page).locator("[aria-hidden=false] img:not([role])")).to_be_visible()


def test_after_a_deletion_the_next_has_the_focus_even_if_the_list_goes_on_meanwhile(seeded_desk: Desk) -> None:
    page, whole, held = open_cut(seeded_desk)
    steps.wait_for_held(page, held)
    walls.focus(page, 5)
    following = walls.ids(page, 6)
    anew: list[Route] = []
    page.route(LIST, lambda route: route.fallback() if "before=" in route.request.url else anew.append(route))
    page.keyboard.press("Delete")
    steps.wait_for_held(page, anew)
    held[0].continue_()
    wait_until(lambda: walls.count(page) == whole[0], "the whole wall is known")
    anew[0].fallback()
    wait_until(lambda: {walls.focused(page)} == following, "the next has the focus")
    page.unroute(LIST)
    walls.undo(page)


def test_a_wall_counted_anew_keeps_the_place_beyond_what_is_told_at_once(seeded_desk: Desk) -> None:
    whole: list[int] = []
    page = open_unready(seeded_desk, cut_in_two(whole, lambda route: route.continue_()))
    walls.wait_for_wall(page)
    wait_until(lambda: walls.count(page) == whole[0], "the whole wall is known")
    page.evaluate("Proofsheet.wall.jump(Proofsheet.wall.heights.total * 0.8)")
    walls.wait_for_rest(page)
    key, top = page.evaluate("(({ key, top }) => [key, top])(Proofsheet.wall.anchor())")
    series = page.evaluate("Proofsheet.wall.series")
    page.evaluate("document.dispatchEvent(new CustomEvent('pictures:changed', { detail: { removed: [0] } }))")
    wait_until(lambda: page.evaluate("Proofsheet.wall.series") > series, "counted anew")
    walls.wait_for_rest(page)
    found = page.locator(f'[data-key="{key}"]').evaluate("tile => tile.getBoundingClientRect().top")
    assert abs(found - top) < 2
    titles = page.evaluate("Proofsheet.wall.heights.sections.map(({ title }) => title).filter(Boolean)")
    assert len(titles) == len(set(titles))
