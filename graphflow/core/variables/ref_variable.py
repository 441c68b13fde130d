"""RefVariable: TF1's own kind, a VariableV2 node whose output is a reference to the value."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .. import ops
from ..base import dtypes
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape, as_shape, unknown_shape
from ..graph.conversion import convert_to_tensor
from ..graph.operation import Operation
from ..graph.scopes import colocate_with, device, name_scope
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor
from .initial_values import with_initialized_variables
from .variable import Variable


class RefVariable(Variable):
    """A variable read through the tensor `W/read`, and changed through the reference `W`.

    Args: as Variable.
    """

    _variable: Tensor
    _snapshot: Tensor

    def _add_nodes(
        self,
        scope: str,
        *,
        initial_value: Any,
        dtype: Any,
        shape: Any,
        validate_shape: bool,
        caching_device: Any,
        **_: Any,
    ) -> None:
        """The initial value, the variable, its Assign and its read, in TF's order."""
        if callable(initial_value):
            with colocated_with_name(scope.rstrip("/")):
                with name_scope("Initializer"), device(None):
                    self._initial_value = as_initial_value(initial_value(), dtype)
                self._variable = self._variable_node(scope, shape, validate_shape)
        else:
            self._initial_value = as_initial_value(initial_value, dtype)
            self._variable = self._variable_node(scope, shape, validate_shape)
        if validate_shape and not self._initial_value.shape.is_fully_defined():
            raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
        value = with_initialized_variables(scope, self._initial_value)
        self._initializer_op = ops.state.assign_op(
            self._variable, value, validate_shape=validate_shape, name="Assign"
        ).op
        place = device(caching_device) if caching_device else colocate_with(self._variable.op)
        with place:
            self._snapshot = ops.array.identity(self._variable, name="read")

    def _variable_node(self, scope: str, shape: Any, validate_shape: bool) -> Tensor:
        assert self._initial_value is not None
        if shape is None:
            shape = self._initial_value.shape if validate_shape else unknown_shape()
        variable: Tensor = ops.state.variable_v2_op(
            shape=as_shape(shape), dtype=self._initial_value.dtype.base_dtype, name=scope
        )
        return variable

    def _take_nodes(self, variable: Tensor, snapshot: Tensor | None) -> None:
        assert snapshot is not None, "VariableDef of a reference variable names its read"
        self._variable, self._snapshot = variable, snapshot

    def _snapshot_tensor(self) -> Tensor:
        return self._snapshot

    @property
    def name(self) -> str:
        return self._variable.name

    @property
    def dtype(self) -> DType:
        """The reference type of the value, such as `float32_ref`."""
        return self._variable.dtype

    @property
    def shape(self) -> TensorShape:
        return self._variable.shape

    @property
    def op(self) -> Operation:
        return self._variable.op

    def set_shape(self, shape: Any) -> None:
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    def value(self) -> Tensor:
        return self._snapshot

    def read_value(self) -> Tensor:
        return ops.array.identity(self._variable, name="read")

    def _ref(self) -> Tensor:
        """The reference to the value."""
        return self._variable

    def _reference(self) -> Tensor:
        return self._variable

    def _as_graph_element(self) -> Tensor:
        return self._variable

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        result = ops.state.assign(self._variable, value, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        result = ops.state.assign_add(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        result = ops.state.assign_sub(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: str, **masks: int
    ) -> Any:
        return ops.array.strided_slice_assign_op(
            self._variable, begin, end, strides, value, name=name, **masks
        )


def as_initial_value(value: Any, dtype: Any) -> Tensor:
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    return convert_to_tensor(value, dtype=wanted, name="initial_value")


@contextlib.contextmanager
def colocated_with_name(name: str) -> Iterator[None]:
    """Places nodes with a variable that will have that name but is not made yet."""
    with get_default_graph()._attr_scope({"_class": (f"loc:@{name}",)}):
        yield
