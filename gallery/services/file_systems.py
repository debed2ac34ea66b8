"""Which file system a folder is on, as Linux lists them; elsewhere nothing is known of it."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# On these several machines see one file, and locks are not what SQLite takes them for.
SHARED = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.davfs2",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "prl_fs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
    ]
)


def shared_system_of(folder: Path, mounts: str) -> str:
    """The name of the file system that `folder` is on where it is shared between machines, else ""."""
    found = max(
        (
            (len(place.parts), number, kind)
            for number, (place, kind) in enumerate(_mounted(mounts))
            if folder == place or place in folder.parents
        ),
        default=(0, 0, ""),
    )
    return found[2] if found[2] in SHARED else ""


def listed_mounts() -> str:
    try:
        return MOUNTS.read_text(errors="replace")
    except OSError:
        return ""


def _mounted(mounts: str) -> list[tuple[Path, str]]:
    """Places and kinds, in the order in which they were mounted: a later one hides an earlier one at its place."""
    lines = [line.partition(" - ") for line in mounts.splitlines()]
    return [
        (Path(_plain(before.split()[4])), after.split()[0])
        for before, _, after in lines
        if len(before.split()) > 4 and after
    ]


def _plain(written: str) -> str:
    """Spaces and their like stand as numbers in octal."""
    return re.sub(r"\\([0-7]{3})", lambda number: chr(int(number[1], 8)), written)
