"""What the random ops have in common: where their shape comes from, and their generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape, dimension_value
from ...graph.conversion import convert_to_tensor
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .numerics.philox import Philox

# Pieces of signatures.
SEEDS = ("seed: int = 0", "seed2: int = 0")
FLOATS = "{half, bfloat16, float, double}"
INDEX = "{int32, int64}"


def random_shape(context: ShapeContext) -> TensorShape:
    """One output, of the shape that the first input spells."""
    context.with_rank(0, 1)
    return context.constant_shape(0)


def random_shape_with_scalars(*indices: int) -> Any:
    """As `random_shape`; the inputs at these positions are scalars."""

    def shape(context: ShapeContext) -> TensorShape:
        for index in indices:
            context.with_rank(index, 0)
        return random_shape(context)

    return shape


def samples_shape(context: ShapeContext) -> TensorShape:
    """The shape that the first input spells, then that of the second input."""
    return random_shape(context).concatenate(context.shape(1))


def shape_tensor(shape: Any) -> Tensor:
    """A shape argument as an int32 or int64 vector; Dimensions count as what they hold."""
    dtype = None
    if isinstance(shape, tuple | list):
        shape = [dimension_value(size) for size in shape]
        dtype = None if shape else dtypes.int32
    return convert_to_tensor(shape, dtype=dtype, name="shape")


def sizes_of(shape: np.ndarray) -> Sequence[int]:
    """The sizes in a run-time shape.

    Raises:
      InvalidArgumentError: it is no vector, or a size is negative.
    """
    if shape.ndim != 1:
        raise errors.InvalidArgumentError(
            None, None, f"shape must be a vector of {{int32,int64}}, got shape {list(shape.shape)}"
        )
    sizes: list[int] = shape.tolist()
    for size in sizes:
        if size < 0:
            raise errors.InvalidArgumentError(None, None, f"Dimension {size} must be >= 0")
    return sizes


def check_scalar(name: str, value: np.ndarray) -> None:
    """Checks a run-time argument.

    Raises:
      InvalidArgumentError: it is no scalar.
    """
    if value.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"{name} must be 0-D, got shape {list(value.shape)}"
        )


def philox_of(node: Any, context: Any) -> Philox:
    """The generator of a node, which goes on from run to run of its session."""
    philox: Philox = context.op_state(node, lambda: Philox(node.attrs["seed"], node.attrs["seed2"]))
    return philox


def output_type(node: Any) -> np.dtype[Any]:
    """The NumPy type of a node's output."""
    return np.dtype(node.output_dtypes[0].as_numpy_dtype)
