"""A real nginx with the shipped examples of `deploy/`, in a folder of the test's own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.running_studio import ROOT
from tests.visitor import LONGEST_SECONDS, wait_until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
# What stands around a site's file in a real installation.
AROUND = """{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def example(name: str, changes: Mapping[str, str]) -> str:
    """One of `deploy/`, with addresses and files of the test's own in the place of the shipped ones."""
    text = (ROOT / "deploy" / name).read_text()
    for shipped, ours in changes.items():
        assert shipped in text, f"{name} has no “{shipped}” any more."
        text = text.replace(shipped, ours)
    return text


def set_up(folder: Path, site: str) -> list[str]:
    """The command that serves this site."""
    user = "user root root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(user=user, folder=folder))
    (folder / "site.conf").write_text(site)
    return [str(NGINX), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]


@contextmanager
def running(folder: Path, site: str, port: int) -> Iterator[None]:
    """For the length of the block; `port` is one on which the site listens."""
    nginx = subprocess.Popen(set_up(folder, site))

    def listens() -> bool:
        assert nginx.poll() is None, (folder / "error.log").read_text()
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(listens, "nginx listens")
        yield
    finally:
        nginx.terminate()
        nginx.wait(LONGEST_SECONDS)
