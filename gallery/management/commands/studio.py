"""The one command: makes what is missing, starts web server and worker, prints the address, stops both cleanly."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.services import call_runs, calls, catalogue, people
from gateway_site import static_files

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared with
RESTART_SECONDS = 2.0
WORKER_ENDS_SECONDS = 40.0
CALLS_END_SECONDS = 25.0
SAME_SIGNAL_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run Proofsheet: web server and worker together, everything it needs made on the way."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on.")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        listener = open_listener(host, port)
        call_command("migrate", verbosity=0, interactive=False)
        try:
            catalogue.load_catalogue()
        except catalogue.CatalogueRefused as problem:
            raise CommandError(str(problem)) from problem
        static_files.collect_if_changed()
        name = name_in_address(host)
        # Whoever listens at an address wants to be reached by it.
        settings.ALLOWED_HOSTS.append(name)
        address = settings.PUBLIC_URL or f"http://{name}:{port}"
        self.stdout.write(f"Proofsheet is at {address}")
        if path := people.create_setup_path():
            self.stdout.write(f"Set it up once, within a day: {address}{path}")
        self.stdout.flush()
        worker = WorkerProcess()
        worker.start()
        try:
            serve(listener, worker)
        finally:
            calls.stop()
            worker.stop()


def name_in_address(host: str) -> str:
    """The host as it stands in an address, and in the Host header of whoever calls it."""
    if host in EVERYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def open_listener(host: str, port: int) -> socket.socket:
    """Take the address before anything else is done, so that a taken port is the first thing said."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as problem:
        raise CommandError(
            f"Cannot listen on {host}:{port}: {problem.strerror}. Choose another with --port."
        ) from problem
    listener.set_inheritable(False)
    return listener


def serve(listener: socket.socket, worker: "WorkerProcess") -> None:
    """Run the web server until SIGINT or SIGTERM. uvicorn raises the signal again when it has ended."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        "gateway_site.asgi:application",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_graceful_shutdown=5,
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config, worker).run(sockets=[listener])


class Server(uvicorn.Server):
    """Ends when the calls of scripts have, whoever still waits for them: they are paid for. The worker ends meanwhile."""

    def __init__(self, config: uvicorn.Config, worker: "WorkerProcess"):
        super().__init__(config)
        self.worker = worker
        self.told_at = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A terminal may hand the same Ctrl-C to us twice, through whoever started us."""
        if time.monotonic() - self.told_at > SAME_SIGNAL_SECONDS:
            self.told_at = time.monotonic()
            super().handle_exit(sig, frame)
            self.worker.tell_to_stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        ending = asyncio.ensure_future(call_runs.end_all(CALLS_END_SECONDS))
        while not ending.done() and not self.force_exit:
            await asyncio.wait([ending], timeout=0.1)
        await super().shutdown(sockets)


class WorkerProcess(threading.Thread):
    """Keeps one worker process alive; a worker that dies is started again. It ends by itself should we be killed."""

    def __init__(self) -> None:
        super().__init__(name="worker-process", daemon=True)
        self.is_stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--parent", str(os.getpid())]
        while not self.is_stopping.is_set():
            # A session of its own: Ctrl-C goes to us alone, and we tell the worker.
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
            self.process.wait()
            self.is_stopping.wait(RESTART_SECONDS)

    def tell_to_stop(self) -> None:
        """The worker finishes what it can, within its own limit."""
        if not self.is_stopping.is_set():
            self.is_stopping.set()
            print("Stopping; what still runs has half a minute. Ctrl-C again ends it at once.", flush=True)
            if self.process is not None and self.process.poll() is None:
                self.process.terminate()

    def stop(self) -> None:
        """Wait for it to end; a second Ctrl-C ends it at once."""
        self.tell_to_stop()
        process = self.process
        if process is None or process.poll() is not None:
            return
        try:
            process.wait(timeout=WORKER_ENDS_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
