"""Circles, ratings and rejections: each person's own, with the team's total on the picture."""

from typing import Any

import pytest

from gallery.models import Image, ImageModel, Mark, User
from gallery.services import marks
from tests import factories


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def marks_of(user: User, picture: Image) -> tuple[bool, int | None, bool]:
    mark = Mark.objects.filter(user=user, image=picture).first()
    return (mark.is_favourite, mark.rating, mark.is_rejected) if mark else (False, None, False)


def mark(user: User, picture: Image, **changes: Any) -> int:
    return marks.mark_images(user=user, image_ids=[picture.pk], **changes)


def total(picture: Image) -> int:
    picture.refresh_from_db()
    return picture.favourite_count


# Steps by one person, and what is there in the end: circled, rating, rejected.
STEPS: list[tuple[list[dict[str, Any]], tuple[bool, int | None, bool]]] = [
    ([{"is_favourite": True}], (True, None, False)),
    ([{"is_favourite": True}, {"is_favourite": False}], (False, None, False)),
    ([{"rating": 4}], (False, 4, False)),
    ([{"rating": 4}, {"rating": 2}], (False, 2, False)),
    ([{"rating": 4}, {"rating": 0}], (False, None, False)),
    ([{"rating": 4}, {"is_favourite": True}], (True, 4, False)),
    ([{"is_rejected": True}], (False, None, True)),
    ([{"is_favourite": True, "rating": 3}, {"is_rejected": True}], (False, 3, True)),
    ([{"is_rejected": True}, {"is_favourite": True}], (True, None, False)),
    ([{"is_rejected": True}, {"is_favourite": False}], (False, None, True)),
    ([{"is_favourite": True}, {"is_rejected": False}], (True, None, False)),
]


@pytest.mark.parametrize(("steps", "expected"), STEPS)
def test_marks_replace_each_other_one_by_one(
    bea: User, picture: Image, steps: list[dict[str, Any]], expected: tuple[bool, int | None, bool]
) -> None:
    for step in steps:
        assert mark(bea, picture, **step) == 1
    assert marks_of(bea, picture) == expected
    assert total(picture) == int(expected[0])
    assert Mark.objects.filter(user=bea).count() == int(any(expected))


def test_everybodys_circles_are_counted_and_marks_stay_their_own(bea: User, chi: User, picture: Image) -> None:
    mark(bea, picture, is_favourite=True)
    mark(chi, picture, is_favourite=True, rating=5)
    assert total(picture) == 2
    mark(bea, picture, is_rejected=True)
    assert total(picture) == 1
    assert marks_of(chi, picture) == (True, 5, False)


def test_many_pictures_are_marked_in_a_constant_number_of_queries(
    bea: User, flux_kontext: ImageModel, django_assert_num_queries: Any
) -> None:
    pictures = [factories.create_picture(bea, flux_kontext) for _ in range(6)]
    mark(bea, pictures[0], is_favourite=True)
    ids = [picture.pk for picture in pictures]
    with django_assert_num_queries(10):
        assert marks.mark_images(user=bea, image_ids=[*ids, 10**9], is_favourite=True) == 6
    assert set(Image.objects.filter(pk__in=ids).values_list("favourite_count", flat=True)) == {1}
