"""TensorArray: an array of tensors that loops read and write, as one TensorList value.

TF1 holds it in a resource that ops change, ordered by a float `flow`; here the flow is the array's
value itself, as in TF2. So every write gives a new array, and what an old one holds stays.
"""

from __future__ import annotations

import contextlib
from typing import Any

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape, as_shape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.operation import Operation
from ...graph.scopes import name_scope
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor
from .group import no_op
from .tensor_list import (
    CLEAR_AFTER_READ,
    GROWS,
    shape_input,
    tensor_list_concat_op,
    tensor_list_from_tensor_op,
    tensor_list_gather_op,
    tensor_list_get_item_op,
    tensor_list_length_op,
    tensor_list_reserve_op,
    tensor_list_scatter_into_existing_op,
    tensor_list_set_item_op,
    tensor_list_split_op,
    tensor_list_stack_op,
)


class TensorArray:
    """Tensors of one type by index, to be written and read in loops.

    Methods that change it return the changed array; use that one from then on.

    Args:
      dtype: the type of the elements.
      size: int scalar, how many there are; needed unless `flow` is given.
      dynamic_size: whether writing past the end makes it longer.
      clear_after_read: whether an element can be read only once in a run, which is the default.
        No memory depends on it here: it is freed with the last array that holds it.
      tensor_array_name: not needed here.
      handle: None, as graphflow's arrays have no handle.
      flow: the value of an existing array, instead of `size`.
      infer_shape: whether all elements must be of one shape, which is inferred from the first.
      element_shape: the shape of all elements, as far as it is known.
      colocate_with_first_write_call: not needed here.
      name: the node's name.

    Raises:
      ValueError: not exactly one of `size` and `flow` is given.
      TypeError: `flow` is not the flow of a TensorArray.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        if handle is not None and tensor_array_name:
            raise ValueError("Cannot construct with both handle and tensor_array_name")
        if handle is not None and not isinstance(handle, Tensor):
            raise TypeError("Handle must be a Tensor")
        if handle is None and flow is None and size is None:
            raise ValueError("Size must be provided if handle is not provided")
        if flow is not None and size is not None:
            raise ValueError("Cannot provide both a handle and size at the same time")
        if flow is not None and element_shape is not None:
            raise ValueError("Cannot provide both a handle and element_shape at the same time")
        if flow is not None and not (isinstance(flow, Tensor) and flow.dtype == dtypes.variant):
            raise TypeError("flow must be a variant tensor")
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._dynamic_size = bool(dynamic_size)
        self._clear_after_read = clear_after_read is None or bool(clear_after_read)
        self._infer_shape = infer_shape
        # one box for all arrays derived from this one: a shape inferred by a write holds for all
        self._shape_box = [as_shape(element_shape)]
        if flow is None:
            with name_scope(name, "TensorArray", [size]) as scope:
                shape = shape_input(element_shape)
                flow = tensor_list_reserve_op(shape, size, element_dtype=self._dtype, name=scope)
        self._flow: Tensor = flow

    @property
    def flow(self) -> Tensor:
        """The array's value, a variant scalar; what waits for it waits for all writes."""
        return self._flow

    @property
    def dtype(self) -> dtypes.DType:
        return self._dtype

    @property
    def handle(self) -> None:
        """None: there is no resource behind a TensorArray here."""
        return None

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of the elements."""
        return self._shape_box[0]

    @property
    def dynamic_size(self) -> bool:
        return self._dynamic_size

    def _merge_element_shape(self, shape: TensorShape) -> None:
        if not shape.is_compatible_with(self.element_shape):
            raise ValueError(
                f"Inconsistent shapes: saw {shape} but expected {self.element_shape} "
                f"(and infer_shape={self._infer_shape})"
            )
        if self._infer_shape:
            self._shape_box[0] = self.element_shape.merge_with(shape)

    def _convert(self, value: Any) -> Tensor:
        value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
        if value.dtype.base_dtype != self._dtype:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype "
                f"{value.dtype.base_dtype.name}",
            )
        tensor: Tensor = value
        return tensor

    def _reading(self) -> contextlib.AbstractContextManager[None]:
        """What ops that read are made in."""
        return get_default_graph()._attr_scope({CLEAR_AFTER_READ: self._clear_after_read})

    def _writing(self) -> contextlib.AbstractContextManager[None]:
        """What ops that write are made in."""
        return get_default_graph()._attr_scope({GROWS: self._dynamic_size})

    def _known_size(self) -> int | None:
        """How many elements there are, of an array just made."""
        if self._flow.op.type != "TensorListReserve":
            return None
        size = constant_value(self._flow.op.inputs[1])
        return None if size is None else int(size)

    def identity(self) -> TensorArray:
        """The same array, whose flow waits for the control dependencies in scope."""
        return with_new_flow(self, ops.array.identity(self._flow))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> TensorArray:
        """Not available: `tf.gradients` differentiates through the array's value itself.

        Raises:
          ValueError: always.
        """
        raise ValueError(
            "TensorArray.grad: graphflow's TensorArrays have no separate gradient array; use "
            "tf.gradients of what was read"
        )

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`, an int32 scalar."""
        with name_scope(name, "TensorArrayReadV3", [self._flow, index]) as scope:
            shape = shape_input(self.element_shape)
            with self._reading():
                element: Tensor = tensor_list_get_item_op(
                    self._flow, index, shape, element_dtype=self._dtype, name=scope
                )
        return element

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` at `index`.

        Raises:
          InvalidArgumentError: the value is of another type; or, in a run, the element has been
            written before or does not exist.
          ValueError: the value is of another shape than those before.
        """
        with name_scope(name, "TensorArrayWrite", [self._flow, index, value]):
            value = self._convert(value)
            self._merge_element_shape(value.shape)
            with self._writing():
                flow = tensor_list_set_item_op(
                    self._flow, index, value, resize_if_index_out_of_bounds=self._dynamic_size
                )
            return with_new_flow(self, flow)

    def stack(self, name: str | None = None) -> Tensor:
        """All elements as one tensor, [size, ...]; they must have one shape."""
        with name_scope(name, "TensorArrayStack", [self._flow]):
            shape = shape_input(self.element_shape)
            with self._reading():
                stacked: Tensor = tensor_list_stack_op(self._flow, shape, element_dtype=self._dtype)
            stacked.set_shape(TensorShape([None]).concatenate(self.element_shape))
        return stacked

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, an int32 vector, as one tensor."""
        with name_scope(name, "TensorArrayGatherV3", [self._flow, indices]) as scope:
            shape = shape_input(self.element_shape)
            with self._reading():
                gathered: Tensor = tensor_list_gather_op(
                    self._flow, indices, shape, element_dtype=self._dtype, name=scope
                )
        return gathered

    def concat(self, name: str | None = None) -> Tensor:
        """All elements joined along their first dimension, in which they may differ."""
        shape = self.element_shape
        if shape.ndims:
            shape = TensorShape([None]).concatenate(shape[1:])
        with name_scope(name, "TensorArrayConcatV3", [self._flow]) as scope:
            leading = ops.array.constant([], dtype=dtypes.int64)
            joined_shape = shape_input(shape)
            with self._reading():
                joined: Tensor = tensor_list_concat_op(
                    self._flow, joined_shape, leading, element_dtype=self._dtype, name=scope
                ).tensor
        return joined

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array of the rows of `value`, [size, ...]."""
        with name_scope(name, "TensorArrayUnstack", [self._flow, value]):
            value = self._convert(value)
            shape = value.shape[1:]
            self._merge_element_shape(shape)
            size, rows = self._known_size(), value.shape.with_rank_at_least(1)[0].value
            if size is not None and rows is not None and size != rows:
                indices = ops.array.range(rows, name="range")
                return self._scattered(indices, value)
            return with_new_flow(self, tensor_list_from_tensor_op(value, shape_input(shape)))

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the rows of `value` at `indices`, an int32 vector."""
        with name_scope(name, "TensorArrayScatter", [self._flow, value, indices]):
            value = self._convert(value)
            self._merge_element_shape(value.shape[1:])
            return self._scattered(indices, value)

    def _scattered(self, indices: Any, value: Tensor) -> TensorArray:
        with self._writing():
            flow = tensor_list_scatter_into_existing_op(self._flow, value, indices)
        return with_new_flow(self, flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array of pieces of `value` of the given lengths along its first dimension."""
        with name_scope(name, "TensorArraySplit", [self._flow, value, lengths]):
            value = self._convert(value)
            lengths = ops.elementwise.cast(lengths, dtypes.int64)
            known = constant_value(lengths)
            self._check_lengths(known, value)
            if value.shape.ndims is not None and known is not None and known.ndim and known.size:
                if known.max() == known.min():
                    piece = TensorShape([int(known[0])]).concatenate(value.shape[1:])
                    self._merge_element_shape(piece)
            shape = self.element_shape
            if shape.ndims:
                shape = TensorShape([None]).concatenate(shape[1:])
            pieces = tensor_list_split_op(value, shape_input(shape), lengths)
            return with_new_flow(self, pieces)

    def _check_lengths(self, lengths: Any, value: Tensor) -> None:
        """Refuses another number of pieces than the size; what is wrong besides, a run says."""
        size = self._known_size()
        if size is None or lengths is None or lengths.ndim != 1 or not value.shape.ndims:
            return
        if lengths.sum() != value.shape[0].value:
            return
        if size > lengths.size or (size < lengths.size and not self._dynamic_size):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"TensorArray's size is not equal to the size of lengths ({size} vs. "
                f"{lengths.size}), and the TensorArray is not marked as dynamically resizeable",
            )

    def size(self, name: str | None = None) -> Tensor:
        """How many elements there are, an int32 scalar."""
        length: Tensor = tensor_list_length_op(self._flow, name=name or "TensorArraySizeV3")
        return length

    def mark_used(self) -> None:
        """Does nothing; in TF1 it silences the warning about a result that nobody uses."""

    def close(self, name: str | None = None) -> Operation:
        """An operation that does nothing: there is nothing to free."""
        return no_op(name=name)


def with_new_flow(old: TensorArray, flow: Tensor) -> TensorArray:
    """An array like `old` with another value."""
    new = TensorArray(
        old.dtype, dynamic_size=old.dynamic_size, flow=flow, infer_shape=old._infer_shape
    )
    new._shape_box = old._shape_box
    new._clear_after_read = old._clear_after_read
    return new
