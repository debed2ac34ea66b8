"""What a ZIP of pictures tells about them: a line for each, as CSV and as JSON."""

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from django.conf import settings

from gallery.models import Board, Image, ImageTag, User
from gallery.services import exports

CHUNK_BYTES = 256 * 1024
MOST_IN_MEMORY = 64 * 1024
COLUMNS = (
    "file",
    "remark",
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
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
BREAKS = ("\t", "\r", "\n")
LEFT_OUT = "These pictures are not in this ZIP:\n\n"


class Spool:
    """Text that waits until it is sent, in memory and then on disk: how long it gets is not bounded."""

    def __init__(self, stack: ExitStack):
        self.file = stack.enter_context(open_file())
        self.byte_size = 0

    def write(self, text: str) -> None:
        encoded = text.encode()
        self.file.write(encoded)
        self.byte_size += len(encoded)

    def read(self) -> Iterator[bytes]:
        self.file.seek(0)
        yield from iter(lambda: self.file.read(CHUNK_BYTES), b"")


def open_file() -> "tempfile.SpooledTemporaryFile[bytes]":
    return tempfile.SpooledTemporaryFile(MOST_IN_MEMORY, dir=str(settings.INCOMING_DIR))


class PictureLists:
    """Both lists, and a third of what is left out; written line by line while the pictures go."""

    def __init__(self, stack: ExitStack):
        self.csv, self.json, self.left_out = (Spool(stack) for _ in range(3))
        # Excel takes a list for UTF-8 only when it begins with this mark.
        self.csv.write("\ufeff")
        self.writer = csv.DictWriter(self.csv, COLUMNS)
        self.writer.writeheader()
        self.between = "[\n"

    def add(self, line: dict[str, Any]) -> None:
        self.writer.writerow({name: as_cell(line[name]) for name in COLUMNS})
        self.json.write(self.between + json.dumps(line, ensure_ascii=False))
        self.between = ",\n"

    def leave_out(self, name: str, reason: str) -> None:
        self.left_out.write(f"{'' if self.left_out.byte_size else LEFT_OUT}{name}: {reason}\n")

    def finished(self) -> Iterator[tuple[str, Spool]]:
        """Under their names, whole."""
        self.json.write("\n]\n" if self.between != "[\n" else "[]\n")
        yield "pictures.csv", self.csv
        yield "pictures.json", self.json
        if self.left_out.byte_size:
            yield "missing.txt", self.left_out


def lines_of(user: User, images: Sequence[Image], run_sizes: Mapping[int, int]) -> list[dict[str, Any]]:
    """In the order of the pictures; which file each is, is not known yet."""
    ids = [image.pk for image in images]
    boards = Board.objects.visible_to(user).kept().filter(items__image__in=ids).values_list("items__image_id", "name")
    tags = ImageTag.objects.filter(image__in=ids).order_by("tag__key").values_list("image_id", "tag__name")
    tags_of, boards_of = gather(tags), gather(boards.order_by("name"))
    lines = []
    for image in images:
        recipe = exports.recipe_of(image, run_sizes)
        told = recipe.to_json() if recipe else {}
        own = {
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
