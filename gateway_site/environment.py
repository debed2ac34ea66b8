"""Reads the environment and the data folder for settings.py. Bad values stop the start with one clear line."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def switch(name: str, *, default: bool = False) -> bool:
    raw = text(name).lower()
    if raw not in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ImproperlyConfigured(f"{name} must be true or false, not “{raw}”.")
    return raw in ("1", "true", "yes", "on") if raw else default


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def data_folder(base: Path) -> Path:
    """Make the folder that holds everything the product writes, readable by its owner only."""
    folder = Path(text("PROOFSHEET_DATA_DIR") or base / "data").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(f"The data folder {folder} cannot be made: {problem.strerror}.") from problem
    return folder


def kept_secret(name: str, path: Path, fresh: str) -> str:
    """The secret from the environment, else from its file, made on first use and never overwritten."""
    if given := text(name):
        return given
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
        return fresh
    except FileExistsError:
        return path.read_text().strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"The data folder {path.parent} cannot be written: {problem.strerror}.") from problem


def secret_key(folder: Path) -> str:
    return kept_secret("PROOFSHEET_SECRET_KEY", folder / "secret_key", secrets.token_urlsafe(50))


def encryption_keys(folder: Path) -> list[str]:
    """Fernet keys, newest first; kept apart from the secret key, so that one leak is not two."""
    raw = kept_secret("PROOFSHEET_ENCRYPTION_KEYS", folder / "encryption_keys", Fernet.generate_key().decode())
    keys = [key for key in raw.replace("\n", ",").split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key.strip())
        except ValueError as problem:
            raise ImproperlyConfigured(
                "PROOFSHEET_ENCRYPTION_KEYS holds something that is not a Fernet key."
            ) from problem
    return [key.strip() for key in keys]


SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=268435456;"
        "PRAGMA cache_size=-8192;PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=67108864;"
    ),
}


def database(folder: Path) -> dict[str, Any]:
    url = text("PROOFSHEET_DATABASE_URL") or f"sqlite:///{folder / 'proofsheet.sqlite3'}"
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as problem:
        raise ImproperlyConfigured(f"PROOFSHEET_DATABASE_URL is not a database address: {problem}") from problem
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {**config.get("OPTIONS", {}), **SQLITE_OPTIONS}
    return config


def local_storage(location: Path) -> dict[str, Any]:
    options = {"location": location, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}


def storage(folder: Path) -> dict[str, Any]:
    """Where pictures are kept: a folder, or `s3://KEY:SECRET@bucket?endpoint_url=…&region_name=…`."""
    url = text("PROOFSHEET_STORAGE_URL")
    if not url:
        return local_storage(folder / "pictures")
    parts = urlsplit(url)
    if parts.scheme == "file":
        return local_storage(Path(unquote(parts.path)))
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured("PROOFSHEET_STORAGE_URL must look like s3://KEY:SECRET@bucket?endpoint_url=…")
    options = {
        "bucket_name": parts.hostname,
        "querystring_auth": True,
        "file_overwrite": False,
        **dict(parse_qsl(parts.query)),
    }
    if parts.username:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password or "")}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
