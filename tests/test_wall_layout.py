"""Rows of the wall as numbers: the formula of a section's height against its rows, and sections that lose nothing."""

import random
from datetime import date

import pytest

from gallery.views.wall_layout import (
    LONGEST_PART,
    PART,
    Layout,
    Period,
    Row,
    Section,
    break_rows,
    cut_sections,
    measure,
)

BOTTOM = -(2**63)
SHAPES = [(1024, 1024), (1536, 1024), (1024, 1536), (1344, 768), (768, 1344), (100, 900), (900, 100)]


def make_pictures(count: int, seed: int = 1) -> list[tuple[int, int, int]]:
    chance = random.Random(seed)
    return [(count - number, *chance.choice(SHAPES)) for number in range(count)]


def cut(pictures: list[tuple[int, int, int]], layout: Layout, *floors: int) -> list[Section]:
    periods = [Period(f"from {floor}", floor) for floor in floors]
    return list(cut_sections(pictures, [*periods, Period("the rest", BOTTOM)], layout))


@pytest.mark.parametrize(
    ("ratios", "target", "rows"),
    [
        ([], 4.8, []),
        ([1.0], 4.8, [Row(1, 4.8, 1)]),
        ([1.0] * 4, 4.0, [Row(4, 4.0, 3)]),
        ([1.0] * 6, 4.0, [Row(4, 4.0, 3), Row(2, 4.0, 2)]),
        # A row that is all but full is drawn as wide as the others.
        ([1.2, 1.2, 1.2, 0.6], 4.8, [Row(4, 4.2, 3)]),
        ([1.2, 1.2, 1.2], 4.8, [Row(3, 4.8, 3)]),
        # The wide one goes where it changes the height of rows the least.
        ([1.5, 1.5, 4.0, 1.5], 3.6, [Row(2, 3.0, 1), Row(1, 4.0, 0), Row(1, 3.6, 1)]),
        ([0.5, 4.0], 3.6, [Row(2, 4.5, 1)]),
    ],
)
def test_rows_end_where_their_height_stays_nearest_to_the_others(
    ratios: list[float], target: float, rows: list[Row]
) -> None:
    found = break_rows(ratios, target)
    assert [(row.count, round(row.total, 6), row.gaps) for row in found] == [(r.count, r.total, r.gaps) for r in rows]


@pytest.mark.parametrize(
    ("width", "height", "ratio"), [(300, 200, 1.5), (100, 900, 0.25), (900, 100, 4.0), (1, 20000, 0.25)]
)
def test_extreme_shapes_are_clamped_and_squares_are_square(width: int, height: int, ratio: float) -> None:
    assert Layout(across=6).ratio(width, height) == ratio
    assert Layout(across=6, is_square=True).ratio(width, height) == 1.0


@pytest.mark.parametrize("is_square", [False, True])
@pytest.mark.parametrize("across", [2, 3, 6, 9, 12])
def test_sections_lose_no_picture_and_their_heights_follow_from_the_formula(across: int, is_square: bool) -> None:
    layout = Layout(across=across, is_square=is_square)
    pictures = make_pictures(3000, seed=across)
    sections = cut(pictures, layout, 2950, 2100, 2099)
    position = 0
    for section in sections:
        part = pictures[position : position + section.count]
        position += section.count
        assert (part[0][0], part[-1][0]) == (section.first, section.last)
        rows = break_rows([layout.ratio(*shape) for _, *shape in part], layout.target)
        assert (section.a, section.b) == pytest.approx(measure(rows), abs=1e-6)
        assert section.rows == len(rows)
        for width, gap in [(1328.5, 6), (378, 3), (2400, 6)]:
            drawn = sum((width - row.gaps * gap) / row.total for row in rows) + (len(rows) - 1) * gap
            assert section.a * width - section.b * gap + (section.rows - 1) * gap == pytest.approx(drawn, abs=0.01)
    assert position == len(pictures)


@pytest.mark.parametrize("across", [2, 4, 12])
def test_a_long_day_is_cut_where_a_row_is_full(across: int) -> None:
    layout = Layout(across=across)
    sections = cut(make_pictures(5000), layout)
    assert [section.title for section in sections] == ["the rest"] + [""] * (len(sections) - 1)
    assert max(section.count for section in sections) <= 200
    for section in sections[:-1]:
        assert section.count >= PART
        assert section.count > LONGEST_PART or section.b < section.a * layout.across * 5


def test_very_narrow_pictures_do_not_make_a_section_longer_than_promised() -> None:
    pictures = [(5000 - number, 10, 1000) for number in range(5000)]
    assert max(section.count for section in cut(pictures, Layout(across=12))) <= 200


def test_a_day_begins_at_its_number_and_days_without_pictures_are_left_out() -> None:
    sections = cut([(9, 1, 1), (7, 1, 1), (3, 1, 1)], Layout(across=6), 8, 6, 5, 4)
    assert [(each.title, each.first, each.last, each.count) for each in sections] == [
        ("from 8", 9, 9, 1),
        ("from 6", 7, 7, 1),
        ("the rest", 3, 3, 1),
    ]
    assert cut([], Layout(across=6)) == []


def test_days_that_do_not_fill_a_row_hang_together_but_not_with_months() -> None:
    days = [Period(f"day {day}", day * 10, date(2026, 3, day), "", "day") for day in (9, 8, 7, 6)]
    months = [
        Period("Earlier in March", 30, date(2026, 3, 1), "", "month"),
        Period("February", 20, date(2026, 2, 1), "", "month"),
        Period("December 2025", BOTTOM, date(2025, 12, 1), " 2025", "month"),
    ]
    pictures = [(key, 1, 1) for key in (95, *range(89, 81, -1), 75, 65, 35, 25, 5)]
    found = [(each.title, each.count, each.rows) for each in cut_sections(pictures, [*days, *months], Layout(across=5))]
    assert found == [
        ("8 – 9 March", 9, 2),
        ("6 – 7 March", 2, 1),
        ("February – March", 2, 1),
        ("December 2025", 1, 1),
    ]


@pytest.mark.parametrize(
    ("newer", "older", "title"),
    [
        ((date(2026, 3, 9), ""), (date(2026, 3, 9), ""), "itself"),
        ((date(2026, 3, 9), ""), (date(2026, 3, 3), ""), "3 – 9 March"),
        ((date(2026, 3, 3), ""), (date(2026, 2, 28), ""), "28 February – 3 March"),
        ((date(2026, 1, 3), ""), (date(2025, 12, 28), " 2025"), "28 December 2025 – 3 January"),
    ],
)
def test_days_that_hang_together_are_named_by_the_calendar(
    newer: tuple[date, str], older: tuple[date, str], title: str
) -> None:
    newest = Period("itself", 2, *newer, "day")
    oldest = newest if newer == older else Period("older", 1, *older, "day")
    assert newest.title_to(oldest) == title
