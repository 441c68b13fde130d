"""Lists of tensors as one value of type variant: what TensorArrays and the stacks of loops are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_list import TensorList
from ...base.tensor_shape import TensorShape, as_shape
from ...graph.constant_value import constant_value
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import scalar_shape

_ELEMENT = "element_dtype: type"
_SHAPE_TYPE = "shape_type: {int32, int64}"


def _element_shape(context: ShapeContext, index: int) -> TensorShape:
    """What the `element_shape` input says: a vector, or the scalar -1 for an unknown rank."""
    value = context.constant(index)
    if value is not None:
        return _shape_of_value(value)
    if context.shape(index).ndims == 0:
        return TensorShape(None)
    return context.constant_shape(index)


def _shape_of_value(value: np.ndarray) -> TensorShape:
    if value.ndim == 0:
        return TensorShape(None)
    return TensorShape([None if size < 0 else int(size) for size in value])


def shape_input(shape: Any) -> Any:
    """A shape, partly known or not at all, as the `element_shape` input of list ops."""
    if isinstance(shape, Tensor):
        return shape
    shape = as_shape(shape)
    if shape.ndims is None:
        return ops.array.constant(-1, dtype=dtypes.int32)
    sizes = [-1 if size is None else size for size in shape.as_list()]
    return ops.array.constant(np.array(sizes, np.int32), dtype=dtypes.int32)


def _fail(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


def _zeros(values: TensorList, wanted: TensorShape) -> Any:
    """What an element that is not set reads as."""
    if values.dtype == dtypes.variant:
        return TensorList(dtypes.variant, TensorShape(None))
    shape = _merged(values, wanted)
    if not shape.is_fully_defined():
        shape = _merged_with_elements(values, shape)
    if not shape.is_fully_defined():
        raise _fail(
            "Trying to read an uninitialized tensor but element_shape is not fully defined: "
            f"{shape}"
        )
    filling: Any = b"" if values.dtype == dtypes.string else 0
    return np.full(shape.as_list(), filling, dtype=values.dtype.as_numpy_dtype)


def _merged(values: TensorList, wanted: TensorShape) -> TensorShape:
    try:
        return values.element_shape.merge_with(wanted)
    except ValueError:
        raise _fail(
            f"Incompatible shapes during merge: {values.element_shape} vs. {wanted}"
        ) from None


def _merged_with_elements(values: TensorList, shape: TensorShape) -> TensorShape:
    """Elements that are set tell the shape of those that are not, when all are alike."""
    for item in values.items:
        if item is not None:
            return shape.merge_with(item.shape) if shape.is_compatible_with(item.shape) else shape
    return shape


def _read(values: TensorList, index: int, wanted: TensorShape) -> Any:
    item = values.item(index)
    if item is None:
        return _zeros(values, wanted)
    if isinstance(item, np.ndarray) and not wanted.is_compatible_with(item.shape):
        raise _fail(f"Incompatible shapes during merge: {wanted} vs. {list(item.shape)}")
    return item


# TF1's TensorArrays refuse what lists do not. The ops that one makes say so in attributes: whether
# writing past the end makes it longer, and whether an element can be read only once.
GROWS = "_tensor_array_grows"
CLEAR_AFTER_READ = "_clear_after_read"


def check_reads(node: Any, values: TensorList, indices: Sequence[int]) -> None:
    """Notes what a TensorArray reads; it may refuse to read that again."""
    clear = node.attrs.get(CLEAR_AFTER_READ)
    if clear is None:
        return
    for index in indices:
        if not 0 <= index < len(values):
            raise _fail(f"Tried to read from index {index} but array size is: {len(values)}")
        if clear and index in values.was_read:
            raise _fail(
                f"Could not read index {index} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read = false?)"
            )
        values.was_read.add(index)


def _check_write(node: Any, values: TensorList, index: int) -> None:
    grows = node.attrs.get(GROWS)
    if grows is None:
        return
    if index < 0 or (index >= len(values) and not grows):
        raise _fail(
            f"Tried to write to index {index} but array is not resizeable and size is: "
            f"{len(values)}"
        )
    if index in values.was_read:
        raise _fail(
            f"Could not write to TensorArray index {index} because it has already been read."
        )
    if index < len(values) and values.item(index) is not None:
        raise _fail(
            f"Could not write to TensorArray index {index} because it has already been written to."
        )


def _check_index(values: TensorList, index: int) -> None:
    if not 0 <= index < len(values):
        raise _fail(f"Trying to access element {index} in a list with {len(values)} elements.")


def _check_element(values: TensorList, item: Any) -> None:
    if isinstance(item, np.ndarray) and not values.element_shape.is_compatible_with(item.shape):
        raise _fail(
            "Tried to set a tensor with incompatible shape at a list index. Item element shape: "
            f"{list(item.shape)} list shape: {values.element_shape}"
        )


# --- making lists ---------------------------------------------------------------------------------

empty_tensor_list_op = define_op(
    "EmptyTensorList",
    inputs=["element_shape: shape_type", "max_num_elements: int32"],
    outputs=["handle: variant"],
    attrs=[_ELEMENT, _SHAPE_TYPE],
    shape=scalar_shape,
)
empty_tensor_list_op.no_grad()


@empty_tensor_list_op.define
def empty_tensor_list_reference(node: Any, shape: np.ndarray, limit: np.ndarray) -> TensorList:
    return TensorList(node.attrs["element_dtype"], _shape_of_value(shape))


tensor_list_reserve_op = define_op(
    "TensorListReserve",
    inputs=["element_shape: shape_type", "num_elements: int32"],
    outputs=["handle: variant"],
    attrs=[_ELEMENT, _SHAPE_TYPE],
    shape=scalar_shape,
)
tensor_list_reserve_op.no_grad()


@tensor_list_reserve_op.define
def tensor_list_reserve_reference(node: Any, shape: np.ndarray, count: np.ndarray) -> TensorList:
    if count < 0:
        raise _fail(f"The num_elements to reserve must be a non negative number, but got {count}")
    element_shape = _shape_of_value(shape)
    return TensorList(node.attrs["element_dtype"], element_shape, [None] * int(count))


# --- stacks ---------------------------------------------------------------------------------------

tensor_list_push_back_op = define_op(
    "TensorListPushBack",
    inputs=["input_handle: variant", "tensor: element_dtype"],
    outputs=["output_handle: variant"],
    attrs=[_ELEMENT],
    shape=scalar_shape,
)


@tensor_list_push_back_op.define
def tensor_list_push_back_reference(node: Any, values: TensorList, item: Any) -> TensorList:
    _check_element(values, item)
    return values.push(item)


@tensor_list_push_back_op.grad
def tensor_list_push_back_grad(op: Any, dlist: Any) -> list[Any]:
    return list(
        tensor_list_pop_back_op(
            dlist, _dynamic_shape(op.inputs[1]), element_dtype=op.node_attrs["element_dtype"]
        )
    )


def _dynamic_shape(item: Tensor) -> Any:
    """The shape an element of a gradient must have: that of the element it belongs to."""
    if item.dtype == dtypes.variant:
        return shape_input(None)
    return ops.array.shape(item)


def pop_back_shape(context: ShapeContext) -> list[TensorShape]:
    return [TensorShape([]), _element_shape(context, 1).merge_with(context.top_shape(0))]


tensor_list_pop_back_op = define_op(
    "TensorListPopBack",
    inputs=["input_handle: variant", "element_shape: int32"],
    outputs=["output_handle: variant", "tensor: element_dtype"],
    attrs=[_ELEMENT],
    shape=pop_back_shape,
)


@tensor_list_pop_back_op.define
def tensor_list_pop_back_reference(node: Any, values: TensorList, shape: np.ndarray) -> Any:
    rest, item = values.pop()
    return rest, _zeros(values, _shape_of_value(shape)) if item is None else item


@tensor_list_pop_back_op.grad
def tensor_list_pop_back_grad(op: Any, dlist: Any, ditem: Any) -> list[Any]:
    rest, item = op.outputs
    dlist = ops.array.zeros_like(rest) if dlist is None else dlist
    ditem = ops.array.zeros_like(item) if ditem is None else ditem
    return [tensor_list_push_back_op(dlist, ditem), None]


# --- elements by index ----------------------------------------------------------------------------


def item_shape(context: ShapeContext) -> TensorShape:
    return _element_shape(context, 2)


tensor_list_get_item_op = define_op(
    "TensorListGetItem",
    inputs=["input_handle: variant", "index: int32", "element_shape: int32"],
    outputs=["item: element_dtype"],
    attrs=[_ELEMENT],
    shape=item_shape,
)


@tensor_list_get_item_op.define
def tensor_list_get_item_reference(
    node: Any, values: TensorList, index: np.ndarray, shape: np.ndarray
) -> Any:
    check_reads(node, values, [int(index)])
    _check_index(values, int(index))
    return _read(values, int(index), _shape_of_value(shape))


@tensor_list_get_item_op.grad
def tensor_list_get_item_grad(op: Any, ditem: Any) -> list[Any]:
    zeros = ops.array.zeros_like(op.inputs[0])
    return [tensor_list_set_item_op(zeros, op.inputs[1], ditem), None, None]


tensor_list_set_item_op = define_op(
    "TensorListSetItem",
    inputs=["input_handle: variant", "index: int32", "item: element_dtype"],
    outputs=["output_handle: variant"],
    attrs=[_ELEMENT, "resize_if_index_out_of_bounds: bool = false"],
    shape=scalar_shape,
)


@tensor_list_set_item_op.define
def tensor_list_set_item_reference(
    node: Any, values: TensorList, position: np.ndarray, item: Any
) -> TensorList:
    index = int(position)
    _check_write(node, values, index)
    if node.attrs["resize_if_index_out_of_bounds"] and index >= len(values):
        values = values.resized(index + 1)
    _check_index(values, index)
    _check_element(values, item)
    return values.replaced(index, item)


@tensor_list_set_item_op.grad
def tensor_list_set_item_grad(op: Any, dlist: Any) -> list[Any]:
    values, index, item = op.inputs
    ditem = tensor_list_get_item_op(
        dlist, index, _dynamic_shape(item), element_dtype=item.dtype.base_dtype
    )
    without = tensor_list_set_item_op(dlist, index, ops.array.zeros_like(item))
    if op.node_attrs["resize_if_index_out_of_bounds"]:
        without = tensor_list_resize_op(without, tensor_list_length_op(values))
    return [without, None, ditem]


tensor_list_length_op = define_op(
    "TensorListLength",
    inputs=["input_handle: variant"],
    outputs=["length: int32"],
    shape=scalar_shape,
)
tensor_list_length_op.no_grad()


@tensor_list_length_op.define
def tensor_list_length_reference(node: Any, values: TensorList) -> np.ndarray:
    return np.asarray(len(values), np.int32)


tensor_list_resize_op = define_op(
    "TensorListResize",
    inputs=["input_handle: variant", "size: int32"],
    outputs=["output_handle: variant"],
    shape=scalar_shape,
)


@tensor_list_resize_op.define
def tensor_list_resize_reference(node: Any, values: TensorList, size: np.ndarray) -> TensorList:
    if size < 0:
        raise _fail(f"TensorListSlice expects size to be non-negative. Got: {size}")
    return values.resized(int(size))


@tensor_list_resize_op.grad
def tensor_list_resize_grad(op: Any, dlist: Any) -> list[Any]:
    return [tensor_list_resize_op(dlist, tensor_list_length_op(op.inputs[0])), None]


# --- lists and tensors ----------------------------------------------------------------------------


def stack_shape(context: ShapeContext) -> TensorShape:
    count = context.attrs["num_elements"]
    return TensorShape([None if count < 0 else count]).concatenate(_element_shape(context, 1))


tensor_list_stack_op = define_op(
    "TensorListStack",
    inputs=["input_handle: variant", "element_shape: int32"],
    outputs=["tensor: element_dtype"],
    attrs=[_ELEMENT, "num_elements: int = -1"],
    shape=stack_shape,
)


@tensor_list_stack_op.define
def tensor_list_stack_reference(node: Any, values: TensorList, shape: np.ndarray) -> np.ndarray:
    count = node.attrs["num_elements"]
    if count >= 0 and count != len(values):
        raise _fail(
            f"Operation expected a list with {count} elements but got a list with "
            f"{len(values)} elements."
        )
    check_reads(node, values, range(len(values)))
    return _stacked(values, range(len(values)), _shape_of_value(shape))


def _empty(row_sizes: Any, values: TensorList) -> np.ndarray:
    """No rows of the given sizes."""
    array: np.ndarray = np.zeros([0, *row_sizes], values.dtype.as_numpy_dtype)
    return array


def _stacked(values: TensorList, indices: Sequence[int], wanted: TensorShape) -> np.ndarray:
    if not indices:
        shape = _merged_with_elements(values, _merged(values, wanted))
        if not shape.is_fully_defined():
            raise _fail(
                f"TensorArray has size zero, but element shape {shape} is not fully defined. "
                "Currently only static shapes are supported when packing zero-size TensorArrays."
            )
        return _empty(shape.as_list(), values)
    items = [_read(values, index, wanted) for index in indices]
    first = items[0].shape
    for index, item in enumerate(items):
        if item.shape != first:
            raise _fail(
                f"Inconsistent shapes: element {index} of the list has shape {list(item.shape)}, "
                f"element 0 has shape {list(first)}"
            )
    return np.stack(items)


@tensor_list_stack_op.grad
def tensor_list_stack_grad(op: Any, dy: Any) -> list[Any]:
    return [tensor_list_from_tensor_op(dy, shape_input(dy.shape[1:])), None]


tensor_list_from_tensor_op = define_op(
    "TensorListFromTensor",
    inputs=["tensor: element_dtype", "element_shape: shape_type"],
    outputs=["output_handle: variant"],
    attrs=[_ELEMENT, _SHAPE_TYPE],
    shape=scalar_shape,
)


@tensor_list_from_tensor_op.define
def tensor_list_from_tensor_reference(
    node: Any, tensor: np.ndarray, shape: np.ndarray
) -> TensorList:
    if tensor.ndim == 0:
        raise _fail("Tensor must be at least a vector, but saw shape: []")
    return TensorList(node.attrs["element_dtype"], _shape_of_value(shape), _rows(tensor))


def _rows(tensor: np.ndarray) -> list[np.ndarray]:
    return [
        np.asarray(tensor[i]) if tensor.ndim > 1 else tensor[i, ...] for i in range(len(tensor))
    ]


@tensor_list_from_tensor_op.grad
def tensor_list_from_tensor_grad(op: Any, dlist: Any) -> list[Any]:
    return [_stack_like(dlist, op.inputs[0]), None]


def _stack_like(dlist: Any, tensor: Tensor) -> Any:
    dy = tensor_list_stack_op(
        dlist, ops.array.shape(tensor)[1:], element_dtype=tensor.dtype.base_dtype
    )
    dy.set_shape(tensor.shape)
    return dy


tensor_list_gather_op = define_op(
    "TensorListGather",
    inputs=["input_handle: variant", "indices: int32", "element_shape: int32"],
    outputs=["values: element_dtype"],
    attrs=[_ELEMENT],
    shape=lambda context: context.shape(1).concatenate(_element_shape(context, 2)),
)


@tensor_list_gather_op.define
def tensor_list_gather_reference(
    node: Any, values: TensorList, indices: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    check_reads(node, values, indices.tolist())
    for index in indices.flat:
        _check_index(values, int(index))
    return _stacked(values, [int(index) for index in indices], _shape_of_value(shape))


@tensor_list_gather_op.grad
def tensor_list_gather_grad(op: Any, dy: Any) -> list[Any]:
    values, indices, _ = op.inputs
    known = constant_value(indices)
    if known is None or len(np.unique(known)) < known.size:  # what is gathered twice counts twice
        indices, place = ops.array.unique(indices)
        dy = ops.reduction.unsorted_segment_sum(dy, place, ops.array.size(indices))
    dlist = tensor_list_scatter_into_existing_op(ops.array.zeros_like(values), dy, indices)
    return [dlist, None, None]


tensor_list_scatter_into_existing_op = define_op(
    "TensorListScatterIntoExistingList",
    inputs=["input_handle: variant", "tensor: element_dtype", "indices: int32"],
    outputs=["output_handle: variant"],
    attrs=[_ELEMENT],
    shape=scalar_shape,
)


@tensor_list_scatter_into_existing_op.define
def tensor_list_scatter_into_existing_reference(
    node: Any, values: TensorList, tensor: np.ndarray, indices: np.ndarray
) -> TensorList:
    if len(indices) != len(tensor):
        raise _fail(f"Specified a list with shape {list(tensor.shape)} but {len(indices)} indices")
    items = values.items
    for index, item in zip(indices.tolist(), _rows(tensor), strict=True):
        if index < 0:
            raise _fail(f"Indices in TensorListScatter must all be non-negative, but got {index}")
        _check_write(node, values, index)
        _check_element(values, item)
        items.extend([None] * (index + 1 - len(items)))
        items[index] = item
    return values.with_items(items)


@tensor_list_scatter_into_existing_op.grad
def tensor_list_scatter_into_existing_grad(op: Any, dlist: Any) -> list[Any]:
    values, tensor, indices = op.inputs
    dy = tensor_list_gather_op(
        dlist, indices, ops.array.shape(tensor)[1:], element_dtype=tensor.dtype.base_dtype
    )
    zeros = ops.array.zeros_like(tensor)
    without = tensor_list_scatter_into_existing_op(dlist, zeros, indices)
    without = tensor_list_resize_op(without, tensor_list_length_op(values))
    return [without, dy, None]


def concat_shape(context: ShapeContext) -> list[TensorShape]:
    shape = _element_shape(context, 1)
    joined = TensorShape(None)
    if shape.ndims:
        joined = TensorShape([None]).concatenate(shape[1:])
    return [joined, TensorShape([None])]


tensor_list_concat_op = define_op(
    "TensorListConcatV2",
    inputs=["input_handle: variant", "element_shape: shape_type", "leading_dims: int64"],
    outputs=["tensor: element_dtype", "lengths: int64"],
    attrs=[_ELEMENT, _SHAPE_TYPE],
    shape=concat_shape,
)


@tensor_list_concat_op.define
def tensor_list_concat_reference(
    node: Any, values: TensorList, shape: np.ndarray, leading: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    check_reads(node, values, range(len(values)))
    wanted = _merged(values, _shape_of_value(shape))
    items = []
    for index in range(len(values)):
        known = wanted
        if index < len(leading) and wanted.ndims:
            known = TensorShape([int(leading[index])]).concatenate(wanted[1:])
        items.append(_read(values, index, known))
    if any(item.ndim == 0 for item in items):
        raise _fail("Concat saw a scalar shape at index 0 but requires at least vectors.")
    for index, item in enumerate(items):
        if item.shape[1:] != items[0].shape[1:]:
            raise _fail(
                "TensorArray has inconsistent shapes. Index 0 has (excepting dimension 0) shape: "
                f"{list(items[0].shape[1:])} but index {index} has (excepting dimension 0) shape: "
                f"{list(item.shape[1:])}"
            )
    lengths = np.array([len(item) for item in items], np.int64)
    if items:
        return np.concatenate(items), lengths
    if not wanted.ndims or not wanted[1:].is_fully_defined():
        raise _fail(
            "All except the first dimension must be fully defined when concating an empty tensor "
            f"list. element_shape: {wanted}"
        )
    empty = _empty(wanted.as_list()[1:], values)
    return empty, lengths


@tensor_list_concat_op.grad
def tensor_list_concat_grad(op: Any, dy: Any, _: Any) -> list[Any]:
    dlist = tensor_list_split_op(dy, op.inputs[1], op.outputs[1])
    return [dlist, None, None]


tensor_list_split_op = define_op(
    "TensorListSplit",
    inputs=["tensor: element_dtype", "element_shape: shape_type", "lengths: int64"],
    outputs=["output_handle: variant"],
    attrs=[_ELEMENT, _SHAPE_TYPE],
    shape=scalar_shape,
)


@tensor_list_split_op.define
def tensor_list_split_reference(
    node: Any, tensor: np.ndarray, shape: np.ndarray, lengths: np.ndarray
) -> TensorList:
    if lengths.ndim != 1:
        raise _fail(f"Expected lengths to be a vector, received shape: {list(lengths.shape)}")
    if tensor.ndim == 0:
        raise _fail("Expected value to be at least a vector, but received shape: []")
    if (lengths < 0).any():
        raise _fail(f"Invalid value in lengths: {lengths[lengths < 0][0]}")
    if lengths.sum() != len(tensor):
        raise _fail(
            "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{lengths.sum()} and value's shape is: {list(tensor.shape)} "
        )
    parts = np.split(tensor, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return TensorList(node.attrs["element_dtype"], _shape_of_value(shape), parts)


@tensor_list_split_op.grad
def tensor_list_split_grad(op: Any, dlist: Any) -> list[Any]:
    tensor, element_shape, lengths = op.inputs
    dy = tensor_list_concat_op(
        dlist, element_shape, lengths, element_dtype=tensor.dtype.base_dtype
    ).tensor
    dy.set_shape(tensor.shape)
    return [dy, None, None]
