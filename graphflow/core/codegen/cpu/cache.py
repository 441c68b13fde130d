"""The kernel cache: object files on disk, named by a hash of all that their code depends on.

An entry is `<toolchain>-<key>.o`: a checksum of 32 bytes, then the object. It is written under a
temporary name and renamed, so that two processes that compile the same kernel do no harm; one that
does not match its checksum counts as missing and is written anew. A folder that cannot be written
is replaced by a temporary one, which is said once.

The toolchain (generators, compiler, machine) is a part of the name, so that one can tell what other
versions have left. A process that writes drops what no process has read for a month.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .target import host_target

_CHECKSUM_BYTES = 32
_DAY = 24 * 3600.0
_DAYS_KEPT = 30  # unread
_OURS = re.compile(r"[0-9a-f]{16}-[0-9a-f]{64}\.o(\.\w+\.tmp)?")  # nothing else is ever removed


def cache_folder() -> Path:
    """Where kernels are kept: `GRAPHFLOW_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("GRAPHFLOW_CACHE")
    return _writable(Path(chosen) if chosen else _user_cache() / "graphflow" / "kernels")


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@cache
def _writable(folder: Path) -> Path:
    """The folder, made where needed, or a temporary one where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        replacement = Path(tempfile.mkdtemp(prefix="graphflow-kernels-"))
        atexit.register(shutil.rmtree, replacement, ignore_errors=True)
        warnings.warn(
            f"graphflow cannot write its kernel cache {folder} ({error}); this process compiles "
            f"into {replacement}. Set GRAPHFLOW_CACHE to a folder that can be written.",
            stacklevel=2,
        )
        return replacement


def read_entry(key: str) -> bytes | None:
    """The object cached under a key; None when there is none, or a damaged one."""
    path = cache_folder() / f"{key}.o"
    try:
        data = path.read_bytes()
        _mark_read(path)
    except OSError:
        return None
    checksum, code = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    return code if hashlib.sha256(code).digest() == checksum else None


def has_entry(key: str) -> bool:
    """Whether there is an entry under a key, good or damaged: without reading it."""
    return (cache_folder() / f"{key}.o").exists()


def _mark_read(path: Path) -> None:
    """Keeps an entry from being dropped as unread; its time of change says when it was read."""
    if time.time() - path.stat().st_mtime > _DAY:
        with suppress(OSError):  # a folder that others have filled
            os.utime(path)


def write_entry(key: str, code: bytes) -> None:
    """Caches an object; a disk that is full or gone costs the entry, not the run."""
    folder = cache_folder()
    name = f"{key}.o"
    try:
        _drop_unread(folder)
        with tempfile.NamedTemporaryFile(
            dir=folder, prefix=f"{name}.", suffix=".tmp", delete=False
        ) as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(file.name, folder / name)
    except OSError:
        return


@cache
def _drop_unread(folder: Path) -> None:
    """Removes what nobody has read for a month, other versions' entries mostly. Once a process."""
    oldest = time.time() - _DAYS_KEPT * _DAY
    for entry in _our_files(folder):
        with suppress(OSError):  # another process has removed it
            if entry.stat().st_mtime < oldest:
                os.unlink(entry.path)


def _our_files(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        yield from (entry for entry in found if _OURS.fullmatch(entry.name))


# --- what `graphflow cache` shows ----------------------------------------------------------------


@dataclass(frozen=True)
class CacheInfo:
    """What is in the cache.

    Attributes:
      folder: where it is.
      entries: how many objects it holds.
      nbytes: their size.
      current: how many of them are of this toolchain and machine; the others are not used here.
    """

    folder: Path
    entries: int
    nbytes: int
    current: int


def cache_info() -> CacheInfo:
    """Counts what is in the cache."""
    folder = cache_folder()
    entries = nbytes = current = 0
    for entry in _our_files(folder):
        with suppress(OSError):  # removed meanwhile
            nbytes += entry.stat().st_size
            entries += entry.name.endswith(".o")
            current += entry.name.endswith(".o") and entry.name.startswith(f"{_toolchain()}-")
    return CacheInfo(folder, entries, nbytes, current)


def clear_cache() -> int:
    """Removes the objects of the cache, and no other files; running programs keep theirs.

    Returns:
      How many there were.
    """
    removed = 0
    for entry in _our_files(cache_folder()):
        with suppress(OSError):
            os.unlink(entry.path)
            removed += 1
    return removed


# --- keys ----------------------------------------------------------------------------------------


def entry_key(source: str) -> str:
    """The name of the entry for a kernel's source (or, of a library kernel, its name)."""
    own = hashlib.sha256(f"{_fingerprint()}\n{source}".encode()).hexdigest()
    return f"{_toolchain()}-{own}"


def _toolchain() -> str:
    return _fingerprint()[:16]


@cache
def _fingerprint() -> str:
    """What every kernel depends on: the generators, the compiler, the machine."""
    from importlib.metadata import version

    target = host_target()
    parts = [
        _hash_sources(Path(__file__).parent),
        version("numba"),
        version("llvmlite"),
        target.cpu,
        target.features,
        sys.platform,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _hash_sources(folder: Path) -> str:
    """A hash of the Python files in a folder: their names and texts."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
