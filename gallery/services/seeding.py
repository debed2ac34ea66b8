"""Fills a library for measuring and for showing: many rows that share some thousand small pictures, drawn by the sandbox.

Everything made so is marked as simulated. Rows are written in large batches, past the services of single pictures.
"""

import io
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from gallery.gateway.sandbox.drawing import draw
from gallery.models import Board, BoardItem, Generation, Image, ImageModel, ImageTag, Mark, Tag, User
from gallery.models.search import IMAGE_TABLE, TABLE, index_text
from gallery.services.images import image_fields, origin_fields, take_in
from gallery.services.search import write
from gallery.services.seeded_files import copy_with_comment

BATCH = 2000
LONG_SIDE = 420
MOST_OFTEN = 60
SIZES = ((1024, 1024), (1536, 1024), (1024, 1536), (1344, 768), (768, 1344), (1184, 864), (864, 1184), (1568, 672))
RUN_SIZES = (1, 1, 1, 2, 4)
MOST_PEOPLE, TAGS, BOARDS = 12, 24, 12
NAMES = ("Ada", "Bea", "Chi", "Dov", "Eva", "Fen", "Gus", "Hoa", "Ines", "Jun", "Kai", "Lea")
SUBJECTS = (
    "ceramic teapot", "lighthouse at the sea", "portrait of a dancer", "skyline at night", "pine forest in snow",
    "glass bottle of perfume", "poster for a spring campaign", "planet over dunes", "bouquet of tulips", "red fox",
    "marble pattern", "espresso cup", "silk in the wind", "mountain lake", "茶壺と花瓶", "山の朝霧", "чайник на окне",
    "إبريق شاي", "robot with a lamp", "old harbour",
)  # fmt: skip
LIGHTS = ("soft light", "long shadows", "dusk", "morning haze", "studio light", "rim light", "overcast")
STYLES = ("film grain", "cut paper", "risograph", "oil on canvas", "isometric", "macro", "wide angle", "pastel colours")
RARE = ("xylophone", "quagga", "theremin", "zeppelin", "astrolabe")


@dataclass(frozen=True, kw_only=True)
class Seed:
    """How much: `images` rows sharing `files` drawn pictures, spread over the last `days`. `own_files`: none is shared."""

    images: int
    files: int
    days: int
    number: int = 1
    own_files: bool = False


def seed_library(seed: Seed, say: Callable[[str], None]) -> None:
    """Add pictures, their runs, tags, boards and marks; what is there already stays."""
    chance = random.Random(seed.number)  # noqa: S311 - pictures, no secrets
    people = make_people()
    models = by_how_often(ImageModel.objects.filter(output=ImageModel.Output.RASTER).select_related("gateway"))
    files = draw_files(seed, chance, say)
    made = 0
    for runs in batches(plan_runs(seed, chance)):
        with transaction.atomic():
            made += write_runs(runs, people, models, files_for(seed, files, chance, made), chance)
        say(f"{made} of {seed.images} pictures")
    curate(people, chance)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"Done: {made} pictures of {len(files)} files.")


def make_people() -> list[User]:
    people = []
    for name in NAMES[:MOST_PEOPLE]:
        user, is_new = User.objects.get_or_create(username=f"seed-{name.lower()}", defaults={"name": name})
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        people.append(user)
    return people


def by_how_often(models: Iterable[ImageModel]) -> list[ImageModel]:
    """As in every team a few of them make most of the pictures: the first stands there most often, the next half as often, and
    so on."""
    return [model for place, model in enumerate(models, 1) for _ in range(max(MOST_OFTEN // place, 1))]


def draw_files(seed: Seed, chance: random.Random, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Small pictures in the storage; rows tell the size a real one would have."""
    files = []
    for number in range(min(seed.files, seed.images)):
        size = chance.choice(SIZES)
        scale = LONG_SIDE / max(size)
        drawn = draw(say_prompt(chance), width=int(size[0] * scale), height=int(size[1] * scale), seed=number)
        buffer = io.BytesIO()
        drawn.save(buffer, "JPEG", quality=82)
        fields = image_fields(take_in(buffer.getvalue(), max_bytes=10_000_000))
        files.append(fields)
        if number % 500 == 499:
            say(f"{number + 1} files drawn")
    return files


def files_for(
    seed: Seed, drawn: Sequence[dict[str, Any]], chance: random.Random, first: int
) -> Iterator[dict[str, Any]]:
    """The file of the next picture, and of the next, without end."""
    for number in itertools.count(first):
        file = chance.choice(drawn)
        yield copy_with_comment(file, f"{seed.number}-{number}") if seed.own_files else file


def say_prompt(chance: random.Random) -> str:
    words = [chance.choice(SUBJECTS), chance.choice(LIGHTS), *chance.sample(STYLES, 2)]
    if chance.random() < 0.0005:
        words.append(chance.choice(RARE))
    return ", ".join(words)


def plan_runs(seed: Seed, chance: random.Random) -> Iterator[tuple[datetime, int]]:
    """Moment and number of pictures of each run, oldest first: busier as time goes on, quiet at night and on Sundays."""
    now = timezone.now()
    left = seed.images
    while left > 0:
        count = min(chance.choice(RUN_SIZES), left)
        share = 1 - left / seed.images
        moment = now - timedelta(days=seed.days) * (1 - share**0.7)
        yield moment, count
        left -= count


def batches(plan: Iterator[tuple[datetime, int]]) -> Iterator[list[tuple[datetime, int]]]:
    while batch := list(itertools.islice(plan, BATCH)):
        yield batch


def write_runs(
    runs: Sequence[tuple[datetime, int]],
    people: Sequence[User],
    models: Sequence[ImageModel],
    files: Iterator[dict[str, Any]],
    chance: random.Random,
) -> int:
    generations = Generation.objects.bulk_create(
        [build_run(moment, count, chance.choice(people), chance.choice(models), chance) for moment, count in runs]
    )
    images = Image.objects.bulk_create(
        [build_image(run, place, next(files)) for run in generations for place in range(run.image_count)]
    )
    texts = {run.pk: index_text(run.prompt, run.model_name) for run in generations}
    write(TABLE, list(texts.items()))
    write(IMAGE_TABLE, [(image.pk, texts[image.generation_id or 0]) for image in images])
    return len(images)


def build_run(moment: datetime, count: int, owner: User, image_model: ImageModel, chance: random.Random) -> Generation:
    return Generation(
        owner=owner,
        owner_name=owner.display_name,
        visibility="private" if chance.random() < 0.05 else "team",
        client="seed",
        image_model=image_model,
        gateway=image_model.gateway,
        gateway_slug=image_model.gateway.slug,
        model_id=image_model.model_id,
        model_name=image_model.name,
        spec=[],
        spec_hash=image_model.spec_hash,
        prompt=say_prompt(chance),
        parameters={},
        image_count=count,
        status=Generation.Status.SUCCEEDED,
        created_at=moment,
        started_at=moment,
        finished_at=moment + timedelta(seconds=chance.uniform(3, 30)),
        is_simulated=True,
    )


def build_image(run: Generation, place: int, file: dict[str, Any]) -> Image:
    return Image(
        source=Image.Source.GENERATED,
        generation=run,
        position=place,
        owner=run.owner,
        visibility=run.visibility,
        is_simulated=True,
        is_cover=place == 0,
        is_indexed=True,
        created_at=run.created_at,
        **origin_fields(run),
        **file,
    )


# Tags, boards and marks over what there is ---------------------------------------------------------------------------


def curate(people: Sequence[User], chance: random.Random) -> None:
    """Every fifteenth picture or so is circled, tagged or on a board; each table in batches."""
    last = Image.objects.aggregate(last=Max("pk"))["last"] or 0
    add_in_batches(Mark, (
        Mark(user=chance.choice(people), image_id=pk, is_favourite=True, rating=chance.choice((None, 3, 4, 5)))
        for pk in some_ids(chance, last, 0.06)
    ))  # fmt: skip
    tags = [tag_called(f"{word} {number}", people[0]) for number in range(TAGS // 8) for word in STYLES]
    add_in_batches(ImageTag, (ImageTag(tag=chance.choice(tags), image_id=pk) for pk in some_ids(chance, last, 0.08)))
    boards = [
        Board.objects.get_or_create(name=f"Board {number + 1}", owner=people[number % len(people)])[0]
        for number in range(BOARDS)
    ]
    add_in_batches(
        BoardItem,
        (BoardItem(board=chance.choice(boards), image_id=pk, rank=pk << 20) for pk in some_ids(chance, last, 0.05)),
    )
    # They are found by tags and boards once a worker has been there.
    labelled = Q(pk__in=ImageTag.objects.values("image")) | Q(pk__in=BoardItem.objects.values("image"))
    Image.objects.filter(labelled).update(is_indexed=False)
    with transaction.atomic():
        circled = Mark.objects.filter(is_favourite=True).values("image").annotate(count=Count("pk"))
        for count in circled.values_list("count", flat=True).distinct().order_by():
            Image.objects.filter(pk__in=circled.filter(count=count).values("image")).update(favourite_count=count)


def tag_called(name: str, user: User) -> Tag:
    return Tag.objects.get_or_create(key=name.casefold(), defaults={"name": name, "created_by": user})[0]


def some_ids(chance: random.Random, last: int, share: float) -> Iterator[int]:
    """A share of the pictures there are, each once."""
    ids = Image.objects.filter(pk__lte=last, deleted_at=None).order_by("pk").values_list("pk", flat=True)
    return (pk for pk in ids.iterator(chunk_size=BATCH) if chance.random() < share)


def add_in_batches(model: Any, rows: Iterator[Any]) -> None:
    while batch := list(itertools.islice(rows, BATCH)):
        model.objects.bulk_create(batch, ignore_conflicts=True)
