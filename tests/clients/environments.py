"""Environments of their own for client programs: packages that the product neither needs nor could have all at once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

INSTALL_SECONDS = 300
RUN_SECONDS = 300
NPM_SWITCHES = (
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--prefer-offline",
    "--loglevel=error",
)
PROGRAMS = Path(__file__).parent / "programs"
SAMPLES = Path(__file__).parent / "samples"


class Missing(Exception):
    """What client programs need cannot be had here; the text says what and why."""


def make_python(folder: Path, packages: Sequence[str]) -> list[str]:
    """An environment with the packages; gives the words that run a program in it. Raises Missing."""
    uv, python = find_uv(), str(folder / "bin" / "python")
    install([*uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    install([*uv, "pip", "install", "--quiet", "--python", python], packages)
    return [python]


def make_node(folder: Path, packages: Sequence[str]) -> list[str]:
    """A folder with the packages beside our programs, since Node looks for them from where a program lies."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Missing("No Node here (looked for node and npm).")
    for source in (PROGRAMS, SAMPLES):
        (folder / source.name).mkdir(parents=True)
        for program in source.glob("*.mjs"):
            shutil.copy(program, folder / source.name)
    install([npm, "install", *NPM_SWITCHES, "--prefix", str(folder)], packages)
    return [node]


def find_uv() -> list[str]:
    """`uv run` says where it is; else it is on the path, or installed into a Python here."""
    found = [[path] for path in (os.environ.get("UV"), shutil.which("uv")) if path]
    pythons = (sys.executable, shutil.which("python3"), str(Path(sys.base_prefix) / "bin" / "python3"))
    found += [[python, "-m", "uv"] for python in pythons if python]
    for words in found:
        if run_quietly([*words, "--version"]).returncode == 0:
            return words
    raise Missing("No uv here: it makes the environments of the Python clients.")


def install(words: Sequence[str], packages: Sequence[str] = ()) -> None:
    """From the network, and where there is none from the cache."""
    tried = run_quietly([*words, *packages])
    if tried.returncode and packages:
        tried = run_quietly([*words, "--offline", *packages])
    if tried.returncode:
        complaint = " ".join((tried.stderr or tried.stdout).split())
        raise Missing(f"Cannot be had here: {', '.join(packages) or words[-1]}. {complaint[:200]}")


def run_quietly(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=plain_environment(), capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )


def run(words: Sequence[str], told: Mapping[str, str], folder: Path | None = None) -> str:
    """What a program prints; it must end well. `told` is put into its environment; it is run in `folder`."""
    ended = subprocess.run(
        words,
        cwd=folder,
        env=plain_environment() | dict(told),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, (
        f"{words[1:]} ended with {ended.returncode}: {ended.stdout[-3000:]} {ended.stderr[-3000:]}"
    )
    return ended.stdout


def plain_environment() -> dict[str, str]:
    """Without keys and addresses that clients would read by themselves, and without the test run's own environment."""
    left_out = ("PROOFSHEET_", "DJANGO_", "VIRTUAL_ENV", "PYTHON")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(left_out) and not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    # litellm fetches its table of prices unless told to use the one it brings.
    return kept | {
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
