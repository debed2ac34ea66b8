"""Pictures in a bucket of a server that speaks S3, used as the folder of pictures is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

# A person waits for the page around the picture.
CONNECT_SECONDS = 5
READ_SECONDS = 30
TRIES = 3
CONNECTIONS = 64


class PictureBucket(S3Storage):
    """One client for all threads of a process: making one costs a tenth of a second and some megabytes. What goes wrong is an
    OSError, as it is with a folder."""

    def __init__(self, **options: Any):
        read_seconds = float(options.pop("read_timeout", READ_SECONDS))
        # Amazon's own addresses are those of the bucket's region: what is signed for another host, a proxy cannot ask for.
        style = options.pop("addressing_style", None) or (None if options.get("endpoint_url") else "virtual")
        config = Config(
            s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
            signature_version=options.pop("signature_version", None),
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            max_pool_connections=CONNECTIONS,
            # Not every server that speaks S3 knows the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # Each transfer in its caller's thread: pictures are many and small.
        transfers = TransferConfig(use_threads=False)
        super().__init__(client_config=config, transfer_config=transfers, **options)
        self._making = threading.Lock()
        self._made: Any = None

    @property
    def connection(self) -> Any:
        with self._making:
            if self._made is None:
                self._made = super().connection
            return self._made

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in ("_making", "_made")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._making, self._made = threading.Lock(), None

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """Read as it arrives: neither in memory whole nor on this machine's disk."""
        if mode != "rb":
            raise ValueError("A stored picture is read, and written by `save`.")
        with storage_errors(name):
            found = self.bucket.Object(self._normalize_name(name)).get()
        return ArrivingFile(found["Body"], name, found["ContentLength"])

    def _save(self, name: str, content: Any) -> str:
        with storage_errors(name):
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with storage_errors(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with storage_errors(name):
            return bool(super().exists(name))

    def touch(self, name: str) -> None:
        """Changed last just now: copied onto itself, which nobody notices who reads it."""
        key = self._normalize_name(name)
        source = {"Bucket": self.bucket_name, "Key": key}
        with storage_errors(name):
            self.bucket.Object(key).copy_from(
                CopySource=source, MetadataDirective="REPLACE", **self._get_write_parameters(key)
            )

    def size(self, name: str) -> int:
        with storage_errors(name):
            return int(super().size(name))

    def get_modified_time(self, name: str) -> Any:
        with storage_errors(name):
            return super().get_modified_time(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with storage_errors(path):
            folders, files = super().listdir(path)
            return folders, files


class ArrivingFile(File):  # type: ignore[type-arg]
    """From its beginning to its end, once."""

    def __init__(self, body: Any, name: str, size: int):
        super().__init__(body, name)
        self._body = body
        self.size = size

    def read(self, size: int = -1) -> bytes:
        with storage_errors(str(self.name)):
            return bytes(self._body.read(None if size < 0 else size))

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return iter(lambda: self.read(chunk_size or self.DEFAULT_CHUNK_SIZE), b"")


@contextmanager
def storage_errors(name: str) -> Iterator[None]:
    """Raises FileNotFoundError for what is not there, another OSError for all else."""
    try:
        yield
    except ClientError as problem:
        status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            raise FileNotFoundError(name) from problem
        if status == 403:
            why = "the picture storage refused us (403): key or secret are wrong, or may not do this"
            raise PermissionError(f"{name}: {why}") from problem
        raise OSError(f"{name}: the picture storage answered {status}") from problem
    except BotoCoreError as problem:
        raise OSError(f"{name}: the picture storage cannot be reached ({type(problem).__name__})") from problem
