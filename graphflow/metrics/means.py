"""Metrics that are means: of values, of errors, of what was right."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.scopes import control_dependencies
from ..core.graph.tensor import Tensor
from ..core.variables.variable_scope import variable_scope
from ..losses.weighting import broadcast_weights
from .parts import aligned, kept, metric_variable


def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The weighted mean of all values so far.

    Args:
      values: a tensor; computed with as float32.
      weights: a scalar, or of the rank of `values` with sizes of 1 or those of `values`.
      metrics_collections: names of collections that the mean is added to.
      updates_collections: likewise for the update.
      name: the variable scope of the local variables `total` and `count`.

    Returns:
      The mean, a float32 scalar; and the same after the values of this run were taken in.

    Raises:
      ValueError: `weights` is known not to fit.
    """
    with variable_scope(name, "mean", [values, weights]):
        values = ops.elementwise.cast(values, dtypes.float32)
        total, count = metric_variable("total"), metric_variable("count")
        if weights is None:
            number = ops.elementwise.cast(ops.array.size(values), dtypes.float32)
        else:
            values, _, weights = aligned(values, None, weights)
            weights = broadcast_weights(ops.elementwise.cast(weights, dtypes.float32), values)
            values = ops.elementwise.multiply(values, weights)
            number = ops.reduction.reduce_sum(weights)
        new_total = ops.state.assign_add(total, ops.reduction.reduce_sum(values))
        with control_dependencies([values]):
            new_count = ops.state.assign_add(count, number)
        value = _quotient(total, count, "value")
        update = _quotient(new_total, new_count, "update_op")
    return kept(value, update, metrics_collections, updates_collections)


def _quotient(total: Any, count: Any, name: str) -> Tensor:
    return ops.elementwise.div_no_nan(total, ops.elementwise.maximum(count, 0), name=name)


def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """How often predictions equal labels.

    Args:
      labels: what is true.
      predictions: of the same shape.
      weights, metrics_collections, updates_collections, name: as for `mean`; the scope is
        `accuracy` by default.

    Returns:
      As `mean`.

    Raises:
      ValueError: shapes are known not to fit.
    """
    predictions, labels, weights = aligned(predictions, labels, weights)
    if labels.dtype.base_dtype != predictions.dtype.base_dtype:
        predictions = ops.elementwise.cast(predictions, labels.dtype)
    is_right = ops.elementwise.cast(ops.elementwise.equal(predictions, labels), dtypes.float32)
    return mean(is_right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean of `|predictions - labels|`; as `accuracy`."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    errors = ops.elementwise.abs(predictions - labels)
    name = name or "mean_absolute_error"
    return mean(errors, weights, metrics_collections, updates_collections, name)


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean of `(labels - predictions) ** 2`; as `accuracy`."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    errors = ops.elementwise.squared_difference(labels, predictions)
    name = name or "mean_squared_error"
    return mean(errors, weights, metrics_collections, updates_collections, name)


def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The root of `mean_squared_error`; as `accuracy`."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    name = name or "root_mean_squared_error"
    value, update = mean_squared_error(labels, predictions, weights, name=name)
    roots = ops.elementwise.sqrt(value), ops.elementwise.sqrt(update)
    return kept(*roots, metrics_collections, updates_collections)
