"""StringJoin, ReduceJoin, UnsortedSegmentJoin: texts one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import compat, dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .. import array
from ..reduction.reduce import reduction_shape
from ..reduction.unsorted_segment import unsorted_segment_shape
from ..shape_rules import merged_shape
from .elementwise import text_array


def string_join_shape(context: ShapeContext) -> TensorShape:
    shapes = [context.shape(i) for i in range(context.num_inputs)]
    if all(shape.ndims == 0 for shape in shapes):
        return TensorShape([])
    joined = TensorShape(None)
    for shape in shapes:
        if shape.ndims:
            joined = merged_shape(joined, shape)
    return joined


string_join_op = define_op(
    "StringJoin",
    inputs=["inputs: N * string"],
    outputs=["output: string"],
    attrs=["N: int >= 0", "separator: string = ''"],
    shape=string_join_shape,
)
string_join_op.no_grad()


@string_join_op.define
def string_join_reference(node: Any, *inputs: np.ndarray) -> np.ndarray:
    shape: tuple[int, ...] = ()
    for texts in inputs:
        if texts.shape and shape and texts.shape != shape:
            raise errors.InvalidArgumentError(
                None, None, f"Input shapes do not match: {list(shape)} vs. {list(texts.shape)}"
            )
        shape = shape or texts.shape
    separator = compat.as_bytes(node.attrs["separator"])
    columns = [np.broadcast_to(texts, shape).ravel() for texts in inputs]
    if not columns:
        return text_array([b""], ())
    return text_array((separator.join(row) for row in zip(*columns, strict=True)), shape)


reduce_join_op = define_op(
    "ReduceJoin",
    inputs=["inputs: string", "reduction_indices: int32"],
    outputs=["output: string"],
    attrs=["keep_dims: bool = false", "separator: string = ''"],
    shape=reduction_shape,
)
reduce_join_op.no_grad()


@reduce_join_op.define
def reduce_join_reference(node: Any, texts: np.ndarray, axes: np.ndarray) -> np.ndarray:
    rank = texts.ndim
    reduced: list[int] = []
    for axis in axes.ravel().tolist():
        if not -rank <= axis < rank:
            raise errors.OutOfRangeError(
                None, None, f"Invalid reduction dimension {axis} for input with {rank} dimension(s)"
            )
        if axis % rank in reduced:
            raise errors.InvalidArgumentError(None, None, f"Duplicate reduction dimension {axis}")
        reduced.append(axis % rank)
    kept = [axis for axis in range(rank) if axis not in reduced]
    rows = texts.transpose([*kept, *reversed(reduced)])  # the first axis given runs fastest
    separator = compat.as_bytes(node.attrs["separator"])
    shape = tuple(texts.shape[axis] for axis in kept)
    rows = rows.reshape(int(np.prod(shape)), int(np.prod([texts.shape[axis] for axis in reduced])))
    if node.attrs["keep_dims"]:
        shape = tuple(1 if axis in reduced else size for axis, size in enumerate(texts.shape))
    return text_array((separator.join(row) for row in rows), shape)


unsorted_segment_join_op = define_op(
    "UnsortedSegmentJoin",
    inputs=["inputs: string", "segment_ids: Tindices", "num_segments: Tnumsegments"],
    outputs=["output: string"],
    attrs=[
        "separator: string = ''",
        "Tindices: {int32, int64}",
        "Tnumsegments: {int32, int64} = DT_INT32",
    ],
    shape=unsorted_segment_shape,
)
unsorted_segment_join_op.no_grad()


@unsorted_segment_join_op.define
def unsorted_segment_join_reference(
    node: Any, texts: np.ndarray, ids: np.ndarray, count: np.ndarray
) -> np.ndarray:
    if ids.ndim == 0:
        raise errors.InvalidArgumentError(None, None, "Segment_id cannot have rank 0")
    if ids.size and not (ids.min() >= 0 and ids.max() < count):
        raise errors.InvalidArgumentError(
            None,
            None,
            "segment_ids are not allowed to exceed num_segments or to have negative values.",
        )
    separator = compat.as_bytes(node.attrs["separator"])
    rest = texts.shape[ids.ndim :]
    width = int(np.prod(rest))
    joined: list[list[bytes]] = [[b""] * width for _ in range(int(count))]
    rows = texts.reshape(ids.size, width)
    for row, segment in zip(rows, ids.ravel().tolist(), strict=True):
        # as in TensorFlow, nothing separates a text from empty ones before it
        joined[segment] = [a + separator + b if a else b for a, b in zip(joined[segment], row)]
    return text_array((text for row in joined for text in row), (int(count), *rest))


def string_join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> Tensor:
    """Texts of several tensors, joined elementwise.

    Args:
      inputs: string tensors of one shape, or scalars.
      separator: what stands between the texts.
      name: the node's name.

    Returns:
      Strings of that shape.

    Raises:
      ValueError: the shapes differ; InvalidArgumentError if that shows in a run.
    """
    return string_join_op(inputs, separator=separator, name=name)


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Joins the texts along axes.

    Args:
      inputs: strings.
      axis: the axes, joined in this order; by default all, from the last to the first.
      keep_dims: the old name of `keepdims`.
      separator: what stands between the texts.
      name: the node's name.
      reduction_indices: the old name of `axis`.
      keepdims: whether the axes stay, with size 1.

    Returns:
      The joined strings.

    Raises:
      ValueError: an axis is not there, or a name is given twice. In a run, InvalidArgumentError:
        an axis is given twice.
    """
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(None, "ReduceJoin", [inputs, axis]):
        texts = convert_to_tensor(inputs)
        if axis is None:
            if texts.shape.ndims is not None:
                axis = np.arange(texts.shape.ndims - 1, -1, -1, dtype=np.int32)
                axis = convert_to_tensor(axis, dtypes.int32)
            else:
                axis = array.range(array.rank(texts) - 1, -1, -1)
        return reduce_join_op(texts, axis, keep_dims=bool(keepdims), separator=separator, name=name)


def unsorted_segment_join(
    inputs: Any,
    segment_ids: Any,
    num_segments: Any,
    separator: str = "",
    name: str | None = None,
) -> Tensor:
    """Joins the texts of each segment.

    Args:
      inputs: strings.
      segment_ids: the segment of each, of a shape that begins that of `inputs`.
      num_segments: how many segments there are.
      separator: what stands between texts.
      name: the node's name.

    Returns:
      The joined strings, segments along the first axis.

    Raises:
      ValueError: the shapes do not fit. In a run, InvalidArgumentError: a segment is not there.
    """
    return unsorted_segment_join_op(
        inputs, segment_ids, num_segments, separator=separator, name=name
    )
