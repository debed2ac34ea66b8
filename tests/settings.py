"""Settings of the test run: a throw-away data folder, plain static files, fast passwords, an immediate queue."""

import os
import shutil
import tempfile
from pathlib import Path

from tests import own_parts

for name in list(os.environ):
    if name in (
        "PROOFSHEET_BROWSER",
        "PROOFSHEET_BROWSER_SLOWDOWN",
        "PROOFSHEET_CLIENTS",
        "PROOFSHEET_FUZZ",
        "PROOFSHEET_LONG_ANSWER",
        "PROOFSHEET_TEST_DATABASE_URL",
        "PROOFSHEET_TEST_QUEUE_URL",
        "PROOFSHEET_TEST_STORAGE_URL",
    ):  # the test run's own words: these tests may not be skipped, or use those servers
        continue
    if name.startswith("PROOFSHEET_") or name.endswith(("_API_KEY", "_BASE_URL")):
        del os.environ[name]
os.environ["PROOFSHEET_SANDBOX_PACE"] = "0"
os.environ["PROOFSHEET_DATA_DIR"] = tempfile.mkdtemp(prefix="proofsheet-tests-")

# Where the whole run is to use real servers. pytest-django makes the database, beside the one that is named.
os.environ.update(own_parts.environment_of(Path(os.environ["PROOFSHEET_DATA_DIR"]), has_database=False))
if own_parts.DATABASE_SERVER:
    os.environ["PROOFSHEET_DATABASE_URL"] = own_parts.DATABASE_SERVER

from gateway_site.settings import *  # noqa: E402, F403
from gateway_site.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

# A file: the endpoint's own database thread has its own connection. At a server: what a run that was killed left is not met.
place = f"test_{DATA_DIR.name.replace('-', '_')}" if own_parts.DATABASE_SERVER else str(DATA_DIR / "tests.sqlite3")
DATABASES["default"]["TEST"] = {"NAME": place}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
WHITENOISE_AUTOREFRESH = True


def remove_data_folder() -> None:
    own_parts.remove(Path(DATA_DIR))
    shutil.rmtree(Path(DATA_DIR), ignore_errors=True)
