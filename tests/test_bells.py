"""The doorbell over each kind of queue: what one process rings another hears, once, and a queue that is away stops nobody."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from gallery import tasks
from tests import own_parts

SERVERS = {"redis": own_parts.QUEUE_SERVER, "postgres": own_parts.DATABASE_SERVER}
AWAY = {"redis": "redis://127.0.0.1:9/0", "postgres": "postgresql://postgres@127.0.0.1:9/queue"}


@pytest.fixture(params=["sqlite", *SERVERS])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    kind = request.param
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'queue.sqlite3'}"
    elif not SERVERS[kind].startswith(kind):
        pytest.skip("No such server is named.")
    else:
        with own_parts.another_queue(SERVERS[kind]) as taken:
            yield taken


class Process:
    """What is of the queue in one."""

    def __init__(self, address: str):
        self.queue = tasks.build_queue(address)
        self._bell = self.queue.task()(a_number)

    def ring(self, number: int) -> None:
        self._bell(number)

    def hear(self) -> list[Any]:
        """Until nobody rings."""
        return [task.args[0] for task in iter(self.queue.dequeue, None)]


def a_number(number: int) -> None:
    """Somebody rang with it."""


def test_what_one_process_rings_another_hears_once(address: str) -> None:
    here, there = Process(address), Process(address)
    here.ring(7)
    here.ring(8)
    assert there.queue.pending_count() == 2
    assert there.hear() == [7, 8]
    assert here.hear() == there.hear() == []
    for process in (here, there):
        process.queue.storage.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bell", [tasks.run_next, tasks.remove_purged, tasks.purge_expired, tasks.index_waiting])
def test_a_thread_that_waits_for_a_bell_holds_no_connection_to_the_database(bell: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(bell).result()
        assert pool.submit(lambda: connection.connection).result() is None


def test_processes_that_are_started_together_all_ring(address: str) -> None:
    processes = [Process(address) for _ in range(8)]
    gate = threading.Barrier(len(processes))

    def start(process: Process, number: int) -> None:
        gate.wait()
        process.ring(number)

    threads = [threading.Thread(target=start, args=(process, at)) for at, process in enumerate(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(processes[0].hear()) == list(range(len(processes)))
    for process in processes:
        process.queue.storage.close()


@pytest.mark.parametrize("kind", AWAY)
def test_a_bell_whose_server_is_away_stops_nobody(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    if not SERVERS[kind]:
        pytest.skip("Its client is installed only where such a server is named.")
    process = Process(AWAY[kind])
    process.ring(7)
    assert "could not be rung" in caplog.text
