"""Kernels by name: where one comes from (memory, disk, compiler), asked for once per process."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import cache
from .compiler import compile_function, compile_ir, load_object


@dataclass(frozen=True)
class Kernel:
    """A kernel as a plan names it.

    Attributes:
      name: of a library kernel `"module.function"` (in `kernels/`); of a generated one, what it
        shows in profiles.
      source: the LLVM IR of a generated kernel; empty for one of the library.
      argument_count: its 64-bit arguments: `lo`, `hi`, `args` for all that a plan calls.
      returns: whether it returns a word.
    """

    name: str
    source: str = ""
    argument_count: int = 3
    returns: bool = False


_addresses: dict[Kernel, int] = {}
_lock = threading.RLock()


def kernel_address(kernel: Kernel) -> int:
    """The address of a kernel's code: compiled, and cached on disk, when it is first asked for."""
    address = _addresses.get(kernel)
    if address is None:
        with _lock:
            address = _addresses.get(kernel)
            if address is None:
                address = _addresses[kernel] = _load(kernel)
    return address


def is_ready(kernel: Kernel) -> bool:
    """Whether a kernel can be used without waiting for a compiler."""
    return kernel in _addresses or cache.read_entry(_key(kernel)) is not None


def _key(kernel: Kernel) -> str:
    return cache.entry_key(kernel.source or kernel.name)


def _load(kernel: Kernel) -> int:
    key = _key(kernel)
    code = cache.read_entry(key)
    if code is not None:
        try:
            return load_object(code)
        except ValueError:
            pass  # an entry of another machine under our name: made anew below
    code = _compile(kernel)
    cache.write_entry(key, code)
    return load_object(code)


def _compile(kernel: Kernel) -> bytes:
    if kernel.source:
        return compile_ir(kernel.source)
    return compile_function(_function(kernel.name), kernel.argument_count, kernel.returns)


def _function(name: str) -> Callable[..., Any]:
    module_name, _, function_name = name.rpartition(".")
    module = importlib.import_module(f".kernels.{module_name}", __package__)
    function: Callable[..., Any] = getattr(module, function_name)
    return function
