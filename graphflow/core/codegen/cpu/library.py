"""Kernels by name: where one comes from (memory, disk, compiler), asked for once per process."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
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


# The entry points of the interpreter of plan tables, `kernels/plan_table.py`.
RESET = Kernel("plan_table.reset", argument_count=2)
PUBLISH = Kernel("plan_table.publish", argument_count=4)
RUN_PLAN = Kernel("plan_table.run_plan", argument_count=4)
RUN_ALONE = Kernel("plan_table.run_alone", argument_count=1)
WORK = Kernel("plan_table.work", argument_count=4, returns=True)
PLAN_KERNELS = (RESET, PUBLISH, RUN_PLAN, RUN_ALONE, WORK)

_addresses: dict[Kernel, int] = {}
_PARAMETERS = ("lo", "hi", "args")
_lock = threading.RLock()

if hasattr(os, "register_at_fork"):  # the lock of a thread that a child has not would stay locked
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


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


def is_cached(kernel: Kernel) -> bool:
    """Whether a kernel seems to be in the cache: `is_ready` for a moment of time."""
    return kernel in _addresses or cache.has_entry(_key(kernel))


def library_kernels() -> list[Kernel]:
    """All kernels that are not generated: what `graphflow cache warm` compiles. Imports Numba."""
    found = list(PLAN_KERNELS)
    folder = importlib.import_module(".kernels", __package__)
    for module in pkgutil.iter_modules(folder.__path__):
        names = vars(importlib.import_module(f".kernels.{module.name}", __package__)).items()
        found += [Kernel(f"{module.name}.{name}") for name, value in names if _is_kernel(value)]
    return found


def _is_kernel(value: object) -> bool:
    """Whether it is a function that a plan can call; what only kernels call is Numba's already."""
    return inspect.isfunction(value) and tuple(inspect.signature(value).parameters) == _PARAMETERS


def _key(kernel: Kernel) -> str:
    return cache.entry_key(kernel.source or kernel.name)


def _load(kernel: Kernel) -> int:
    code = cache.read_entry(_key(kernel))
    return load_object(compile_into_cache(kernel) if code is None else code)


def compile_into_cache(kernel: Kernel) -> bytes:
    """Compiles a kernel, whether or not it is in the cache, and puts it there."""
    code = _compile(kernel)
    cache.write_entry(_key(kernel), code)
    return code


def _compile(kernel: Kernel) -> bytes:
    if kernel.source:
        return compile_ir(kernel.source)
    return compile_function(_function(kernel.name), kernel.argument_count, kernel.returns)


def _function(name: str) -> Callable[..., Any]:
    module_name, _, function_name = name.rpartition(".")
    module = importlib.import_module(f".kernels.{module_name}", __package__)
    function: Callable[..., Any] = getattr(module, function_name)
    return function
