"""A selection of pictures as one ZIP: planned first, so that its size is known, then streamed file by file."""

import contextlib
import csv
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from zipstream import ZipStream

from gallery.models import Act, Board, Image, ImageTag, Selection, User
from gallery.services import audit, exports, originals
from gallery.services.exports import Download

MOST_PICTURES = 10_000
BATCH = 500
LOOKERS = 8
COLUMNS = (
    "file",
    "picture",
    "prompt",
    "revised_prompt",
    "model",
    "model_name",
    "gateway",
    "person",
    "made_at",
    "parameters",
    "cost",
    "cost_unit",
    "is_simulated",
    "width",
    "height",
    "tags",
    "boards",
    "note",
)
# JSON that travelled; no list tells it.
NOT_LISTED = ("generation__conversation", "generation__request", "generation__reply")
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
BREAKS = ("\t", "\r", "\n")
MISSING = "The files of these pictures are missing on the server:\n\n"


class ArchiveRefused(Exception):
    """The text is a sentence for people."""


@dataclass
class Plan:
    """What goes in. The two lists wait on disk: their lengths are not bounded."""

    csv_file: IO[str]
    json_file: IO[str]
    files: list[tuple[str, str, int]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def build_archive(*, user: User, selection: Selection) -> Download:
    """Originals under good names, beside them `pictures.csv` and `pictures.json`. Blocks. Raises ArchiveRefused."""
    rows = Image.objects.selected(user, selection)
    ids = list(dict.fromkeys(rows.values_list("pk", flat=True)[: MOST_PICTURES + 1]))
    if not ids:
        raise ArchiveRefused("There is no picture to download here. Choose some first.")
    if len(ids) > MOST_PICTURES:
        raise ArchiveRefused(
            f"More than {MOST_PICTURES:,} pictures are too many for one ZIP. Narrow the search, then download in parts."
        )
    with contextlib.ExitStack() as stack:
        plan = Plan(csv_file=open_list(stack), json_file=open_list(stack))
        write_lists(plan, user, ids)
        archive = fill_archive(plan)
        chunks = read_archive(archive, stack.pop_all())
    audit.record(Act.EXPORTED, "A ZIP of pictures", pictures=len(ids))
    many = f"{len(ids)}-pictures" if len(ids) > 1 else "1-picture"
    return Download(
        file_name=f"proofsheet-{many}.zip", media_type="application/zip", byte_size=len(archive), chunks=chunks
    )


def open_list(stack: contextlib.ExitStack) -> IO[str]:
    return stack.enter_context(tempfile.TemporaryFile("w+", dir=settings.INCOMING_DIR, encoding="utf-8", newline=""))


def write_lists(plan: Plan, user: User, ids: Sequence[int]) -> None:
    # Excel takes a list for UTF-8 only when it begins with this mark.
    plan.csv_file.write("\ufeff")
    writer = csv.DictWriter(plan.csv_file, COLUMNS)
    writer.writeheader()
    plan.json_file.write("[\n")
    before = ""
    for start in range(0, len(ids), BATCH):
        for line in look_at(plan, user, ids[start : start + BATCH]):
            writer.writerow({name: as_cell(line[name]) for name in COLUMNS})
            plan.json_file.write(before + json.dumps(line, ensure_ascii=False))
            before = ",\n"
    plan.json_file.write("\n]\n")
    for file in (plan.csv_file, plan.json_file):
        file.flush()


def look_at(plan: Plan, user: User, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Some pictures' lines, and whether their files are there."""
    found = Image.objects.for_page(user).defer(*NOT_LISTED).in_bulk(ids)
    images = [found[pk] for pk in ids if pk in found]
    with ThreadPoolExecutor(LOOKERS) as pool:
        sizes = list(pool.map(size_of, [image.file_name for image in images]))
    for image, size in zip(images, sizes, strict=True):
        name = exports.name_file(image)
        if size is None:
            plan.missing.append(name)
        else:
            plan.files.append((name, image.file_name, size))
    return lines_of(user, images)


def size_of(name: str) -> int | None:
    try:
        return default_storage.size(name)
    except OSError:
        return None


def lines_of(user: User, images: Sequence[Image]) -> list[dict[str, Any]]:
    run_sizes = exports.count_runs([image.generation_id for image in images if image.generation_id])
    ids = [image.pk for image in images]
    boards = Board.objects.visible_to(user).kept().filter(items__image__in=ids).values_list("items__image_id", "name")
    tags = ImageTag.objects.filter(image__in=ids).order_by("tag__key").values_list("image_id", "tag__name")
    tags_of, boards_of = gather(tags), gather(boards.order_by("name"))
    lines = []
    for image in images:
        recipe = exports.recipe_of(image, run_sizes)
        told = recipe.to_json() if recipe else {}
        own = {
            "file": exports.name_file(image),
            "picture": image.pk,
            "gateway": recipe.gateway_slug if recipe else "",
            "person": exports.maker_of(image),
            "made_at": image.created_at.isoformat(),
            "is_simulated": image.is_simulated,
            "width": image.width,
            "height": image.height,
            "tags": tags_of.get(image.pk, []),
            "boards": boards_of.get(image.pk, []),
            "note": image.note,
        }
        lines.append({name: {**told, **own}.get(name, "") for name in COLUMNS})
    return lines


def gather(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    gathered: dict[int, list[str]] = {}
    for key, name in pairs:
        gathered.setdefault(key, []).append(name)
    return gathered


def as_cell(value: object) -> object:
    """Text that can be no formula; lists by comma, settings as JSON, unknown as nothing."""
    if isinstance(value, list):
        value = ", ".join(value)
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str):
        # Blanks before it do not keep every spreadsheet from it.
        is_formula = value.startswith(BREAKS) or value.lstrip().startswith(FORMULA_BEGINNINGS)
        return f"'{value}" if is_formula else value
    return "" if value is None else value


def fill_archive(plan: Plan) -> ZipStream:
    archive = ZipStream(sized=True)
    for name, file in (("pictures.csv", plan.csv_file), ("pictures.json", plan.json_file)):
        archive.add(read_list(file), name, size=os.fstat(file.fileno()).st_size)
    if plan.missing:
        archive.add(MISSING + "\n".join(plan.missing) + "\n", "missing.txt")
    for name, stored_name, size in plan.files:
        archive.add(originals.read_chunks(stored_name), name, size=size)
    return archive


def read_list(file: IO[str]) -> Iterator[bytes]:
    file.seek(0)
    yield from iter(lambda: file.read(originals.CHUNK_BYTES // 4).encode(), b"")


def read_archive(archive: ZipStream, stack: contextlib.ExitStack) -> Iterator[bytes]:
    """In pieces of a good size: the archive itself hands out headers of a few bytes."""
    with stack:
        gathered = bytearray()
        for piece in archive:
            gathered += piece
            if len(gathered) >= originals.CHUNK_BYTES:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)
