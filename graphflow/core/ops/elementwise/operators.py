"""The operators of Tensor: `+ - * / // % ** @ & | ^ ~ < <= > >= abs -`.

A number beside a tensor takes the tensor's type when its own value fits it; two tensors must be of
one type. Nodes are named `add`, `mul/y`, `truediv/Cast`... as TF names them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ops
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import IndexedSlices, SparseTensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor, overload_operator
from .arithmetic import _add, multiply, negative, subtract
from .comparison import greater, greater_equal, less, less_equal
from .division import div, floordiv, floormod, truediv
from .logical import logical_and, logical_not, logical_or, logical_xor
from .magnitude import abs
from .powers import pow
from .sparse_dense import multiply_by_sparse

Binary = Callable[..., Any]


def _overload_binary(name: str, function: Binary) -> None:
    """Gives Tensor `__name__` and `__rname__`."""

    def forward(x: Any, y: Any) -> Any:
        with name_scope(None, name, [x, y]) as scope:
            if not isinstance(y, Tensor | SparseTensor):
                try:
                    y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
                except TypeError:
                    # An object that knows tensors may have the operator itself.
                    if hasattr(type(y), f"__r{name}__"):
                        return NotImplemented
                    raise
            return function(x, y, name=scope)

    def backward(y: Any, x: Any) -> Any:
        with name_scope(None, name, [x, y]) as scope:
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
            return function(x, y, name=scope)

    overload_operator(f"__{name}__", forward)
    overload_operator(f"__r{name}__", backward)


def _multiply(x: Tensor, y: Any, name: str) -> Any:
    if isinstance(y, SparseTensor):
        return multiply_by_sparse(x, y, name)
    return multiply(x, y, name)


def _matmul(x: Any, y: Any, name: str) -> Any:
    return ops.linalg.matmul(x, y, name=name)


_overload_binary("add", _add)
_overload_binary("sub", subtract)
_overload_binary("mul", _multiply)
_overload_binary("div", div)
_overload_binary("truediv", truediv)
_overload_binary("floordiv", floordiv)
_overload_binary("mod", floormod)
_overload_binary("pow", pow)
_overload_binary("and", logical_and)
_overload_binary("or", logical_or)
_overload_binary("xor", logical_xor)
_overload_binary("matmul", _matmul)


def _negate_slices(slices: IndexedSlices) -> IndexedSlices:
    return IndexedSlices(-slices.values, slices.indices, slices.dense_shape)


overload_operator("__neg__", _negate_slices, IndexedSlices)
overload_operator("__lt__", less)
overload_operator("__le__", less_equal)
overload_operator("__gt__", greater)
overload_operator("__ge__", greater_equal)
overload_operator("__neg__", negative)
overload_operator("__abs__", abs)
overload_operator("__invert__", logical_not)
