"""Files that appear as a whole: written under another name, renamed when they are on the disk."""

from __future__ import annotations

import os
import secrets
from types import TracebackType


class FileReplacement:
    """A new file for `path`, beside it until `put_in_place`.

    In a `with` block without an error it is put in place at the end, otherwise discarded.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._temporary_path = f"{path}.tempstate{secrets.token_hex(8)}"
        self.file = open(self._temporary_path, "wb")

    def complete(self) -> None:
        """Ends writing: the bytes are on the disk after this."""
        if not self.file.closed:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()

    def put_in_place(self) -> None:
        """Gives the file its name, in place of a file that had it."""
        self.complete()
        os.replace(self._temporary_path, self.path)

    def discard(self) -> None:
        """Gives the file up."""
        self.file.close()
        if os.path.exists(self._temporary_path):
            os.unlink(self._temporary_path)

    def __enter__(self) -> FileReplacement:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.put_in_place()
        finally:
            self.discard()
