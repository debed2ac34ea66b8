"""More than the studio can serve: `python -m tests.load`. A studio of its own on loopback, with the sandbox; crowds at the wall,
at the endpoint and at the queue, slow heads, bodies that drip, readers who stop, an upload that is too large; then: was
anything lost, and is it well again.
Prints a table; exit code 1 when a bound was broken.
"""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

from gateway_site.connections import STALLED_SECONDS
from tests import own_parts
from tests.load_callers import Caller, Crowd, counted, crowd, heard, rest_is_whole
from tests.running_studio import Studio, manage, running_studio
from tests.visitor import Visitor, join

MOST_MEGABYTES = 1200
EXPECTED = {200, 204, 302, 408, 413, 429, 503}


class Press:
    """What each of a crowd does. `taken` are the prompts whose picture came back."""

    def __init__(self, page: Caller, script: Caller, options: argparse.Namespace):
        self.page, self.script, self.options = page, script, options
        self.taken: set[str] = set()

    async def look(self, _: int, found: Crowd) -> None:
        await counted(found, self.page.ask("GET", "/library/"))

    async def watch(self, number: int, found: Crowd) -> None:
        await asyncio.sleep(number / self.options.tabs * 5)
        for _ in range(2):
            await counted(found, self.page.ask("GET", "/queue/live/", b"", "HX-Request: true"))
            await asyncio.sleep(5)

    async def submit(self, number: int, found: Crowd) -> None:
        """Comes back when it was told to, as clients do."""
        await asyncio.sleep(number / self.options.generations * self.options.seconds)
        prompt = f"load run number {number}"
        message = {"role": "user", "content": prompt}
        body = {"model": "routellm/flux_kontext", "messages": [message], "modalities": ["image"]}
        for _ in range(40):
            asking = self.script.ask(
                "POST", "/v1/chat/completions", json.dumps(body).encode(), f"Idempotency-Key: load-{number}"
            )
            status, _ = await counted(found, asking)
            if status == 200:
                self.taken.add(prompt)
            if status not in (429, 503):
                return
            await asyncio.sleep(5)

    async def drip(self, _: int, found: Crowd) -> None:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.page.port)
            with closing(writer):
                writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
                await counted(found, heard(reader))

    async def crawl(self, _: int, found: Crowd) -> None:
        """A body of a byte a second."""
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.page.port)
            with closing(writer):
                writer.write(self.page.head("POST", "/uploads/", "Content-Length: 4096"))
                answering = asyncio.ensure_future(counted(found, heard(reader)))
                while not answering.done():
                    writer.write(b"x")
                    await asyncio.wait([answering], timeout=1)

    async def stop_reading(self, _: int, found: Crowd) -> None:
        """Asks for a ZIP of everything and takes its first bytes. Counted as 200 when the studio hung up on it."""
        body = b"query=&all=1"
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            line.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(line, ("127.0.0.1", self.page.port))
            form = "Content-Type: application/x-www-form-urlencoded"
            await loop.sock_sendall(line, self.page.head("POST", "/library/download/", form, body=body) + body)
            began = time.perf_counter()
            first = await loop.sock_recv(line, 4096)
            found.seconds.append(time.perf_counter() - began)
            if first[9:12] == b"200":
                await asyncio.sleep(STALLED_SECONDS + 15)
                is_whole = await rest_is_whole(line, first)
                found.statuses[0 if is_whole else 200] += 1
            else:
                found.statuses[int(first[9:12] or 0)] += 1

    async def upload(self, _: int, found: Crowd) -> None:
        await counted(found, self.page.ask("POST", "/uploads/", b"x" * 65536, f"Content-Length: {2 * 1024**3}"))

    async def everybody(self) -> list[Crowd]:
        wanted = self.options
        return [
            await crowd("the wall", wanted.clients, self.look),
            await crowd("tabs that watch the queue", wanted.tabs, self.watch),
            *await asyncio.gather(
                crowd("generations by scripts", wanted.generations, self.submit),
                crowd("heads that never end", wanted.heads, self.drip),
                crowd("bodies that drip", wanted.bodies, self.crawl),
            ),
            await crowd("readers who stop", wanted.readers, self.stop_reading),
            await crowd("uploads of 2 GB", 4, self.upload),
        ]


def peak_megabytes(studio: Studio) -> float:
    words = Path(f"/proc/{studio.popen.pid}/status").read_text()
    return int(words.partition("VmHWM:")[2].split()[0]) / 1024


def rows_of(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each prompt is in the record, and how its rows ended."""
    rows = own_parts.ask(folder, "SELECT prompt, status FROM gallery_generation WHERE prompt LIKE %s", "load run%")
    return Counter(row["prompt"] for row in rows), Counter(row["status"] for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--clients", type=int, default=600, help="At the wall, all at once.")
    parser.add_argument("--tabs", type=int, default=500)
    parser.add_argument("--generations", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60, help="In which the generations are submitted.")
    parser.add_argument("--heads", type=int, default=200, help="Connections that never finish their first line.")
    parser.add_argument("--bodies", type=int, default=200, help="Uploads of a byte a second.")
    parser.add_argument("--readers", type=int, default=100, help="Of a ZIP of everything, who stop reading it.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept) / "data"
        with running_studio(folder, PROOFSHEET_SANDBOX_PACE="0.05") as studio:
            ada = join(studio.address, studio.setup_path, "ada", "Ada")
            token = manage(folder, "create_token", "ada", "--name", "load").stdout.strip()
            return report(studio, ada, token, options)


def report(studio: Studio, ada: Visitor, token: str, options: argparse.Namespace) -> int:
    csrf = ada.cookie("proofsheet_csrf")
    cookie = f"Cookie: proofsheet_session={ada.cookie('proofsheet_session')}; proofsheet_csrf={csrf}"
    began = time.perf_counter()
    assert ada.status("/library/") == 200
    alone = time.perf_counter() - began
    page = Caller(studio.port, [cookie, f"X-CSRFToken: {csrf}"])
    script = Caller(studio.port, [f"Authorization: Bearer {token}", "Content-Type: application/json"])
    press = Press(page, script, options)
    crowds, taken = asyncio.run(press.everybody()), press.taken
    written, ended = rows_of(studio.data_folder)
    lost = sum(prompt not in written for prompt in taken)
    twice = sum(count > 1 for prompt, count in written.items() if prompt in taken)
    began = time.perf_counter()
    is_well = ada.status("/readyz") == 200 and ada.status("/library/") == 200
    print("| crowd | clients | answers by status | worst (against one alone) |\n| --- | --- | --- | --- |")
    for one in crowds:
        print(one.line(alone))
    memory = peak_megabytes(studio)
    print(f"\ntaken {len(taken)}, lost {lost}, twice {twice}; rows {dict(ended)}")
    print(
        f"peak memory of the web process {memory:.0f} MB; afterwards a page takes {time.perf_counter() - began:.2f} s"
    )
    odd = {status for one in crowds for status in one.statuses} - EXPECTED
    is_kept = not lost and not twice and not odd and is_well and memory < MOST_MEGABYTES
    print(
        "Every bound held."
        if is_kept and len(taken) == options.generations
        else f"Broken: odd answers {odd}, well {is_well}."
    )
    return 0 if is_kept and len(taken) == options.generations else 1


if __name__ == "__main__":
    sys.exit(main())
