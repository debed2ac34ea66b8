"""Reads the environment and the data folder for settings.py. Bad values stop the start with one clear line."""

import os
import platform
import re
import secrets
import zoneinfo
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from gateway_site.sqlite.place import make_file

SHORTEST_SECRET_KEY = 50
MOST_MINUTES = 7 * 24 * 60
# For whoever meets an empty place.
WHERE_TO_LOOK = (
    "Set PROOFSHEET_DATA_DIR (or PROOFSHEET_DATABASE_URL) as it is set where the studio runs; `manage.py studio` makes a "
    "new one."
)


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def switch(name: str, *, default: bool = False) -> bool:
    raw = text(name).lower()
    if raw not in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ImproperlyConfigured(f"{name} must be true or false, not “{raw}”.")
    return raw in ("1", "true", "yes", "on") if raw else default


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name} must be addresses or networks like 10.0.0.0/24: {problem}.") from problem


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(*, is_debug: bool, secret_key: str, hosts: list[str]) -> None:
    """What is only asked from this machine may be careless; who can be reached by another name may not."""
    elsewhere = [host for host in hosts if host and not is_loopback(host)]
    if not secret_key:
        raise ImproperlyConfigured(
            "The secret key is empty. Remove the file secret_key in the data folder, and it is made anew."
        )
    if elsewhere and is_debug:
        raise ImproperlyConfigured(
            f"PROOFSHEET_DEBUG shows the inside of the studio: not while it is reached as {elsewhere[0]}."
        )
    if elsewhere and len(secret_key) < SHORTEST_SECRET_KEY:
        raise ImproperlyConfigured(
            f"PROOFSHEET_SECRET_KEY has fewer than {SHORTEST_SECRET_KEY} characters. Leave it out, and a good one is made."
        )


def time_zone() -> str:
    """Where the studio's days and months begin, which budgets count by."""
    name = text("PROOFSHEET_TIME_ZONE") or "UTC"
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ImproperlyConfigured(
            f"PROOFSHEET_TIME_ZONE must be a name like Europe/Berlin, not “{name}”."
        ) from problem
    return name


def place_of_data(base: Path) -> Path:
    return Path(text("PROOFSHEET_DATA_DIR") or base / "data").absolute()


def data_folder(base: Path) -> Path:
    """Make the folder that holds everything the product writes, readable by its owner only."""
    folder = place_of_data(base)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(f"The data folder {folder} cannot be made: {problem.strerror}.") from problem
    for path in (folder, *folder.glob("*.sqlite3")):
        if not os.access(path, os.W_OK):
            raise ImproperlyConfigured(
                f"{path} cannot be written by this account. Give it back its owner and its rights."
            )
    return folder


def kept_secret(name: str, path: Path, fresh: str) -> str:
    """The secret from the environment, else from its file, made on first use and never overwritten."""
    if given := text(name):
        return given
    try:
        if not path.exists():
            make_secret(path, fresh)
        return path.read_text().strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"The data folder {path.parent} cannot be written: {problem.strerror}.") from problem


def make_secret(path: Path, fresh: str) -> None:
    """Whole at once, and only where there is none yet: two studios may be started on an empty folder together."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def host_name(folder: Path) -> str:
    """Whose disk the raw replies lie on: this data folder's own name, which outlives other names of the machine (a container
    has a new one after each start)."""
    return kept_secret("", folder / "host", f"{platform.node()}-{secrets.token_hex(4)}")


def minutes(name: str, default: float) -> float:
    given = text(name) or str(default)
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 < value <= MOST_MINUTES:
        raise ImproperlyConfigured(f"{name} must be a number of minutes, not “{given}”.")
    return value


def secret_key(folder: Path) -> str:
    return kept_secret("PROOFSHEET_SECRET_KEY", folder / "secret_key", secrets.token_urlsafe(50))


def encryption_keys_file(folder: Path) -> Path | None:
    """Where they are kept; None when they come from the environment."""
    return None if text("PROOFSHEET_ENCRYPTION_KEYS") else folder / "encryption_keys"


def encryption_keys(folder: Path) -> list[str]:
    """Fernet keys, newest first; kept apart from the secret key, so that one leak is not two."""
    file = encryption_keys_file(folder)
    raw = kept_secret("PROOFSHEET_ENCRYPTION_KEYS", file or folder, f"{Fernet.generate_key().decode()}\n")
    source = file or "PROOFSHEET_ENCRYPTION_KEYS"
    keys = split_keys(raw)
    if not keys:
        raise ImproperlyConfigured(f"{source} holds no key. Bring the old one back, or saved API keys cannot be read.")
    for key in keys:
        try:
            Fernet(key)
        except ValueError as problem:
            raise ImproperlyConfigured(f"{source} holds something that is not a Fernet key.") from problem
    return keys


def split_keys(raw: str) -> list[str]:
    """A key ends with its “=”: one file may be put behind another that ends without a line break."""
    return re.findall(r"[^\s,=]+=*", raw)


SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=268435456;"
        "PRAGMA cache_size=-8192;PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=67108864;"
    ),
}


# A server that cannot be reached is given up, not waited for as long as TCP does: minutes.
POSTGRES_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def database_url(folder: Path) -> str:
    return text("PROOFSHEET_DATABASE_URL") or f"sqlite:///{folder / 'proofsheet.sqlite3'}"


def database(folder: Path) -> dict[str, Any]:
    config = database_at(database_url(folder))
    if config["ENGINE"] == "gateway_site.sqlite":
        make_file(Path(config["NAME"]).absolute())
    return config


def database_at(url: str, said_in: str = "PROOFSHEET_DATABASE_URL") -> dict[str, Any]:
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as problem:
        raise ImproperlyConfigured(f"{said_in} is not a database address: {problem}") from problem
    if config["ENGINE"].endswith("sqlite3"):
        config["ENGINE"] = "gateway_site.sqlite"
        config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
    if config["ENGINE"].endswith("postgresql"):
        config["OPTIONS"] = {**POSTGRES_OPTIONS, **config.get("OPTIONS", {})}
    return config


def media_offload() -> str:
    """Who sends pictures: nobody but the studio, or the proxy in front."""
    given = text("PROOFSHEET_MEDIA_OFFLOAD").lower()
    if given not in ("", "x-accel"):
        raise ImproperlyConfigured(f"PROOFSHEET_MEDIA_OFFLOAD must be x-accel or left out, not “{given}”.")
    if given and not words("PROOFSHEET_TRUSTED_PROXIES"):
        raise ImproperlyConfigured(
            "PROOFSHEET_MEDIA_OFFLOAD leaves pictures to a proxy: name it in PROOFSHEET_TRUSTED_PROXIES."
        )
    return given


def local_storage(location: Path) -> dict[str, Any]:
    """Read by its owner only; by its group too where that is how a proxy comes to it."""
    file_mode, folder_mode = (0o640, 0o750) if media_offload() else (0o600, 0o700)
    options = {"location": location, "file_permissions_mode": file_mode, "directory_permissions_mode": folder_mode}
    return {"BACKEND": "gateway_site.picture_folder.PictureFolder", "OPTIONS": options}


def storage(folder: Path) -> dict[str, Any]:
    """Where pictures are kept: a folder, or `s3://KEY:SECRET@bucket?endpoint_url=…&region_name=…`."""
    url = text("PROOFSHEET_STORAGE_URL")
    return storage_at(url) if url else local_storage(folder / "pictures")


def storage_at(url: str, said_in: str = "PROOFSHEET_STORAGE_URL") -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return local_storage(Path(unquote(parts.path)))
    # A path is what a / in key or secret makes of the rest.
    if parts.scheme != "s3" or not parts.hostname or parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{said_in} must look like s3://KEY:SECRET@bucket?endpoint_url=…, with a / in key or secret written as %2F."
        )
    options = {
        "bucket_name": parts.hostname,
        "querystring_auth": True,
        "signature_version": "s3v4",
        "file_overwrite": False,
        **dict(parse_qsl(parts.query)),
    }
    if parts.username:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password or "")}
    return {"BACKEND": "gateway_site.picture_bucket.PictureBucket", "OPTIONS": options}
