"""Looks at what a studio stands on: folder, settings, storage, database, decoder. Nothing is changed but for one file of its
own in the storage, which is taken away again."""

import shutil
import sqlite3
import stat
import time
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from gallery.images import arrivals
from gallery.images.decoder import shared_decoder
from gallery.images.errors import PictureError
from gallery.services import file_systems
from gallery.services.findings import Findings, counted, fault, note

LITTLE_SPACE = 2 * 1024**3
NO_SPACE = 256 * 1024**2
LATE = timedelta(hours=1)
PROBE = "doctor/probe.txt"
LOCAL = ("localhost", "127.0.0.1", "::1")
SQUARE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000040000000400802000000250be689000000504944415478daedcf411100"
    "0004003054d2bf81505278b8db1a2ca73b3eab784e404040404040404040404040404040404040404040404040404040"
    "404040404040404040404040404040404040e0de02ef0001b24e4d29b30000000049454e44ae426082"
)


def look_at_the_folder() -> Findings:
    kept = [settings.DATA_DIR, *(settings.DATA_DIR / name for name in ("secret_key", "encryption_keys"))]
    for path in kept:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield fault(f"{path} can be read by other accounts of this machine.", f"chmod go-rwx {path}")
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < NO_SPACE:
        yield fault(f"The disk is full: {in_words(free)} are free.", "Make room; nothing can be stored.")
    elif free < LITTLE_SPACE:
        yield note(f"Only {in_words(free)} are free on the disk.", "Make room soon.")
    old = [
        path
        for path in settings.REPLIES_DIR.glob("*.reply")
        if time.time() - path.stat().st_mtime > LATE.total_seconds()
    ]
    if old:
        yield note(
            f"{counted(len(old), 'paid answer lies', 'paid answers lie')} in {settings.REPLIES_DIR} that nobody read in.",
            "Their runs are marked failed in the history: press “Look again” there, it costs nothing.",
        )


def in_words(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count // 1024**2} MB"


def look_at_the_settings() -> Findings:
    if settings.DEBUG:
        yield fault("PROOFSHEET_DEBUG is on.", "Switch it off: error pages show settings to everybody.")
    if "*" in settings.ALLOWED_HOSTS:
        yield note("PROOFSHEET_ALLOWED_HOSTS takes every name.", "Name the hosts that people use.")
    public = urlsplit(settings.PUBLIC_URL)
    if public.scheme == "http" and public.hostname not in LOCAL:
        yield fault(
            f"{settings.PUBLIC_URL} is not encrypted: passwords and pictures can be read on the way.",
            "Put a proxy with TLS in front and set PROOFSHEET_PUBLIC_URL to https://….",
        )
    if public.scheme == "https" and not settings.TRUSTED_PROXIES:
        yield note(
            "PROOFSHEET_PUBLIC_URL is https, but no proxy is trusted.",
            "Set PROOFSHEET_TRUSTED_PROXIES to the proxy's address, or every caller seems to come from it.",
        )
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < (3, 38):
        yield note(f"SQLite is {sqlite3.sqlite_version}.", "Use a Python that brings 3.38 or newer.")


def look_at_the_file_system() -> Findings:
    """SQLite’s own log for several processes works on one machine’s disk, and nowhere else."""
    shared = file_systems.shared_system_of(settings.DATA_DIR, file_systems.listed_mounts())
    if connection.vendor == "sqlite" and shared:
        yield note(
            f"{settings.DATA_DIR} is on a file system that machines share ({shared}).",
            "SQLite loses data there: put the folder on a disk of this machine, or use PostgreSQL (PROOFSHEET_DATABASE_URL).",
        )


def look_at_the_database_file() -> Findings:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (mode,) = cursor.fetchone()
    if mode != "wal":
        yield fault(
            f"The database keeps no write-ahead log (it says “{mode}”): whoever reads and whoever writes wait for each other.",
            "Put it on a disk of this machine, or use PostgreSQL (PROOFSHEET_DATABASE_URL).",
        )


def look_at_the_storage() -> Findings:
    """It may be on another machine."""
    try:
        name = default_storage.save(PROBE, ContentFile(b"written by the doctor"))
        with default_storage.open(name) as file:
            is_whole = file.read() == b"written by the doctor"
        default_storage.delete(name)
    # Each storage raises its own.
    except Exception as problem:
        yield fault(
            f"The storage of pictures cannot be written: {problem}.", "Check PROOFSHEET_STORAGE_URL and its rights."
        )
        return
    if not is_whole:
        yield fault("The storage of pictures gives back something else than was written.", "Check the disk.")


def look_through_the_database() -> Findings:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(5)")
        said = "\n".join(line for (line,) in cursor.fetchall() if line != "ok")
    # A heading for each database, then a line for each page that is broken.
    if lines := [line for line in said.splitlines() if line and not line.startswith("***")]:
        yield fault(f"The database is damaged: {lines[0]}.", "Stop the studio and restore a backup.")


def look_at_the_decoder() -> Findings:
    try:
        with arrivals.incoming(settings.INCOMING_DIR, max_bytes=len(SQUARE)) as arrival:
            arrival.write_all(SQUARE)
            arrival.finish()
            shared_decoder.decode(arrival.path, arrival.folder)
    except PictureError as problem:
        yield fault(
            f"Pictures cannot be decoded: {str(problem).rstrip('.')}.",
            "Is memory short, or does the system forbid child processes?",
        )
