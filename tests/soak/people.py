"""Three people who generate all the time, through the pages; a form that met a dead server is posted again as it was."""

import http.client
import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.visitor import Page, Visitor

RETRY_SECONDS = 0.5
GIVE_UP_SECONDS = 240.0
REFERENCE_SHARE, QUESTION_SHARE, LOOK_SHARE = 0.15, 0.12, 0.2
SUBJECTS = ("A red chair", "A lighthouse at noon", "Two foxes", "A paper boat", "A market in the rain")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A model and how its form is filled. `count` and `reference` name its parameters, "" for none."""

    model: str
    fields: tuple[tuple[str, str], ...] = ()
    count: str = ""
    reference: str = ""
    needs_reference: bool = False


OFFERS = (
    Offer(model="routellm/flux_kontext", fields=(("mode", "pro"),), count="num_images", reference="image_prompt"),
    Offer(model="routellm/flux_pro", count="num_images"),
    Offer(model="routellm/flux2", count="num_images"),
    Offer(model="routellm/recraft", count="num_images"),
    Offer(model="routellm/recraft_svg", count="num_images"),
    Offer(model="routellm/gpt_image", count="num_images", reference="image_prompt"),
    Offer(model="routellm/nano_banana", count="num_images", reference="image_prompt"),
    Offer(model="routellm/dreamina", count="num_images"),
    Offer(model="routellm/gemini-2.5-flash", count="num_images"),
    Offer(model="routellm/gemini_native", reference="image_prompt", needs_reference=True),
    Offer(model="openrouter/google/gemini-2.5-flash-image-preview", reference="image_prompt"),
    Offer(model="openrouter/black-forest-labs/flux.2-pro", reference="image_prompt"),
    Offer(model="openrouter/black-forest-labs/flux.2-flex", reference="image_prompt"),
    Offer(model="openrouter/sourceful/riverflow-v2-standard-preview"),
    Offer(model="openroute/google/gemini-2.5-flash-image-preview", reference="image_prompt"),
    Offer(model="llmgateway/gemini-2.5-flash-image-preview", count="n", reference="image_prompt"),
    Offer(model="llmgateway/auto", count="n"),
)
EYES = (
    "routellm/route-llm",
    "routellm/gpt-4o",
    "openrouter/google/gemini-2.5-flash-image-preview",
    "openroute/google/gemini-2.5-flash-image-preview",
    "llmgateway/auto",
)
GATEWAYS = ("routellm", "openrouter", "openroute", "llmgateway")


@dataclass(kw_only=True)
class Submitted:
    """Shared by all people: the number of the next form, the tokens that were accepted, and what went wrong."""

    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    tokens: list[str] = field(default_factory=list)
    posts: int = 0
    problems: list[str] = field(default_factory=list)


class Person(threading.Thread):
    """Submits about every `pause` seconds until `is_over`."""

    def __init__(self, visitor: Visitor, *, pause: float, seed: str, submitted: Submitted):
        super().__init__(name=f"person {seed}", daemon=True)
        self.is_over = threading.Event()
        self._visitor = visitor
        self._pause = pause
        self._chance = random.Random(seed)
        self._submitted = submitted
        self._references: Sequence[str] = ()

    def run(self) -> None:
        next_at = time.monotonic() + self._chance.uniform(0, self._pause)
        while not self.is_over.wait(max(0.0, next_at - time.monotonic())):
            next_at = max(next_at + self._chance.uniform(0.3, 1.7) * self._pause, time.monotonic() - 4 * self._pause)
            if self._chance.random() < LOOK_SHARE:
                self._look_around()
            self._submit()

    def _submit(self) -> None:
        path, fields = self._fill_form()
        number = next(self._submitted.numbers)
        token = f"soak-{number}"
        form = {"prompt": f"{self._chance.choice(SUBJECTS)}, {token}", "submission": f"form-{number}", **fields}
        page = insist(lambda: self._post(path, form))
        if page is not None and page.status == 302:
            self._submitted.tokens.append(token)
        else:
            self._submitted.problems.append(f"{token} was not taken: {page.status if page else 'no answer'} {form}")

    def _post(self, path: str, form: dict[str, str]) -> Page:
        self._submitted.posts += 1
        page = self._visitor.post(path, form)
        if page.status >= 500:
            self._submitted.problems.append(f"{page.status} for {form}")
        return page

    def _fill_form(self) -> tuple[str, dict[str, str]]:
        if self._references and self._chance.random() < QUESTION_SHARE:
            picture = self._chance.choice(self._references)
            return "/analysis/", {"model": self._chance.choice(EYES), "images_images": picture}
        gateway = self._chance.choice(GATEWAYS)
        offers = [offer for offer in OFFERS if offer.model.startswith(f"{gateway}/")]
        offer = self._chance.choice([one for one in offers if self._references or not one.needs_reference])
        form = {"model": offer.model, **dict(offer.fields)}
        if offer.count:
            form[offer.count] = str(self._chance.randint(1, 3))
        wants_reference = offer.needs_reference or self._chance.random() < REFERENCE_SHARE
        if offer.reference and self._references and wants_reference:
            form[f"{offer.reference}_images"] = self._chance.choice(self._references)
        return "/", form

    def _look_around(self) -> None:
        """The library's picker, from which references are taken, and the studio's page."""
        page = insist(lambda: self._visitor.get("/library/pick/"))
        self._references = re.findall(r'data-pick="(\d+)"', page.text) if page else ()
        insist(lambda: self._visitor.get("/"))


def insist(ask: Callable[[], Page]) -> Page | None:
    """Ask until somebody answers without a fault of the server's, as a person would; None after a long while."""
    end = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < end:
        try:
            page = ask()
            if page.status < 500:
                return page
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(RETRY_SECONDS)
    return None
