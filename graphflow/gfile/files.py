"""Files and directories under TF1's names (`tf.gfile`), over Python's own.

Every OSError becomes TF's error class for it: a missing file is `tf.errors.NotFoundError`.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..core.base import errors
from ..core.base.compat import path_to_str

_ERROR_CLASSES: list[tuple[type[OSError], type[errors.OpError]]] = [
    (FileNotFoundError, errors.NotFoundError),
    (FileExistsError, errors.AlreadyExistsError),
    (PermissionError, errors.PermissionDeniedError),
    (IsADirectoryError, errors.FailedPreconditionError),
    (NotADirectoryError, errors.FailedPreconditionError),
    (OSError, errors.UnknownError),
]


@contextlib.contextmanager
def _as_tensorflow_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        for kind, error_class in _ERROR_CLASSES:
            if isinstance(error, kind):
                raise error_class(None, None, f"{error.filename}; {error.strerror}") from error
        raise


def _path(path: Any) -> str:
    text = path_to_str(path)
    return text.decode() if isinstance(text, bytes) else str(text)


class FileStatistics(NamedTuple):
    """What `Stat` tells: the length in bytes, the time of change in ns, whether a directory."""

    length: int
    mtime_nsec: int
    is_directory: bool


def Exists(filename: Any) -> bool:
    """Whether there is a file or directory of that name."""
    return os.path.exists(_path(filename))


def IsDirectory(dirname: Any) -> bool:
    """Whether there is a directory of that name."""
    return os.path.isdir(_path(dirname))


def MkDir(dirname: Any) -> None:
    """Makes a directory.

    Raises:
      AlreadyExistsError: there is one.
      NotFoundError: its parent does not exist.
    """
    with _as_tensorflow_errors():
        os.mkdir(_path(dirname))


def MakeDirs(dirname: Any) -> None:
    """Makes a directory and those above it; it may exist already."""
    with _as_tensorflow_errors():
        os.makedirs(_path(dirname), exist_ok=True)


def Remove(filename: Any) -> None:
    """Deletes a file.

    Raises:
      NotFoundError: there is none.
    """
    with _as_tensorflow_errors():
        os.remove(_path(filename))


def DeleteRecursively(dirname: Any) -> None:
    """Deletes a directory and all in it.

    Raises:
      NotFoundError: there is none.
    """
    with _as_tensorflow_errors():
        shutil.rmtree(_path(dirname))


def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copies a file.

    Args:
      oldpath: the file.
      newpath: the copy.
      overwrite: whether `newpath` may exist.

    Raises:
      AlreadyExistsError: it exists and may not.
    """
    _check_free(newpath, overwrite)
    with _as_tensorflow_errors():
        shutil.copyfile(_path(oldpath), _path(newpath))


def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Renames or moves a file or directory; arguments as `Copy`."""
    _check_free(newname, overwrite)
    with _as_tensorflow_errors():
        os.replace(_path(oldname), _path(newname))


def _check_free(path: Any, overwrite: bool) -> None:
    if not overwrite and Exists(path):
        raise errors.AlreadyExistsError(None, None, f"file already exists: {_path(path)}")


def Glob(filename: Any) -> list[str]:
    """The files that match a pattern, or any of several."""
    patterns = filename if isinstance(filename, list | tuple) else [filename]
    return [match for pattern in patterns for match in sorted(glob.glob(_path(pattern)))]


def ListDirectory(dirname: Any) -> list[str]:
    """The names in a directory.

    Raises:
      NotFoundError: there is no such directory.
    """
    if not IsDirectory(dirname):
        raise errors.NotFoundError(None, None, f"Could not find directory {_path(dirname)}")
    return os.listdir(_path(dirname))


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """(directory, its directories, its files) for a directory and all below it.

    Args:
      top: where to begin.
      in_order: whether a directory comes before those in it.
    """
    return os.walk(_path(top), topdown=in_order)


def Stat(filename: Any) -> FileStatistics:
    """The statistics of a file.

    Raises:
      NotFoundError: there is none.
    """
    with _as_tensorflow_errors():
        found = os.stat(_path(filename))
    return FileStatistics(found.st_size, found.st_mtime_ns, IsDirectory(filename))


class GFile:
    """A file. It is opened when it is first read or written.

    Args:
      name: its path.
      mode: `"r"`, `"w"`, `"a"`, with `"+"` or `"b"`; text is UTF-8.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        self._name = name
        self._mode = mode
        self._opened: Any = None

    @property
    def name(self) -> Any:
        return self._name

    @property
    def mode(self) -> str:
        return self._mode

    def _file(self) -> Any:
        if self._opened is None:
            encoding = None if "b" in self._mode else "utf-8"
            with _as_tensorflow_errors():
                self._opened = open(_path(self._name), self._mode, encoding=encoding)
        return self._opened

    def _readable(self) -> Any:
        if not {"r", "+"} & set(self._mode):
            raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
        return self._file()

    def _writable(self) -> Any:
        if not {"w", "a", "+"} & set(self._mode):
            raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
        return self._file()

    def read(self, n: int = -1) -> Any:
        """The next `n` characters (bytes in binary mode), or all that is left."""
        return self._readable().read(n)

    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        return self._readable().readline()

    def readlines(self) -> list[Any]:
        """All lines that are left, with their ends."""
        return list(self._readable().readlines())

    def write(self, file_content: Any) -> None:
        """Appends to the file."""
        self._writable().write(file_content)

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Moves to a position, counted from the start (0), from here (1) or from the end (2)."""
        where = position if offset is None else offset
        if where is None:
            raise TypeError("seek(): offset argument required")
        self._readable().seek(where, whence)

    def tell(self) -> int:
        """The position in the file."""
        return int(self._file().tell())

    def size(self) -> int:
        """The length in bytes."""
        return Stat(self._name).length

    def flush(self) -> None:
        """Hands what was written to the operating system."""
        if self._opened is not None:
            self._opened.flush()

    def close(self) -> None:
        """Closes the file; reading it again begins at the start."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __iter__(self) -> GFile:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line
