"""Ops that put elements at positions: ScatterNd, TensorScatter*, OneHot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T

# --- ScatterNd ------------------------------------------------------------------------------------


def _check_updates(indices: TensorShape, updates: TensorShape, whole: TensorShape) -> None:
    """`updates` must be of the shape `indices[:-1] + whole[k:]`, as far as is known."""
    if indices.ndims is None or updates.ndims is None:
        return
    if indices.ndims == 0 or updates.ndims == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    outer = indices.ndims - 1
    if not TensorShape(indices.as_list()[:-1]).is_compatible_with(updates.as_list()[:outer]):
        raise ValueError(
            f"The outer {outer} dimensions of indices.shape={indices} must match the outer {outer} "
            f"dimensions of updates.shape={updates}"
        )
    depth = indices.as_list()[-1]
    if depth is None or whole.ndims is None:
        return
    if updates.ndims - outer != whole.ndims - depth or not TensorShape(
        whole.as_list()[depth:]
    ).is_compatible_with(updates.as_list()[outer:]):
        raise ValueError(
            f"The inner {whole.ndims - depth} dimensions of output.shape={whole} must match the "
            f"inner {updates.ndims - outer} dimensions of updates.shape={updates}"
        )


def scatter_nd_shape(context: ShapeContext) -> TensorShape:
    whole = context.constant_shape(2)
    given = [context.shape(i).num_elements() for i in (0, 1)]
    if whole.num_elements() == 0 and all(given):
        raise ValueError("Indices and updates specified for empty output shape")
    _check_updates(context.shape(0), context.shape(1), whole)
    return whole


scatter_nd_op = define_op(
    "ScatterNd",
    ["indices: Tindices", "updates: T", "shape: Tindices"],
    ["output: T"],
    [T, "Tindices: {int32, int64}"],
    scatter_nd_shape,
)


def _brackets(sizes: Sequence[int]) -> str:
    return "[" + ",".join(str(n) for n in sizes) + "]"


def _fail(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _checked_index(
    indices: np.ndarray, updates: np.ndarray, shape: Sequence[int]
) -> tuple[np.ndarray, ...]:
    """The rows of `indices` as a NumPy index into an array of that shape."""
    if indices.ndim < 1:
        raise _fail(f"Indices shape must have rank at least one. Found:{_brackets(indices.shape)}")
    if updates.ndim < 1:
        raise _fail(f"Updates shape must have rank at least one. Found:{_brackets(updates.shape)}")
    if 0 in shape and indices.size and updates.size:
        raise _fail("Indices and updates specified for empty output shape")
    outer, depth = indices.ndim - 1, indices.shape[-1]
    if indices.shape[:-1] != updates.shape[:outer]:
        raise _fail(
            "Outer dimensions of indices and update must match. Indices shape: "
            f"{_brackets(indices.shape)}, updates shape:{_brackets(updates.shape)}"
        )
    if updates.shape[outer:] != tuple(shape[depth:]):
        raise _fail(
            f"The inner {len(shape) - depth} dimensions of output.shape={_brackets(shape)} must "
            f"match the inner {updates.ndim - outer} dimensions of "
            f"updates.shape={_brackets(updates.shape)}"
        )
    rows = indices.reshape(-1, depth) if depth else indices.reshape(len(updates), 0)
    outside = np.flatnonzero(((rows < 0) | (rows >= np.array(shape[:depth]))).any(axis=1))
    if len(outside):
        place = np.unravel_index(outside[0], indices.shape[:-1])
        where = _brackets([int(i) for i in place]) if place else ""
        row = ", ".join(str(i) for i in rows[outside[0]])
        raise _fail(f"indices{where} = [{row}] does not index into shape {_brackets(shape)}")
    return tuple(np.moveaxis(indices, -1, 0)) if depth else (Ellipsis,)  # type: ignore[return-value]


@scatter_nd_op.define
def scatter_nd_reference(
    node: Any, indices: np.ndarray, updates: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    if shape.ndim != 1:
        raise _fail("Shape must be a vector")
    sizes = shape.tolist()
    result = np.zeros(sizes, updates.dtype)
    if updates.dtype == object:
        result = np.full(sizes, b"", object)
    index = _checked_index(indices, updates, sizes)
    np.add.at(result, index, updates)
    return result


@scatter_nd_op.grad
def scatter_nd_grad(op: Any, dy: Any) -> list[Any]:
    return [None, ops.array.gather_nd(dy, op.inputs[0]), None]


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
    """Zeros of a shape, with `updates` added at the places that rows of `indices` name.

    Args:
      indices: int32 or int64 [..., k].
      updates: of shape `indices.shape[:-1] + shape[k:]`; those of one place are added up.
      shape: of the type of `indices`.
      name: the node's name.
    """
    tensor: Tensor = scatter_nd_op(indices, updates, shape, name=name)
    return tensor


def _tensor_scatter_shape(context: ShapeContext) -> TensorShape:
    _check_updates(context.shape(1), context.shape(2), context.shape(0))
    return context.shape(0)


def _tensor_scatter_op(name: str, attrs: Sequence[str] = (T, "Tindices: {int32, int64}")) -> OpDef:
    return define_op(
        name,
        ["tensor: T", "indices: Tindices", "updates: T"],
        ["output: T"],
        attrs,
        _tensor_scatter_shape,
    )


tensor_scatter_update_op = _tensor_scatter_op("TensorScatterUpdate")
tensor_scatter_add_op = _tensor_scatter_op("TensorScatterAdd")
tensor_scatter_sub_op = _tensor_scatter_op("TensorScatterSub")


def _scattered(
    scatter_at: Callable[[np.ndarray, Any, np.ndarray], None],
) -> Callable[..., np.ndarray]:
    def reference(
        node: Any, tensor: np.ndarray, indices: np.ndarray, updates: np.ndarray
    ) -> np.ndarray:
        result = tensor.copy()
        scatter_at(result, _checked_index(indices, updates, tensor.shape), updates)
        return result

    return reference


tensor_scatter_update_op.define(_scattered(np.ndarray.__setitem__))
tensor_scatter_add_op.define(_scattered(np.add.at))
tensor_scatter_sub_op.define(_scattered(np.subtract.at))


@tensor_scatter_update_op.grad
def tensor_scatter_update_grad(op: Any, dy: Any) -> list[Any]:
    _, indices, updates = op.inputs
    kept = tensor_scatter_update_op(dy, indices, ops.array.zeros_like(updates))
    return [kept, None, ops.array.gather_nd(dy, indices)]


@tensor_scatter_add_op.grad
def tensor_scatter_add_grad(op: Any, dy: Any) -> list[Any]:
    return [dy, None, ops.array.gather_nd(dy, op.inputs[1])]


@tensor_scatter_sub_op.grad
def tensor_scatter_sub_grad(op: Any, dy: Any) -> list[Any]:
    return [dy, None, -ops.array.gather_nd(dy, op.inputs[1])]


def tensor_scatter_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """`tensor` with `updates` at the places that rows of `indices` name (the last one wins)."""
    result: Tensor = tensor_scatter_update_op(tensor, indices, updates, name=name)
    return result


def tensor_scatter_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """`tensor` with `updates` added at the places that rows of `indices` name."""
    result: Tensor = tensor_scatter_add_op(tensor, indices, updates, name=name)
    return result


def tensor_scatter_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """`tensor` with `updates` subtracted at the places that rows of `indices` name."""
    result: Tensor = tensor_scatter_sub_op(tensor, indices, updates, name=name)
    return result


scatter_nd_non_aliasing_add_op = define_op(
    "ScatterNdNonAliasingAdd",
    ["input: T", "indices: Tindices", "updates: T"],
    ["output: T"],
    ["T: {numbertype, bool}", "Tindices: {int32, int64}"],
    _tensor_scatter_shape,
)
scatter_nd_non_aliasing_add_op.define(_scattered(np.add.at))
scatter_nd_non_aliasing_add_op.grad(tensor_scatter_add_grad)


# --- OneHot ---------------------------------------------------------------------------------------


def one_hot_shape(context: ShapeContext) -> TensorShape:
    given, axis = context.shape(0), context.attrs["axis"]
    for index in (1, 2, 3):
        context.with_rank(index, 0)
    if axis < -1:
        raise ValueError(f"axis must be >= -1, was {axis}")
    depth = context.constant(1)
    if depth is not None and depth < 0:
        raise ValueError(f"depth must be non-negative, got: {int(depth)}")
    if given.ndims is None:
        return TensorShape(None)
    if axis > given.ndims:
        raise ValueError(
            f"Expected axis to be -1 or between [0, {given.ndims + 1}), but got {axis}"
        )
    sizes = given.as_list()
    sizes.insert(given.ndims if axis == -1 else axis, None if depth is None else int(depth))
    return TensorShape(sizes)


one_hot_op = define_op(
    "OneHot",
    ["indices: TI", "depth: int32", "on_value: T", "off_value: T"],
    ["output: T"],
    ["axis: int = -1", T, "TI: {uint8, int8, int32, int64} = DT_INT64"],
    one_hot_shape,
)
one_hot_op.no_grad()


@one_hot_op.define
def one_hot_reference(
    node: Any, indices: np.ndarray, depth: np.ndarray, on: np.ndarray, off: np.ndarray
) -> np.ndarray:
    axis = node.attrs["axis"]
    if not -1 <= axis <= indices.ndim:
        raise _fail(
            f"Expected axis to be -1 or between [0, {indices.ndim + 1}).  But received: {axis}"
        )
    for name, value in (("depth", depth), ("on_value", on), ("off_value", off)):
        if value.ndim:
            raise _fail(f"{name} must be a scalar, but got: {_brackets(value.shape)}")
    if depth < 0:
        raise _fail(f"depth must be non-negative, got: {int(depth)}")
    hot = np.arange(int(depth)) == indices[..., np.newaxis]
    return np.moveaxis(np.where(hot, on, off), -1, axis)


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """A vector for each index that is `on_value` there and `off_value` elsewhere.

    Args:
      indices: integers; one out of [0, depth) gives `off_value` everywhere.
      depth: the length of the vectors.
      on_value: a scalar, 1 by default.
      off_value: a scalar, 0 by default.
      axis: where the new dimension goes; last by default.
      dtype: the type; by default that of the values, or float32.
      name: the node's name.

    Raises:
      TypeError: the types of the values differ from each other or from `dtype`.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as scope:
        on_value = None if on_value is None else convert_to_tensor(on_value)
        off_value = None if off_value is None else convert_to_tensor(off_value)
        on_type, off_type = _type_of(on_value), _type_of(off_value)
        if dtype is not None:
            dtype = dtypes.as_dtype(dtype).base_dtype
            for what, given in (("on_value", on_type), ("off_value", off_type)):
                if given is not None and given != dtype:
                    raise TypeError(
                        f"dtype {given} of {what} does not match dtype parameter {dtype}"
                    )
        else:
            dtype = on_type or off_type or dtypes.float32
        if on_value is None:
            on_value = convert_to_tensor(_number(1, dtype), dtype, name="on_value")
        if off_value is None:
            off_value = convert_to_tensor(_number(0, dtype), dtype, name="off_value")
        on_type, off_type = on_type or dtype, off_type or dtype
        if on_type != off_type:
            raise TypeError(
                f"dtype {on_type} of on_value does not match dtype {off_type} of off_value"
            )
        tensor: Tensor = one_hot_op(indices, depth, on_value, off_value, axis=axis, name=scope)
        return tensor


def _type_of(value: Tensor | None) -> dtypes.DType | None:
    return None if value is None else value.dtype.base_dtype


def _number(value: int, dtype: dtypes.DType) -> Any:
    return bool(value) if dtype == dtypes.bool else value
