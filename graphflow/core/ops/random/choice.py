"""Random choices of what is there: RandomShuffle, Multinomial, random crops."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .common import INDEX, SEEDS, output_type, philox_of
from .numerics import permutation
from .numerics.philox import Philox
from .seeds import get_seed
from .uniform import random_uniform

# --- RandomShuffle --------------------------------------------------------------------------------

random_shuffle_op = define_op(
    "RandomShuffle",
    ["value: T"],
    ["output: T"],
    [*SEEDS, "T: type"],
    same_as_input,
    is_stateful=True,
)


@random_shuffle_op.define_with_context
def random_shuffle_reference(node: Any, context: Any, value: np.ndarray) -> np.ndarray:
    return permutation.shuffle(philox_of(node, context), value)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """The rows of `value` (its parts along the first dimension) in random order.

    There is no gradient, as in TF1: asking for one is an error.

    Args:
      value: any tensor.
      seed: the op's seed.
      name: the node's name.
    """
    seed1, seed2 = get_seed(seed)
    shuffled: Tensor = random_shuffle_op(value, seed=seed1, seed2=seed2, name=name)
    return shuffled


# --- Multinomial ----------------------------------------------------------------------------------


def multinomial_shape(context: ShapeContext) -> TensorShape:
    logits = context.with_rank(0, 2)
    context.with_rank(1, 0)
    samples = context.constant(1)
    return TensorShape([logits.as_list()[0], None if samples is None else int(samples)])


multinomial_op = define_op(
    "Multinomial",
    ["logits: T", "num_samples: int32"],
    ["output: output_dtype"],
    [*SEEDS, "T: realnumbertype", f"output_dtype: {INDEX} = DT_INT64"],
    multinomial_shape,
    is_stateful=True,
)
multinomial_op.no_grad()


@multinomial_op.define_with_context
def multinomial_reference(
    node: Any, context: Any, logits: np.ndarray, num_samples: np.ndarray
) -> np.ndarray:
    return drawn_classes(philox_of(node, context), logits, num_samples, output_type(node))


def drawn_classes(
    philox: Philox, logits: np.ndarray, num_samples: np.ndarray, dtype: np.dtype[Any]
) -> np.ndarray:
    """Checks run-time arguments and draws.

    Raises:
      InvalidArgumentError: a rank is wrong, there is no class, or the number is negative.
    """
    if logits.ndim != 2:
        raise _invalid(f"logits should be a matrix, got shape {list(logits.shape)}")
    if num_samples.ndim:
        raise _invalid(f"num_samples should be a scalar, got shape {list(num_samples.shape)}")
    if num_samples < 0:
        raise _invalid(f"num_samples should be nonnegative, got {num_samples}")
    if not logits.shape[1]:
        raise _invalid("num_classes should be positive, got 0")
    return permutation.multinomial(philox, logits, int(num_samples), dtype)


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Classes drawn with the probabilities softmax(logits). Deprecated name of `categorical`.

    Args:
      logits: [batch, classes], unnormalized logarithms of probabilities.
      num_samples: int32 scalar, how many to draw for each row.
      seed: the op's seed.
      name: the name scope of the node.
      output_dtype: int32 or int64, the default.

    Returns:
      [batch, num_samples].
    """
    with name_scope(name, "multinomial", [logits]):
        return _draw_classes(logits, num_samples, output_dtype, seed)


def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Classes drawn with the probabilities softmax(logits).

    Args:
      logits: [batch, classes], unnormalized logarithms of probabilities.
      num_samples: int32 scalar, how many to draw for each row.
      dtype: int32 or int64, the default.
      seed: the op's seed.
      name: the name scope of the node.

    Returns:
      [batch, num_samples].
    """
    with name_scope(name, "categorical", [logits]):
        return _draw_classes(logits, num_samples, dtype, seed)


def _draw_classes(logits: Any, num_samples: Any, dtype: Any, seed: int | None) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    seed1, seed2 = get_seed(seed)
    classes: Tensor = multinomial_op(
        logits, num_samples, seed=seed1, seed2=seed2, output_dtype=dtype
    )
    return classes


# --- crops ----------------------------------------------------------------------------------------


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A block of `value` at a random place.

    Args:
      value: any tensor.
      size: int32 vector, one entry for each dimension; a whole dimension is kept by giving its
        size.
      seed: the op's seed.
      name: the node's name.

    Returns:
      A tensor of shape `size`. The run fails with InvalidArgumentError where `value` is smaller.
    """
    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        shape = ops.array.shape(value)
        check = ops.control.Assert(
            ops.reduction.reduce_all(shape >= size),
            ["Need value.shape >= size, got ", shape, size],
            summarize=1000,
        )
        shape = ops.control.with_dependencies([check], shape)
        limit = shape - size + 1
        anywhere = random_uniform(
            ops.array.shape(shape), maxval=size.dtype.max, dtype=size.dtype, seed=seed
        )
        return ops.array.slice(value, anywhere % limit, size, name=scope)
