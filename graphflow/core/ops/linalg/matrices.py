"""What ops on batches of matrices share: shapes, and LAPACK's number types and failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...base import errors
from ...base.tensor_shape import Dimension, TensorShape
from ...graph.shape_context import ShapeContext

LAPACK_TYPES = "{double, float, half, complex64, complex128}"


def square_matrices(context: ShapeContext, index: int = 0) -> TensorShape:
    """An input's shape, [..., n, n].

    Raises:
      ValueError: its last two sizes are known and differ.
    """
    shape = matrices(context, index)
    if shape.ndims is None:
        return shape
    rows, columns = shape.as_list()[-2:]
    if rows is not None and columns is not None and rows != columns:
        raise ValueError(f"Dimensions must be equal, but are {rows} and {columns}")
    size = rows if rows is not None else columns
    return shape[:-2].concatenate([size, size])


def matrices(context: ShapeContext, index: int = 0) -> TensorShape:
    """An input's shape, [..., m, n].

    Raises:
      ValueError: it has less than two axes.
    """
    shape = context.shape(index)
    if shape.ndims is not None and shape.ndims < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {shape.ndims}")
    return shape


def smaller(a: int | None, b: int | None) -> Dimension:
    """The smaller of two sizes; 0 and unknown ones are 0 and unknown."""
    if a == 0 or b == 0:
        return Dimension(0)
    return Dimension(None if a is None or b is None else min(a, b))


def check_square(x: np.ndarray) -> None:
    """Refuses what is no batch of square matrices.

    Raises:
      InvalidArgumentError: in TF's words.
    """
    if x.ndim < 2:
        raise errors.InvalidArgumentError(
            None, None, f"Input tensor 0 must have rank >= 2, got {x.ndim}"
        )
    if x.shape[-1] != x.shape[-2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input matrix must be square, got {x.shape[-2]} != {x.shape[-1]}",
        )


def wide(x: np.ndarray) -> np.ndarray:
    """The array in a type that LAPACK knows."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def lapack(message: str, function: Callable[..., Any], *arrays: np.ndarray, **options: Any) -> Any:
    """The function's results on arrays of LAPACK's types.

    Raises:
      InvalidArgumentError: with `message`, when LAPACK reports a failure.
    """
    try:
        return function(*(wide(x) for x in arrays), **options)
    except np.linalg.LinAlgError:
        raise errors.InvalidArgumentError(None, None, message) from None
