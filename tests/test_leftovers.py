"""What broken calls and dead processes leave in the folders goes, at a start and while a studio runs for months; what somebody
still needs stays."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery.models import Gateway, Generation
from gallery.services import leftovers
from gallery.services.leftovers import PIECES_KEPT_SECONDS, REPLIES_KEPT_SECONDS, Sweeper
from tests.endpoint.script import FLUX
from tests.fake_gateway import FakeGateway

PIECES = ("incoming/arrival-abc", "incoming/tmpabc.upload.png", "replies/7-1.reply.part", "replies/8-1.reply.part")
REPLIES = ("replies/7-2.reply", "replies/9-1.reply")


@pytest.fixture
def lying(settings: Any, tmp_path: Path, db: None) -> Path:
    """A data folder in which all of them lie."""
    settings.INCOMING_DIR, settings.REPLIES_DIR = tmp_path / "incoming", tmp_path / "replies"
    for name in (*PIECES, *REPLIES):
        path = tmp_path / name
        if "arrival-" in name:
            path.mkdir(parents=True)
            path /= "original"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    return tmp_path


def left(folder: Path) -> set[str]:
    return {f"{path.parent.name}/{path.name}" for path in folder.glob("*/*")}


def make_old(path: Path) -> None:
    os.utime(path, (0, 0))


def test_a_start_removes_what_is_old_and_leaves_what_is_new(lying: Path) -> None:
    leftovers.remove_old()
    assert left(lying) == {*PIECES, *REPLIES}
    for name in (*PIECES[:3], REPLIES[0]):
        make_old(lying / name)
    leftovers.remove_old()
    assert left(lying) == {PIECES[3], REPLIES[1]}


def test_while_it_runs_only_what_was_seen_to_lie_for_as_long_goes_whatever_the_clock_says(lying: Path) -> None:
    for name in (*PIECES, *REPLIES):
        make_old(lying / name)
    sweeper = Sweeper()
    sweeper.sweep(0)
    sweeper.sweep(PIECES_KEPT_SECONDS)
    assert left(lying) == {*PIECES, *REPLIES}
    (lying / PIECES[3]).write_bytes(b"half and a byte")
    sweeper.sweep(PIECES_KEPT_SECONDS + 1)
    assert left(lying) == {PIECES[3], *REPLIES}
    sweeper.sweep(REPLIES_KEPT_SECONDS)
    assert left(lying) == {*REPLIES}
    sweeper.sweep(REPLIES_KEPT_SECONDS + 1)
    assert left(lying) == set()


def test_what_cannot_be_asked_about_holds_up_nothing_else(lying: Path) -> None:
    for folder in ("incoming", "replies"):
        loop = lying / folder / "0-0.reply.part"
        loop.symlink_to(loop)
    for name in (*PIECES, *REPLIES):
        make_old(lying / name)
    leftovers.remove_old()
    assert left(lying) == {"incoming/0-0.reply.part", "replies/0-0.reply.part"}
    sweeper = Sweeper()
    (lying / PIECES[3]).write_bytes(b"half")
    sweeper.sweep(0)
    sweeper.sweep(PIECES_KEPT_SECONDS + 1)
    assert left(lying) == {"incoming/0-0.reply.part", "replies/0-0.reply.part"}


def test_a_reply_that_is_looked_at_again_at_that_moment_stays(lying: Path, as_bea: Client, routellm: Gateway) -> None:
    as_bea.post("/", {"model": FLUX, "prompt": "a chair"})
    run = Generation.objects.get()
    (lying / REPLIES[0]).rename(lying / f"replies/{run.pk}-1.reply")
    sweeper = Sweeper()
    sweeper.sweep(0)
    Generation.objects.update(status="running")
    sweeper.sweep(REPLIES_KEPT_SECONDS + 1)
    assert left(lying) == {f"replies/{run.pk}-1.reply"}
    Generation.objects.update(status="succeeded")
    sweeper.sweep(REPLIES_KEPT_SECONDS + 2)
    assert left(lying) == set()


def test_the_piece_of_a_call_that_broke_off_is_gone_a_day_later(
    settings: Any, tmp_path: Path, as_bea: Client, routellm: Gateway, fake_gateway: FakeGateway
) -> None:
    settings.REPLIES_DIR = tmp_path
    fake_gateway.will_cut()
    as_bea.post("/", {"model": FLUX, "prompt": "a chair"})
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    sweeper = Sweeper()
    sweeper.sweep(0)
    sweeper.sweep(PIECES_KEPT_SECONDS + 1)
    assert list(tmp_path.iterdir()) == []
