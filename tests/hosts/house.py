"""The product on several hosts: each process with a data folder of its own, all with the same secrets, as an operator would."""

import json
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import psycopg
from cryptography.fernet import Fernet

from tests import nginx, real_parts
from tests.hosts.network import DATA, Network, data_address, lan_address
from tests.running_studio import ROOT, clean_environment, command
from tests.visitor import Visitor, wait_until

FRONT = f"http://{lan_address('front')}:8080"
WEB, WORKERS = ("web1", "web2"), ("worker1", "worker2")
LOST_HOST_MINUTES = "0.5"
LONGEST_START = 240.0
SITE = """include {folder}/hosts.conf;
server {{
    listen 8080;
    client_max_body_size 200m;
    proxy_connect_timeout 5s;
    proxy_read_timeout 600s;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    include {folder}/pictures.conf;
    location / {{ proxy_pass http://proofsheet; }}
}}
"""


class House:
    def __init__(self, network: Network, folder: Path, gateway_url: str, stack: ExitStack):
        self.network, self.folder, self.stack = network, folder, stack
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.told = self.start_data()
        self.secrets = {
            "PROOFSHEET_SECRET_KEY": secrets.token_urlsafe(50),
            "PROOFSHEET_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PROOFSHEET_DATABASE_URL": self.told["database"],
            "PROOFSHEET_QUEUE_URL": self.told["queue"],
            "PROOFSHEET_STORAGE_URL": self.told["storage"],
            "PROOFSHEET_PUBLIC_URL": FRONT,
            "PROOFSHEET_TRUSTED_PROXIES": lan_address("front"),
            "PROOFSHEET_MEDIA_OFFLOAD": "x-accel",
            "PROOFSHEET_LOST_HOST_MINUTES": LOST_HOST_MINUTES,
            "ROUTELLM_API_KEY": "sk-hosts-0123456789",
            "ROUTELLM_BASE_URL": gateway_url,
        }

    # Processes ------------------------------------------------------------------------------------------------------

    def launch(self, host: str, words: Sequence[str], name: str = "") -> subprocess.Popen[bytes]:
        """`ip netns exec` becomes the command, so that a signal to it is one to the command."""
        log = (self.folder / f"{name or host}.log").open("ab")
        environment = clean_environment(self.folder / host, **getattr(self, "secrets", {}))
        process: subprocess.Popen[bytes] = subprocess.Popen(
            self.network.inside(host, *words),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes[name or host] = process
        self.stack.callback(self.end, name or host, signal.SIGKILL)
        return process

    def end(self, name: str, with_signal: signal.Signals = signal.SIGTERM) -> int:
        process = self.processes[name]
        if process.poll() is None:
            process.send_signal(with_signal)
        return process.wait(120)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start_data(self) -> dict[str, str]:
        self.folder.chmod(0o755)
        words = [
            sys.executable,
            "-m",
            "tests.hosts.parts",
            str(self.folder / "data"),
            data_address("data"),
            f"{DATA}0/24",
        ]
        process = self.launch("data", words)
        self.stack.callback(self.end, "data", signal.SIGTERM)

        def is_there() -> bool:
            assert process.poll() is None, self.said("data")
            return self.said("data").rstrip().endswith("}")

        wait_until(is_there, "the data host is up", seconds=LONGEST_START)
        told: dict[str, str] = json.loads(self.said("data").strip().splitlines()[-1])
        return told

    def start_front(self) -> None:
        folder = self.folder / "front"
        folder.mkdir()
        for name, changes in {
            "hosts": {f"10.0.0.1{number}:": f"{lan_address(f'web{number}')}:" for number in (1, 2)},
            "pictures": {"http://s3.internal:9000": self.told["s3"]},
        }.items():
            (folder / f"{name}.conf").write_text(nginx.example(f"nginx-{name}.conf", changes))
        self.launch("front", nginx.set_up(folder, SITE.format(folder=folder)))

    def start(self, host: str) -> None:
        listens = ("studio", "--no-worker", "--host", lan_address(host), "--port", "8000")
        self.launch(host, command(*(listens if host in WEB else ("worker", "--threads", "16"))))

    def wait_for(self, *hosts: str) -> None:
        for host in hosts:
            process = self.processes[host]

            def is_up(host: str = host, process: subprocess.Popen[bytes] = process) -> bool:
                assert process.poll() is None, self.said(host)[-3000:]
                return Visitor(address(host)).status("/healthz") == 200 if host in WEB else self.is_heard(host)

            wait_until(is_up, f"{host} is up", seconds=LONGEST_START)

    def is_heard(self, host: str) -> bool:
        """A worker of that host has told the database that it lives."""
        name = self.folder / host / "host"
        return name.exists() and bool(
            self.ask(
                "SELECT 1 FROM gallery_worker WHERE name LIKE %s AND seen_at > now() - interval '8 s'",
                name.read_text() + ":%",
            )
        )

    def manage(self, host: str, *words: str) -> str:
        environment = clean_environment(self.folder / host, **self.secrets)
        done = subprocess.run(
            self.network.inside(host, *command(*words)),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    # The truth ------------------------------------------------------------------------------------------------------

    def ask(self, question: str, *words: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.told["database"], connect_timeout=10) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(question, words).fetchall()
        return rows

    def bucket(self) -> Any:
        """A client of the server that keeps the pictures."""
        secret = {"aws_access_key_id": real_parts.S3_KEY, "aws_secret_access_key": real_parts.S3_SECRET}
        return boto3.client("s3", endpoint_url=self.told["s3"], region_name=real_parts.S3_REGION, **secret)

    def row(self, token: str) -> dict[str, Any]:
        """The run of that token: status, error_kind, whose it was, and how many pictures it has."""
        found = self.ask(
            "SELECT id, status, error_kind, error_sentence, claimed_by, (SELECT count(*) FROM gallery_image i WHERE "
            "i.generation_id = g.id) FROM gallery_generation g WHERE prompt LIKE %s ORDER BY id",
            f"%{token} %",
        )
        assert len(found) == 1, f"{token}: {found}"
        return dict(zip(("id", "status", "kind", "sentence", "by", "pictures"), found[0], strict=True))

    def host_of(self, claimed_by: str) -> str:
        for host in (*WEB, *WORKERS):
            if claimed_by.startswith(f"{(self.folder / host / 'host').read_text()}:"):
                return host
        return f"nobody ({claimed_by})"

    def setup_path(self) -> str:
        """Each web host that starts on an empty database makes one; the latest alone holds."""
        found: list[str] = re.findall(r"http://\S+?(/accounts/join/\S+)", self.said("web1") + self.said("web2"))
        return next(path for path in found if "used up" not in Visitor(address("web1")).get(path).text)


def address(host: str) -> str:
    return f"http://{lan_address(host)}:8000"
