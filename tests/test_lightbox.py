"""The strip of a run in the lightbox: its pictures in their order, as far as one may see them."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Image, ImageModel, User
from gallery.services import images, marks
from tests import factories


def run_of(owner: User, image_model: ImageModel, count: int) -> list[Image]:
    """The pictures of one run."""
    first = factories.create_picture(owner, image_model, "a red chair")
    pictures = [first]
    for position in range(1, count):
        sibling = Image.objects.get(pk=first.pk)
        sibling.pk, sibling.position = None, position
        sibling.save()
        pictures.append(sibling)
    return pictures


def frames_of(client: Client, image: Image, query: str = "") -> list[tuple[str, str]]:
    page = client.get(f"/images/{image.pk}/run/{query}").content.decode()
    return re.findall(r'href="([^"]+)" data-picture="(\d+)"', page)


def test_a_strip_holds_the_run_in_its_order_and_keeps_to_the_wall(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    pictures = run_of(bea, flux_kontext, 3)
    factories.create_picture(bea, flux_kontext)
    expected = [(f"/images/{image.pk}/?q=chair", str(image.pk)) for image in pictures]
    assert frames_of(as_bea, pictures[1], "?q=chair&nonsense=1") == expected


def test_a_strip_leaves_out_what_others_hid_or_threw_away(
    as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    kept, hidden, trashed = run_of(bea, flux_kontext, 3)
    images.set_image_visibility(hidden, "private")
    images.trash_image(trashed, by=bea)
    assert [pk for _, pk in frames_of(as_chi, kept)] == [str(kept.pk)]
    assert [pk for _, pk in frames_of(as_bea, kept)] == [str(kept.pk), str(hidden.pk)]


def test_a_strip_tells_which_pictures_one_circled(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    first, second = run_of(bea, flux_kontext, 2)
    marks.mark_images(user=bea, image_ids=[second.pk], is_favourite=True)
    page = as_bea.get(f"/images/{first.pk}/run/").content.decode()
    assert re.findall(r'data-picture="(\d+)"[^>]* data-circled', page) == [str(second.pk)]


def test_an_uploaded_picture_has_no_strip(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    image = factories.create_picture(bea, flux_kontext)
    factories.create_picture(bea, flux_kontext)
    Image.objects.update(generation=None)
    with CaptureQueriesContext(connection) as asked:
        assert frames_of(as_bea, image) == []
    assert not any('ORDER BY "gallery_image"."position"' in query["sql"] for query in asked)
