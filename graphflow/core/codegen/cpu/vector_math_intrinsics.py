"""The functions of `vector_math` for Numba kernels: `vector_exp(v)` of a vector of `simd`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.extending import intrinsic

from . import vector_math
from .emit import Emitter, Staged
from .simd import VectorType


def _intrinsic(function: Callable[[Staged], Staged]) -> Any:
    """A function on Staged values as one on float32 and float64 vectors."""

    @intrinsic
    def apply(typing_context: Any, x: Any) -> Any:
        if not (isinstance(x, VectorType) and x.is_float):
            return None
        dtype = {"f32": "float32", "f64": "float64"}[x.element]

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return function(Staged(Emitter([builder], x.lanes), arguments[0], dtype)).ir

        return x(x), emit

    return apply


vector_exp = _intrinsic(vector_math.exp)
vector_expm1 = _intrinsic(vector_math.expm1)
vector_log = _intrinsic(vector_math.log)
vector_log1p = _intrinsic(vector_math.log1p)
vector_tanh = _intrinsic(vector_math.tanh)
vector_sigmoid = _intrinsic(vector_math.sigmoid)
vector_erf = _intrinsic(vector_math.erf)
vector_sin = _intrinsic(vector_math.sin)
vector_cos = _intrinsic(vector_math.cos)
