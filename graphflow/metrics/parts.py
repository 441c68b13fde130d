"""What all metrics share: their variables, arguments of one shape, the collections of results."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.scopes import add_to_collections
from ..core.graph.tensor import Tensor
from ..core.variables.variable import Variable
from ..losses.weighting import without_last_of_one


def metric_variable(name: str) -> Any:
    """A float32 scalar that starts with 0: `tf.local_variables_initializer` sets it back."""
    return Variable(
        lambda: ops.array.zeros([], dtypes.float32),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        name=name,
    )


def aligned(predictions: Any, labels: Any, weights: Any) -> tuple[Tensor, Any, Any]:
    """Predictions, labels and weights of one rank, where ranks are known.

    Of predictions and labels the one with one dimension more loses its last; weights lose or get
    one, unless they are a scalar.

    Raises:
      ValueError: the shapes of predictions and labels are known not to fit.
    """
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels = convert_to_tensor(labels)
        predictions = without_last_of_one(predictions, labels, 1)
        labels = without_last_of_one(labels, predictions, 1)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is not None:
        weights = without_last_of_one(convert_to_tensor(weights), predictions, 1)
        rank, wanted = weights.shape.ndims, predictions.shape.ndims
        if rank and wanted is not None and rank == wanted - 1:
            weights = ops.array.expand_dims(weights, [-1])
    return predictions, labels, weights


def kept(
    value: Tensor, update: Tensor, metrics_collections: Any, updates_collections: Any
) -> tuple[Tensor, Tensor]:
    """A metric's value and update, in the collections that were asked for."""
    if metrics_collections:
        add_to_collections(metrics_collections, value)
    if updates_collections:
        add_to_collections(updates_collections, update)
    return value, update
