"""How often each class was taken for each other one."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .reduce import reduce_all, reduce_max


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """Counts pairs of true and predicted classes.

    Args:
      labels: integers, a vector (or a matrix of one column) of true classes.
      predictions: integers, the predicted class of each.
      num_classes: how many classes there are; by default the largest one + 1.
      dtype: the type of the result.
      name: the name of the scope.
      weights: numbers to be added up for each pair, in place of 1.

    Returns:
      A matrix: row i, column j counts labels i that were predicted as j.

    Raises:
      ValueError: shapes are known and do not fit.
      InvalidArgumentError: in a run, of a class that is negative or not below `num_classes`.
    """
    with name_scope(name, "confusion_matrix", [predictions, labels, num_classes, weights]):
        labels = convert_to_tensor(labels, name="labels")
        predictions = convert_to_tensor(predictions, name="predictions")
        labels, predictions = _same_rank(labels, predictions)
        labels = _checked(ops.elementwise.cast(labels, dtypes.int64), "labels", num_classes)
        predictions = _checked(
            ops.elementwise.cast(predictions, dtypes.int64), "predictions", num_classes
        )
        if num_classes is None:
            largest = ops.elementwise.maximum(reduce_max(predictions), reduce_max(labels))
            num_classes = largest + 1
        if weights is None:
            values = ops.array.ones_like(predictions, dtype)
        else:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            values = ops.elementwise.cast(weights, dtype)
        shape = ops.elementwise.cast(ops.array.stack([num_classes, num_classes]), dtypes.int64)
        pairs = ops.array.stack([labels, predictions], axis=1)
        tensor: Tensor = ops.array.scatter_nd(pairs, values, shape)
        return tensor


def _same_rank(labels: Tensor, predictions: Tensor) -> tuple[Tensor, Tensor]:
    """Without the last axis of the one that has an axis more, of size 1."""
    if labels.shape.ndims is None or predictions.shape.ndims is None:
        # both are vectors in the end
        return ops.array.reshape(labels, [-1]), ops.array.reshape(predictions, [-1])
    difference = predictions.shape.ndims - labels.shape.ndims
    if difference == 1:
        predictions = ops.array.squeeze(predictions, [-1])
    elif difference == -1:
        labels = ops.array.squeeze(labels, [-1])
    return labels, predictions


def _checked(classes: Any, name: str, num_classes: Any) -> Any:
    """The classes, once the run has seen that they are in range."""
    checks = [(ops.elementwise.greater_equal(classes, 0), f"`{name}` contains negative values")]
    if num_classes is not None:
        below = ops.elementwise.less(classes, ops.elementwise.cast(num_classes, dtypes.int64))
        message = f"`{name}` out of bound: Condition x < y did not hold element-wise."
        checks.append((below, message))
    for condition, message in checks:
        check = ops.control.Assert(reduce_all(condition), [message, classes])
        classes = ops.control.with_dependencies([check], classes)
    return classes
