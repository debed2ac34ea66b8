"""A library that grew: a page costs what it shows, not what there is.

Mastodon CVE-2026-23963 and its like let lists without measure slow everybody down. How fast 100,000 and a million pictures are is
measured by `python -m tests.bench library`; here the database's own steps are counted, which no busy machine changes.
"""

from io import StringIO
from typing import Any, cast

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from gallery.models import Image, Tag

FEW, MANY = 200, 1000
# Deep pages go on from a picture (keyset), and counts end at a bound.
PATHS = (
    "/library/",
    "/library/?before={middle}",
    "/library/?q=light",
    "/library/?tag={tag}",
    "/library/?gateway=routellm",
    "/library/?favourite=me",
    "/history/",
    "/history/?q=light",
    "/images/{middle}/",
    "/boards/",
)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Steps are counted as SQLite takes them.")
def test_a_page_of_a_library_five_times_as_large_takes_the_database_no_five_times_the_steps(as_bea: Client) -> None:
    small = steps_by_path(as_bea, FEW)
    large = steps_by_path(as_bea, MANY)
    # A page that reads all of it takes five times as many; those that go by an index a third more, or so.
    grown = {path: (small[path], large[path]) for path in PATHS if large[path] > 2 * small[path] + 5_000}
    assert grown == {}


def steps_by_path(client: Client, size: int) -> dict[str, int]:
    call_command("seed_library", images=size - Image.objects.count(), files=2, days=size, seed=size, stdout=StringIO())
    middle = Image.objects.order_by("-created_at", "-pk")[size // 2]
    words = {"middle": middle.pk, "tag": Tag.objects.values_list("pk", flat=True)[0]}
    return {path: steps_of(client, path.format(**words)) for path in PATHS}


def steps_of(client: Client, path: str) -> int:
    """Of SQLite's machine, in hundreds."""
    hundreds = 0

    def note() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    database = cast("Any", connection.connection)
    database.set_progress_handler(note, 100)
    try:
        response = client.get(path)
        assert (response.status_code, bool(response.content)) == (200, True), path
    finally:
        database.set_progress_handler(None, 0)
    return 100 * hundreds
