"""RandomStandardNormal, TruncatedNormal and ParameterizedTruncatedNormal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .common import (
    FLOATS,
    INDEX,
    SEEDS,
    output_type,
    philox_of,
    random_shape,
    shape_tensor,
    sizes_of,
)
from .numerics import distributions
from .numerics import parameterized_truncated_normal as parameterized
from .seeds import get_seed

_SIGNATURE: dict[str, Any] = {
    "inputs": ["shape: T"],
    "outputs": ["output: dtype"],
    "attrs": [*SEEDS, f"dtype: {FLOATS}", f"T: {INDEX}"],
    "shape": random_shape,
    "is_stateful": True,
}

random_standard_normal_op = define_op("RandomStandardNormal", **_SIGNATURE)
random_standard_normal_op.no_grad()
truncated_normal_op = define_op("TruncatedNormal", **_SIGNATURE)
truncated_normal_op.no_grad()


@random_standard_normal_op.define_with_context
def random_standard_normal_reference(node: Any, context: Any, shape: np.ndarray) -> np.ndarray:
    philox = philox_of(node, context)
    return distributions.standard_normal(philox, sizes_of(shape), output_type(node))


@truncated_normal_op.define_with_context
def truncated_normal_reference(node: Any, context: Any, shape: np.ndarray) -> np.ndarray:
    philox = philox_of(node, context)
    return distributions.truncated_normal(philox, sizes_of(shape), output_type(node))


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers.

    Args:
      shape: int32 or int64 vector.
      mean: of type `dtype`; any shape that can be broadcast.
      stddev: as `mean`.
      dtype: a floating point type.
      seed: the op's seed.
      name: the node's name.
    """
    with name_scope(name, "random_normal", [shape, mean, stddev]) as scope:
        return _moved_and_scaled(random_standard_normal_op, shape, mean, stddev, dtype, seed, scope)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers, those two deviations or more off the mean drawn again.

    Args:
      shape: int32 or int64 vector.
      mean: of type `dtype`; any shape that can be broadcast.
      stddev: as `mean`; the deviation before the tails are cut.
      dtype: a floating point type.
      seed: the op's seed.
      name: the node's name.
    """
    with name_scope(name, "truncated_normal", [shape, mean, stddev]) as scope:
        return _moved_and_scaled(truncated_normal_op, shape, mean, stddev, dtype, seed, scope)


def _moved_and_scaled(
    op: Callable[..., Tensor],
    shape: Any,
    mean: Any,
    stddev: Any,
    dtype: Any,
    seed: int | None,
    scope: str,
) -> Tensor:
    shape = shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype=dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
    seed1, seed2 = get_seed(seed)
    numbers = op(shape, dtype=dtype, seed=seed1, seed2=seed2)
    return ops.elementwise.add(numbers * stddev, mean, name=scope)


# --- ParameterizedTruncatedNormal -----------------------------------------------------------------


def parameterized_truncated_normal_shape(context: ShapeContext) -> TensorShape:
    for index in range(1, 5):
        context.shape(index).with_rank_at_most(1)
    return random_shape(context)


parameterized_truncated_normal_op = define_op(
    "ParameterizedTruncatedNormal",
    ["shape: T", "means: dtype", "stdevs: dtype", "minvals: dtype", "maxvals: dtype"],
    ["output: dtype"],
    [*SEEDS, f"dtype: {FLOATS}", f"T: {INDEX}"],
    parameterized_truncated_normal_shape,
    is_stateful=True,
)
parameterized_truncated_normal_op.no_grad()


@parameterized_truncated_normal_op.define_with_context
def parameterized_truncated_normal_reference(
    node: Any, context: Any, shape: np.ndarray, *parameters: np.ndarray
) -> np.ndarray:
    philox = philox_of(node, context)
    return parameterized.parameterized_truncated_normal(philox, sizes_of(shape), *parameters)


def parameterized_truncated_normal(
    shape: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers between bounds, which may differ from row to row.

    Args:
      shape: int32 or int64 vector.
      means, stddevs, minvals, maxvals: of type `dtype`; scalars, or vectors of length shape[0].
      dtype: a floating point type.
      seed: the op's seed.
      name: the name scope of the nodes.
    """
    values = [means, stddevs, minvals, maxvals]
    names = ["means", "stddevs", "minvals", "maxvals"]
    with name_scope(name, "parameterized_truncated_normal", [shape, *values]):
        shape = shape_tensor(shape)
        parameters = [convert_to_tensor(v, dtype=dtype, name=n) for v, n in zip(values, names)]
        seed1, seed2 = get_seed(seed)
        numbers: Tensor = parameterized_truncated_normal_op(
            shape, *parameters, seed=seed1, seed2=seed2
        )
        return numbers
