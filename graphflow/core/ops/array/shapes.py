"""Ops about shapes themselves: Shape, Size, Rank, and what broadcasting does to shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape, as_shape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor, SparseTensorValue
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import broadcast_shapes, scalar_shape
from .constant import constant
from .signatures import T, index_attr


def shape_of_shape(context: ShapeContext) -> list[TensorShape]:
    return [TensorShape([shape.ndims]) for shape in context.shapes]


shape_op = define_op(
    "Shape", ["input: T"], ["output: out_type"], [T, index_attr("out_type")], shape_of_shape
)
shape_op.no_grad()


@shape_op.define
def shape_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.array(x.shape, dtype=node.output_dtypes[0].as_numpy_dtype)


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The shape of a tensor, as a vector; a constant when it is known already.

    Args:
      input: a tensor or SparseTensor.
      name: the node's name.
      out_type: int32 or int64.
    """
    return shape_internal(input, name, True, out_type)


def shape_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = dtypes.int32
) -> Tensor:
    """`shape`; without `optimize` always a Shape node."""
    with name_scope(name, "Shape", [input]) as scope:
        if isinstance(input, SparseTensor | SparseTensorValue):
            cast: Tensor = ops.elementwise.cast_op(input.dense_shape, DstT=out_type, name=scope)
            return cast
        x = convert_to_tensor(input)
        if optimize and x.shape.is_fully_defined():
            return constant(x.shape.as_list(), out_type, name=scope)
        tensor: Tensor = shape_op(x, out_type=out_type, name=scope)
        return tensor


shape_n_op = define_op(
    "ShapeN",
    ["input: N * T"],
    ["output: N * out_type"],
    ["N: int >= 1", T, index_attr("out_type")],
    shape_of_shape,
)
shape_n_op.no_grad()


@shape_n_op.define
def shape_n_reference(node: Any, *xs: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.array(x.shape, dtype=node.output_dtypes[0].as_numpy_dtype) for x in xs)


def shape_n(
    input: Sequence[Any], out_type: Any = dtypes.int32, name: str | None = None
) -> list[Tensor]:
    """The shapes of tensors of one type."""
    tensors: list[Tensor] = shape_n_op(input, out_type=out_type, name=name)
    return tensors


size_op = define_op(
    "Size", ["input: T"], ["output: out_type"], [T, index_attr("out_type")], scalar_shape
)
size_op.no_grad()


@size_op.define
def size_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.array(x.size, dtype=node.output_dtypes[0].as_numpy_dtype)


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The number of elements of a tensor, as a scalar; a constant when it is known already.

    Args:
      input: a tensor or SparseTensor (whose dense size it is).
      name: the node's name.
      out_type: int32 or int64.
    """
    return size_internal(input, name, True, out_type)


def size_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = dtypes.int32
) -> Tensor:
    """`size`; without `optimize` always a Size node."""
    with name_scope(name, "Size", [input]) as scope:
        if isinstance(input, SparseTensor | SparseTensorValue):
            sizes = ops.elementwise.cast(input.dense_shape, out_type)
            product: Tensor = ops.reduction.reduce_prod(sizes, 0, name=scope)
            return product
        x = convert_to_tensor(input)
        if optimize:
            known = x.shape.num_elements()
            if known is None and x.shape.ndims is not None and 0 in x.shape.as_list():
                known = 0
            if known is not None:
                return constant(known, out_type, name=scope)
        tensor: Tensor = size_op(x, out_type=out_type, name=scope)
        return tensor


rank_op = define_op("Rank", ["input: T"], ["output: int32"], [T], scalar_shape)
rank_op.no_grad()


@rank_op.define
def rank_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.array(x.ndim, dtype=np.int32)


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of dimensions of a tensor, int32; a constant when it is known already."""
    return rank_internal(input, name)


def rank_internal(input: Any, name: str | None = None, optimize: bool = True) -> Tensor:
    """`rank`; without `optimize` always a Rank node."""
    with name_scope(name, "Rank", [input]) as scope:
        if isinstance(input, SparseTensor | SparseTensorValue):
            entries: Tensor = size_op(input.dense_shape, name=scope)
            return entries
        x = convert_to_tensor(input)
        if optimize and x.shape.ndims is not None:
            return constant(x.shape.ndims, dtypes.int32, name=scope)
        tensor: Tensor = rank_op(x, name=scope)
        return tensor


# --- broadcasting ---------------------------------------------------------------------------------


def _vectors_unknown(context: ShapeContext) -> list[TensorShape]:
    for index in range(context.num_inputs):
        context.with_rank(index, 1)
    return [TensorShape([None])] * context.num_outputs


broadcast_gradient_args_op = define_op(
    "BroadcastGradientArgs",
    ["s0: T", "s1: T"],
    ["r0: T", "r1: T"],
    [index_attr("T")],
    _vectors_unknown,
)
broadcast_gradient_args_op.no_grad()


@broadcast_gradient_args_op.define
def broadcast_gradient_args_reference(
    node: Any, s0: np.ndarray, s1: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    rank = max(len(s0), len(s1))
    x = [1] * (rank - len(s0)) + s0.tolist()
    y = [1] * (rank - len(s1)) + s1.tolist()
    if any(a != b and a != 1 and b != 1 for a, b in zip(x, y, strict=True)):
        raise errors.InvalidArgumentError(
            None, None, f"Incompatible shapes: {s0.tolist()} vs. {s1.tolist()}"
        )
    # Of an axis where both have size 1 both take the sum, unless the shapes agree altogether.
    if np.array_equal(s0, s1):
        return np.zeros(0, s0.dtype), np.zeros(0, s0.dtype)
    return (
        np.array([i for i in range(rank) if x[i] == 1], dtype=s0.dtype),
        np.array([i for i in range(rank) if y[i] == 1], dtype=s0.dtype),
    )


def _broadcast_args_shape(context: ShapeContext) -> TensorShape:
    lengths = [context.with_rank(i, 1).as_list()[0] for i in range(2)]
    return TensorShape([None if None in lengths else max(n for n in lengths if n is not None)])


broadcast_args_op = define_op(
    "BroadcastArgs", ["s0: T", "s1: T"], ["r0: T"], [index_attr("T")], _broadcast_args_shape
)
broadcast_args_op.no_grad()


@broadcast_args_op.define
def broadcast_args_reference(node: Any, s0: np.ndarray, s1: np.ndarray) -> np.ndarray:
    try:
        joined = np.broadcast_shapes(tuple(s0.tolist()), tuple(s1.tolist()))
    except ValueError:
        raise errors.InvalidArgumentError(
            None, None, f"Incompatible shapes: {s0.tolist()} vs. {s1.tolist()}"
        ) from None
    return np.array(joined, dtype=s0.dtype)


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape that two tensors have together, from their shapes as integer vectors."""
    tensor: Tensor = broadcast_args_op(shape_x, shape_y)
    return tensor


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape that two tensors have together, as far as two TensorShapes tell.

    Raises:
      ValueError: they cannot be broadcast.
    """
    x, y = as_shape(shape_x), as_shape(shape_y)
    try:
        return broadcast_shapes(x, y)
    except ValueError:
        raise ValueError(f"Incompatible shapes for broadcasting: {x} and {y}") from None


def _broadcast_to_shape(context: ShapeContext) -> TensorShape:
    wanted = context.constant_shape(1)
    given = context.shape(0)
    if wanted.ndims is not None and given.ndims is not None:
        if given.ndims > wanted.ndims:
            raise ValueError(
                f"Rank of input ({given.ndims}) must be no greater than rank of output shape "
                f"({wanted.ndims})."
            )
        broadcast_shapes(given, wanted)
    return wanted


broadcast_to_op = define_op(
    "BroadcastTo",
    ["input: T", "shape: Tidx"],
    ["output: T"],
    [T, index_attr("Tidx")],
    _broadcast_to_shape,
)


@broadcast_to_op.define
def broadcast_to_reference(node: Any, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if shape.size and shape.min() < 0:
        raise errors.InvalidArgumentError(None, None, f"Dimension {shape.min()} must be >= 0")
    try:
        return np.broadcast_to(x, tuple(shape.tolist()))
    except ValueError:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Incompatible shapes: {list(x.shape)} vs. {shape.tolist()}",
        ) from None


@broadcast_to_op.grad
def broadcast_to_grad(op: Any, dy: Any) -> list[Any]:
    x, wanted = op.inputs
    x_shape = shape(x, out_type=wanted.dtype)
    axes = broadcast_gradient_args_op(x_shape, wanted)[0]
    return [ops.array.reshape(ops.reduction.reduce_sum(dy, axes), x_shape), None]


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """`input` repeated to a shape by the rules of broadcasting."""
    tensor: Tensor = broadcast_to_op(input, shape, name=name)
    return tensor


def _ensure_shape_shape(context: ShapeContext) -> TensorShape:
    wanted: TensorShape = context.attrs["shape"]
    return context.shape(0).merge_with(wanted)


ensure_shape_op = define_op(
    "EnsureShape", ["input: T"], ["output: T"], ["shape: shape", T], _ensure_shape_shape
)


@ensure_shape_op.define
def ensure_shape_reference(node: Any, x: np.ndarray) -> np.ndarray:
    wanted: TensorShape = node.attrs["shape"]
    if not wanted.is_compatible_with(x.shape):
        given = "[" + ",".join(str(n) for n in x.shape) + "]"
        sizes = wanted.as_list()
        text = "[" + ",".join("?" if n is None else str(n) for n in sizes) + "]"
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Shape of tensor {node.name} {given} is not compatible with expected shape {text}.",
        )
    return x


@ensure_shape_op.grad
def ensure_shape_grad(op: Any, dy: Any) -> Any:
    return dy


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """`x`, checked to have a shape: now as far as it is known, and in every run.

    Args:
      x: any tensor.
      shape: a TensorShape or list; None stands for any size.
      name: the node's name.

    Raises:
      ValueError: what is known of the shape of `x` contradicts `shape`.
    """
    tensor: Tensor = ensure_shape_op(x, shape=as_shape(shape), name=name)
    return tensor


unravel_index_op = define_op(
    "UnravelIndex",
    ["indices: Tidx", "dims: Tidx"],
    ["output: Tidx"],
    [index_attr("Tidx")],
    lambda context: (
        TensorShape(None)
        if context.shape(0).ndims is None
        else TensorShape([context.shape(1).num_elements(), *context.shape(0).as_list()])
    ),
)
unravel_index_op.no_grad()


@unravel_index_op.define
def unravel_index_reference(node: Any, indices: np.ndarray, dims: np.ndarray) -> np.ndarray:
    if dims.size == 0 or (indices.size and not 0 <= indices.min() <= indices.max() < dims.prod()):
        raise errors.InvalidArgumentError(None, None, "index is out of bound as with dims")
    return np.array(np.unravel_index(indices, tuple(dims.tolist())), dtype=dims.dtype)


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """Coordinates [rank, ...] of flat indices into an array of shape `dims`."""
    tensor: Tensor = unravel_index_op(indices, dims, name=name)
    return tensor


def required_space_to_batch_paddings(
    input_shape: Any,
    block_shape: Any,
    base_paddings: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The paddings that make spatial sizes divisible by a block, and the crops that undo them.

    Args:
      input_shape: int32 [n], spatial sizes.
      block_shape: int32 [n].
      base_paddings: int32 [n, 2], the least paddings; zeros by default.
      name: the name scope.

    Returns:
      (paddings, crops), both int32 [n, 2].
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        block_shape.shape.assert_is_fully_defined()
        block_shape.shape.assert_has_rank(1)
        count = block_shape.shape.as_list()[0]
        if count == 0:
            none = ops.array.zeros([0, 2], dtypes.int32)
            return none, none
        input_shape.shape.assert_is_compatible_with([count])
        if base_paddings is None:
            base = ops.array.zeros([count, 2], dtypes.int32)
        else:
            base = convert_to_tensor(base_paddings, dtype=dtypes.int32, name="base_paddings")
            base.shape.assert_is_compatible_with([count, 2])
        start, least_end = base[:, 0], base[:, 1]
        overhang: Any = (input_shape + start + least_end) % block_shape
        extra: Any = (block_shape - overhang) % block_shape
        end = least_end + extra
        paddings = ops.array.stack([[start[i], end[i]] for i in range(count)], name="paddings")
        crops = ops.array.stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops
