"""Files of a form that are too large for memory, on a disk that may be full: what else is in the form is read all the same."""

from contextlib import suppress
from typing import Any, NoReturn

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class LostFile(UploadedFile):
    """In the place of a file that found no room. Whoever reads it is told so."""

    def __init__(self, problem: OSError, **about: Any):
        super().__init__(**about)
        self.problem = problem

    def chunks(self, chunk_size: int | None = None) -> NoReturn:
        raise self.problem

    read = open = chunks  # type: ignore[assignment]

    def close(self) -> None:
        """There is nothing to close. The files after it in the form are closed only when this is no error."""


class ForgivingUploadHandler(TemporaryFileUploadHandler):
    problem: OSError | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.problem = None
        try:
            super().new_file(*args, **kwargs)
        except OSError as problem:
            self.problem = problem

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.problem:
            return
        try:
            self.file.write(raw_data)
            # What stays behind in memory would find no room later.
            self.file.flush()
        except OSError as problem:
            self.problem = problem
            with suppress(OSError):
                self.file.close()

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.problem is None:
            return super().file_complete(file_size)
        return LostFile(self.problem, name=self.file_name, content_type=self.content_type, size=file_size)
