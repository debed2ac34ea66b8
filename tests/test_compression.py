"""What travels compressed, what does not, and how much a page asks a browser to load."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from gallery.models import ImageModel, User
from tests import factories
from tests.test_second_steps import add_app, prove

GZIP = {"accept-encoding": "gzip, deflate, br"}
LINKED = re.compile(r'(?:src|href)="/static/([^"#?]+\.(?:css|js))"')
MOST_BYTES = 150_000
# Brought by others: their own bytes are not ours to shorten.
OTHERS = ("vendor/", "django_htmx/", "admin/")


@pytest.mark.parametrize("path", ["/", "/library/", "/history/", "/boards/", "/usage/", "/models/"])
def test_pages_travel_compressed_to_whoever_can_read_that(path: str, as_bea: Client, flux_kontext: ImageModel) -> None:
    packed = as_bea.get(path, headers=GZIP)
    plain = as_bea.get(path)
    assert (packed["Content-Encoding"], plain.get("Content-Encoding")) == ("gzip", None)
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content)
    assert len(gzip.decompress(packed.content)) == len(plain.content)


def test_what_is_packed_already_is_sent_as_it_is(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    for size in ("320", "original"):
        answer = as_bea.get(f"/media/{picture.sha256}/{size}", headers=GZIP)
        assert factories.read_stream(answer) and "Content-Encoding" not in answer, size


def test_pages_that_show_a_secret_are_not_compressed(as_bea: Client, as_ada: Client, flux_kontext: ImageModel) -> None:
    """From the length of a compressed page one may learn what stands on it."""
    prove(as_bea)
    shown = [as_bea.get("/accounts/app/add/", headers=GZIP)]
    add_app(as_bea)
    shown += [as_bea.get(path, headers=GZIP) for path in ("/accounts/recovery-codes/", "/shares/")]
    shown.append(as_bea.post("/tokens/create/", {"name": "Packshots"}, headers=GZIP))
    shown.append(as_ada.post("/people/invite/", {"role": "designer", "note": "Dan"}, headers=GZIP, follow=True))
    for answer in shown:
        assert len(answer.content) > 1000
        assert "Content-Encoding" not in answer, answer.request["PATH_INFO"]


@pytest.mark.parametrize("path", ["/", "/library/", "/history/"])
def test_a_page_loads_at_most_150_kb_of_our_own_css_and_js(path: str, as_bea: Client, flux_kontext: ImageModel) -> None:
    page = as_bea.get(path).content.decode()
    names = [name for name in dict.fromkeys(LINKED.findall(page)) if not name.startswith(OTHERS)]
    assert len(names) > 10
    sizes = {name: size_served(name) for name in names}
    assert sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda each: -each[1])


def size_served(name: str) -> int:
    """Bytes of a file as the static files are stored for browsers that take gzip."""
    found = finders.find(name)
    assert isinstance(found, str), name
    return len(gzip.compress(Path(found).read_bytes(), compresslevel=9))
