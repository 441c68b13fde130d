"""Bitcast: the bytes of a tensor read as another type."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor


def bitcast_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    source, target = context.attrs["T"].size, context.attrs["type"].size
    if given.ndims is None or source == target:
        return given
    if source > target:
        return given.concatenate([source // target])
    if given.ndims == 0 or given.as_list()[-1] not in (None, target // source):
        raise ValueError(
            f"Cannot bitcast due to shape. {given.as_list()[-1:]} does not match {target // source}"
        )
    return TensorShape(given.as_list()[:-1])


_TYPES = (
    "{bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, "
    "complex64, complex128}"
)
bitcast_op = define_op(
    "Bitcast", ["input: T"], ["output: type"], [f"T: {_TYPES}", f"type: {_TYPES}"], bitcast_shape
)
bitcast_op.no_grad()


@bitcast_op.define
def bitcast_reference(node: Any, x: np.ndarray) -> np.ndarray:
    target = np.dtype(node.attrs["type"].as_numpy_dtype)
    shape: tuple[int, ...] = x.shape
    x = np.ascontiguousarray(x).reshape(shape)
    if target.itemsize == x.itemsize:
        return x.view(target)
    if target.itemsize < x.itemsize:
        return x.reshape(*shape, 1).view(target)
    ratio = target.itemsize // x.itemsize
    if shape[-1:] != (ratio,):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Cannot bitcast from {node.attrs['T'].name} to {node.attrs['type'].name}: shape "
            f"{list(shape)}",
        )
    joined: np.ndarray = x.view(target)[..., 0]
    return joined


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """The bytes of `input` as elements of another type.

    Args:
      input: a number type.
      type: a number type; a smaller one adds a dimension at the end, a larger one takes it away.
      name: the node's name.
    """
    tensor: Tensor = bitcast_op(input, type=type, name=name)
    return tensor
