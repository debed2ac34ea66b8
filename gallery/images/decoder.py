"""A small pool of warm decoder processes, shared by all threads. A bad picture costs itself at most, never the pool."""

import atexit
import os
import queue
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gallery.images import limits, sizes
from gallery.images.boxes import Box
from gallery.images.errors import SENTENCES, PictureNotStored, PictureRefused
from gallery.images.process import DecoderProcess


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A WebP file. `nominal_width` is the width asked for; `width` and `height` are its pixels."""

    nominal_width: int
    width: int
    height: int
    byte_size: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A proven picture. Pixels are upright; `colour` is `#rrggbb`; the hashes are hex digits, "" for a vector."""

    media_type: str
    width: int
    height: int
    colour: str
    pixel_hash: str
    dhash: str
    frames: int
    has_alpha: bool
    is_vector: bool
    has_content_credentials: bool
    thumbnails: tuple[Thumbnail, ...]

    @property
    def is_animated(self) -> bool:
        return self.frames > 1


@dataclass(frozen=True, kw_only=True)
class Rescaled:
    from_media_type: str
    from_width: int
    from_height: int
    media_type: str
    width: int
    height: int
    is_unchanged: bool


@dataclass(frozen=True, kw_only=True)
class Reencoded:
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Flattened:
    from_media_type: str
    from_width: int
    from_height: int
    width: int
    height: int


class Decoder:
    """Processes are started when first needed and replaced after a crash, a hang or JOBS_PER_CHILD jobs."""

    def __init__(self, *, children: int = limits.CHILDREN, timeout: float = limits.JOB_SECONDS, niceness: int = 0):
        """`timeout` is wall seconds for one picture, counted from when a process is free for it."""
        self.niceness = niceness
        self.children = children
        self.timeout = timeout
        self._fill_places()

    def decode(
        self, path: str | os.PathLike[str], out_dir: str | os.PathLike[str], widths: Sequence[int] = sizes.WIDTHS
    ) -> Decoded:
        """Prove the picture at `path` and write its thumbnails into the folder `out_dir`, which must hold none yet.

        Raises PictureRefused, PictureNotStored (the thumbnails cannot be written), DecoderNotStarted.
        """
        folder = os.path.abspath(out_dir)
        order = {"command": "decode", "path": os.path.abspath(path), "folder": folder, "widths": list(widths)}
        decoded = read_reply(self._ask(order), Decoded)
        for thumbnail in decoded.thumbnails:
            # A taken-over process must not choose which of our files is stored.
            if Path(thumbnail.path) != Path(folder, f"{thumbnail.nominal_width}.webp"):
                raise PictureRefused("crashed", detail="thumbnail outside its folder")
        return decoded

    def rescale(
        self,
        path: str | os.PathLike[str],
        target: str | os.PathLike[str],
        *,
        max_side: int,
        max_bytes: int,
        media_types: Sequence[str],
    ) -> Rescaled:
        """Write a smaller copy to `target` unless the picture fits as it is. Raises like `decode`."""
        order = {
            "command": "rescale",
            "path": os.path.abspath(path),
            "target": os.path.abspath(target),
            "max_side": max_side,
            "max_bytes": max_bytes,
            "media_types": list(media_types),
        }
        return read_reply(self._ask(order), Rescaled)

    def export(
        self,
        path: str | os.PathLike[str],
        target: str | os.PathLike[str],
        *,
        media_type: str,
        max_side: int,
        box: Box | None = None,
    ) -> Reencoded:
        """Write the picture anew to `target`, or a part of it: sRGB and without metadata. Raises like `decode`."""
        order = {
            "command": "export",
            "path": os.path.abspath(path),
            "target": os.path.abspath(target),
            "media_type": media_type,
            "max_side": max_side,
            "box": box.to_json() if box else None,
        }
        return read_reply(self._ask(order), Reencoded)

    def flat(self, path: str | os.PathLike[str], target: str | os.PathLike[str], *, max_side: int) -> Flattened:
        """Write the bare pixels to `target`; see `images.flat`. Raises like `decode`."""
        order = {
            "command": "flat",
            "path": os.path.abspath(path),
            "target": os.path.abspath(target),
            "max_side": max_side,
        }
        return read_reply(self._ask(order), Flattened)

    def mask(
        self,
        path: str | os.PathLike[str],
        target: str | os.PathLike[str],
        *,
        size: tuple[int, int],
        reads: str,
        marks: str,
    ) -> Reencoded:
        """Write the mask at `path` to `target` as a PNG of this size; see `images.mask`. Raises like `decode`."""
        order = {
            "command": "mask",
            "path": os.path.abspath(path),
            "target": os.path.abspath(target),
            "width": size[0],
            "height": size[1],
            "reads": reads,
            "marks": marks,
        }
        return read_reply(self._ask(order), Reencoded)

    def sheet(self, path: str | os.PathLike[str], target: str | os.PathLike[str]) -> Reencoded:
        """Draw the contact sheet that is described at `path` to `target`; see `images.contact_sheet`. Raises like `decode`."""
        order = {"command": "sheet", "path": os.path.abspath(path), "target": os.path.abspath(target)}
        return read_reply(self._ask(order, limits.SHEET_SECONDS), Reencoded)

    def process_ids(self) -> list[int]:
        """The running decoder processes."""
        return [child.process.pid for child in self._running]

    def close(self) -> None:
        """End all processes, after the jobs under way. The next picture starts one anew."""
        taken = [self._places.get() for _ in range(self.children)]
        for child in taken:
            if child is not None:
                self._running.discard(child)
                child.end()
            self._places.put(None)

    def end_now(self) -> None:
        """End all processes without waiting; a job under way fails as crashed."""
        for child in list(self._running):
            child.process.kill()

    def forget_processes(self) -> None:
        """After a fork: the processes are the parent's, and its pipes must not be shared."""
        for child in self._running:
            child.forget()
        self._fill_places()

    def _fill_places(self) -> None:
        self._running: set[DecoderProcess] = set()
        self._places: queue.LifoQueue[DecoderProcess | None] = queue.LifoQueue()
        for _ in range(self.children):
            self._places.put(None)

    def _ask(self, order: dict[str, Any], timeout: float = 0.0) -> dict[str, Any]:
        child = self._places.get()
        try:
            child = self._usable(child)
            reply = child.ask(order, timeout or self.timeout)
            if reply.get("error") == "crashed":
                child.kill()
            return reply
        except BaseException:
            # Its reply may still come, and would be taken for the next picture's.
            if child is not None:
                child.kill()
            raise
        finally:
            if child is not None and child.process.poll() is not None:
                self._running.discard(child)
                child = None
            self._places.put(child)

    def _usable(self, child: DecoderProcess | None) -> DecoderProcess:
        if child is not None and child.is_usable:
            return child
        if child is not None:
            self._running.discard(child)
            child.end()
        started = DecoderProcess(niceness=self.niceness)
        self._running.add(started)
        return started


Reply = TypeVar("Reply", Decoded, Rescaled, Reencoded, Flattened)


def read_reply(reply: dict[str, Any], kind: type[Reply]) -> Reply:
    """Type-check what a decoder process said. Raises PictureRefused, PictureNotStored."""
    error = reply.get("error")
    if error == "not_stored":
        raise PictureNotStored(str(reply.get("detail")))
    if error is not None:
        known = error if error in SENTENCES else "crashed"
        raise PictureRefused(known, str(reply.get("sentence") or ""), str(reply.get("detail") or ""))
    try:
        return msgspec.convert(reply, kind)
    except msgspec.ValidationError as invalid:
        raise PictureRefused("crashed", detail=str(invalid)) from invalid


shared_decoder = Decoder()
# For thumbnails that nobody waits for, and for ZIPs of copies. It may starve for a while beside the rest, so its time is longer.
patient_decoder = Decoder(children=1, timeout=10 * limits.JOB_SECONDS, niceness=10)
for decoder in (shared_decoder, patient_decoder):
    atexit.register(decoder.end_now)
    os.register_at_fork(after_in_child=decoder.forget_processes)
