"""RandomUniform and RandomUniformInt: `tf.random_uniform`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .common import (
    FLOATS,
    INDEX,
    SEEDS,
    check_scalar,
    output_type,
    philox_of,
    random_shape,
    random_shape_with_scalars,
    shape_tensor,
    sizes_of,
)
from .numerics import distributions
from .seeds import get_seed

random_uniform_op = define_op(
    "RandomUniform",
    ["shape: T"],
    ["output: dtype"],
    [*SEEDS, f"dtype: {FLOATS}", f"T: {INDEX}"],
    random_shape,
    is_stateful=True,
)
random_uniform_op.no_grad()


@random_uniform_op.define_with_context
def random_uniform_reference(node: Any, context: Any, shape: np.ndarray) -> np.ndarray:
    return distributions.uniform(philox_of(node, context), sizes_of(shape), output_type(node))


random_uniform_int_op = define_op(
    "RandomUniformInt",
    ["shape: T", "minval: Tout", "maxval: Tout"],
    ["output: Tout"],
    [*SEEDS, f"Tout: {INDEX}", f"T: {INDEX}"],
    random_shape_with_scalars(1, 2),
    is_stateful=True,
)
random_uniform_int_op.no_grad()


@random_uniform_int_op.define_with_context
def random_uniform_int_reference(
    node: Any, context: Any, shape: np.ndarray, minval: np.ndarray, maxval: np.ndarray
) -> np.ndarray:
    check_scalar("minval", minval)
    check_scalar("maxval", maxval)
    philox = philox_of(node, context)
    sizes = sizes_of(shape)
    return distributions.uniform_int(philox, sizes, output_type(node), int(minval), int(maxval))


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Numbers from [minval, maxval), all equally likely.

    Args:
      shape: int32 or int64 vector.
      minval: scalar of type `dtype`.
      maxval: scalar of type `dtype`; 1 for floating types, and required for integers.
      dtype: float16, bfloat16, float32, float64, int32 or int64.
      seed: the op's seed.
      name: the node's name.

    Returns:
      The numbers. Integers are slightly biased unless `maxval - minval` is a power of two. As in
      TF 2, and unlike TF1, a range that starts at Python's 0 needs no sum, and [0, 1) no product.

    Raises:
      ValueError: the type is none of these, or an integer type has no `maxval`.
    """
    dtype = uniform_type(dtype, maxval)
    maxval = 1 if maxval is None else maxval
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        from_zero, to_one = (isinstance(b, int) and b == i for i, b in enumerate((minval, maxval)))
        if dtype.is_integer or not (from_zero and to_one):
            minval = convert_to_tensor(minval, dtype=dtype, name="min")
            maxval = convert_to_tensor(maxval, dtype=dtype, name="max")
        seed1, seed2 = get_seed(seed)
        numbers: Tensor
        if dtype.is_integer:
            numbers = random_uniform_int_op(
                shape, minval, maxval, seed=seed1, seed2=seed2, name=scope
            )
            return numbers
        numbers = random_uniform_op(shape, dtype=dtype, seed=seed1, seed2=seed2)
        if not from_zero:
            return ops.elementwise.add(numbers * (maxval - minval), minval, name=scope)
        return numbers if to_one else ops.elementwise.multiply(numbers, maxval)


def uniform_type(dtype: Any, maxval: Any) -> dtypes.DType:
    """The type of uniform numbers.

    Raises:
      ValueError: there are none of that type, or `maxval` is None and the type an integer one.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in _UNIFORM_TYPES:
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None and dtype.is_integer:
        raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
    return dtype


_UNIFORM_TYPES = (
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
    dtypes.int32,
    dtypes.int64,
)
