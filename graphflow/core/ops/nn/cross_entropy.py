"""The cross entropies: softmax with dense and with sparse labels, and sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import broadcast_shapes
from . import windows
from .softmax import log_softmax, shifted

_FLOATS = "T: {half, bfloat16, float, double}"


def softmax_cross_entropy_shape(context: ShapeContext) -> list[TensorShape]:
    both = broadcast_shapes(context.shape(0), context.shape(1))
    if both.ndims not in (None, 2):
        raise ValueError(f"Shape must be rank 2 but is rank {both.ndims}")
    both = both.with_rank(2)
    return [both[:1], both]


softmax_cross_entropy_with_logits_op = define_op(
    "SoftmaxCrossEntropyWithLogits",
    inputs=["features: T", "labels: T"],
    outputs=["loss: T", "backprop: T"],
    attrs=[_FLOATS],
    shape=softmax_cross_entropy_shape,
)


def _sizes(array: np.ndarray) -> str:
    """A shape as TF writes it."""
    return f"[{','.join(map(str, array.shape))}]"


@softmax_cross_entropy_with_logits_op.define
def softmax_cross_entropy_reference(
    node: Any, logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    try:
        logits, labels = np.broadcast_arrays(logits, labels)
    except ValueError:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"logits and labels must be broadcastable: logits_size={_sizes(logits)} "
            f"labels_size={_sizes(labels)}",
        ) from None
    windows.check_rank("logits and labels", logits.shape, 2)
    lowered = shifted(logits)
    powers = np.exp(lowered)
    total = powers.sum(axis=-1, keepdims=True)
    loss = (labels * (np.log(total) - lowered)).sum(axis=-1)
    return loss, powers / total - labels


@softmax_cross_entropy_with_logits_op.grad
def softmax_cross_entropy_grad(op: Any, dloss: Tensor, dbackprop: Any) -> list[Any]:
    """The kernel has the gradient of the logits ready; `dbackprop` comes from second gradients."""
    column = ops.array.expand_dims(dloss, -1)
    dlogits = column * op.outputs[1]
    logits = op.inputs[0]
    if dbackprop is not None and not _is_zeros(dbackprop):
        softmax = ops.nn.softmax(logits)
        inner = ops.linalg.matmul(dbackprop[:, None, :], softmax[:, :, None])
        dlogits = dlogits + (dbackprop - ops.array.squeeze(inner, axis=1)) * softmax
    return [dlogits, -column * log_softmax(logits)]


def _is_zeros(tensor: Tensor) -> bool:
    """Whether a gradient is the zeros that stand for an output nobody differentiated."""
    return tensor.op.type in ("Zeros", "ZerosLike") or (
        tensor.op.type in ("Const", "Fill") and _constant_is_zero(tensor)
    )


def _constant_is_zero(tensor: Tensor) -> bool:
    value = constant_value(tensor)
    return value is not None and not np.any(value)


def sparse_softmax_shape(context: ShapeContext) -> list[TensorShape]:
    logits, labels = context.with_rank(0, 2), context.with_rank(1, 1)
    batch = logits[:1].merge_with(labels)
    return [batch, batch.concatenate(logits[1:])]


sparse_softmax_cross_entropy_with_logits_op = define_op(
    "SparseSoftmaxCrossEntropyWithLogits",
    inputs=["features: T", "labels: Tlabels"],
    outputs=["loss: T", "backprop: T"],
    attrs=[_FLOATS, "Tlabels: {int32, int64} = DT_INT64"],
    shape=sparse_softmax_shape,
)


@sparse_softmax_cross_entropy_with_logits_op.define
def sparse_softmax_reference(
    node: Any, logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if labels.ndim != 1:
        raise errors.InvalidArgumentError(
            None, None, f"labels must be 1-D, but got shape {list(labels.shape)}"
        )
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "logits and labels must have the same first dimension, got logits shape "
            f"{list(logits.shape)} and labels shape {list(labels.shape)}",
        )
    classes = logits.shape[1]
    if classes == 0:
        raise errors.InvalidArgumentError(
            None, None, f"Must have at least one class, but got logits shape {list(logits.shape)}"
        )
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Received a label value of {labels[wrong][0]} which is outside the valid range of "
            f"[0, {classes}).  Label values: {' '.join(map(str, labels))}",
        )
    lowered = shifted(logits)
    powers = np.exp(lowered)
    total = powers.sum(axis=-1, keepdims=True)
    rows = np.arange(labels.size)
    loss = np.log(total[:, 0]) - lowered[rows, labels]
    backprop = powers / total
    backprop[rows, labels] -= 1
    return loss, backprop


@sparse_softmax_cross_entropy_with_logits_op.grad
def sparse_softmax_grad(op: Any, dloss: Tensor, dbackprop: Any) -> list[Any]:
    dlogits = ops.array.expand_dims(dloss, -1) * op.outputs[1]
    if dbackprop is not None and not _is_zeros(dbackprop):
        softmax = ops.nn.softmax(op.inputs[0])
        inner = ops.linalg.matmul(dbackprop[:, None, :], softmax[:, :, None])
        dlogits = dlogits + (dbackprop - ops.array.squeeze(inner, axis=1)) * softmax
    return [dlogits, None]


# --- the public functions ------------------------------------------------------------------------


def _check_named_arguments(function: str, sentinel: Any, labels: Any, logits: Any) -> None:
    if sentinel is not None:
        raise ValueError(
            f"Only call `{function}` with named arguments (labels=..., logits=..., ...)"
        )
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")


def softmax_cross_entropy_with_logits_v2(
    labels: Any,
    logits: Any,
    axis: int | None = None,
    name: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """-sum(labels * log(softmax(logits))) along an axis; gradients flow to both arguments.

    Args:
      labels: probabilities, shaped like `logits`.
      logits: unscaled log probabilities.
      axis: the axis of the classes; the last by default.
      name: the name scope.
      dim: the old name of `axis`.

    Returns:
      The losses: the shape of `logits` without `axis`.
    """
    axis = dim if axis is None else axis
    axis = -1 if axis is None else axis
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        precise = ops.elementwise.cast(logits, dtypes.float32) if _is_short(logits) else logits
        labels = ops.elementwise.cast(labels, precise.dtype)
        rank = ops.array.rank(precise)
        shape = logits.shape
        if axis != -1:
            precise = _axis_last(precise, axis, rank)
            labels = _axis_last(labels, axis, rank)
        input_shape = ops.array.shape(precise)
        loss, _ = softmax_cross_entropy_with_logits_op(
            _as_matrix(precise), _as_matrix(labels), name=scope
        )
        outer = ops.array.slice(input_shape, [0], [rank - 1])
        loss = ops.array.reshape(loss, outer)
        if shape.ndims is not None:
            sizes = shape.as_list()
            del sizes[axis]
            loss.set_shape(sizes)
        result: Tensor = ops.elementwise.cast(loss, logits.dtype) if _is_short(logits) else loss
    return result


def _is_short(tensor: Tensor) -> bool:
    return tensor.dtype.base_dtype in (dtypes.float16, dtypes.bfloat16)


def _axis_last(tensor: Tensor, axis: int, rank: Tensor) -> Tensor:
    dims = ops.array.range(rank)
    before = ops.array.slice(dims, [0], [axis % rank if axis < 0 else axis])
    after = ops.array.slice(dims, [axis % rank + 1 if axis < 0 else axis + 1], [-1])
    order = ops.array.concat([before, after, [axis % rank if axis < 0 else axis]], 0)
    result: Tensor = ops.array.transpose(tensor, order)
    return result


def _as_matrix(tensor: Tensor) -> Tensor:
    """The tensor with all axes but the last in one."""
    last = ops.array.slice(ops.array.shape(tensor), [ops.array.rank(tensor) - 1], [1])
    matrix: Tensor = ops.array.reshape(tensor, ops.array.concat([[-1], last], 0))
    shape = tensor.shape
    if shape.ndims is not None:
        product: int | None = 1
        for size in shape.as_list()[:-1]:
            product = None if product is None or size is None else product * size
        matrix.set_shape([product, shape.as_list()[-1]])
    return matrix


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Tensor:
    """As `softmax_cross_entropy_with_logits_v2`, with no gradient to the labels."""
    dim = dim if axis is None else axis
    _check_named_arguments("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = ops.array.stop_gradient(labels, name="labels_stop_gradient")
        return softmax_cross_entropy_with_logits_v2(labels, logits, axis=dim, name=scope)


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """-log(softmax(logits)[label]) for labels given as class numbers.

    Args:
      _sentinel: keeps the arguments named.
      labels: int32 or int64 [d_0, ..., d_n]; each below the number of classes.
      logits: [d_0, ..., d_n, classes].
      name: the name scope.

    Raises:
      ValueError: the ranks do not fit, or `logits` is a scalar.
      InvalidArgumentError: (in a run) a label is out of range.
    """
    _check_named_arguments("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        label_shape, logit_shape = labels.shape, logits.shape
        if logit_shape.ndims == 0:
            raise ValueError(f"Logits cannot be scalars - received shape {logit_shape}.")
        if logit_shape.ndims is not None and label_shape.ndims not in (None, logit_shape.ndims - 1):
            raise ValueError(
                f"Rank mismatch: Rank of labels (received {label_shape.ndims}) should equal rank "
                f"of logits minus 1 (received {logit_shape.ndims})."
            )
        if not logit_shape[:-1].is_compatible_with(label_shape):
            raise ValueError(
                f"Shape mismatch: The shape of labels (received {label_shape}) should equal the "
                f"shape of logits except for the last dimension (received {logit_shape})."
            )
        precise = ops.elementwise.cast(logits, dtypes.float32) if _is_short(logits) else logits
        if logits.shape.ndims == 2:
            cost, _ = sparse_softmax_cross_entropy_with_logits_op(precise, labels, name=name)
        else:
            labels_shape = ops.array.shape(labels)
            classes = ops.array.shape(logits)[ops.array.rank(logits) - 1]
            matrix = ops.array.reshape(precise, [-1, classes])
            flat = ops.array.reshape(labels, [-1])
            cost, _ = sparse_softmax_cross_entropy_with_logits_op(matrix, flat, name=name)
            cost = ops.array.reshape(cost, labels_shape)
            cost.set_shape(label_shape)
        result: Tensor = ops.elementwise.cast(cost, logits.dtype) if _is_short(logits) else cost
    return result


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Elementwise -labels * log(sigmoid(x)) - (1 - labels) * log(1 - sigmoid(x)).

    Computed as max(x, 0) - x * labels + log(1 + exp(-|x|)), which neither overflows nor loses
    small losses.

    Args:
      _sentinel: keeps the arguments named.
      labels: probabilities, of the type and shape of `logits`.
      logits: floating.
      name: the name scope.

    Raises:
      ValueError: the shapes differ.
    """
    _check_named_arguments("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(labels, logits, "labels")
        zeros = ops.array.zeros_like(logits, dtype=logits.dtype)
        positive = ops.elementwise.greater_equal(logits, zeros)
        clipped = ops.elementwise.select(positive, logits, zeros)
        minus_abs = ops.elementwise.select(positive, -logits, logits)
        tensor: Tensor = ops.elementwise.add(
            clipped - logits * labels,
            ops.elementwise.log1p(ops.elementwise.exp(minus_abs)),
            name=scope,
        )
    return tensor


def _check_same_shape(labels: Tensor, logits: Tensor, name: str) -> None:
    try:
        labels.shape.assert_is_compatible_with(logits.shape)
    except ValueError:
        raise ValueError(
            f"logits and {name} must have the same shape ({logits.shape} vs {labels.shape})"
        ) from None


def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """`sigmoid_cross_entropy_with_logits` with the positive term multiplied by `pos_weight`.

    Args:
      labels: as there.
      logits: as there.
      pos_weight: the weight of positive examples.
      name: the name scope.
      targets: the old name of `labels`.
    """
    labels = targets if labels is None else labels
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="targets")
        _check_same_shape(labels, logits, "targets")
        weight = 1 + (pos_weight - 1) * labels
        absolute = ops.elementwise.abs(logits)
        tensor: Tensor = ops.elementwise.add(
            (1 - labels) * logits,
            weight * (ops.elementwise.log1p(ops.elementwise.exp(-absolute)) + ops.nn.relu(-logits)),
            name=scope,
        )
    return tensor
