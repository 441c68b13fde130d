"""Losses that compare predictions with labels of the same shape, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.base.deprecation import deprecated_argument_lookup
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.scopes import control_dependencies, name_scope
from ..core.graph.tensor import Tensor
from .collection import add_loss
from .weighting import (
    Reduction,
    assert_broadcastable,
    compute_weighted_loss,
    number_present,
)

_DEFAULT = Reduction.SUM_BY_NONZERO_WEIGHTS


def given(**tensors: Any) -> None:
    """Refuses arguments that are None.

    Raises:
      ValueError: one is.
    """
    for name, value in tensors.items():
        if value is None:
            raise ValueError(f"{name} must not be None.")


def _compared(
    measure: Callable[[Tensor, Tensor], Tensor],
    scope_name: str,
    labels: Any,
    predictions: Any,
    weights: Any,
    scope: Any,
    loss_collection: Any,
    reduction: str,
) -> Tensor:
    """The weighted loss of a measure of predictions and labels, both as float32."""
    with name_scope(scope, scope_name, [predictions, labels, weights]) as entered:
        predictions = ops.elementwise.cast(predictions, dtypes.float32)
        labels = ops.elementwise.cast(labels, dtypes.float32)
        predictions.shape.assert_is_compatible_with(labels.shape)
        losses = measure(predictions, labels)
        return compute_weighted_loss(losses, weights, entered, loss_collection, reduction)


def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """`|predictions - labels|`, weighted and reduced.

    Args:
      labels: what is true; computed with as float32.
      predictions: of the same shape.
      weights: a scalar, or of the losses' rank with sizes of 1 or those of the losses.
      scope: the name scope of the nodes.
      loss_collection: where the loss is kept; None for nowhere.
      reduction: one of `tf.losses.Reduction`.

    Returns:
      A float32 scalar; with `Reduction.NONE` a loss for each element.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(labels=labels, predictions=predictions)

    def measure(x: Tensor, y: Tensor) -> Tensor:
        return ops.elementwise.abs(ops.elementwise.subtract(x, y))

    rest = (labels, predictions, weights, scope, loss_collection, reduction)
    return _compared(measure, "absolute_difference", *rest)


def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
    dim: int | None = None,
) -> Tensor:
    """`1 - sum(predictions * labels)` along an axis along which both have length 1.

    Args:
      axis: along which the vectors lie.
      dim: the same.
      labels, predictions, weights, scope, loss_collection, reduction: as for
        `absolute_difference`.

    Returns:
      As `absolute_difference`.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    given(labels=labels, predictions=predictions)

    def measure(x: Tensor, y: Tensor) -> Tensor:
        products = ops.elementwise.multiply(x, y)
        distance: Tensor = 1 - ops.reduction.reduce_sum(products, (axis,), keepdims=True)
        return distance

    rest = (labels, predictions, weights, scope, loss_collection, reduction)
    return _compared(measure, "cosine_distance_loss", *rest)


def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """`max(0, 1 - t * logits)` for t = 1 where a label is 1, and -1 where it is 0.

    Args:
      labels: 0 or 1.
      logits: above 0 for 1, below for 0.
      weights, scope, loss_collection, reduction: as for `absolute_difference`.

    Returns:
      As `absolute_difference`.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(labels=labels, logits=logits)

    def measure(x: Tensor, y: Tensor) -> Tensor:
        ones = ops.array.ones_like(y)
        signs = ops.elementwise.subtract(2 * y, ones)
        return ops.nn.relu(ops.elementwise.subtract(ones, ops.elementwise.multiply(signs, x)))

    rest = (labels, logits, weights, scope, loss_collection, reduction)
    return _compared(measure, "hinge_loss", *rest)


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """Half the squared error up to `delta`, and on from there in a straight line (Huber, 1964).

    Args:
      delta: where the square ends.
      labels, predictions, weights, scope, loss_collection, reduction: as for
        `absolute_difference`.

    Returns:
      As `absolute_difference`.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(labels=labels, predictions=predictions)

    def measure(x: Tensor, y: Tensor) -> Tensor:
        error = ops.elementwise.abs(ops.elementwise.subtract(x, y))
        square = ops.elementwise.minimum(error, delta)
        line = ops.elementwise.subtract(error, square)
        half = convert_to_tensor(0.5, dtype=square.dtype)
        return ops.elementwise.add(
            ops.elementwise.multiply(half, ops.elementwise.multiply(square, square)),
            ops.elementwise.multiply(delta, line),
        )

    rest = (labels, predictions, weights, scope, loss_collection, reduction)
    return _compared(measure, "huber_loss", *rest)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """`-labels log(predictions) - (1 - labels) log(1 - predictions)`.

    Args:
      epsilon: is added to what logarithms are taken of.
      labels, predictions, weights, scope, loss_collection, reduction: as for
        `absolute_difference`.

    Returns:
      As `absolute_difference`.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(labels=labels, predictions=predictions)

    def measure(x: Tensor, y: Tensor) -> Tensor:
        of_one = ops.elementwise.multiply(y, ops.elementwise.log(x + epsilon))
        of_zero = ops.elementwise.multiply(1 - y, ops.elementwise.log(1 - x + epsilon))
        losses: Tensor = -of_one - of_zero
        return losses

    rest = (labels, predictions, weights, scope, loss_collection, reduction)
    return _compared(measure, "log_loss", *rest)


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """`(predictions - labels) ** 2`, weighted and reduced.

    Args:
      labels, predictions, weights, scope, loss_collection, reduction: as for
        `absolute_difference`.

    Returns:
      As `absolute_difference`.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(labels=labels, predictions=predictions)
    rest = (labels, predictions, weights, scope, loss_collection, reduction)
    return _compared(ops.elementwise.squared_difference, "mean_squared_error", *rest)


def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
) -> Tensor:
    """The mean of `((p_i - p_j) - (l_i - l_j)) ** 2` over the pairs of elements of each example.

    Args:
      labels: [batch, ...], l.
      predictions: [batch, ...], p.
      weights: a scalar, [batch, 1, ...], or of the shape of `labels`.
      scope, loss_collection: as for `absolute_difference`.

    Returns:
      A float32 scalar: the sum over the batch.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(labels=labels, predictions=predictions)
    name = "mean_pairwise_squared_error"
    with name_scope(scope, name, [predictions, labels, weights]):
        weights = ops.elementwise.cast(weights, dtypes.float32)
        labels = ops.elementwise.cast(labels, dtypes.float32)
        with control_dependencies([assert_broadcastable(weights, labels)]):
            predictions = ops.elementwise.cast(predictions, dtypes.float32)
            predictions.shape.assert_is_compatible_with(labels.shape)
            difference = ops.elementwise.subtract(predictions, labels)
            axes = ops.array.range(1, ops.array.rank(difference))
            squares = ops.reduction.reduce_sum(
                ops.elementwise.square(difference), axes, keepdims=True
            )
            count = number_present(difference, weights, per_batch=True)
            own = 2.0 * ops.elementwise.div_no_nan(
                squares, ops.elementwise.maximum(count - 1, 0), name="value"
            )
            total = ops.reduction.reduce_sum(difference, axes, keepdims=True)
            pairs = ops.elementwise.maximum(ops.elementwise.multiply(count, count - 1), 0)
            mixed = 2.0 * ops.elementwise.div_no_nan(
                ops.elementwise.square(total), pairs, name="value"
            )
            loss = ops.reduction.reduce_sum(ops.elementwise.multiply(own - mixed, weights))
            mean: Tensor = ops.array.where(
                ops.reduction.reduce_sum(count) > 0, loss, ops.array.zeros_like(loss), name="value"
            )
            add_loss(mean, loss_collection)
    return mean
