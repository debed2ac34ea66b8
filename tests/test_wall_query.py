"""The wall's query: read from a URL whatever it says, written back the same, and selections made on it."""

import pytest
from django.http import QueryDict

from gallery.models import Image, ImageModel, Selection, User, WallQuery
from tests import factories


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("", ""),
        ("q=teapot&show=mine", "q=teapot&show=mine"),
        (
            "model=routellm/flux_pro&model=openrouter/x&person=7&person=x",
            "model=openrouter/x&model=routellm/flux_pro&person=7",
        ),
        ("since=2026-01-31&until=31.12.2026", "since=2026-01-31"),
        ("shape=tall&shape=round&colour=teal&rating=9", "shape=tall&colour=teal&rating=5"),
        ("cost=0.01-0.05&unit=usd", "cost=0.01-0.05&unit=usd"),
        ("since=30days&until=0001-01-01", "since=30days"),
        ("since=year&since=&until=", "since=year"),
        ("since=today&since=2026-03-01&until=9999-12-31", "since=2026-03-01"),
        ("cost=free&cost=-", ""),
        ("cost=0.5-0.10", "cost=0.1-0.5"),
        ("cost_from=0,02&cost_to=&unit=points", "cost=0.02-&unit=points"),
        ("cost_from=&cost_to=-3&cost=&unit=usd", "cost=-3&unit=usd"),
        ("cost=unknown&cost_from=1&unit=usd", "cost=unknown"),
        ("cost_from=0E-9&cost_to=1e400&unit=points", "cost=0-&unit=points"),
        ("unit=usd&order=hand", ""),
        ("board=4&order=hand", "board=4&order=hand"),
        ("q=%ED%A0%80x%00y+", "q=%EF%BF%BD%EF%BF%BD%EF%BF%BDxy"),
        ("cost=NaN-1e99&show=everything&order=password", ""),
        ("tag=3&tag=1&tag=-4&board=99999999999999999999999", "tag=1&tag=3"),
        ("q=%00&person=%00&model=%00", ""),
    ],
)
def test_a_url_is_read_for_what_makes_sense_in_it_and_written_back(said: str, understood: str) -> None:
    query = WallQuery.read(said)
    assert query.encode() == understood
    assert WallQuery.read(query.encode()) == query


def test_a_selected_cover_stands_for_its_run_on_a_wall_of_stacks_only(bea: User, flux_kontext: ImageModel) -> None:
    cover = factories.create_picture(bea, flux_kontext)
    sibling = Image.objects.create(
        source="generated", generation=cover.generation, position=1, owner=bea, is_cover=False, sha256="0" * 64,
        media_type="image/png", byte_size=1, width=1, height=1,
    )  # fmt: skip
    for words, expected in [("", [sibling, cover]), ("stacks=off", [cover])]:
        selection = Selection.read(QueryDict(f"ids={cover.pk}&query={words}", mutable=True))
        assert list(Image.objects.selected(bea, selection)) == expected
    everything = Selection.read(QueryDict("all=1&query="))
    assert list(Image.objects.selected(bea, everything)) == [sibling, cover]
    assert list(Image.objects.for_wall(bea, everything.query)) == [cover]
