"""Retention: what somebody rejected is tidied away after its days, unless anybody holds on to it in any way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import AuditEntry, Batch, Image, ImageModel, Mark, Upkeep, User
from gallery.services import generations, retention, shares
from tests import factories
from tests.admin import pages
from tests.sharing import board_with

WEEK = timedelta(days=7)


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    """Rejected by Bea eight days ago."""
    image = factories.create_picture(bea, flux_kontext)
    reject(image, bea, ago=timedelta(days=8))
    return image


def reject(image: Image, user: User, *, ago: timedelta) -> None:
    Mark.objects.update_or_create(user=user, image=image, defaults={"is_rejected": True})
    Mark.objects.filter(user=user, image=image).update(changed_at=timezone.now() - ago)


def keep_days(as_ada: Client, days: str) -> None:
    rules = Upkeep.objects.current()
    assert as_ada.post(pages.change_page(rules), {"rejected_days": days}).status_code == 302


def test_by_default_nothing_is_tidied_away(picture: Image) -> None:
    assert retention.trash_rejected() == 0


def test_a_rejected_picture_goes_to_the_trash_after_its_days_and_can_be_taken_back(
    as_ada: Client, as_bea: Client, bea: User, picture: Image
) -> None:
    keep_days(as_ada, "9")
    assert retention.trash_rejected() == 0
    keep_days(as_ada, "7")
    assert retention.trash_rejected() == 1
    picture.refresh_from_db()
    assert picture.deleted_at
    assert "thrown away" in as_bea.get("/trash/").content.decode()
    as_bea.post(f"/images/{picture.pk}/restore/")
    assert Image.objects.get(pk=picture.pk).deleted_at is None
    entry = AuditEntry.objects.get(act="deletion")
    assert (entry.actor_name, entry.detail) == ("Proofsheet", {"pictures": 1, "days": 7})


def circle(image: Image, user: User) -> None:
    client = factories.signed_in(user)
    assert client.post(f"/images/{image.pk}/mark/", {"favourite": "1"}).status_code in (200, 302)


def put_on_board(image: Image, user: User) -> None:
    board_with(user, image)


def put_in_trashed_board(image: Image, user: User) -> None:
    board_with(user, image, deleted_at=timezone.now())


def share(image: Image, user: User) -> None:
    shares.create_share(owner=user, image_ids=[image.pk])


def use(image: Image, user: User) -> None:
    assert image.generation
    assert image.generation.image_model
    generations.create_generation(
        owner=user, image_model=image.generation.image_model, prompt="again", parameters={}, inputs={"image": [image]}
    )


def win(image: Image, user: User) -> None:
    Batch.objects.create(owner=user, kind=Batch.Kind.COMPARE, winner=image)


def cut(image: Image, user: User) -> None:
    Image.objects.create(
        source=Image.Source.UPLOADED, owner=user, original=image, sha256="0" * 64, media_type="image/png", byte_size=1,
        width=1, height=1,
    )  # fmt: skip


def rate(image: Image, user: User) -> None:
    client = factories.signed_in(user)
    assert client.post(f"/images/{image.pk}/mark/", {"rating": "4"}).status_code in (200, 302)


@pytest.mark.parametrize("hold_on", [circle, rate, put_on_board, put_in_trashed_board, share, use, win, cut])
def test_what_anybody_holds_on_to_stays(
    as_ada: Client, chi: User, picture: Image, hold_on: Callable[[Image, User], None]
) -> None:
    keep_days(as_ada, "7")
    hold_on(picture, chi)
    assert retention.trash_rejected() == 0
    picture.refresh_from_db()
    assert picture.deleted_at is None


def test_a_rejection_that_was_taken_back_counts_no_more(as_ada: Client, bea: User, picture: Image) -> None:
    keep_days(as_ada, "7")
    Mark.objects.filter(image=picture).update(is_rejected=False)
    assert retention.trash_rejected() == 0


def test_a_rejection_by_neither_its_owner_nor_an_administrator_throws_nothing_away(
    as_ada: Client, ada: User, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    keep_days(as_ada, "7")
    image = factories.create_picture(bea, flux_kontext)
    reject(image, chi, ago=timedelta(days=8))
    assert retention.trash_rejected() == 0
    reject(image, ada, ago=timedelta(days=8))
    assert retention.trash_rejected() == 1


def test_no_days_at_all_are_refused(as_ada: Client, picture: Image) -> None:
    page = as_ada.post(pages.change_page(Upkeep.objects.current()), {"rejected_days": "0"})
    assert "greater than or equal to 1" in page.content.decode()
    assert retention.trash_rejected() == 0


def test_the_rules_are_one_page_for_administrators(as_ada: Client, as_bea: Client) -> None:
    page = as_ada.get(pages.list_page("upkeep"), follow=True)
    assert "days that rejected pictures stay" in page.content.decode().lower()
    assert as_bea.get(pages.list_page("upkeep")).status_code == 403


@pytest.mark.parametrize(
    ("days", "said"),
    [("14", "go to the trash after 14 days."), ("1", "go to the trash after a day."), ("", "Rejected pictures stay.")],
)
def test_a_saved_rule_says_what_it_means(as_ada: Client, days: str, said: str) -> None:
    page = as_ada.post(pages.change_page(Upkeep.objects.current()), {"rejected_days": days}, follow=True)
    assert said in page.content.decode()
    assert Upkeep.objects.current().rejected_days == (int(days) if days else None)
