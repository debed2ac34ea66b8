"""Vendored files are the ones we took, nothing names a package registry, and pages load nothing from elsewhere."""

import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "static" / "vendor"
REGISTRIES = re.compile(r"pyp[i]\.org|pythonh[o]sted|npm[j]s\.(?:org|com)|deb\.debia[n]\.org")


def test_every_vendored_file_has_its_checksum_and_every_library_its_licence() -> None:
    lines = [line.split(maxsplit=1) for line in (VENDOR / "SHA256SUMS").read_text().splitlines()]
    listed = {name.removeprefix("./").lstrip("*"): digest for digest, name in lines}
    files = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert listed == files
    for library in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert any("licen" in path.name.lower() for path in library.iterdir()), library.name


def test_no_package_registry_is_named() -> None:
    tracked = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    )
    for name in filter(None, tracked):
        path = ROOT / name
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".html", ".js", ".css", ".txt", ".yml", ""):
            assert not REGISTRIES.search(path.read_text(errors="replace")), name


def test_pages_have_no_inline_code_and_load_nothing_from_elsewhere() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert "<style" not in text, path
        assert not re.search(r"\son[a-z]+=", text), path
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), path
