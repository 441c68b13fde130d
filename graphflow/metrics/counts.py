"""Metrics that count how truths and falsehoods were predicted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.scopes import control_dependencies
from ..core.graph.tensor import Tensor
from ..core.variables.variable_scope import variable_scope
from ..debugging.ranks import assert_rank_in
from .parts import aligned, kept, metric_variable

Metric = Callable[..., tuple[Tensor, Tensor]]


def _counting(name: str, of_label: bool, of_prediction: bool) -> Metric:
    """The function that counts predictions of one kind for labels of one kind."""
    scope_name = name

    def count(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Tensor, Tensor]:
        with variable_scope(name, scope_name, [predictions, labels, weights]):
            predictions, labels, weights = _as_truths(predictions, labels, weights)
            is_counted = ops.elementwise.logical_and(
                ops.elementwise.equal(labels, of_label),
                ops.elementwise.equal(predictions, of_prediction),
            )
            total = metric_variable("count")
            values = ops.elementwise.cast(is_counted, dtypes.float32)
            if weights is not None:
                ranks = (0, ops.array.rank(values))
                with control_dependencies([assert_rank_in(weights, ranks)]):
                    weights = ops.elementwise.cast(weights, dtypes.float32)
                    values = ops.elementwise.multiply(values, weights)
            value = ops.array.identity(total)
            update = ops.state.assign_add(total, ops.reduction.reduce_sum(values))
        return kept(value, update, metrics_collections, updates_collections)

    predicted = "true" if of_prediction else "false"
    labelled = "true" if of_label else "false"
    count.__name__ = count.__qualname__ = name
    count.__doc__ = f"""The weight of all examples so far that are {labelled} and were called \
{predicted}.

    Args:
      labels: what is true; cast to bool.
      predictions: of the same shape; cast to bool.
      weights: a scalar, or of the shape of `labels`.
      metrics_collections: names of collections that the count is added to.
      updates_collections: likewise for the update.
      name: the variable scope of the local variable `count`.

    Returns:
      The count, a float32 scalar; and the same after the examples of this run were taken in.

    Raises:
      ValueError: shapes are known not to fit.
    """
    return count


def _as_truths(predictions: Any, labels: Any, weights: Any) -> tuple[Tensor, Any, Any]:
    predictions = ops.elementwise.cast(predictions, dtypes.bool)
    return aligned(predictions, ops.elementwise.cast(labels, dtypes.bool), weights)


true_positives = _counting("true_positives", True, True)
true_negatives = _counting("true_negatives", False, False)
false_positives = _counting("false_positives", False, True)
false_negatives = _counting("false_negatives", True, False)


def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """How much of what was called true is; 0 where nothing was. Arguments as `true_positives`."""
    with variable_scope(name, "precision", [predictions, labels, weights]):
        value, update = _share_of_hits(false_positives, labels, predictions, weights)
    return kept(value, update, metrics_collections, updates_collections)


def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """How much of what is true was called so; 0 where nothing is. Arguments as `true_positives`."""
    with variable_scope(name, "recall", [predictions, labels, weights]):
        value, update = _share_of_hits(false_negatives, labels, predictions, weights)
    return kept(value, update, metrics_collections, updates_collections)


def _share_of_hits(
    others: Metric, labels: Any, predictions: Any, weights: Any
) -> tuple[Tensor, Tensor]:
    """The share of the true positives among themselves and what another metric counts."""
    predictions, labels, weights = _as_truths(predictions, labels, weights)
    hits, new_hits = true_positives(labels, predictions, weights)
    rest, new_rest = others(labels, predictions, weights)
    return _share(hits, rest, "value"), _share(new_hits, new_rest, "update_op")


def _share(part: Tensor, other: Tensor, name: str) -> Tensor:
    """A part of a whole that may be nothing."""
    has_any = ops.elementwise.greater(part + other, 0)
    share = ops.elementwise.div(part, part + other)
    chosen: Tensor = ops.array.where(has_any, share, ops.array.zeros_like(share), name=name)
    return chosen
