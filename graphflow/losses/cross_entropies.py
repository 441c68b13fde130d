"""Cross entropies of logits and labels as losses."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.scopes import name_scope
from ..core.graph.tensor import Tensor
from .distances import given
from .weighting import Reduction, compute_weighted_loss, without_last_of_one

_DEFAULT = Reduction.SUM_BY_NONZERO_WEIGHTS


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """The cross entropy of classes that do not exclude each other.

    Args:
      multi_class_labels: [batch, classes], 0 or 1.
      logits: [batch, classes].
      weights: a scalar, or of the losses' rank with sizes of 1 or those of the losses.
      label_smoothing: above 0, how far labels are moved towards 1/2.
      scope: the name scope of the nodes.
      loss_collection: where the loss is kept; None for nowhere.
      reduction: one of `tf.losses.Reduction`.

    Returns:
      A scalar of the type of `logits`; with `Reduction.NONE` a loss for each element.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(multi_class_labels=multi_class_labels, logits=logits)
    values = [logits, multi_class_labels, weights]
    with name_scope(scope, "sigmoid_cross_entropy_loss", values) as entered:
        logits = convert_to_tensor(logits)
        labels = ops.elementwise.cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = ops.nn.sigmoid_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, entered, loss_collection, reduction)


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """The cross entropy of classes of which one is right; labels have no gradient.

    Args:
      onehot_labels: [batch, classes], a distribution for each example.
      logits: [batch, classes].
      weights: a scalar, or [batch].
      label_smoothing: above 0, how far labels are moved towards `1 / classes`.
      scope, loss_collection, reduction: as for `sigmoid_cross_entropy`.

    Returns:
      A scalar of the type of `logits`; with `Reduction.NONE` the losses [batch].

    Raises:
      ValueError: an argument is None, or shapes do not fit.
    """
    given(onehot_labels=onehot_labels, logits=logits)
    values = [logits, onehot_labels, weights]
    with name_scope(scope, "softmax_cross_entropy_loss", values) as entered:
        logits = convert_to_tensor(logits)
        labels = ops.elementwise.cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = ops.elementwise.cast(ops.array.shape(labels)[-1], logits.dtype)
            labels = labels * (1.0 - label_smoothing) + label_smoothing / classes
        labels = ops.array.stop_gradient(labels, name="labels_stop_gradient")
        losses = ops.nn.softmax_cross_entropy_with_logits_v2(
            labels=labels, logits=logits, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, entered, loss_collection, reduction)


def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _DEFAULT,
) -> Tensor:
    """`softmax_cross_entropy` with the numbers of the right classes as labels.

    Args:
      labels: int32 or int64 [batch], or [batch, 1].
      logits: [batch, classes].
      weights: a scalar, [batch], or [batch, 1].
      scope, loss_collection, reduction: as for `sigmoid_cross_entropy`.

    Returns:
      As `softmax_cross_entropy`.

    Raises:
      ValueError: an argument is None, or shapes do not fit.
      InvalidArgumentError: (in a run) a label is no class.
    """
    given(labels=labels, logits=logits, weights=weights)
    values = [logits, labels, weights]
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", values) as entered:
        logits = convert_to_tensor(logits)
        labels = without_last_of_one(convert_to_tensor(labels), logits, 0)
        weights = without_last_of_one(convert_to_tensor(weights), labels, 1)
        losses = ops.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, entered, loss_collection, reduction)
