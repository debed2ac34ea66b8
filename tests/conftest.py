"""What every test stands on: no socket off loopback, an immediate queue, the sandbox without its pauses, a fake gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from gallery import tasks
from gallery.gateway import loop
from gallery.images.decoder import patient_decoder, shared_decoder
from gallery.models import Gateway, ImageModel, User
from gallery.services import catalogue, web_worker
from tests import factories, settings
from tests.fake_gateway import FakeGateway


@pytest.fixture(scope="session", autouse=True)
def clean_end() -> Iterator[None]:
    yield
    web_worker.end_threads()
    loop.close()
    shared_decoder.close()
    patient_decoder.close()
    settings.remove_data_folder()


@pytest.fixture(autouse=True)
def immediate_queue() -> Iterator[None]:
    """A rung bell is answered at once, in the test's own thread."""
    tasks.queue.immediate = True
    tasks.this_worker = None
    yield
    tasks.queue.immediate = False


@pytest.fixture(autouse=True)
def no_replies() -> None:
    """Rows of two tests may have the same number: the saved reply of one must not be found by the other."""
    for path in Path(django_settings.REPLIES_DIR).iterdir():
        path.unlink()


@pytest.fixture
def fake_gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def shipped(db: None) -> None:
    """The shipped catalogue, loaded."""
    catalogue.load_catalogue()


@pytest.fixture
def routellm(shipped: None, fake_gateway: FakeGateway) -> Gateway:
    """RouteLLM with a key, its address being the fake gateway's."""
    return factories.give_key(Gateway.objects.get(slug="routellm"), fake_gateway.base_url)


@pytest.fixture
def ada(db: None) -> User:
    """The administrator."""
    return factories.create_user("ada", name="Ada Lovelace", is_admin=True)


@pytest.fixture
def bea(db: None) -> User:
    """A designer."""
    return factories.create_user("bea", name="Bea Arthur")


@pytest.fixture
def chi(db: None) -> User:
    """Another designer of the team."""
    return factories.create_user("chi", name="Chi Ma")


@pytest.fixture
def as_ada(ada: User) -> Client:
    return factories.signed_in(ada)


@pytest.fixture
def as_bea(bea: User) -> Client:
    return factories.signed_in(bea)


@pytest.fixture
def as_chi(chi: User) -> Client:
    return factories.signed_in(chi)


@pytest.fixture
def flux_kontext(shipped: None) -> ImageModel:
    return ImageModel.objects.select_related("gateway").get(model_id="flux_kontext")
