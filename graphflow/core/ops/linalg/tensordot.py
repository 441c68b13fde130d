"""Products of tensors along pairs of axes, as one product of matrices."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .matmul import matmul

_INTEGERS = (int, np.integer)


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """The sum of products of `a` and `b` along pairs of axes.

    Args:
      a: numbers.
      b: the same type.
      axes: `[a_axes, b_axes]`, ints or lists of equal length; or a number n, for the last n axes
        of `a` and the first n of `b`; or an int32 tensor of shape [2, k].
      name: the name of the scope.

    Returns:
      A tensor with the other axes of `a`, then those of `b`.

    Raises:
      ValueError: the axes are none of these, or do not fit.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        a_axes, b_axes = _pairs_of_axes(a, axes)
        left, a_free, a_static = _as_matrix(a, a_axes, summed_first=False)
        right, b_free, b_static = _as_matrix(b, b_axes, summed_first=True)
        product = matmul(left, right)
        if isinstance(a_free, list) and isinstance(b_free, list):
            sizes = a_free + b_free
            if product.shape.is_fully_defined() and product.shape.as_list() == sizes:
                return product
            result: Tensor = ops.array.reshape(product, sizes, name=scope)
            return result
        a_free = convert_to_tensor(a_free, dtype=dtypes.int32)
        b_free = convert_to_tensor(b_free, dtype=dtypes.int32)
        result = ops.array.reshape(product, ops.array.concat([a_free, b_free], 0), name=scope)
        if a_static is not None and b_static is not None:
            result.set_shape(a_static + b_static)
        return result


def _pairs_of_axes(a: Tensor, axes: Any) -> tuple[Any, Any]:
    if isinstance(axes, _INTEGERS):
        return _last_and_first(a, int(axes))
    if not isinstance(axes, list | tuple):
        tensor = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
        return tensor[0], tensor[1]
    if len(axes) != 2:
        raise ValueError(f"'axes' must be an integer or have length 2, got {axes}.")
    a_axes, b_axes = axes
    if isinstance(a_axes, _INTEGERS) and isinstance(b_axes, _INTEGERS):
        a_axes, b_axes = [a_axes], [b_axes]
    if len(a_axes) != len(b_axes):
        raise ValueError(
            f"Different number of contraction axes 'a' and 'b', {len(a_axes)} != {len(b_axes)}."
        )
    return a_axes, b_axes


def _last_and_first(a: Tensor, count: int) -> tuple[Any, Any]:
    if count < 0:
        raise ValueError(f"'axes' must be at least 0, got {count}.")
    rank = a.shape.ndims
    if rank is None:
        in_run = ops.array.rank(a)
        return ops.array.range(in_run - count, in_run), ops.array.range(count)
    if count > rank:
        raise ValueError(
            f"'axes' must not be larger than the number of dimensions of tensor {a}, got {count}."
        )
    return list(builtins.range(rank - count, rank)), list(builtins.range(count))


def _as_matrix(x: Tensor, axes: Any, summed_first: bool) -> tuple[Tensor, Any, Any]:
    """`x` as a matrix of its free and its summed axes; the free sizes, and what is known of them
    before a run."""
    if x.shape.is_fully_defined() and isinstance(axes, list | tuple):
        return _as_matrix_of_known_shape(x, axes, summed_first)
    static = None
    shape = ops.array.shape(x)
    if x.shape.ndims is not None and isinstance(axes, list | tuple):
        summed, others = _split_axes(x.shape.ndims, axes)
        static = [x.shape.as_list()[i] for i in others]
        axes = convert_to_tensor(summed, dtype=dtypes.int32, name="axes")
        free = convert_to_tensor(others, dtype=dtypes.int32, name="free")
    else:
        rank = ops.array.rank(x)
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = ops.elementwise.select_v2(axes >= 0, axes, axes + rank)
        free, _ = ops.array.setdiff1d(ops.array.range(rank), axes)
    free_sizes = ops.array.gather(shape, free)
    sizes = [
        ops.reduction.reduce_prod(free_sizes),
        ops.reduction.reduce_prod(ops.array.gather(shape, axes)),
    ]
    order = [free, axes]
    if summed_first:
        order, sizes = order[::-1], sizes[::-1]
    moved = ops.array.transpose(x, ops.array.concat(order, 0))
    return ops.array.reshape(moved, ops.array.stack(sizes)), free_sizes, static


def _split_axes(rank: int, axes: Sequence[int]) -> tuple[list[int], list[int]]:
    summed = [int(i) if i >= 0 else int(i) + rank for i in axes]
    return summed, [i for i in builtins.range(rank) if i not in summed]


def _as_matrix_of_known_shape(
    x: Tensor, axes: Sequence[int], summed_first: bool
) -> tuple[Tensor, list[int], list[int]]:
    sizes: list[Any] = x.shape.as_list()
    summed, free = _split_axes(len(sizes), axes)
    free_sizes = [sizes[i] for i in free]
    target = [math.prod(free_sizes), math.prod(sizes[i] for i in summed)]
    order = free + summed
    if summed_first:
        order, target = summed + free, target[::-1]
    if order != list(builtins.range(len(sizes))):
        x = ops.array.transpose(x, order)
    if x.shape.as_list() != target:
        x = ops.array.reshape(x, target)
    return x, free_sizes, free_sizes
