"""What visitors of a link see and take along."""

import io
import re
from collections.abc import Callable

import pytest
from django.test import Client
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from gallery.images import metadata
from gallery.models import Image, ImageModel, User
from gallery.services import images
from tests import factories
from tests.sharing import link_to, see, shown


def test_a_selection_keeps_its_order_and_a_picture_opens_large(picture: Image, other: Image, bea: User) -> None:
    link = link_to(bea, picture, other, title="Autumn")
    page = see(link)
    assert shown(page) == [picture.pk, other.pk]
    assert "Autumn" in page and "2 pictures" in page and "Made with Proofsheet" in page
    first = see(f"{link}{picture.pk}/")
    assert f'href="{link}{other.pk}/" rel="next"' in first
    assert 'rel="prev"' not in first
    assert f'href="{link}{picture.pk}/" rel="prev"' in see(f"{link}{other.pk}/")


@pytest.mark.parametrize("shows_prompts", [True, False])
def test_prompt_and_model_show_only_where_allowed(picture: Image, other: Image, bea: User, shows_prompts: bool) -> None:
    link = link_to(bea, picture, other, shows_prompts=shows_prompts)
    for path in (link, f"{link}{picture.pk}/"):
        page = see(path)
        assert ("a red chair" in page) == shows_prompts
        assert ("FLUX" in page) == shows_prompts


def test_nothing_else_of_the_house_is_told(picture: Image, other: Image, bea: User, as_bea: Client) -> None:
    link = link_to(bea, picture, other, shows_prompts=True, allows_download=True)
    for path in (link, f"{link}{picture.pk}/"):
        page = see(path)
        for word in ("Bea", "bea", picture.sha256, f"/images/{picture.pk}", "/generations/", "csrf", "hx-", "<nav"):
            assert word not in page


def test_downloads_are_there_only_where_allowed(picture: Image, other: Image, bea: User) -> None:
    closed = link_to(bea, picture)
    assert "Download" not in see(closed)
    sheet, closed_sheet = link_to(bea, picture, other, allows_download=True), link_to(bea, picture, other)
    assert f'data-original="{sheet}download/{picture.pk}/"' in see(sheet)
    assert "ownload" not in see(closed_sheet) and "data-original" not in see(closed_sheet)
    assert Client().get(f"{closed}download/{picture.pk}/").status_code == 404
    assert Client().get(f"{closed}media/{picture.pk}/original").status_code == 404
    opened = link_to(bea, picture, allows_download=True)
    assert f"{opened}download/{picture.pk}/" in see(opened)
    answer = Client().get(f"{opened}download/{picture.pk}/")
    assert answer["Content-Disposition"] == f'attachment; filename="picture-{picture.pk}.png"'
    assert factories.read_stream(answer) == factories.png()


def with_words(content: bytes) -> bytes:
    """As some other program writes them."""
    info, buffer = PngInfo(), io.BytesIO()
    info.add_text("parameters", "a secret chair")
    PillowImage.open(io.BytesIO(content)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def with_our_recipe(content: bytes) -> bytes:
    return bytes(metadata.with_recipe(content, "image/png", {"prompt": "a secret chair"}))


@pytest.mark.parametrize(
    ("make", "shows_prompts", "is_told"),
    [
        (with_words, False, False),
        (with_words, True, True),
        (with_our_recipe, False, False),
        (with_our_recipe, True, False),
    ],
)
def test_a_download_tells_of_its_making_only_where_prompts_are_shown_and_never_who_made_it(
    bea: User, make: Callable[[bytes], bytes], shows_prompts: bool, is_told: bool
) -> None:
    content = make(factories.png("gold"))
    assert b"a secret chair" in content
    stored = images.take_in(content, max_bytes=1_000_000)
    image = Image.objects.create(source=Image.Source.IMPORTED, owner=bea, **images.image_fields(stored))
    link = link_to(bea, image, allows_download=True, shows_prompts=shows_prompts)
    got = factories.read_stream(Client().get(f"{link}download/{image.pk}/"))
    assert (b"a secret chair" in got) == is_told
    assert (got == content) == is_told


def gif_with_words(content: bytes) -> bytes:
    buffer = io.BytesIO()
    PillowImage.open(io.BytesIO(content)).save(buffer, "GIF", comment=b"a secret chair")
    return buffer.getvalue()


def svg_with_words(content: bytes) -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><title>a secret chair</title><path d="M0 0h9v9z"/></svg>'


@pytest.mark.parametrize("make", [with_words, gif_with_words, svg_with_words])
@pytest.mark.parametrize("shows_prompts", [True, False])
def test_no_file_behind_a_link_tells_its_words_unless_prompts_are_shown(
    bea: User, make: Callable[[bytes], bytes], shows_prompts: bool
) -> None:
    stored = images.take_in(make(factories.png("gold")), max_bytes=1_000_000)
    fields = images.image_fields(stored) | {"thumbnail_widths": []}
    image = Image.objects.create(source=Image.Source.IMPORTED, owner=bea, **fields)
    link = link_to(bea, image, allows_download=True, shows_prompts=shows_prompts)
    for path in (f"download/{image.pk}/", f"media/{image.pk}/original"):
        response = Client().get(link + path)
        assert response["Content-Type"] == image.media_type
        assert (b"a secret chair" in factories.read_stream(response)) == shows_prompts


def test_a_long_link_is_read_in_pages(picture: Image, bea: User) -> None:
    fields = {name: getattr(picture, name) for name in ("sha256", "media_type", "byte_size", "width", "height")}
    copies = [Image(source=Image.Source.IMPORTED, owner=bea, **fields) for _ in range(203)]
    path, found = link_to(bea, *Image.objects.bulk_create(copies)), list[list[int]]()
    while path:
        page = see(path)
        found.append(shown(page))
        assert 'data-total="203"' in page or len(found) > 1
        following = re.search(r'href="([^"]+)" data-more', page)
        path = following[1] if following else ""
    assert [len(ids) for ids in found] == [100, 100, 3]
    assert [pk for ids in found for pk in ids] == [image.pk for image in copies]


@pytest.mark.parametrize("after", ["x", "1", "1.", ".1", "1.1.1", "9" * 30 + ".1", "-5.0"])
def test_an_odd_place_to_go_on_from_is_no_error(picture: Image, other: Image, bea: User, after: str) -> None:
    assert Client().get(link_to(bea, picture, other), {"after": after}).status_code == 200


def test_questions_to_the_database_do_not_grow_with_the_pictures(
    bea: User, flux_kontext: ImageModel, django_assert_max_num_queries: Callable[..., object]
) -> None:
    link = link_to(bea, *(factories.create_picture(bea, flux_kontext) for _ in range(12)), shows_prompts=True)
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        see(link)
