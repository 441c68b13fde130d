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
from ..graph.scopes import add_to_collections, colocate_with, device, init_scope, name_scope
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor
from .initial_values import check_graph_of_initial_value, with_initialized_variables
from .modes import checked_modes
from .save_slice_info import SaveSliceInfo, within_scope, without_scope
from .variable import Variable


class RefVariable(Variable):
    """A variable read through the tensor `W/read`, and changed through the reference `W`.

    Args: as Variable.
    """

    _variable: Tensor
    _snapshot: Tensor

    def _set_up_from_value(self, **arguments: Any) -> None:
        collections = self._take_modes(arguments)
        initial_value = arguments["initial_value"]
        check_graph_of_initial_value(arguments["name"], initial_value)
        values = [] if callable(initial_value) else [initial_value]
        with init_scope():
            with name_scope(arguments["name"], "Variable", values) as scope:
                self._add_nodes(scope, **arguments)
            add_to_collections(collections, self)

    def _add_nodes(
        self,
        scope: str,
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

    def _set_up_from_proto(self, variable_def: Any, import_scope: str | None) -> None:
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(within_scope(name, import_scope))

        self._variable = element(variable_def.variable_name)
        self._initializer_op = element(variable_def.initializer_name)
        initial_name = variable_def.initial_value_name
        self._initial_value = element(initial_name) if initial_name else None
        self._snapshot = element(variable_def.snapshot_name)
        self._synchronization, self._aggregation, self._trainable = checked_modes(
            variable_def.synchronization,
            variable_def.aggregation,
            variable_def.trainable,
            variable_def.variable_name,
        )
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = SaveSliceInfo(
                save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope
            )

    def to_proto(self, export_scope: str | None = None) -> Any:
        from ...protos.meta_graph_pb2 import VariableDef

        if export_scope is not None and not self.name.startswith(export_scope):
            return None
        proto = VariableDef(
            variable_name=without_scope(self._variable.name, export_scope),
            initializer_name=without_scope(self._initializer_op.name, export_scope),
            snapshot_name=without_scope(self._snapshot.name, export_scope),
            trainable=self._trainable,
            synchronization=self._synchronization.value,
            aggregation=self._aggregation.value,
        )
        if self._initial_value is not None:
            proto.initial_value_name = without_scope(self._initial_value.name, export_scope)
        if self._save_slice_info is not None:
            proto.save_slice_info_def.MergeFrom(self._save_slice_info.to_proto(export_scope))
        return proto

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
    with get_default_graph()._attrs_added({"_class": (f"loc:@{name}",)}):
        yield
