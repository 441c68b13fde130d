"""tf.gfile: files and directories, with TensorFlow's errors."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple

from ..base import compat, errors
from .os_errors import raise_os_errors_as_op_errors


class GFile:
    """A file, opened when it is first read or written.

    Reading and writing have a place each, as in TensorFlow: what a `+` mode has written is read
    from the start. Writing begins an empty file, also in mode `r+`, except that `a` appends.

    Args:
      name: the path.
      mode: `r`, `w` or `a`, with `+` for both and `b` for bytes; text is UTF-8.

    Raises:
      InvalidArgumentError: another mode.
    """

    _reader: Any = None  # class attributes: `__del__` also runs where `__init__` raised
    _writer: Any = None

    def __init__(self, name: Any, mode: str = "r") -> None:
        plain = mode.replace("b", "")
        if plain not in ("r", "w", "a", "r+", "w+", "a+"):
            raise errors.InvalidArgumentError(
                None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'"
            )
        self._name = name
        self._mode = mode
        self._reads = plain == "r" or "+" in plain
        self._writes = plain != "r"
        self._as_mode = compat.as_bytes if "b" in mode else compat.as_text

    @property
    def name(self) -> Any:
        return self._name

    @property
    def mode(self) -> str:
        return self._mode

    def _open_reader(self) -> Any:
        if self._reader is None:
            if not self._reads:
                raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
            with raise_os_errors_as_op_errors():
                self._reader = open(os.fspath(self._name), "rb")
        return self._reader

    def _open_writer(self) -> Any:
        if self._writer is None:
            if not self._writes:
                raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
            with raise_os_errors_as_op_errors():
                self._writer = open(os.fspath(self._name), "ab" if "a" in self._mode else "wb")
        return self._writer

    def write(self, file_content: Any) -> None:
        """Writes text or bytes."""
        writer = self._open_writer()
        with raise_os_errors_as_op_errors():
            writer.write(compat.as_bytes(file_content))

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, as text unless the mode has `b`; all that is left for -1."""
        reader = self._open_reader()
        with raise_os_errors_as_op_errors():
            return self._as_mode(reader.read(n))

    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        reader = self._open_reader()
        with raise_os_errors_as_op_errors():
            return self._as_mode(reader.readline())

    def readlines(self) -> list[Any]:
        """The lines that are left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> Any:
        """The next line."""
        return self.__next__()

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Moves to a place in the file, for reading.

        Args:
          offset: bytes from the start, from here (`whence` 1) or from the end (2).
          whence: 0, 1 or 2.
          position: the name of `offset` in old programs.

        Raises:
          TypeError: no offset, or both names of it.
          InvalidArgumentError: another `whence`, or a place before the start.
        """
        reader = self._open_reader()
        if offset is not None and position is not None:
            raise TypeError("seek(): offset and position may not be set simultaneously.")
        offset = position if offset is None else offset
        if offset is None:
            raise TypeError("seek(): offset argument required")
        if whence not in (0, 1, 2):
            raise errors.InvalidArgumentError(
                None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2."
            )
        with raise_os_errors_as_op_errors():
            reader.seek(offset, whence)

    def seekable(self) -> bool:
        """Whether `seek` works: it does."""
        return True

    def tell(self) -> int:
        """The place in the file: where it is read, or written if it cannot be read."""
        file = self._open_reader() if self._reads else self._open_writer()
        with raise_os_errors_as_op_errors():
            return int(file.tell())

    def size(self) -> int:
        """The file's size in bytes."""
        return Stat(self._name).length

    def flush(self) -> None:
        """Writes out what is buffered."""
        if self._writer is not None:
            with raise_os_errors_as_op_errors():
                self._writer.flush()

    def close(self) -> None:
        """Closes the file; using it again opens it again."""
        reader, writer, self._reader, self._writer = self._reader, self._writer, None, None
        with raise_os_errors_as_op_errors():
            if reader is not None:
                reader.close()
            if writer is not None:
                writer.close()

    def __enter__(self) -> GFile:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class FileStatistics(NamedTuple):
    """What `Stat` gives: size in bytes, time of the last change in nanoseconds, kind."""

    length: int
    mtime_nsec: int
    is_directory: bool


def Exists(filename: Any) -> bool:
    """Whether there is a file or directory of this path."""
    return os.path.exists(os.fspath(filename))


def IsDirectory(dirname: Any) -> bool:
    """Whether the path is a directory."""
    return os.path.isdir(os.fspath(dirname))


def MkDir(dirname: Any) -> None:
    """Makes a directory, whose parent must be there."""
    with raise_os_errors_as_op_errors():
        os.mkdir(os.fspath(dirname))


def MakeDirs(dirname: Any) -> None:
    """Makes a directory and its parents, as far as they are not there."""
    with raise_os_errors_as_op_errors():
        os.makedirs(os.fspath(dirname), exist_ok=True)


def Remove(filename: Any) -> None:
    """Deletes a file."""
    with raise_os_errors_as_op_errors():
        os.remove(os.fspath(filename))


def DeleteRecursively(dirname: Any) -> None:
    """Deletes a directory with all that is in it."""
    path = os.fspath(dirname)
    with raise_os_errors_as_op_errors():
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def ListDirectory(dirname: Any) -> list[str]:
    """The names in a directory.

    Raises:
      NotFoundError: it is none.
    """
    path = os.fspath(dirname)
    if not os.path.isdir(path):
        raise errors.NotFoundError(None, None, f"Could not find directory {path}")
    with raise_os_errors_as_op_errors():
        return [compat.as_str_any(name) for name in os.listdir(path)]


def Glob(filename: Any) -> list[str]:
    """The paths that match a pattern, or any of a list of patterns."""
    patterns = filename if isinstance(filename, list | tuple) else [filename]
    found = (path for pattern in patterns for path in glob.glob(compat.as_str(os.fspath(pattern))))
    return sorted(found)


def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copies a file.

    Raises:
      AlreadyExistsError: `newpath` is there, and `overwrite` is false.
    """
    _check_free(newpath, overwrite)
    with raise_os_errors_as_op_errors():
        shutil.copyfile(os.fspath(oldpath), os.fspath(newpath))


def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Gives a file or directory another path; otherwise as `Copy`."""
    _check_free(newname, overwrite)
    with raise_os_errors_as_op_errors():
        os.replace(os.fspath(oldname), os.fspath(newname))


def _check_free(path: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(os.fspath(path)):
        raise errors.AlreadyExistsError(None, None, "file already exists")


def Stat(filename: Any) -> FileStatistics:
    """The size and time of a file."""
    path = os.fspath(filename)
    with raise_os_errors_as_op_errors():
        result = os.stat(path)
    return FileStatistics(result.st_size, result.st_mtime_ns, os.path.isdir(path))


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """(directory, names of directories in it, names of files in it) for a whole tree.

    Args:
      top: where to start.
      in_order: whether a directory comes before what is in it.
    """
    return os.walk(compat.as_str(os.fspath(top)), topdown=in_order)
