"""The data host: PostgreSQL, Redis and an S3 server at its address. `python -m tests.hosts.parts FOLDER ADDRESS NETWORK`
prints the three addresses as JSON and stays until it is told to end."""

import json
import os
import signal
import sys
from pathlib import Path

from tests import real_parts

BUCKET = "shelf"


def main(folder: Path, host: str, network: str) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        real_parts.running_postgres(folder / "postgres", host=host) as database,
        real_parts.running_redis(folder / "redis", host=host) as queue,
        real_parts.running_s3(folder / "s3", host=host) as address,
    ):
        let_in(folder / "postgres", network)
        storage = real_parts.make_bucket(address, BUCKET)
        print(json.dumps({"database": database, "queue": queue, "storage": storage, "s3": address}), flush=True)
        signal.pause()


def let_in(cluster: Path, network: str) -> None:
    """A new cluster takes callers of its own machine only."""
    with (cluster / "pg_hba.conf").open("a") as file:
        file.write(f"host all all {network} trust\n")
    os.kill(int((cluster / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    except KeyboardInterrupt:
        sys.exit(0)
