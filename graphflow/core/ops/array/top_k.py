"""Ops about order: TopKV2, InTopKV2, sort, searchsorted."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .constant import constant
from .signatures import T, index_attr


def _fail(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


# --- TopK -----------------------------------------------------------------------------------------


def top_k_shape(context: ShapeContext) -> list[TensorShape]:
    given = context.with_rank_at_least(0, 1)
    k = context.constant(1)
    context.with_rank(1, 0)
    if k is not None and k < 0:
        raise ValueError(f"Need k >= 0, got {int(k)}")
    if given.ndims is None:
        return [TensorShape(None)] * 2
    *rows, columns = given.as_list()
    if k is not None and columns is not None and columns < k:
        raise ValueError(f"input must have last dimension >= k = {int(k)} but is {columns}")
    return [TensorShape([*rows, None if k is None else int(k)])] * 2


top_k_v2_op = define_op(
    "TopKV2",
    ["input: T", "k: int32"],
    ["values: T", "indices: int32"],
    ["sorted: bool = true", "T: realnumbertype"],
    top_k_shape,
)


@top_k_v2_op.define
def top_k_reference(node: Any, x: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if k.ndim:
        raise _fail(f"k must be scalar, got shape {list(k.shape)}")
    if k < 0:
        raise _fail(f"Need k >= 0, got {int(k)}")
    if x.ndim < 1:
        raise _fail("input must be >= 1-D, got shape []")
    if x.shape[-1] < k:
        raise _fail(f"input must have at least k columns. Had {x.shape[-1]}, needed {int(k)}")
    # Sorted from behind, stably: of equal elements the first comes first when turned round.
    ascending = np.argsort(x[..., ::-1], axis=-1, kind="stable")
    indices = (x.shape[-1] - 1 - ascending[..., ::-1])[..., : int(k)]
    return np.take_along_axis(x, indices, axis=-1), indices


@top_k_v2_op.grad
def top_k_grad(op: Any, d_values: Any, d_indices: Any) -> list[Any]:
    array, cast = ops.array, ops.elementwise.cast
    sizes, taken = array.shape(op.inputs[0]), array.shape(op.outputs[1])
    count = array.gather(cast(taken, dtypes.int64), array.size(taken) - 1)
    rows = array.reshape(op.outputs[1], array.stack([-1, count]))
    columns: Any = array.gather(cast(sizes, dtypes.int64), array.size(sizes) - 1)
    outer: Any = cast(array.shape(rows)[0], dtypes.int64)
    starts = array.expand_dims(array.range(0, outer * columns, columns), -1)
    flat = array.reshape(rows + cast(starts, dtypes.int32), [-1])
    total = ops.reduction.reduce_prod(sizes)
    dx = array.scatter_nd(array.expand_dims(flat, -1), array.reshape(d_values, [-1]), [total])
    return [array.reshape(dx, sizes), None]


def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The k largest elements of each row, and where they are.

    Args:
      input: a real type, [..., n].
      k: an int32 scalar, at most n.
      sorted: whether they must come in descending order; here they always do.
      name: the node's name.

    Returns:
      A namedtuple: `values` [..., k], and `indices` int32; of equal elements the first comes first.
    """
    return top_k_v2_op(input, k, sorted=sorted, name=name)


def in_top_k_shape(context: ShapeContext) -> TensorShape:
    predictions, targets = context.with_rank(0, 2), context.with_rank(1, 1)
    return TensorShape(predictions.as_list()[:1]).merge_with(targets)


def _in_top_k(predictions: np.ndarray, targets: np.ndarray, k: int) -> np.ndarray:
    if predictions.ndim != 2:
        raise _fail("predictions must be 2-dimensional")
    if targets.ndim != 1:
        raise _fail("targets must be 1-dimensional")
    if len(predictions) != len(targets):
        raise _fail(
            f"First dimension of predictions {len(predictions)} must match length of targets "
            f"{len(targets)}"
        )
    classes = predictions.shape[1]
    known = (targets >= 0) & (targets < classes)
    if not classes:
        return np.zeros(len(targets), bool)
    own = predictions[np.arange(len(targets)), np.where(known, targets, 0)]
    better = (predictions > own[:, np.newaxis]).sum(axis=1)
    inside: np.ndarray = known & np.isfinite(predictions).all(axis=1) & (better < k)
    return inside


in_top_k_op = define_op(
    "InTopK",
    ["predictions: float", "targets: T"],
    ["precision: bool"],
    ["k: int", index_attr("T")],
    in_top_k_shape,
)
in_top_k_op.no_grad()


@in_top_k_op.define
def in_top_k_reference(node: Any, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return _in_top_k(predictions, targets, node.attrs["k"])


in_top_k_v2_op = define_op(
    "InTopKV2",
    ["predictions: float", "targets: T", "k: T"],
    ["precision: bool"],
    [index_attr("T")],
    in_top_k_shape,
)
in_top_k_v2_op.no_grad()


@in_top_k_v2_op.define
def in_top_k_v2_reference(
    node: Any, predictions: np.ndarray, targets: np.ndarray, k: np.ndarray
) -> np.ndarray:
    return _in_top_k(predictions, targets, int(k))


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Whether fewer than k classes are predicted more strongly than the target.

    Args:
      predictions: float32 [batch, classes].
      targets: int32 or int64 [batch].
      k: an integer scalar.
      name: the node's name, `in_top_k` by default.

    Returns:
      bool [batch]; False where the target is no class or a prediction is not finite.
    """
    with name_scope(name, "in_top_k"):
        tensor: Tensor = in_top_k_v2_op(predictions, targets, k, name=name)
        return tensor


# --- sorting --------------------------------------------------------------------------------------


def sort(
    values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """`values` sorted along one dimension.

    Args:
      values: a real type.
      axis: the dimension, a constant.
      direction: `ASCENDING` or `DESCENDING`.
      name: the name scope.

    Raises:
      ValueError: an unknown direction, or the axis is no constant scalar.
    """
    with name_scope(name, "sort"):
        return _sorted(values, axis, direction, 0)


def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """The order that sorts `values` along one dimension: int32 indices.

    Args:
      values: a real type.
      axis: the dimension, a constant.
      direction: `ASCENDING` or `DESCENDING`.
      stable: whether equal elements keep their order; here they always do.
      name: the name scope.

    Raises:
      ValueError: an unknown direction, or the axis is no constant scalar.
    """
    with name_scope(name, "argsort"):
        return _sorted(values, axis, direction, 1)


def _sorted(values: Any, axis: Any, direction: str, output: int) -> Tensor:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"{direction} should be one of ASCENDING, DESCENDING")
    axis_tensor = convert_to_tensor(axis, name="axis")
    known = constant_value(axis_tensor)
    if axis_tensor.shape.ndims != 0 or known is None:
        raise ValueError("axis must be a constant scalar")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), output)
    result = _descending(_mirrored(values), int(known), output)
    return result if output else _mirrored(result)


def _mirrored(x: Any) -> Any:
    """An order-reversing map that is its own inverse and overflows for no integer."""
    if x.dtype.is_integer:
        return (
            ops.elementwise.subtract(constant(-1, x.dtype), x)
            if not x.dtype.is_unsigned
            else (ops.elementwise.subtract(constant(x.dtype.max, x.dtype), x))
        )
    return ops.elementwise.negative(x)


def _descending(values: Any, axis: int, output: int) -> Tensor:
    array = ops.array
    length = array.shape(values)[axis]
    rank = values.shape.ndims
    if axis == -1 or axis + 1 == rank:
        last: Tensor = top_k(values, length)[output]
        return last
    if rank is not None:
        axis %= rank
        order: Any = np.arange(rank)
        order[[axis, -1]] = order[[-1, axis]]
        order = constant(order, dtype=dtypes.int32, name="transposition")
    else:
        count: Any = array.rank(values)
        where: Any = axis if axis >= 0 else axis + count
        order = array.concat(
            [array.range(where), [count - 1], array.range(where + 1, count - 1), [where]], axis=0
        )
    moved = top_k(array.transpose(values, order), length)[output]
    return array.transpose(moved, order)


# --- searching ------------------------------------------------------------------------------------


def _bound_op(name: str) -> OpDef:
    return define_op(
        name,
        ["sorted_inputs: T", "values: T"],
        ["output: out_type"],
        [T, index_attr("out_type")],
        lambda context: context.with_rank(1, 2),
    )


def _bounds(node: Any, rows: np.ndarray, values: np.ndarray, side: Any) -> np.ndarray:
    if len(rows) != len(values):
        raise _fail(
            f"Leading dim_size of both tensors must match. Got {len(rows)} and {len(values)}"
        )
    result = np.empty(values.shape, node.output_dtypes[0].as_numpy_dtype)
    for row, wanted, found in zip(rows, values, result, strict=True):
        found[...] = np.searchsorted(row, wanted, side=side)
    return result


lower_bound_op = _bound_op("LowerBound")
lower_bound_op.no_grad()
upper_bound_op = _bound_op("UpperBound")
upper_bound_op.no_grad()


@lower_bound_op.define
def lower_bound_reference(node: Any, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _bounds(node, rows, values, "left")


@upper_bound_op.define
def upper_bound_reference(node: Any, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _bounds(node, rows, values, "right")


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Where `values` would be inserted into sorted rows.

    Args:
      sorted_sequence: [..., n], each row in ascending order.
      values: [..., m], of the same type and leading dimensions.
      side: `left` for the first possible place, `right` for the last.
      out_type: int32 or int64.
      name: the node's name.

    Raises:
      ValueError: `side` is neither.
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    array = ops.array
    rows = array.reshape(sorted_sequence, [-1, array.shape(sorted_sequence)[-1]])
    wanted = array.reshape(values, [-1, array.shape(values)[-1]])
    op_def = lower_bound_op if side == "left" else upper_bound_op
    found: Tensor = op_def(rows, wanted, out_type=out_type, name=name)
    return array.reshape(found, array.shape(values))
