"""What is taken from others: named with where it begins, from the registry alone, nothing of it run while it is put in.

LiteLLM 1.82.7 and 1.82.8 were poisoned at the registry: a file ending in .pth ran in every process.
"""

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# `name[extras]>=1.2,<3; marker`
REQUIREMENT = re.compile(
    r"([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9, -]+\])?>=(\d+(?:\.\d+)*)(?:,<(\d+(?:\.\d+)*))?(?:; .+)?\Z"
)
NEEDED = PROJECT["project"]["dependencies"]
OPTIONAL = [one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra]
FOR_TESTS = [one for one in PROJECT["dependency-groups"]["dev"] if isinstance(one, str)]
# What failed before, in ways that are not forgiven.
NEVER = {"litellm"}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


@pytest.mark.parametrize("requirement", [*NEEDED, *OPTIONAL, *FOR_TESTS])
def test_every_dependency_is_one_of_the_registry_and_says_where_it_begins(requirement: str) -> None:
    """No address, no path, no branch; and what is installed is within what is said."""
    told = REQUIREMENT.match(requirement)
    assert told, requirement
    name, least, below = told.groups()
    assert name not in NEVER
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return
    assert numbers(installed) >= numbers(least)
    assert not below or numbers(installed) < numbers(below)


def test_nothing_else_is_looked_up_elsewhere_or_run_while_it_is_put_in() -> None:
    settings = PROJECT["tool"]["uv"]
    assert not {"index", "sources", "find-links", "index-url", "extra-index-url"} & set(settings)
    assert settings["package"] is False
    assert "build-system" not in PROJECT
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()
    assert not [name for name in tracked if name.endswith((".pth", ".whl", ".egg")) or Path(name).name == "setup.py"]
