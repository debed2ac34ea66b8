"""What every test stands on: no socket off loopback, an immediate queue, the sandbox without its pauses, a fake gateway."""

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_migrate
from django.test import Client
from xdist.scheduler import LoadFileScheduling

from gallery import tasks
from gallery.gateway import loop
from gallery.images.decoder import patient_decoder, shared_decoder
from gallery.models import Gateway, ImageModel, User
from gallery.services import catalogue, web_worker
from gateway_site import urls  # noqa: F401 - the admin knows its pages, whichever test comes first
from tests import factories, own_parts, settings
from tests.fake_gateway import FakeGateway
from tests.installed import IS_MANDATORY
from tests.running_studio import SHARED_FOLDER

# What the tests of these files share takes longer to make than most files take to run.
TOGETHER = {
    "clients": ("test_chat", "test_errors", "test_images_api", "test_provider_samples", "test_schemathesis"),
    "browser": ("test_lightbox", "test_selection", "test_shares", "test_shortcuts"),
}

IN_BROWSERS = ("tests/browser", "browser")


def room_of(test: str) -> str:
    """One process runs all tests of a file, and of the files that belong together."""
    file = Path(test.partition("::")[0])
    return file.parent.name if file.stem in TOGETHER.get(file.parent.name, ()) else str(file)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser last, so that each process starts one browser; before that the large ones, so that all processes
    end at much the same time. Within a file the order stays by chance."""
    tests_of = Counter(room_of(item.nodeid) for item in items)
    rooms = sorted(tests_of, key=lambda room: (room.startswith(IN_BROWSERS), -tests_of[room]))
    place = {room: number for number, room in enumerate(rooms)}
    items.sort(key=lambda item: place[room_of(item.nodeid)])
    # Machines that check changes stall for seconds. What failed there is run once more, in a browser twice. The summary tells
    # of it, and it is a fault to be looked at, of the test or of the product. Elsewhere it fails at once.
    for item in items if IS_MANDATORY else ():
        item.add_marker(pytest.mark.flaky(reruns=2 if room_of(item.nodeid).startswith(IN_BROWSERS) else 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = room_of
    return scheduler


# Nobody asks for a permission of Django's: roles are ours. Yet each test with transactions of its own, which ends by emptying all
# tables, would have them all written anew.
post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the others tells them."""
    if not hasattr(config, "workerinput"):
        os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="proofsheet-shared-")


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """No fixture of the session: those end before the last test is run once more."""
    yield
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(os.environ[SHARED_FOLDER], ignore_errors=True)
    web_worker.end_threads()
    loop.close()
    shared_decoder.close()
    patient_decoder.close()
    settings.remove_data_folder()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """A server removes no database to which other threads are still connected."""
    yield
    found = gc.get_objects() if connection.vendor == "postgresql" else []
    for each in found:
        is_one = type(each).__name__ == "Connection" and type(each).__module__.startswith("psycopg")
        if is_one and each is not connection.connection:
            each.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Function) -> Iterator[None]:
    """Who keeps the leases of a test's calls goes before the test's database does; what its studios had at real servers
    goes last."""
    web_worker.sign_off()
    folder = item.funcargs.get("tmp_path")
    yield
    if isinstance(folder, Path):
        own_parts.remove(folder)


@pytest.fixture(autouse=True)
def immediate_queue() -> Iterator[None]:
    """A rung bell is answered at once, in the test's own thread."""
    tasks.queue.immediate = True
    tasks.this_worker = None
    yield
    # A test may have gone on with the queue itself.
    tasks.queue.storage.close()
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


@pytest.fixture(scope="session")
def shipped_rows() -> list[tuple[str, Any]]:
    """The statements, with their values, that write what loading the catalogue leaves in an empty database."""
    return []


@pytest.fixture
def shipped(db: None, shipped_rows: list[tuple[str, Any]]) -> None:
    """The shipped catalogue, loaded. Thousands of tests ask for it: after the first, its rows are written as they were left."""
    if any(django_settings.GATEWAY_KEYS.values()) or Gateway.objects.exists():
        catalogue.load_catalogue()
    elif not shipped_rows:
        catalogue.load_catalogue()
        left: dict[type[Model], list[Any]] = {
            table: list(table._default_manager.all()) for table in (Gateway, ImageModel)
        }
        for table in reversed(left):
            table._default_manager.all().delete()

        def note(execute: Callable[..., Any], words: str, values: Any, *more: Any) -> Any:
            if words.startswith("INSERT"):
                shipped_rows.append((words, values))
            return execute(words, values, *more)

        with connection.execute_wrapper(note):
            for table, rows in left.items():
                table._default_manager.bulk_create(rows)
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            for words, values in shipped_rows:
                cursor.execute(words, values)


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
