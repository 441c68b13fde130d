"""StridedSlice and its relatives: what `x[2:8:3, ..., tf.newaxis, i]` becomes.

An index of n items is encoded as three vectors of length n and five masks: bit i of a mask says
that item i is open at its beginning or end, is an ellipsis, a new axis, or a single position.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.ref import Ref, locked
from ...base.tensor_shape import Dimension, TensorShape
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor, overload_operator
from .constant import constant
from .fill import ones_like
from .join import stack
from .signatures import T

_MASKS = [
    "begin_mask: int = 0",
    "end_mask: int = 0",
    "ellipsis_mask: int = 0",
    "new_axis_mask: int = 0",
    "shrink_axis_mask: int = 0",
]
_ATTRS = [T, "Index: {int32, int64}", *_MASKS]
_INDEX = ["begin: Index", "end: Index", "strides: Index"]
_MASK_NAMES = [mask.partition(":")[0] for mask in _MASKS]


def _kinds(attrs: Mapping[str, Any], count: int) -> Iterator[str]:
    """What each item of the index is: ellipsis, new axis, position or range."""
    for i in builtins.range(count):
        bit = 1 << i
        if attrs["ellipsis_mask"] & bit:
            yield "ellipsis"
        elif attrs["new_axis_mask"] & bit:
            yield "new_axis"
        else:
            yield "position" if attrs["shrink_axis_mask"] & bit else "range"


# --- the static shape -----------------------------------------------------------------------------


def strided_slice_shape(context: ShapeContext) -> TensorShape:
    given, attrs = context.shape(0), context.attrs
    index_shape = context.with_rank(1, 1)
    for other in (2, 3):
        index_shape = index_shape.merge_with(context.with_rank(other, 1))
    count = index_shape.as_list()[0]
    if given.ndims is None or count is None:
        return TensorShape(None)
    begin, end, strides = (context.constant(i) for i in (1, 2, 3))
    if strides is not None and not strides.all():
        raise ValueError(f"strides[{int(np.flatnonzero(strides == 0)[0])}] must be non-zero")
    kinds = list(_kinds(attrs, count))
    _check_single_ellipsis(kinds)
    spanned = given.ndims - sum(kind in ("position", "range") for kind in kinds)
    if spanned < 0:
        raise ValueError(
            f"Index out of range using input dim {given.ndims}; input has only {given.ndims} dims"
        )
    if "ellipsis" not in kinds:
        kinds.append("ellipsis")
    sizes = iter(given.as_list())
    result: list[int | None] = []
    for i, kind in enumerate(kinds):
        if kind == "ellipsis":
            result.extend(next(sizes) for _ in builtins.range(spanned))
        elif kind == "new_axis":
            result.append(1)
        elif kind == "position":
            _check_position(next(sizes), None if begin is None else int(begin[i]), strides, i)
        else:
            start, stop, step = (None if v is None else int(v[i]) for v in (begin, end, strides))
            result.append(_range_size(next(sizes), start, stop, step, attrs, 1 << i))
    return TensorShape(result)


def _check_single_ellipsis(kinds: list[str]) -> None:
    if kinds.count("ellipsis") > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed")


def _check_position(
    size: int | None, position: int | None, strides: np.ndarray | None, item: int
) -> None:
    if strides is not None and strides[item] < 0:
        raise ValueError("only stride 1 allowed on non-range indexing.")
    if size is not None and position is not None and not -size <= position < size:
        raise ValueError(f"slice index {position} of dimension {item} out of bounds.")


def _range_size(
    size: int | None,
    start: int | None,
    stop: int | None,
    step: int | None,
    attrs: Mapping[str, Any],
    bit: int,
) -> int | None:
    if size is None or step is None:
        return None
    is_open = attrs["begin_mask"] & bit, attrs["end_mask"] & bit
    if (start is None and not is_open[0]) or (stop is None and not is_open[1]):
        return None
    taken = builtins.slice(None if is_open[0] else start, None if is_open[1] else stop, step)
    return len(builtins.range(*taken.indices(size)))


# --- the ops --------------------------------------------------------------------------------------


def _numpy_index(
    attrs: Mapping[str, Any],
    shape: tuple[int, ...],
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
) -> tuple[Any, ...]:
    """The index in NumPy's form, checked as TF checks it."""
    kinds = list(_kinds(attrs, len(begin)))
    try:
        _check_single_ellipsis(kinds)
        if not np.all(strides):
            raise ValueError(f"strides[{int(np.flatnonzero(strides == 0)[0])}] must be non-zero")
        spanned = len(shape) - sum(kind in ("position", "range") for kind in kinds)
        if spanned < 0:
            raise ValueError(
                f"Index out of range using input dim {len(shape)}; input has only {len(shape)} dims"
            )
        axis = 0
        index: list[Any] = []
        for i, kind in enumerate(kinds):
            if kind == "ellipsis":
                index.append(Ellipsis)
                axis += spanned
            elif kind == "new_axis":
                index.append(None)
            elif kind == "position":
                _check_position(shape[axis], int(begin[i]), strides, i)
                index.append(int(begin[i]))
                axis += 1
            else:
                start = None if attrs["begin_mask"] >> i & 1 else int(begin[i])
                stop = None if attrs["end_mask"] >> i & 1 else int(end[i])
                index.append(builtins.slice(start, stop, int(strides[i])))
                axis += 1
        if "ellipsis" not in kinds:
            index.append(Ellipsis)  # so that a single element is a view, too
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None
    return tuple(index)


strided_slice_op = define_op(
    "StridedSlice", ["input: T", *_INDEX], ["output: T"], _ATTRS, strided_slice_shape
)


@strided_slice_op.define
def strided_slice_reference(
    node: Any, x: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: np.ndarray
) -> np.ndarray:
    index = _numpy_index(node.attrs, x.shape, begin, end, strides)
    taken: np.ndarray = x[index]
    return taken


@strided_slice_op.grad
def strided_slice_grad(op: Any, dy: Any) -> list[Any]:
    x, begin, end, strides = op.inputs
    shape = ops.array.shape(x, out_type=begin.dtype)
    masks = {name: op.node_attrs[name] for name in _MASK_NAMES}
    return [strided_slice_grad_op(shape, begin, end, strides, dy, **masks), None, None, None]


strided_slice_grad_op = define_op(
    "StridedSliceGrad",
    ["shape: Index", *_INDEX, "dy: T"],
    ["output: T"],
    _ATTRS,
    lambda context: context.constant_shape(0),
)


@strided_slice_grad_op.define
def strided_slice_grad_reference(
    node: Any,
    shape: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
    dy: np.ndarray,
) -> np.ndarray:
    filling: Any = b"" if dy.dtype == object else 0
    result = np.full(tuple(shape.tolist()), filling, dy.dtype)
    index = _numpy_index(node.attrs, result.shape, begin, end, strides)
    if result[index].shape != dy.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"shape of dy was {list(dy.shape)} instead of {list(result[index].shape)}",
        )
    result[index] = dy
    return result


@strided_slice_grad_op.grad
def strided_slice_grad_grad(op: Any, dz: Any) -> list[Any]:
    _, begin, end, strides, _ = op.inputs
    masks = {name: op.node_attrs[name] for name in _MASK_NAMES}
    return [None, None, None, None, strided_slice(dz, begin, end, strides, **masks)]


strided_slice_assign_op = define_op(
    "StridedSliceAssign",
    ["ref: Ref(T)", *_INDEX, "value: T"],
    ["output_ref: Ref(T)"],
    _ATTRS,
    lambda context: context.shape(0),
)
strided_slice_assign_op.no_grad()


@strided_slice_assign_op.define_with_context
def strided_slice_assign_reference(
    node: Any,
    context: Any,
    ref: Ref,
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
    value: np.ndarray,
) -> Ref:
    with locked(ref):
        current = ref.read()
        index = _numpy_index(node.attrs, current.shape, begin, end, strides)
        changed = current.copy()
        wanted = changed[index].shape
        try:
            changed[index] = np.broadcast_to(value, wanted)
        except ValueError:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Assign dims {list(wanted)} and value dims {list(value.shape)} do not match",
            ) from None
        ref.value = changed
    return ref


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """Every stride-th element from `begin` up to `end`, in each dimension: `x[begin:end:strides]`.

    Args:
      input_: the tensor.
      begin: int32 or int64 vector, an entry for each item of the index.
      end: as `begin`.
      strides: as `begin`, never 0; ones by default.
      begin_mask: bits of the items that begin at the first element.
      end_mask: bits of the items that end with the last one.
      ellipsis_mask: the bit of the item that stands for all dimensions not mentioned.
      new_axis_mask: bits of the items that insert a dimension of size 1.
      shrink_axis_mask: bits of the items that take one position and drop the dimension.
      var: the variable that `input_` is the value of; the result's `assign` then writes to it.
      name: the node's name.
    """
    if strides is None:
        strides = ones_like(begin)
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    taken: Tensor = strided_slice_op(input_, begin, end, strides, name=name, **masks)
    scope = name

    def assign(val: Any, name: str | None = None) -> Any:
        """Writes to this part of the variable."""
        if var is None:
            raise ValueError("Sliced assignment is only supported for variables")
        if name is None:
            name = f"{scope}_assign"
        return var._strided_slice_assign(
            begin=begin, end=end, strides=strides, value=val, name=name, **masks
        )

    taken.assign = assign  # type: ignore[attr-defined]
    return taken


# --- the indexing language ------------------------------------------------------------------------

_INDEX_ERROR = (
    "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
    "tf.int32/tf.int64 tensors are valid indices"
)


def _check_index(item: Any) -> None:
    """Single positions are ints, Dimensions, and scalar integer arrays or tensors."""
    if isinstance(item, int | Dimension) and not isinstance(item, bool):
        return
    dtype = getattr(item, "dtype", None)
    if dtype is not None:
        is_index = dtypes.as_dtype(dtype).base_dtype in (dtypes.int32, dtypes.int64)
        shape = item.shape
        rank = shape.ndims if isinstance(shape, TensorShape) else len(shape)
        if is_index and rank != 1:
            return
    raise TypeError(f"{_INDEX_ERROR}, got {item!r}")


def _is_given(bound: Any) -> bool:
    """Whether a slice has this bound; Python 2 wrote `sys.maxsize` for an open end."""
    return bound is not None and (hasattr(bound, "dtype") or bound != sys.maxsize)


def get_item(tensor: Any, key: Any, var: Any = None) -> Tensor:
    """`tensor[key]`: NumPy's basic indexing, positions being ints or scalar integer tensors.

    Args:
      tensor: the tensor.
      key: a position, slice, `...`, `tf.newaxis`, or a tuple of these; or a bool tensor, for
        `tf.boolean_mask`.
      var: the variable that `tensor` is the value of.

    Raises:
      TypeError: an item of the key is nothing of this.
    """
    if isinstance(key, bool) or getattr(key, "dtype", None) in (dtypes.bool, np.dtype(bool)):
        masked: Tensor = ops.array.boolean_mask(tensor, key)
        return masked
    items = key if isinstance(key, list | tuple) else [key]
    begin: list[Any] = []
    end: list[Any] = []
    strides: list[Any] = []
    masks = dict.fromkeys(_MASK_NAMES, 0)
    for i, item in enumerate(items):
        start, stop, stride = _encode_item(item, 1 << i, masks)
        begin.append(start)
        end.append(stop)
        strides.append(stride)
    with name_scope(None, "strided_slice", [tensor, *begin, *end, *strides]) as scope:
        first, last, step = _pack_index(begin, end, strides)
        index: dict[str, Any] = {"begin": first, "end": last, "strides": step, **masks}
        return strided_slice(tensor, **index, var=var, name=scope)


def _encode_item(item: Any, bit: int, masks: dict[str, int]) -> tuple[Any, Any, Any]:
    """(begin, end, stride) of one item of an index; sets its bits in the masks."""
    if isinstance(item, builtins.slice):
        first, last, step = 0, 0, 1
        if _is_given(item.start):
            _check_index(item.start)
            first = item.start
        else:
            masks["begin_mask"] |= bit
        if _is_given(item.stop):
            _check_index(item.stop)
            last = item.stop
        else:
            masks["end_mask"] |= bit
        if item.step is not None:
            _check_index(item.step)
            step = item.step
        return first, last, step
    if item is Ellipsis:
        masks["ellipsis_mask"] |= bit
        return 0, 0, 1
    if item is None:
        masks["new_axis_mask"] |= bit
        return 0, 0, 1
    _check_index(item)
    masks["shrink_axis_mask"] |= bit
    return item, item + 1, 1


def _pack_index(begin: list[Any], end: list[Any], strides: list[Any]) -> tuple[Tensor, ...]:
    if not begin:
        nothing = constant([], dtype=dtypes.int32)
        return nothing, nothing, nothing
    vectors = tuple(stack(part) for part in (begin, end, strides))
    if any(v.dtype == dtypes.int64 for v in vectors):
        vectors = tuple(ops.elementwise.cast(v, dtypes.int64) for v in vectors)
    return vectors


overload_operator("__getitem__", get_item)
