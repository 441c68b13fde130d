"""The kernel cache: object files on disk, named by a hash of all that their code depends on.

An entry is `<key>.o`: a checksum of 32 bytes, then the object. It is written under a temporary name
and renamed, so that two processes that compile the same kernel do no harm; one that does not match
its checksum counts as missing and is written anew. A folder that cannot be written is replaced by a
temporary one, which is said once.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path

from .target import host_target

_CHECKSUM_BYTES = 32


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
        warnings.warn(
            f"graphflow cannot write its kernel cache {folder} ({error}); this process compiles "
            f"into {replacement}. Set GRAPHFLOW_CACHE to a folder that can be written.",
            stacklevel=2,
        )
        return replacement


def read_entry(key: str) -> bytes | None:
    """The object cached under a key; None when there is none, or a damaged one."""
    try:
        data = (cache_folder() / f"{key}.o").read_bytes()
    except OSError:
        return None
    checksum, code = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    return code if hashlib.sha256(code).digest() == checksum else None


def write_entry(key: str, code: bytes) -> None:
    """Caches an object; a disk that is full or gone costs the entry, not the run."""
    folder = cache_folder()
    try:
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".tmp", delete=False) as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(file.name, folder / f"{key}.o")
    except OSError:
        return


def entry_key(source: str) -> str:
    """The name of the entry for a kernel's source (or, of a library kernel, its name)."""
    return hashlib.sha256(f"{_fingerprint()}\n{source}".encode()).hexdigest()


@cache
def _fingerprint() -> str:
    """What every kernel depends on: the generators, the compiler, the machine."""
    from importlib.metadata import version

    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    target = host_target()
    parts = [version("numba"), version("llvmlite"), target.cpu, target.features, sys.platform]
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()
