"""From a loss for each element to one number: weights, and what the sum is divided by."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.operation import Operation
from ..core.graph.scopes import control_dependencies, name_scope
from ..core.graph.tensor import Tensor
from .collection import add_loss

_CANNOT = "weights can not be broadcast to values."


class Reduction:
    """What becomes of the weighted losses.

    Attributes:
      NONE: nothing.
      SUM: their sum.
      SUM_OVER_BATCH_SIZE: the sum over the number of losses.
      SUM_OVER_NONZERO_WEIGHTS: the sum over the number of losses whose weight is not 0.
      SUM_BY_NONZERO_WEIGHTS: the same.
      MEAN: the sum over the sum of the weights.
    """

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All reductions."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: str) -> None:
        """Refuses what is no reduction.

        Raises:
          ValueError: it is none.
        """
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}; there are {', '.join(cls.all())}.")


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Weights losses and reduces them to one.

    Args:
      losses: a tensor [batch, ...]; computed with as float32.
      weights: a scalar, or a tensor of the rank of `losses` whose sizes are 1 or those of `losses`.
      scope: the name scope of the nodes.
      loss_collection: where the loss is kept; None for nowhere.
      reduction: one of `tf.losses.Reduction`.

    Returns:
      A scalar of the type of `losses`; with `Reduction.NONE` the weighted losses.

    Raises:
      ValueError: `weights` is None or does not fit, or there is no such reduction.
      InvalidArgumentError: (in a run) the weights do not fit.
    """
    Reduction.validate(reduction)
    if weights is None:
        raise ValueError("weights must not be None.")
    with name_scope(scope, "weighted_loss", [losses, weights]):
        with control_dependencies([assert_broadcastable(weights, losses)]):
            losses = convert_to_tensor(losses)
            dtype = losses.dtype.base_dtype
            numbers = ops.elementwise.cast(losses, dtypes.float32)
            weights = ops.elementwise.cast(weights, dtypes.float32)
            loss = ops.elementwise.multiply(numbers, weights)
            if reduction != Reduction.NONE:
                loss = _reduced(loss, numbers, weights, reduction)
            loss = ops.elementwise.cast(loss, dtype)
            add_loss(loss, loss_collection)
    result: Tensor = loss
    return result


def _reduced(weighted: Tensor, losses: Tensor, weights: Tensor, reduction: str) -> Tensor:
    total: Tensor = ops.reduction.reduce_sum(weighted)
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        ones = ops.array.ones_like(losses)
        return _safe_mean(total, ops.reduction.reduce_sum(ones * weights))
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return _safe_mean(total, _number_of(losses))
    return _safe_mean(total, number_present(losses, weights))


def _safe_mean(total: Tensor, count: Tensor) -> Tensor:
    """0 where nothing counts."""
    total = ops.reduction.reduce_sum(total)
    return ops.elementwise.div_no_nan(total, count, name="value")


def _number_of(losses: Tensor) -> Tensor:
    with name_scope(None, "num_elements", [losses]) as scope:
        count: Tensor = ops.elementwise.cast(ops.array.size(losses, name=scope), losses.dtype)
    return count


def number_present(losses: Tensor, weights: Tensor, per_batch: bool = False) -> Tensor:
    """How many losses have a weight that is not 0.

    Args:
      losses: [batch, ...].
      weights: broadcastable to them.
      per_batch: whether to count for each of the batch, [batch, 1, ...], or all together.
    """
    with name_scope(None, "num_present", [losses, weights]) as scope:
        weights = ops.elementwise.cast(weights, dtypes.float32)
        present = ops.array.where(
            ops.elementwise.equal(weights, 0.0),
            ops.array.zeros_like(weights),
            ops.array.ones_like(weights),
        )
        present = broadcast_weights(present, losses)
        axes = ops.array.range(1, ops.array.rank(present)) if per_batch else None
        count: Tensor = ops.reduction.reduce_sum(present, axes, keepdims=per_batch, name=scope)
    return count


def without_last_of_one(tensor: Tensor, like: Tensor, surplus: int) -> Tensor:
    """A tensor without its last dimension, which is 1, if it has one too many.

    Args:
      tensor: is returned as it is where ranks are not known.
      like: another tensor.
      surplus: how many dimensions more than that are one too many.
    """
    rank, other = tensor.shape.ndims, like.shape.ndims
    if rank is None or other is None or rank - other != surplus or rank == 0:
        return tensor
    squeezed: Tensor = ops.array.squeeze(tensor, [-1])
    return squeezed


# --- weights and values that fit -----------------------------------------------------------------


def broadcast_weights(weights: Any, values: Any) -> Tensor:
    """Weights for each value.

    Args:
      weights: a scalar, or of the rank of `values` with sizes of 1 or those of `values`.
      values: a tensor.
    """
    with name_scope(None, "broadcast_weights", [weights, values]) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        known = weights.shape.is_fully_defined() and values.shape.is_fully_defined()
        if known and weights.shape.is_compatible_with(values.shape):
            same: Tensor = weights
            return same
        with control_dependencies([assert_broadcastable(weights, values)]):
            return ops.elementwise.multiply(weights, ops.array.ones_like(values), name=scope)


def assert_broadcastable(weights: Any, values: Any) -> Operation:
    """A node that fails unless weights fit values; see `broadcast_weights`.

    Raises:
      ValueError: they are known not to.
    """
    with name_scope(None, "assert_broadcastable", [weights, values]) as scope:
        with name_scope(None, "weights", [weights]) as weights_scope:
            weights = convert_to_tensor(weights, name=weights_scope)
            sizes, rank = ops.array.shape(weights, name="shape"), ops.array.rank(weights)
        with name_scope(None, "values", [values]) as values_scope:
            values = convert_to_tensor(values, name=values_scope)
            wanted, values_rank = ops.array.shape(values, name="shape"), ops.array.rank(values)
        if (fits := _known_to_fit(weights, values)) is not None:
            return ops.control.no_op(fits)
        is_scalar = ops.elementwise.equal(0, rank, name="is_scalar")

        def fits_sizes() -> Tensor:
            of_size = ops.elementwise.equal(sizes, wanted)
            return ops.reduction.reduce_all(
                ops.elementwise.logical_or(of_size, ops.elementwise.equal(sizes, 1))
            )

        def fits_rank() -> Any:
            is_same = ops.elementwise.equal(values_rank, rank, name="is_same_rank")
            return ops.control.cond(is_same, fits_sizes, lambda: is_same)

        valid = ops.control.cond(is_scalar, lambda: is_scalar, fits_rank, name="is_valid_shape")
        said = [_CANNOT, "weights.shape=", weights.name, sizes, "values.shape=", values.name]
        checked: Operation = ops.control.Assert(
            valid, [*said, wanted, "is_scalar=", is_scalar], name=scope
        )
        return checked


def _known_to_fit(weights: Tensor, values: Tensor) -> str | None:
    """TF's name of what was checked, if that can be known.

    Raises:
      ValueError: they are known not to fit.
    """
    if weights.shape.ndims == 0:
        return "static_scalar_check_success"
    if weights.shape.ndims is None or values.shape.ndims is None:
        return None
    if weights.shape.ndims != values.shape.ndims:
        raise ValueError(
            f"{_CANNOT} values.rank={values.shape.ndims}. weights.rank={weights.shape.ndims}. "
            f"values.shape={values.shape}. weights.shape={weights.shape}."
        )
    if not (weights.shape.is_fully_defined() and values.shape.is_fully_defined()):
        return None
    pairs = zip(weights.shape.as_list(), values.shape.as_list(), strict=True)
    for axis, (size, wanted) in enumerate(pairs):
        if size not in (1, wanted):
            raise ValueError(
                f"{_CANNOT} Mismatch at dim {axis}. values.shape={values.shape} "
                f"weights.shape={weights.shape}."
            )
    return "static_dims_check_success"
