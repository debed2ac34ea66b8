"""The benchmarks’ front, on the least there is to measure. Nothing is held against a time."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.running_studio import ROOT, clean_environment


def test_the_front_measures_prints_a_table_and_keeps_what_other_sides_saw(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    before = {"taken": "2026-11-21, 2 cores.", "rows": [["200 runs", "8 s", "ideal: 8 s", "1"]]}
    (results / "benchmarks.json").write_text(json.dumps({"queue": before, "pictures": before}))
    command = [sys.executable, "-m", "tests.bench", "pictures", "--short", "--results", str(results)]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(tmp_path / "data"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads((results / "benchmarks.json").read_text())
    rows = seen["pictures"]["rows"]
    assert [row[2].partition(":")[0] for row in rows] == ["naive Pillow", "this machine's limit"]
    assert all(float(row[3]) > 0 for row in rows)
    assert seen["queue"] == before
    told = (results / "benchmarks.md").read_text()
    for words in (done.stdout, told):
        assert "| Taking in 256² PNG" in words
    assert "## queue\n\n2026-11-21, 2 cores." in told
    assert not any(str(place) in told for place in (ROOT, tmp_path))


def test_a_side_that_takes_too_long_is_ended_with_all_it_started_and_changes_nothing(tmp_path: Path) -> None:
    results, folder = tmp_path / "results", tmp_path / "folder"
    folder.mkdir()
    # Into the wait for an idle worker, on any machine.
    command = [sys.executable, "-m", "tests.bench", "queue", "--short", "--minutes", "0.25", "--results", str(results)]
    environment = clean_environment(tmp_path / "data", TMPDIR=str(folder))
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("Not measured:\nqueue: it took longer than it may.\n")
    assert not results.exists()
    assert [path for path in folder.iterdir() if path.name.startswith("proofsheet-")] == []
    assert [one for one in Path("/proc").glob("[0-9]*/environ") if is_said_in(one, str(folder))] == []


def is_said_in(path: Path, words: str) -> bool:
    with suppress(OSError):
        return words.encode() in path.read_bytes()
    return False
