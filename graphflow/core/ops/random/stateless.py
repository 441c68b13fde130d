"""Stateless random ops: the numbers are a function of a seed that is an input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .choice import drawn_classes, multinomial_shape
from .common import FLOATS, INDEX, check_scalar, output_type, random_shape, shape_tensor, sizes_of
from .numerics import distributions
from .numerics.philox import Philox, stateless_philox
from .uniform import uniform_type

_SEED_TYPE = f"Tseed: {INDEX} = DT_INT64"


def _check_seed_shape(context: ShapeContext, index: int) -> None:
    size = context.with_rank(index, 1).as_list()[0]
    if size not in (2, None):
        raise ValueError(f"Dimension must be 2 but is {size}")


def stateless_shape(context: ShapeContext) -> TensorShape:
    _check_seed_shape(context, 1)
    return random_shape(context)


def stateless_uniform_int_shape(context: ShapeContext) -> TensorShape:
    context.with_rank(2, 0)
    context.with_rank(3, 0)
    return stateless_shape(context)


def stateless_multinomial_shape(context: ShapeContext) -> TensorShape:
    _check_seed_shape(context, 2)
    return multinomial_shape(context)


def _philox(seed: np.ndarray) -> Philox:
    if seed.shape != (2,):
        raise errors.InvalidArgumentError(
            None, None, f"seed must have shape [2], not {list(seed.shape)}"
        )
    return stateless_philox(seed)


def _float_op(name: str, distribution: Callable[..., np.ndarray]) -> OpDef:
    """An op of floating point numbers that takes nothing but a shape and a seed."""
    op = define_op(
        name,
        ["shape: T", "seed: Tseed"],
        ["output: dtype"],
        [f"dtype: {FLOATS} = DT_FLOAT", f"T: {INDEX} = DT_INT32", _SEED_TYPE],
        stateless_shape,
    )
    op.no_grad()

    @op.define
    def reference(node: Any, shape: np.ndarray, seed: np.ndarray) -> np.ndarray:
        return distribution(_philox(seed), sizes_of(shape), output_type(node))

    return op


stateless_random_uniform_op = _float_op("StatelessRandomUniform", distributions.uniform)
stateless_random_normal_op = _float_op("StatelessRandomNormal", distributions.standard_normal)
stateless_truncated_normal_op = _float_op(
    "StatelessTruncatedNormal", distributions.truncated_normal
)

stateless_random_uniform_int_op = define_op(
    "StatelessRandomUniformInt",
    ["shape: T", "seed: Tseed", "minval: dtype", "maxval: dtype"],
    ["output: dtype"],
    [f"dtype: {INDEX}", f"T: {INDEX}", _SEED_TYPE],
    stateless_uniform_int_shape,
)
stateless_random_uniform_int_op.no_grad()


@stateless_random_uniform_int_op.define
def stateless_random_uniform_int_reference(
    node: Any, shape: np.ndarray, seed: np.ndarray, minval: np.ndarray, maxval: np.ndarray
) -> np.ndarray:
    check_scalar("minval", minval)
    check_scalar("maxval", maxval)
    sizes, dtype = sizes_of(shape), output_type(node)
    return distributions.uniform_int(_philox(seed), sizes, dtype, int(minval), int(maxval))


stateless_multinomial_op = define_op(
    "StatelessMultinomial",
    ["logits: T", "num_samples: int32", "seed: Tseed"],
    ["output: output_dtype"],
    ["T: realnumbertype", _SEED_TYPE, f"output_dtype: {INDEX} = DT_INT64"],
    stateless_multinomial_shape,
)
stateless_multinomial_op.no_grad()


@stateless_multinomial_op.define
def stateless_multinomial_reference(
    node: Any, logits: np.ndarray, num_samples: np.ndarray, seed: np.ndarray
) -> np.ndarray:
    return drawn_classes(_philox(seed), logits, num_samples, output_type(node))


def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Numbers from [minval, maxval), the same at each run with the same seed.

    Args:
      shape: int32 or int64 vector.
      seed: int32 or int64 vector of length 2.
      minval: scalar of type `dtype`.
      maxval: scalar of type `dtype`; 1 for floating types, and required for integers.
      dtype: float16, bfloat16, float32, float64, int32 or int64.
      name: the node's name.

    Raises:
      ValueError: the type is none of these, or an integer type has no `maxval`.
    """
    dtype = uniform_type(dtype, maxval)
    maxval = 1 if maxval is None else maxval
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        minval = convert_to_tensor(minval, dtype=dtype, name="min")
        maxval = convert_to_tensor(maxval, dtype=dtype, name="max")
        numbers: Tensor
        if dtype.is_integer:
            numbers = stateless_random_uniform_int_op(shape, seed, minval, maxval, name=scope)
            return numbers
        numbers = stateless_random_uniform_op(shape, seed, dtype=dtype)
        return ops.elementwise.add(numbers * (maxval - minval), minval, name=scope)


def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers, the same at each run with the same seed.

    Args:
      shape: int32 or int64 vector.
      seed: int32 or int64 vector of length 2.
      mean: of type `dtype`; any shape that can be broadcast.
      stddev: as `mean`.
      dtype: a floating point type.
      name: the node's name.
    """
    with name_scope(name, "stateless_random_normal", [shape, seed, mean, stddev]) as scope:
        return _moved_and_scaled(
            stateless_random_normal_op, shape, seed, mean, stddev, dtype, scope
        )


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers without tails, the same at each run with the same seed.

    Args:
      shape: int32 or int64 vector.
      seed: int32 or int64 vector of length 2.
      mean: of type `dtype`; any shape that can be broadcast.
      stddev: as `mean`; numbers two of these or more off the mean are drawn again.
      dtype: a floating point type.
      name: the node's name.
    """
    with name_scope(name, "stateless_truncated_normal", [shape, seed, mean, stddev]) as scope:
        return _moved_and_scaled(
            stateless_truncated_normal_op, shape, seed, mean, stddev, dtype, scope
        )


def _moved_and_scaled(
    op: Callable[..., Tensor],
    shape: Any,
    seed: Any,
    mean: Any,
    stddev: Any,
    dtype: Any,
    scope: str,
) -> Tensor:
    shape = shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype=dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
    return ops.elementwise.add(op(shape, seed, dtype=dtype) * stddev, mean, name=scope)


def stateless_multinomial(
    logits: Any,
    num_samples: Any,
    seed: Any,
    output_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Classes drawn with softmax(logits). Deprecated name of `stateless_categorical`.

    Args:
      logits: [batch, classes], unnormalized logarithms of probabilities.
      num_samples: int32 scalar, how many to draw for each row.
      seed: int32 or int64 vector of length 2.
      output_dtype: int32 or int64.
      name: the name scope of the node.

    Returns:
      [batch, num_samples].
    """
    with name_scope(name, "stateless_multinomial", [logits, seed]):
        return _draw_classes(logits, num_samples, seed, output_dtype)


def stateless_categorical(
    logits: Any,
    num_samples: Any,
    seed: Any,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Classes drawn with softmax(logits), the same at each run with the same seed.

    Args:
      logits: [batch, classes], unnormalized logarithms of probabilities.
      num_samples: int32 scalar, how many to draw for each row.
      seed: int32 or int64 vector of length 2.
      dtype: int32 or int64.
      name: the name scope of the node.

    Returns:
      [batch, num_samples].
    """
    with name_scope(name, "stateless_categorical", [logits, seed]):
        return _draw_classes(logits, num_samples, seed, dtype)


def _draw_classes(logits: Any, num_samples: Any, seed: Any, dtype: Any) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    classes: Tensor = stateless_multinomial_op(logits, num_samples, seed, output_dtype=dtype)
    return classes
