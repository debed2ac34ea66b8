"""Rows prepared for pages: everything a tile or a group shows, worked out once in Python, so that templates only print."""

import colorsys
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone

from gallery import specs
from gallery.models import Generation, Image, ImageModel, User, is_seen_by
from gallery.models.clocks import is_ahead
from gallery.models.generations import Status
from gallery.services import corrections, prices, runs
from gallery.views import ways_out
from gallery.views.audiences import narrower_than_team
from gallery.views.rewrites import Rewrite, find_rewrite


@dataclass(frozen=True, kw_only=True)
class Action:
    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Tile:
    """`kind` is picture, waiting or failed. Times are epoch milliseconds and seconds."""

    kind: str
    width: float = 1
    height: float = 1
    colour: str = "#888888"
    url: str = ""
    thumbnail_url: str = ""
    srcset: str = ""
    page_url: str = ""
    alt: str = ""
    image_id: int = 0
    started_at: int | None = None
    median_seconds: float | None = None
    label: str = ""
    title: str = ""
    sentence: str = ""
    detail: str = ""
    actions: Sequence[Action] = ()
    ways_out: Sequence[Action] = ()
    copied: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One generation as the studio shows it; `submission` marks what its “Run again” posts, so that a double click pays once."""

    id: int
    title: str
    model_name: str
    ratio_label: str
    owner_name: str
    age: str
    status: str
    seed: int | None
    seen_by: str
    is_simulated: bool
    script: str
    is_mine: bool
    is_stopping: bool
    edit_url: str
    text: str
    sentence: str
    are_deleted: bool = False
    rewrite: Rewrite | None = None
    tiles: Sequence[Tile] = field(default_factory=list)
    template: ClassVar[str] = "_generation_group.html"
    submission: str = field(default_factory=lambda: uuid.uuid4().hex)


def picture_tile(image: Image, prompt: str) -> Tile:
    return Tile(
        kind="picture",
        width=image.width,
        height=image.height,
        colour=image.colour,
        url=image.media_url(),
        thumbnail_url=image.thumbnail_of(640),
        srcset=image.srcset,
        page_url=image.get_absolute_url(),
        alt=shorten(prompt, 200) or "Generated picture",
        image_id=image.pk,
    )


def waiting_tile(generation: Generation, median_seconds: float | None) -> Tile:
    started_at = generation.started_at if generation.status == Status.RUNNING else None
    return Tile(
        kind="waiting",
        width=generation.shape_width,
        height=generation.shape_height,
        colour=colour_of_words(generation.prompt),
        started_at=int(started_at.timestamp() * 1000) if started_at else None,
        median_seconds=median_seconds,
        label="just started" if started_at else waiting_label(generation),
    )


def waiting_label(generation: Generation) -> str:
    if is_ahead(generation.run_after):
        return "waiting for the gateway"
    # Its place is told in the queue, which is asked for anew; a tile is not, when others move on.
    return "waiting in line"


def failed_tile(generation: Generation, user: User) -> Tile:
    actions = []
    if generation.error_kind in runs.KEPT_KINDS:
        actions.append(Action(label="Look again", url=reverse("generation-look-again", args=[generation.pk])))
    return Tile(
        kind="failed",
        width=generation.shape_width,
        height=generation.shape_height,
        title=FAILURE_TITLES.get(generation.error_kind, "Not made"),
        sentence=generation.error_sentence,
        detail=generation.error_detail,
        actions=actions,
        ways_out=ways_out_of(generation, user),
        copied=ways_out.details_of(generation),
    )


def ways_out_of(generation: Generation, user: User) -> list[Action]:
    """Each opens the form with one value in it that the gateway would have taken; the last mends the form for everybody."""
    url = edit_url(generation)
    offered = ways_out.values_offered(generation)
    ways = [Action(label=f"Use {label}", url=f"{url}&take={quote(text)}") for text, label in offered]
    if user.is_superuser and corrections.is_correctable(generation):
        page = reverse("admin:gallery_imagemodel_spec", args=[generation.image_model_id])
        ways.append(Action(label="Correct the form", url=f"{page}#refused"))
    return ways


FAILURE_TITLES = {
    "key_refused": "Key refused",
    "out_of_credit": "Out of credit",
    "content_refused": "Refused by the model",
    "parameter_refused": "Setting refused",
    "model_not_found": "Model not found",
    "too_many_requests": "Too many requests",
    "not_reached": "Gateway not reached",
    "timed_out": "No answer in time",
    "interrupted": "Interrupted",
    "gateway_failed": "The gateway failed",
    "answer_unreadable": "Answer not readable",
    "no_image": "No picture came",
    "picture_not_read": "Picture not read yet",
    "picture_not_fetched": "Picture not fetched",
    "not_stored": "Not stored yet",
}


def build_group(generation: Generation, user: User, median_seconds: float | None = None) -> Group:
    """A generation with its tiles; `images` must be prefetched."""
    rows = [image for image in generation.images.all() if image.purged_at is None]
    kept = sorted((image for image in rows if image.deleted_at is None), key=lambda image: image.position)
    tiles = [picture_tile(image, generation.prompt) for image in kept if may_show(image, user)]
    if generation.is_open:
        tiles += [waiting_tile(generation, median_seconds)] * max(generation.image_count - len(kept), 0)
    elif generation.status == Status.FAILED:
        tiles.append(failed_tile(generation, user))
    return Group(
        id=generation.pk,
        title=shorten(generation.prompt, 90),
        model_name=generation.model_name,
        ratio_label=ratio_label(generation),
        owner_name="" if generation.owner_id == user.pk else owner_name(generation),
        age=age(generation.created_at),
        status=generation.status,
        seed=generation.parameters.get("seed"),
        seen_by=narrower_than_team(generation.visibility),
        is_simulated=generation.is_simulated,
        script=generation.script,
        is_mine=generation.owner_id == user.pk,
        is_stopping=generation.is_open and generation.cancel_requested_at is not None,
        edit_url=edit_url(generation),
        text=generation.answer,
        sentence=generation.error_sentence,
        rewrite=find_rewrite(generation),
        are_deleted=not rows and generation.status == Status.SUCCEEDED and generation.kind == Generation.Kind.IMAGE,
        tiles=tiles,
    )


def edit_url(generation: Generation) -> str:
    """Where its form is filled in again: a question to a model that can also draw belongs to the page of questions."""
    can_draw = generation.image_model is None or generation.image_model.makes_images
    page = "analysis" if generation.kind == Generation.Kind.ANALYSIS and can_draw else "studio"
    return f"{reverse(page)}?generation={generation.pk}"


class Medians:
    """What models' last runs usually took, in seconds, asked once per model and page."""

    def __init__(self) -> None:
        self.known: dict[int, float | None] = {}

    def of(self, image_model: ImageModel | None) -> float | None:
        if image_model is None:
            return None
        if image_model.pk not in self.known:
            self.known[image_model.pk] = prices.usual_seconds(image_model)
        return self.known[image_model.pk]


def may_show(image: Image, user: User) -> bool:
    """The rule of `visible_to` for rows that were prefetched: a picture may be private in a shared generation."""
    return image.purged_at is None and is_seen_by(user, image)


def owner_name(generation: Generation) -> str:
    return generation.owner.display_name if generation.owner else generation.owner_name


def ratio_label(generation: Generation) -> str:
    """What the shape knob stood at, in its own words."""
    for parameter in specs.parse_parameters(generation.spec):
        if parameter.name in specs.SHAPE_NAMES and parameter.name in generation.parameters:
            return parameter.label_of(generation.parameters[parameter.name])
    return ""


def shorten(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def age(moment: datetime) -> str:
    """How long ago, as short as it stays clear: 3 min ago, 14:02, yesterday 09:10, 12 Nov."""
    past = timezone.now() - moment
    local = timezone.localtime(moment)
    if past < timedelta(minutes=1):
        return "just now"
    if past < timedelta(hours=1):
        return f"{int(past.total_seconds() // 60)} min ago"
    days = (timezone.localdate() - local.date()).days
    if days <= 1:
        return f"{local:%H:%M}" if days <= 0 else f"yesterday {local:%H:%M}"
    return f"{local.day} {local:%b}" if local.year == timezone.localdate().year else f"{local.day} {local:%b %Y}"


def colour_of_words(words: str, *, turn: float = 0.0) -> str:
    """A calm colour that the same words always get; `turn` moves it on around the circle, 1 being once around."""
    digest = hashlib.sha256(words.encode()).digest()
    hue = (digest[0] / 255 + turn) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.58 + 0.2 * digest[1] / 255, 0.3 + 0.25 * digest[2] / 255)
    return f"#{int(red * 255):02x}{int(green * 255):02x}{int(blue * 255):02x}"
