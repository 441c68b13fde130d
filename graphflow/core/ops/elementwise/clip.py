"""Clipping: by value, and by norm, of one tensor or of many together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import IndexedSlices
from ...graph.op_def import define_op
from ...graph.scopes import colocate_with, name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..scalar_math import Scalar
from ..shape_rules import same_as_input
from .arithmetic import maximum, minimum
from .cast import cast
from .comparison import greater, less
from .logical import logical_or
from .powers import rsqrt, sqrt
from .selection import select

# --- by value -------------------------------------------------------------------------------------


clip_by_value_op = define_op(
    "ClipByValue",
    inputs=["t: T", "clip_value_min: T", "clip_value_max: T"],
    outputs=["output: T"],
    attrs=["T: numbertype"],
    shape=same_as_input,
)


@clip_by_value_op.define
def clip_by_value_reference(node: Any, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> Any:
    for bound, name in (low, "clip_value_min"), (high, "clip_value_max"):
        if bound.ndim and bound.shape != x.shape:
            raise ValueError(
                f"{name} must be a scalar or of the shape of t, {list(x.shape)}; "
                f"got {list(bound.shape)}"
            )
    return np.maximum(np.minimum(x, high), low)


@clip_by_value_op.scalar
def clip_by_value_scalar(x: Scalar, low: Scalar, high: Scalar) -> Scalar:
    return sm.maximum(sm.minimum(x, high), low)


@clip_by_value_op.grad
def clip_by_value_grad(op: Any, dy: Any) -> list[Any]:
    x, low, high = op.inputs
    zeros = ops.array.zeros_like(dy)
    below, above = less(x, low), greater(x, high)
    dx = select(logical_or(below, above), zeros, dy)
    _, dlow = sum_to_shape_of((None, select(below, dy, zeros)), x, low)
    _, dhigh = sum_to_shape_of((None, select(above, dy, zeros)), x, high)
    return [dx, dlow, dhigh]


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Values brought into [clip_value_min, clip_value_max].

    Args:
      t: Tensor or IndexedSlices.
      clip_value_min: of the type of `t`; a scalar, or what broadcasts to the shape of `t`.
      clip_value_max: the same; not below `clip_value_min`.
      name: the node's name.

    Returns:
      The same kind and shape as `t`.

    Raises:
      ValueError: a bound would make the result larger than `t`.
      TypeError: a bound is of another type.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = _values_of(t, "t")
        clipped = minimum(values, clip_value_max)
        values.shape.merge_with(clipped.shape)  # raises when the bound is larger
        clipped = maximum(clipped, clip_value_min, name=scope)
        values.shape.merge_with(clipped.shape)
        return _like(t, clipped)


def _values_of(t: Any, name: str) -> Tensor:
    return convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=name)


def _like(t: Any, values: Tensor) -> Any:
    """The new values, as IndexedSlices where `t` is."""
    if isinstance(t, IndexedSlices):
        return IndexedSlices(values, t.indices, t.dense_shape)
    return values


# --- by norm --------------------------------------------------------------------------------------


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """`t`, scaled down where its L2 norm is above `clip_norm`, so that it becomes `clip_norm`.

    Args:
      t: Tensor or IndexedSlices (whose values alone count), of floats.
      clip_norm: a positive scalar, or what broadcasts with the norms.
      axes: the axes over which a norm is taken; all of them when None.
      name: the node's name.

    Returns:
      The same kind and shape as `t`.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = _values_of(t, "t")
        square_sum = ops.reduction.reduce_sum(values * values, axes, keepdims=True)
        # sqrt has an infinite slope at 0: kept away from it, gradients stay numbers.
        is_positive = square_sum > 0
        safe = select(is_positive, square_sum, ops.array.ones_like(square_sum))
        norm = select(is_positive, sqrt(safe), square_sum)
        scaled = values * clip_norm
        values.shape.merge_with(scaled.shape)  # raises when clip_norm is larger
        clipped = ops.array.identity(scaled / maximum(norm, clip_norm), name=scope)
        return _like(t, clipped)


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """`t`, scaled down when its L2 norm divided by its size is above `clip_norm`.

    Args:
      t: a tensor of floats.
      clip_norm: a positive scalar.
      name: the node's name.
    """
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        size = cast(ops.array.size(t), dtypes.float32)
        squares = t * t
        all_axes = ops.array.range(ops.array.rank(t))
        inverse_norm = rsqrt(ops.reduction.reduce_sum(squares, all_axes))
        scaled = t * clip_norm
        inverse_average = inverse_norm * size
        clipped = scaled * minimum(inverse_average, ops.array.constant(1.0) / clip_norm)
        return ops.array.identity(clipped, name=scope)


# --- by the norm of many --------------------------------------------------------------------------


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor:
    """The L2 norm of all elements of several tensors.

    Args:
      t_list: Tensors, IndexedSlices, and None, which counts nothing.
      name: the name scope of the nodes.

    Returns:
      A scalar.

    Raises:
      TypeError: `t_list` is no sequence.
    """
    tensors = _as_list(t_list)
    with name_scope(name, "global_norm", tensors):
        halves = []
        for value in _values_of_all(tensors):
            if value is not None:
                with colocate_with(value):
                    halves.append(ops.nn.l2_loss(value))
        half = ops.reduction.reduce_sum(ops.array.stack(halves))
        norm: Tensor = sqrt(half * ops.array.constant(2.0, dtype=half.dtype), name="global_norm")
        return norm


def _as_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str | bytes):
        raise TypeError("t_list should be a sequence")
    return list(t_list)


def _values_of_all(tensors: Sequence[Any]) -> list[Tensor | None]:
    return [None if t is None else _values_of(t, f"t_{i}") for i, t in enumerate(tensors)]


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """Tensors scaled down together when their global norm is above `clip_norm`.

    Args:
      t_list: Tensors, IndexedSlices, and None, which stays None.
      clip_norm: a positive scalar.
      use_norm: the global norm, when it is known already.
      name: the name scope of the nodes.

    Returns:
      The clipped list and the global norm. If the norm is not finite, all become NaN.

    Raises:
      TypeError: `t_list` is no sequence.
    """
    tensors = _as_list(t_list)
    norm: Tensor = global_norm(tensors, name) if use_norm is None else use_norm
    with name_scope(name, "clip_by_global_norm", [*tensors, clip_norm]) as scope:
        scale = _global_scale(clip_norm, norm)
        clipped: list[Any] = []
        for index, value in enumerate(_values_of_all(tensors)):
            if value is None:
                clipped.append(None)
                continue
            with colocate_with(value):
                scaled = ops.array.identity(value * scale, name=f"{scope}_{index}")
            clipped.append(_like(tensors[index], scaled))
    return clipped, norm


def _global_scale(clip_norm: Any, norm: Any) -> Any:
    """min(clip_norm / norm, 1), or NaN when the norm is infinite or NaN."""
    one = ops.array.constant(1.0, dtype=norm.dtype)
    scale = clip_norm * minimum(1.0 / norm, one / clip_norm)
    # inf - inf is NaN, and adding 0 keeps the scale: no branch is needed.
    return scale + (norm - norm)
