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
from collections.abc import Iterator
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from PIL import features

from gallery.management.telling import tell
from gallery.models import Worker
from gallery.models.workers import ALIVE_FOR
from gallery.services import (
    call_runs,
    calls,
    catalogue,
    doctor,
    homecoming,
    house_looks,
    leases,
    leftovers,
    people,
    replies,
    version_watch,
    web_worker,
)
from gallery.services.patience import TROUBLES
from gallery.services.repeated import Repeated
from gateway_site import connections, environment, static_files

if sys.platform != "win32":
    import fcntl

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared with
RESTART_SECONDS = 2.0
WORKER_ENDS_SECONDS = 40.0
CALLS_END_SECONDS = 25.0
# Whoever opened a page waits for it that long on a machine that is busy, as a full house makes them wait (`admission`).
PAGES_END_SECONDS = 20
SAME_SIGNAL_SECONDS = 1.0
# Any number that nobody else takes in this database.
START_LOCK = 7_077_001


class Command(BaseCommand):
    help = "Run Proofsheet: web server and worker together, everything it needs made on the way."
    # All of them, but later: see `handle`.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on; it is answered to as well.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on.")
        parser.add_argument("--no-worker", action="store_true", help="The web server alone; workers run elsewhere.")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if settings.DEBUG and not environment.is_loopback(host):
            raise CommandError(f"PROOFSHEET_DEBUG shows the inside of the studio: not on {host}. Switch it off.")
        listener = open_listener(host, port)
        prepare_house()
        worker = HouseKeeper() if options["no_worker"] else WorkerProcess()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            try:
                # It reads its code while we read that of the pages.
                worker.start()
                self.check()
                self.say_where(host, port)
                serve(listener, worker)
            finally:
                calls.stop()
                worker.stop()

    def say_where(self, host: str, port: int) -> None:
        name = name_in_address(host)
        # Whoever listens at an address wants to be reached by it.
        settings.ALLOWED_HOSTS.append(name)
        address = settings.PUBLIC_URL or f"http://{name}:{port}"
        tell(f"Proofsheet is at {address}")
        if path := people.create_setup_path():
            tell(f"Set it up once, within a day: {address}{path}")
        if host in EVERYWHERE and not any(map(is_known_elsewhere, settings.ALLOWED_HOSTS)):
            tell("It answers to no other name yet: set PROOFSHEET_ALLOWED_HOSTS to those that people reach it by.")
        for finding in doctor.look_at_the_start():
            tell(finding.sentence, sys.stderr)


def is_known_elsewhere(name: str) -> bool:
    return bool(name) and not environment.is_loopback(name)


def prepare_house() -> None:
    """Everything that is missing is made. What cannot be is said in one line."""
    if not features.check("webp"):
        raise CommandError("Pillow was built without WebP, which every picture is shown in. Install another Pillow.")
    try:
        with one_start_at_a_time():
            if why_not := doctor.why_not_to_serve():
                raise CommandError(why_not)
            with one_host_at_a_time():
                refuse_while_others_run()
                call_command("migrate", verbosity=0, interactive=False)
                catalogue.load_catalogue()
            static_files.collect_if_changed()
    except catalogue.CatalogueRefused as problem:
        raise CommandError(str(problem)) from problem
    except TROUBLES as problem:
        reason = " ".join(str(problem).split())
        known = [finding.sentence for finding in house_looks.look_at_the_file_system()]
        because = " ".join(known) or "Is the disk full, or somebody else's?"
        raise CommandError(f"{settings.DATA_DIR} or the database cannot be written: {reason}. {because}") from problem


def refuse_while_others_run() -> None:
    """Code that runs begins nothing on a database that moved on under it, but what it has begun, and its pages, would meet the
    changes."""
    if not doctor.unapplied_migrations():
        return
    try:
        # The columns that every version has.
        others = Worker.objects.heard_of().exclude(name__startswith=leases.HERE)
        name = others.values_list("name", flat=True).order_by("name").first()
    except DatabaseError:
        # Nothing is there yet.
        return
    if name:
        raise CommandError(
            f"This version changes the database, and an earlier one still runs on another host "
            f"({name.partition(':')[0]}). Stop the studio and the workers on all hosts, then start this one first; where "
            f"they were killed, wait for {ALIVE_FOR.seconds} seconds."
        )


@contextlib.contextmanager
def one_start_at_a_time() -> Iterator[None]:
    """Of two studios that are started on the same folder at once the second waits until the first has made it ready. Then both
    serve it: whoever runs a row is settled in the database."""
    with open(settings.DATA_DIR / "start.lock", "w", opener=private) as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def one_host_at_a_time() -> Iterator[None]:
    """As `one_start_at_a_time`, for hosts that share a database and no folder. The lock is the connection's, and ends with it."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [START_LOCK])
    try:
        yield
    finally:
        connection.close()


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


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


def serve(listener: socket.socket, worker: "WorkerProcess | HouseKeeper") -> None:
    """Run the web server until SIGINT or SIGTERM. uvicorn raises the signal again when it has ended."""
    config = uvicorn.Config(
        "gateway_site.asgi:application",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        # Whose word is taken for whom is decided in `gateway_site.front`.
        proxy_headers=False,
        http=connections.guarded(),
        # Its lines are written as all others.
        log_config=None,
        timeout_graceful_shutdown=PAGES_END_SECONDS,
    )
    Server(config, worker).run(sockets=[listener])


class Server(uvicorn.Server):
    """Ends when the calls of scripts have, whoever still waits for them: they are paid for. The worker ends meanwhile."""

    def __init__(self, config: uvicorn.Config, worker: "WorkerProcess | HouseKeeper"):
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
            tell("Stopping; what still runs has half a minute. Ctrl-C again ends it at once.")
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


class HouseKeeper:
    """In the place of a worker where none runs: what scripts call for is run and paid for by this process, and its replies lie
    on this host's disk, where no other host's worker finds them."""

    def __init__(self) -> None:
        self.worker = web_worker.this_worker()
        self.repairer = Repeated("repairer", self.repair)
        self.sweeper = Repeated("sweeper", self.sweep, seconds=leftovers.BETWEEN_SWEEPS_SECONDS)
        self.leftovers = leftovers.Sweeper()

    def start(self) -> None:
        leases.expire_dead_neighbours(self.worker)
        leftovers.remove_old()
        replies.forget_taken_in()
        self.repairer.start()
        self.sweeper.start()

    def repair(self) -> None:
        if not version_watch.watch.is_behind():
            homecoming.repair(self.worker)

    def sweep(self) -> None:
        if not version_watch.watch.is_behind():
            self.leftovers.sweep()

    def tell_to_stop(self) -> None:
        if not self.repairer.ended.is_set():
            self.repairer.ended.set()
            self.sweeper.ended.set()
            tell("Stopping; calls of scripts have half a minute. Ctrl-C again ends it at once.")

    def stop(self) -> None:
        self.tell_to_stop()
        for thread in (self.sweeper, self.repairer):
            if thread.is_alive():
                thread.finish()
