"""What Numba does not need to do for functions that only kernels call.

Numba turns each function into machine code and makes it callable from Python before it is linked
into its callers. A kernel is called by none but plans, and what it calls by none but kernels: the
machine code of the parts would be thrown away, and takes a fifth of the time.

The class stands in for Numba's own while a kernel is compiled; the names that begin with an
underscore are Numba's (0.61 and later).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba import _dynfunc
from numba.core.codegen import JITCodeLibrary


class PartLibrary(JITCodeLibrary):
    """A function that is optimized, and linked into others; the last one is written."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def emit_object(self) -> bytes:
        """The machine code of a final library."""
        return bytes(self._codegen._tm.emit_object(self._final_module))


@contextmanager
def parts_only(context: Any) -> Iterator[None]:
    """Within it, Numba's target context makes parts of kernels, none of which Python can call.

    Other threads must be kept from compiling: by Numba's global compiler lock.
    """
    codegen = context.codegen()
    library_class = codegen._library_class
    codegen._library_class = PartLibrary
    context.get_executable = _placeholder
    try:
        yield
    finally:
        codegen._library_class = library_class
        del context.get_executable


def _placeholder(library: Any, function: Any, environment: Any) -> Any:
    """What Numba knows a compiled function by."""
    return _dynfunc.make_function(
        function.lookup_module(), function.qualname, "", 0, environment, (library,)
    )
