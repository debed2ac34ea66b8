"""A folder that machines share: sshfs, whose server is a process beside it, so that nothing leaves the machine."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.installed import go_without
from tests.visitor import LONGEST_SECONDS, wait_until

SERVER = Path("/usr/lib/openssh/sftp-server")
KIND = "fuse.sshfs"


@contextmanager
def shared_folder(folder: Path, *options: str) -> Iterator[Path]:
    """Mounted at `folder`. Skips the test where nothing may be mounted; where sshfs is missing too, unless it is mandatory."""
    program = shutil.which("sshfs")
    if program is None or not SERVER.exists():
        go_without("no sshfs here: apt-get install sshfs openssh-sftp-server")
    there = folder.with_name(f"{folder.name}-there")
    folder.mkdir()
    there.mkdir()
    ours, theirs = socket.socketpair()
    words = [program, "-f", "-o", ",".join(("passive", *options)), f"nas:{there}", str(folder)]
    with ours, theirs:
        server = subprocess.Popen([str(SERVER)], stdin=theirs.fileno(), stdout=theirs.fileno())
        mounting = subprocess.Popen(words, stdin=ours.fileno(), stdout=ours.fileno())
    try:
        wait_until(lambda: folder.is_mount() or mounting.poll() is not None, "mounted")
        if not folder.is_mount():
            pytest.skip(f"no file system can be mounted here: sshfs ended with {mounting.returncode}")
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", "--lazy", str(folder)], check=False)
        mounting.wait(LONGEST_SECONDS)
        server.terminate()
        server.wait(LONGEST_SECONDS)
