"""The tables of SECURITY.md: every test that they name is there, and every case stands once, in its own table."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "SECURITY.md").read_text().partition("## Cases and their tests")[2]
LETTERS = ("A", "G", "N", "I", "S", "U", "K", "T", "O")
# Numbers are never given twice: those left out here belonged to cases that others took in.
CASES = {
    "A": {*range(1, 50)},
    "G": {*range(1, 31)} - {5, 13, 19, 22, 23},
    "N": {*range(1, 17)} - {2, 6, 15},
    "I": {*range(1, 21)} - {4, 13},
    "S": {*range(1, 15)} - {3, 5},
    "U": {*range(1, 22)} - {2, 3, 13},
    "K": {*range(1, 16)} - {2, 7},
    "T": {*range(1, 14)} - {5, 6, 10},
    "O": {*range(1, 11)} - {1, 3},
}


def rows(letter: str) -> list[list[str]]:
    section = re.search(rf"^### {letter} · .+?$(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert section, f"SECURITY.md has no table {letter}."
    lines = [line for line in section[1].splitlines() if line.startswith("|")]
    assert lines[:2] == ["| case | what must hold | test |", "| --- | --- | --- |"]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


@cache
def names_in(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.is_file() else ast.Module([], [])
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


@pytest.mark.parametrize("letter", LETTERS)
def test_every_named_test_is_there(letter: str) -> None:
    for row in rows(letter):
        assert len(row) == 3, row
        case, promise, told = row
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", told)
        assert promise, case
        assert named or re.search(r"`tests/[\w/.]+`", told), f"{case} names no test."
        missing = [f"{path}::{name}" for path, name in named if name not in names_in(path)]
        missing += [path for path in re.findall(r"`(tests/[\w/.]+)`", told) if not (ROOT / path).exists()]
        assert not missing, f"{case} names tests that are not there."


@pytest.mark.parametrize("letter", LETTERS)
def test_every_case_stands_once_in_its_own_table(letter: str) -> None:
    told = [row[0] for row in rows(letter)]
    numbers = [int(case[1:]) for case in told]
    assert {case[0] for case in told} <= {letter}
    assert numbers == sorted(set(numbers)), "A case stands twice, or out of its order."
    # Higher ones are cases of our own, beyond the published ones.
    assert {number for number in numbers if number <= max(CASES[letter])} <= CASES[letter]
    assert CASES[letter] <= set(numbers), "A case has no row."


def test_there_is_no_other_table() -> None:
    assert tuple(re.findall(r"^### (\w+) · ", TEXT, re.MULTILINE)) == LETTERS
