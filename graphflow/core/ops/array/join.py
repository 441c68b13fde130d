"""Ops that join tensors: Concat, Pack, and lists that hold tensors."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape, as_shape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor, register_tensor_conversion_function
from ...graph.indexed_slices import IndexedSlices
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import normalized_axis
from .constant import constant
from .identity import identity
from .reshape import expand_dims
from .signatures import T, index_attr

# --- Concat ---------------------------------------------------------------------------------------


def _concat_shapes(values: Sequence[TensorShape], axis: np.ndarray | None) -> TensorShape:
    ranks = {shape.ndims for shape in values} - {None}
    if len(ranks) > 1:
        first, other = sorted(r for r in ranks if r is not None)[:2]
        raise ValueError(f"Shape must be rank {first} but is rank {other}")
    if not ranks:
        return TensorShape(None)
    rank = ranks.pop()
    assert rank is not None
    if rank == 0:
        raise ValueError("Can't concatenate scalars (use tf.stack instead)")
    if axis is None:
        return TensorShape([None] * rank)
    if not -rank <= int(axis) < rank:
        raise ValueError(
            f"Shape must be at least rank {int(axis) + 1 if axis >= 0 else -int(axis)} "
            f"but is rank {rank}"
        )
    joined = int(axis) % rank
    total: int | None = 0
    rest = TensorShape(None)
    for shape in values:
        if shape.ndims is None:
            total = None
            continue
        sizes = shape.as_list()
        size, sizes[joined] = sizes[joined], None
        total = None if total is None or size is None else total + size
        try:
            rest = rest.merge_with(sizes)
        except ValueError:
            bad = next(
                i
                for i, (a, b) in enumerate(zip(rest.as_list(), sizes, strict=True))
                if None not in (a, b) and a != b
            )
            raise ValueError(
                f"Dimension {bad} in both shapes must be equal, but are {rest.as_list()[bad]} and "
                f"{sizes[bad]}. Shapes are {_short(values[0], joined)} and {_short(shape, joined)}."
            ) from None
    sizes = rest.as_list()
    sizes[joined] = total
    return TensorShape(sizes)


def _scalar_axis(context: ShapeContext, index: int) -> np.ndarray | None:
    context.with_rank(index, 0)
    return context.constant(index)


def _short(shape: TensorShape, axis: int) -> str:
    sizes = shape.as_list()
    del sizes[axis]
    return "[" + ",".join("?" if n is None else str(n) for n in sizes) + "]"


def _concat_arrays(values: Sequence[np.ndarray], axis: np.ndarray, op_name: str) -> np.ndarray:
    if axis.ndim != 0 and axis.size != 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Concat dim tensor should be a scalar integer, but got shape {list(axis.shape)}",
        )
    where = int(axis.reshape(()))
    rank = values[0].ndim
    if not -rank <= where < rank:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{op_name} : Expected concatenating dimensions in the range [{-rank}, {rank}), but "
            f"got {where}",
        )
    where %= rank
    first = values[0].shape
    for index, value in enumerate(values):
        if value.ndim != rank:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{op_name} : Ranks of all input tensors should match: shape[0] = "
                f"{_brackets(first)} vs. shape[{index}] = {_brackets(value.shape)}",
            )
        for i in builtins.range(rank):
            if i != where and value.shape[i] != first[i]:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"{op_name} : Dimension {i} in both shapes must be equal: shape[0] = "
                    f"{_brackets(first)} vs. shape[{index}] = {_brackets(value.shape)}",
                )
    return np.concatenate(values, axis=where)


def _brackets(sizes: Sequence[int]) -> str:
    return "[" + ",".join(str(n) for n in sizes) + "]"


concat_op = define_op(
    "Concat",
    ["concat_dim: int32", "values: N * T"],
    ["output: T"],
    ["N: int >= 2", T],
    lambda context: _concat_shapes(context.shapes[1:], _scalar_axis(context, 0)),
)


@concat_op.define
def concat_reference(node: Any, axis: np.ndarray, *values: np.ndarray) -> np.ndarray:
    return _concat_arrays(values, axis, "ConcatOp")


concat_v2_op = define_op(
    "ConcatV2",
    ["values: N * T", "axis: Tidx"],
    ["output: T"],
    ["N: int >= 2", T, index_attr("Tidx")],
    lambda context: _concat_shapes(
        context.shapes[:-1], _scalar_axis(context, context.num_inputs - 1)
    ),
)


@concat_v2_op.define
def concat_v2_reference(node: Any, *values_and_axis: np.ndarray) -> np.ndarray:
    return _concat_arrays(values_and_axis[:-1], values_and_axis[-1], "ConcatOp")


@concat_op.grad
def concat_grad(op: Any, dy: Any) -> list[Any]:
    return [None, *_parts_of(dy, op.inputs[1:], op.inputs[0])]


@concat_v2_op.grad
def concat_v2_grad(op: Any, dy: Any) -> list[Any]:
    return [*_parts_of(dy, op.inputs[:-1], op.inputs[-1]), None]


def _parts_of(dy: Any, values: Sequence[Tensor], axis: Tensor) -> list[Any]:
    """The gradient of a concatenation, cut where the values were joined."""
    if len(values) == 1:
        return [dy]
    from_front: Any = axis % ops.array.rank(values[0])
    if isinstance(dy, IndexedSlices):
        return _slices_of(dy, values, axis, from_front)
    sizes = [ops.array.shape(value) for value in values]
    if any(size.op.type != "Const" for size in sizes):
        sizes = ops.array.shape_n(list(values))
    if len(sizes) > 16:  # one SplitV is then cheaper than slices, as in TF
        lengths = ops.array.squeeze(ops.array.slice(stack(sizes, 1), [from_front, 0], [1, -1]))
        return ops.array.split(dy, lengths, from_front, num=len(values))
    offsets = concat_offset_op(from_front, sizes)
    return [ops.array.slice(dy, begin, size) for begin, size in zip(offsets, sizes, strict=True)]


def _slices_of(
    dy: IndexedSlices, values: Sequence[Tensor], axis: Tensor, from_front: Any
) -> list[Any]:
    where = constant_value(axis)
    if where is None:
        raise ValueError("Can only compute IndexedSlices gradient with statically-known concat_dim")
    if where < 0 and values[0].shape.ndims is None:
        raise ValueError(
            "Can only compute IndexedSlices gradient with negative concat_dim when first value "
            "rank is statically-known."
        )
    position = int(where) if where >= 0 else int(where) + int(values[0].shape.ndims or 0)
    sizes = [ops.array.shape(value) for value in values]
    cut = _rows_of if position == 0 else _columns_of
    return cut(dy, sizes, position)


def _rows_of(dy: IndexedSlices, sizes: Sequence[Tensor], axis: int) -> list[Any]:
    """Rows were joined: each value gets the slices whose indices lie in its range."""
    parts: list[Any] = []
    start: Any = constant(0, dtype=dy.indices.dtype)
    for size in sizes:
        end = start + ops.elementwise.cast(ops.array.gather(size, axis), dy.indices.dtype)
        inside = ops.elementwise.logical_and(dy.indices >= start, dy.indices < end)
        chosen = ops.array.squeeze(ops.array.where(inside), axis=[1])
        rows = ops.array.gather(dy.indices, chosen) - start
        parts.append(IndexedSlices(ops.array.gather(dy.values, chosen), rows, size))
        start = end
    return parts


def _columns_of(dy: IndexedSlices, sizes: Sequence[Tensor], axis: int) -> list[Any]:
    """Columns were joined: each value gets all indices, and its columns of the slices."""
    parts: list[Any] = []
    offset: Any = constant(0)
    for size in sizes:
        rank = ops.array.size(size)
        begin = ops.array.one_hot(axis, rank, on_value=offset, off_value=constant(0))
        extent = concat([[-1], ops.array.slice(size, [1], [-1])], 0)
        parts.append(IndexedSlices(ops.array.slice(dy.values, begin, extent), dy.indices, size))
        offset = offset + ops.array.gather(size, axis)
    return parts


def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """Joins tensors along one dimension.

    Args:
      values: a list of tensors of one type, of equal shapes but for that dimension.
      axis: the dimension, from -rank to rank - 1.
      name: the node's name.

    Raises:
      ValueError: the shapes do not fit.
    """
    if not isinstance(values, list | tuple):
        values = [values]
    if len(values) == 1:
        with name_scope(name) as scope:
            axis = convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32)
            axis.shape.assert_has_rank(0)
            return identity(values[0], name=scope)
    tensor: Tensor = concat_v2_op(values, axis, name=name)
    return tensor


concat_offset_op = define_op(
    "ConcatOffset",
    ["concat_dim: int32", "shape: N * int32"],
    ["offset: N * int32"],
    ["N: int >= 2"],
    lambda context: context.shapes[1:],
)
concat_offset_op.no_grad()


@concat_offset_op.define
def concat_offset_reference(
    node: Any, axis: np.ndarray, *shapes: np.ndarray
) -> tuple[np.ndarray, ...]:
    rank = len(shapes[0])
    if not -rank <= axis < rank:
        raise errors.InvalidArgumentError(
            None, None, f"Concat dim is out of range: {int(axis)} vs. {rank}"
        )
    where = int(axis) % rank
    for index, sizes in enumerate(shapes):
        if len(sizes) != rank:
            raise errors.InvalidArgumentError(
                None, None, f"input {index} should contain {rank} elements, but got {len(sizes)}"
            )
        differing = np.flatnonzero(sizes != shapes[0])
        bad = [int(i) for i in differing if i != where]
        if bad:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"All dimensions except {where} must match. Input {index} has shape "
                f"{_spaced(sizes)} and doesn't match input 0 with shape {_spaced(shapes[0])}.",
            )
    offsets = np.zeros((len(shapes), rank), np.int32)
    offsets[1:, where] = np.cumsum([sizes[where] for sizes in shapes[:-1]])
    return tuple(offsets)


def _spaced(sizes: np.ndarray) -> str:
    return "[" + " ".join(str(n) for n in sizes) + "]"


# --- Pack -----------------------------------------------------------------------------------------


def pack_shape(context: ShapeContext) -> TensorShape:
    shape = TensorShape(None)
    for index, other in enumerate(context.shapes):
        try:
            shape = shape.merge_with(other)
        except ValueError:
            raise ValueError(
                f"Shapes must be equal rank, but are {shape.ndims} and {other.ndims}\n\tFrom "
                f"merging shape {index - 1} with other shapes."
                if shape.ndims != other.ndims
                else f"Dimension sizes must be equal, but are {shape} and {other}\n\tFrom "
                f"merging shape {index - 1} with other shapes."
            ) from None
    if shape.ndims is None:
        return shape
    axis = normalized_axis(context.attrs["axis"], shape.ndims, inserting=True)
    sizes = shape.as_list()
    sizes.insert(axis, context.num_inputs)
    return TensorShape(sizes)


pack_op = define_op(
    "Pack", ["values: N * T"], ["output: T"], ["N: int >= 1", T, "axis: int = 0"], pack_shape
)


@pack_op.define
def pack_reference(node: Any, *values: np.ndarray) -> np.ndarray:
    for index, value in enumerate(values):
        if value.shape != values[0].shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Shapes of all inputs must match: values[0].shape = {_brackets(values[0].shape)} "
                f"!= values[{index}].shape = {_brackets(value.shape)}",
            )
    return np.stack(values, axis=node.attrs["axis"])


@pack_op.grad
def pack_grad(op: Any, dy: Any) -> Any:
    return ops.array.unstack(dy, num=op.node_attrs["N"], axis=op.node_attrs["axis"])


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Tensors of one shape side by side along a new dimension.

    Args:
      values: a list of tensors of one shape and type.
      axis: where the new dimension is, from -(rank + 1) to rank.
      name: the node's name.

    Raises:
      ValueError: the axis is out of range.
    """
    if axis == 0:
        try:
            # A list without tensors becomes one constant.
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass  # mixed types: Pack says what is wrong
    rank = convert_to_tensor(values[0], name=name).shape.ndims
    if rank is not None and not -(rank + 1) <= axis < rank + 1:
        raise ValueError(f"axis = {axis} not in [{-(rank + 1)}, {rank + 1})")
    tensor: Tensor = pack_op(values, axis=axis, name=name)
    return tensor


def _parallel_concat_shape(context: ShapeContext) -> TensorShape:
    for shape in context.shapes:
        if shape.ndims is None or shape.as_list()[:1] != [1]:
            raise ValueError("All input shapes must be known and start with 1.")
    wanted: TensorShape = context.attrs["shape"]
    return wanted


parallel_concat_op = define_op(
    "ParallelConcat",
    ["values: N * T"],
    ["output: T"],
    ["N: int >= 1", T, "shape: shape"],
    _parallel_concat_shape,
)
parallel_concat_op.no_grad()


@parallel_concat_op.define
def parallel_concat_reference(node: Any, *values: np.ndarray) -> np.ndarray:
    return np.concatenate(values, axis=0)


def parallel_stack(values: Sequence[Any], name: str = "parallel_stack") -> Tensor:
    """`stack` along a new first dimension, for values of known shapes; has no gradient."""
    with name_scope(name):
        first = convert_to_tensor(values[0])
        shape = as_shape([len(values)]).concatenate(first.shape)
        rows = [expand_dims(value, 0) for value in values]
        tensor: Tensor = parallel_concat_op(rows, shape=shape)
        return tensor


# --- lists that hold tensors ----------------------------------------------------------------------


# Long lists are mostly made of these, which need no closer look.
_PLAIN_TYPES = frozenset({bool, int, float, complex, str, bytes, np.float32, np.float64, np.int64})


def _is_tensor_like(value: Any) -> bool:
    """Tensors, and variables, which stand for one."""
    return isinstance(value, Tensor) or hasattr(value, "_as_graph_element")


def _pack_list_conversion(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Any:
    """`[x, [y, 1]]` as a tensor, when a list holds tensors at any depth."""
    inferred = None if as_ref else _tensor_dtype_in(value)
    if inferred is None:
        return NotImplemented
    if dtype is not None and dtype != inferred:
        value = _cast_tensors(value, dtype)
    return _packed(value, dtype or inferred, name or "packed")


def _tensor_dtype_in(values: Sequence[Any]) -> dtypes.DType | None:
    for value in values:
        if type(value) in _PLAIN_TYPES:
            continue
        if _is_tensor_like(value):
            found: dtypes.DType = value.dtype.base_dtype
            return found
        if isinstance(value, list | tuple):
            nested = _tensor_dtype_in(value)
            if nested is not None:
                return nested
    return None


def _cast_tensors(value: Any, dtype: dtypes.DType) -> Any:
    if isinstance(value, list | tuple):
        return [_cast_tensors(item, dtype) for item in value]
    if _is_tensor_like(value) and value.dtype.base_dtype != dtype:
        return ops.elementwise.cast(value, dtype)
    return value


def _packed(values: Sequence[Any], dtype: dtypes.DType, name: str) -> Any:
    """The list as a Pack node, or as the list it is when there is no tensor in it."""
    with name_scope(name) as scope:
        items = [
            _packed(item, dtype, str(i)) if isinstance(item, list | tuple) else item
            for i, item in enumerate(values)
        ]
        for item in items:
            if _is_tensor_like(item) and item.dtype.base_dtype != dtype:
                raise TypeError(
                    f"Cannot convert a list containing a tensor of dtype {item.dtype} to {dtype} "
                    f"(Tensor is: {item!r})"
                )
        if not any(_is_tensor_like(item) for item in items):
            return items
        tensors = [
            item if _is_tensor_like(item) else constant(item, dtype=dtype, name=str(i))
            for i, item in enumerate(items)
        ]
        return pack_op(tensors, name=scope)


register_tensor_conversion_function((list, tuple), _pack_list_conversion, 99)
