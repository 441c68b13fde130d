"""Compiling kernels leaves Numba as it was, for programs that use it themselves."""

from __future__ import annotations

import numpy as np
from numba import njit
from numba.core import registry

from graphflow.core.codegen.cpu.compiler import compile_function, load_object
from graphflow.core.codegen.cpu.simd import helper, set_word, word


@helper
def _smaller_half(a, b):
    return min(a, b) // 2


def _kernel(lo, hi, args):
    for i in range(lo, hi):
        set_word(args, i, _smaller_half(word(args, i), 100))


def test_functions_of_python_compile_after_kernels():
    assert load_object(compile_function(_kernel, 3, False))
    assert "get_executable" not in vars(registry.cpu_target.target_context)

    @njit
    def smallest(values):
        result = 1000
        for value in values:
            result = min(result, value)  # which the kernel has used, too
        return result

    assert smallest(np.array([7, 3, 5])) == 3
