"""Settings of the test run: a throw-away data folder, plain static files, fast passwords, an immediate queue."""

import os
import shutil
import tempfile
from pathlib import Path

for name in list(os.environ):
    if name in ("PROOFSHEET_BROWSER", "PROOFSHEET_CLIENTS"):  # the test run's own words: these tests may not be skipped
        continue
    if name.startswith("PROOFSHEET_") or name.endswith(("_API_KEY", "_BASE_URL")):
        del os.environ[name]
os.environ["PROOFSHEET_SANDBOX_PACE"] = "0"
os.environ["PROOFSHEET_DATA_DIR"] = tempfile.mkdtemp(prefix="proofsheet-tests-")

from gateway_site.settings import *  # noqa: E402, F403
from gateway_site.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

# A file: the endpoint's own database thread has its own connection.
DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
WHITENOISE_AUTOREFRESH = True


def remove_data_folder() -> None:
    shutil.rmtree(Path(DATA_DIR), ignore_errors=True)
