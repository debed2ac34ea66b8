"""What is seen of a page, measured: focus, darkness, contrast, motion, jumps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import FloatRect, Page

from tests.browser import steps

SCHEMES: tuple[Literal["dark"], Literal["light"]] = ("dark", "light")
MOST_STOPS = 80
# Around a stop, for rings that are drawn by the group it stands in.
ROOM = 22


@dataclass(frozen=True)
class Stop:
    name: str
    is_seen: bool


def tab_stops(page: Page) -> list[Stop]:
    """Every stop of the Tab key from the top, and whether its surroundings look different while it has the focus."""
    stops: list[Stop] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        name = page.evaluate(NAME_OF_FOCUSED)
        if not name:
            break
        box = page.evaluate(BOX_OF_FOCUSED)
        focused = _picture_of(page, box)
        page.evaluate("() => { window.wasFocused = document.activeElement; window.wasFocused.blur(); }")
        stops.append(Stop(name, focused != _picture_of(page, box)))
        page.evaluate("window.wasFocused.focus({ preventScroll: true })")
    return stops


def _picture_of(page: Page, box: FloatRect) -> bytes:
    return page.screenshot(clip=box, animations="disabled")


def cut_words(page: Page, selector: str) -> list[str]:
    """Words in these places that have no room to be read whole."""
    cut: list[str] = page.evaluate(CUT_WORDS, selector)
    return cut


CUT_WORDS = """
(selector) => [...document.querySelectorAll(`${selector} *`)]
  .filter((found) => found.checkVisibility() && found.clientWidth > 1 && found.scrollWidth > found.clientWidth)
  .map((found) => found.textContent.trim())
"""
NAME_OF_FOCUSED = """
() => {
  const found = document.activeElement;
  if (!found || found === document.body) return "";
  const words = found.getAttribute("aria-label") || found.name || found.textContent.trim().replace(/\\s+/g, " ");
  return `${found.localName} ${words}`.slice(0, 60);
}
"""
# A control that is drawn by its label is looked at there.
BOX_OF_FOCUSED = f"""
() => {{
  const found = document.activeElement;
  found.scrollIntoView({{ block: "nearest" }});
  const box = (found.matches("label *") ? found.closest("label") : found).getBoundingClientRect();
  const left = Math.max(0, box.left - {ROOM}), top = Math.max(0, box.top - {ROOM});
  return {{
    x: left, y: top,
    width: Math.max(8, Math.min(innerWidth, box.right + {ROOM}) - left),
    height: Math.max(8, Math.min(innerHeight, box.bottom + {ROOM}) - top),
  }};
}}
"""


def is_dark(page: Page) -> bool:
    dark: bool = page.evaluate("() => {" + COLOURS + IS_DARK + "}")
    return dark


def schemes(page: Page) -> Iterator[str]:
    """The page as it stands, in the dark and then in the light, at rest each time."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        steps.wait_for(page, "document.getAnimations().every((animation) => animation.playState !== 'running')")
        assert is_dark(page) == (scheme == "dark")
        yield scheme


def faint_words(page: Page) -> list[str]:
    """Words whose contrast with their background is below AA, light or dark: 4.5, and 3 where they are large. Words over
    pictures, switched-off controls and what is only there for screen readers are left out."""
    return [
        f"{scheme}: {words}"
        for scheme in schemes(page)
        for words in page.evaluate("() => {" + COLOURS + FAINT_WORDS + "}")
    ]


COLOURS = """
const painter = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
  .getContext("2d", { willReadFrequently: true });
const colourOf = (text) => {
  painter.clearRect(0, 0, 1, 1);
  painter.fillStyle = text;
  painter.fillRect(0, 0, 1, 1);
  const [red, green, blue, solid] = painter.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, solid / 255];
};
const over = (front, back) => [0, 1, 2].map((part) => front[part] * front[3] + back[part] * (1 - front[3])).concat(1);
const brightness = (colour) => {
  const [red, green, blue] = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
"""
# Some of the administrators' pages have their ground on the body.
IS_DARK = """
const grounds = [document.documentElement, document.body].map((part) => colourOf(getComputedStyle(part).backgroundColor));
return brightness(grounds.find((ground) => ground[3]) ?? grounds[0]) < 0.2;
"""
FAINT_WORDS = """
const backgroundOf = (element) => {
  const layers = [];
  for (let part = element; part; part = part.parentElement) {
    const style = getComputedStyle(part);
    if (style.backgroundImage !== "none" || part.querySelector(":scope > img")) return null;
    layers.push(colourOf(style.backgroundColor));
    if (layers.at(-1)[3] === 1) break;
  }
  return layers.reverse().reduce((back, front) => over(front, back), [255, 255, 255, 1]);
};
const isFaded = (element) => {
  for (let part = element; part; part = part.parentElement) {
    if (Number(getComputedStyle(part).opacity) < 0.9) return true;
  }
  return false;
};
const faint = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const words = walker.currentNode.data.trim();
  if (!words || !element.checkVisibility({ visibilityProperty: true }) || element.closest("script, style, option")) continue;
  const box = element.getBoundingClientRect();
  if (box.width < 3 || box.height < 3 || element.closest(":disabled, [inert], [aria-hidden=true]") || isFaded(element)) continue;
  const back = backgroundOf(element);
  if (!back) continue;
  const style = getComputedStyle(element);
  /* Said to readers of screens only: what is seen in its place is a drawing. */
  if (colourOf(style.color)[3] === 0) continue;
  const [one, other] = [brightness(over(colourOf(style.color), back)), brightness(back)].sort((a, b) => b - a);
  const contrast = (one + 0.05) / (other + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (contrast < (isLarge ? 3 : 4.5) - 0.005) faint.push(`${contrast.toFixed(2)} ${words.slice(0, 40)}`);
}
return [...new Set(faint)];
"""


def moving(page: Page) -> list[str]:
    """Animations and transitions that run for longer than the blink of an eye."""
    found: list[str] = page.evaluate("""
        () => document.getAnimations()
          .filter((animation) => animation.playState === "running")
          .filter((animation) => animation.effect.getComputedTiming().activeDuration > 20)
          .map((animation) => `${animation.animationName ?? animation.transitionProperty} of ${animation.effect.target.className}`)
    """)
    return found


def shift_of(page: Page, address: str) -> float:
    """How far what was drawn already jumped while the page loaded (cumulative layout shift)."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return jumped(page)


def jumped(page: Page) -> float:
    """The same of a page that is there."""
    shift: float = page.evaluate("""
        () => new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 150);
        })
    """)
    return shift
