"""ResourceVariable: a variable behind a handle, read explicitly wherever it is used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

from .. import ops
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape, as_shape
from ..graph.conversion import convert_to_tensor
from ..graph.operation import Operation
from ..graph.scopes import (
    colocate_with,
    control_dependencies,
    device,
    name_scope,
)
from ..graph.stacks import default_graphs, get_default_graph
from ..graph.tensor import Tensor
from .initial_values import with_initialized_variables
from .ref_variable import as_initial_value, colocated_with_name
from .variable import Variable


class ResourceVariable(Variable):
    """A variable whose reads are nodes of their own: a value that was read never changes.

    Args: as Variable.
    """

    _handle: Tensor
    _dtype: DType
    _shape: TensorShape
    _graph_element: Tensor
    _cached_value: Tensor | None = None

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
        """The initial value, the handle, its test, its assignment and its read, in TF's order."""
        name = scope.rstrip("/")
        with colocated_with_name(name):
            with name_scope("Initializer"), device(None):
                value = initial_value() if callable(initial_value) else initial_value
                tensor = self._initial_value = as_initial_value(value, dtype)
            self._shape = _declared_shape(shape, tensor)
            self._dtype = tensor.dtype.base_dtype
            self._handle = ops.state.var_handle_op(
                shared_name=name, dtype=self._dtype, shape=self._shape, name=scope
            )
        with name_scope("IsInitialized"):
            ops.state.var_is_initialized_op(self._handle)
        with colocate_with(None, ignore_existing=True), device(self._handle.device):
            value = with_initialized_variables(scope, tensor)
            self._initializer_op = ops.state.assign_variable_op(self._handle, value, name="Assign")
        with name_scope("Read"), device(self._handle.device):
            self._graph_element = ops.state.read_variable_op(self._handle, dtype=self._dtype)
        if caching_device is not None:
            with (
                name_scope("Read"),
                colocate_with(None, ignore_existing=True),
                device(caching_device),
            ):
                self._cached_value = ops.array.identity(self._graph_element)

    def _take_nodes(self, variable: Tensor, snapshot: Tensor | None) -> None:
        if variable.op.type != "VarHandleOp":
            raise ValueError("Trying to restore Variable as ResourceVariable.")
        self._handle = variable
        self._dtype = variable.op.node_attrs["dtype"]
        self._shape = variable.op.node_attrs["shape"]
        if snapshot is None:  # not written before TF 1.11
            name = f"{variable.op.name}/Read/ReadVariableOp:0"
            snapshot = variable.graph.get_tensor_by_name(name)
        if snapshot.op.type != "ReadVariableOp":
            self._cached_value = snapshot
        while snapshot.op.type != "ReadVariableOp":
            snapshot = snapshot.op.inputs[0]
        self._graph_element = snapshot

    def _snapshot_tensor(self) -> Tensor:
        return self._graph_element if self._cached_value is None else self._cached_value

    @property
    def name(self) -> str:
        return self._handle.name

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        return self._shape

    @property
    def op(self) -> Operation:
        return self._handle.op

    @property
    def handle(self) -> Tensor:
        """The handle that ops on resources take."""
        return self._handle

    @property
    def create(self) -> Operation:
        """The same as `initializer`."""
        return self._initializer_op

    def set_shape(self, shape: Any) -> NoReturn:
        """Refused, as in TF1: the handle's declared shape is final.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError("ResourceVariable does not implement set_shape()")

    # --- reading ---------------------------------------------------------------------------------

    def value(self) -> Tensor:
        if self._cached_value is not None:
            return self._cached_value
        with colocate_with(None, ignore_existing=True), device(self._handle.device):
            return self._read_now()

    def _read_now(self) -> Tensor:
        tensor: Tensor = ops.state.read_variable_op(self._handle, dtype=self._dtype)
        return tensor

    def read_value(self) -> Tensor:
        with name_scope("Read"), device(self._handle.device):
            value = self._read_now()
        return ops.array.identity(value)

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Reads rows only: the value of `tf.gather(variable, indices)`."""
        rows: Tensor = ops.state.resource_gather_op(
            self._handle, indices, dtype=self._dtype, name=name or "Gather"
        )
        return rows

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """Reads parts only: the value of `tf.gather_nd(variable, indices)`."""
        parts: Tensor = ops.state.resource_gather_nd_op(
            self._handle, indices, dtype=self._dtype, name=name or "GatherNd"
        )
        return parts

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Whether the variable has a value, as a bool scalar."""
        tensor: Tensor = ops.state.var_is_initialized_op(self._handle, name=name)
        return tensor

    def _reference(self) -> Tensor:
        return self._handle

    def _gradient_handle(self) -> Tensor:
        """What `tf.gradients` differentiates with respect to: all reads come from it."""
        return self._handle

    def _as_graph_element(self) -> Tensor:
        return self._graph_element

    @property
    def _control_dependency(self) -> Operation:
        """Waiting for a variable waits for what it is made by, and reads nothing."""
        return self.op

    def __bool__(self) -> bool:
        return bool(self.read_value())

    # --- changing --------------------------------------------------------------------------------

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        with self._assigning(after_cached_read=False):
            tensor = convert_to_tensor(value, dtype=self._dtype)
            self._shape.assert_is_compatible_with(tensor.shape)
            op = ops.state.assign_variable_op(self._handle, tensor, name=name)
            return self._lazy_read(op) if read_value else op

    def assign_add(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        with self._assigning():
            tensor = convert_to_tensor(delta, dtype=self._dtype)
            op = ops.state.assign_add_variable_op(self._handle, tensor, name=name)
            return self._lazy_read(op) if read_value else op

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        with self._assigning():
            tensor = convert_to_tensor(delta, dtype=self._dtype)
            op = ops.state.assign_sub_variable_op(self._handle, tensor, name=name)
            return self._lazy_read(op) if read_value else op

    @contextlib.contextmanager
    def _assigning(self, after_cached_read: bool = True) -> Iterator[None]:
        """In the variable's graph, if nothing says another one; after reads into its cache."""
        graph = self.graph if default_graphs.top() is None else get_default_graph()
        cached = self._cached_value if after_cached_read else None
        with graph.as_default(), control_dependencies([] if cached is None else [cached]):
            yield

    def _lazy_read(self, op: Operation) -> ResourceVariable:
        """The variable as it is after `op`."""
        return _UpdatedVariable._after(self, op)

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: str, **masks: int
    ) -> Any:
        with self._assigning():
            tensor = convert_to_tensor(value, dtype=self._dtype)
            op = ops.state.resource_strided_slice_assign_op(
                self._handle, begin, end, strides, tensor, name=name, **masks
            )
        return self._lazy_read(op)


def _refuse_in_place(operator: str, advice: str) -> None:
    """`v += 1` would silently make a tensor of the name `v`; TF1 refuses it for this kind."""

    def refuse(self: ResourceVariable, other: Any) -> NoReturn:
        raise RuntimeError(f"Variable {operator} value not supported. Use {advice}")

    setattr(ResourceVariable, f"__i{_IN_PLACE[operator]}__", refuse)


_IN_PLACE = {"+=": "add", "-=": "sub", "*=": "mul", "/=": "truediv", "**=": "pow"}
for _operator in _IN_PLACE:
    _refuse_in_place(
        _operator,
        "variable.assign_add(value) or variable.assign_sub(value) to modify the variable and "
        "variable = variable + value to get a new Tensor object."
        if _operator in ("+=", "-=")
        else f"`var.assign(var {_operator[:-1]} value)` to modify the variable or "
        f"`var = var {_operator[:-1]} value` to get a new Tensor object.",
    )


class _UpdatedVariable(ResourceVariable):
    """A variable as it is after an update: its reads wait for the update."""

    _parent: Operation

    @classmethod
    def _after(cls, variable: ResourceVariable, op: Operation) -> _UpdatedVariable:
        updated = object.__new__(cls)
        updated._handle = variable._handle
        updated._dtype = variable._dtype
        updated._shape = variable._shape
        updated._trainable = variable._trainable
        updated._parent = op
        updated._graph_element = updated._read_now()
        return updated

    @property
    def name(self) -> str:
        return self._parent.name

    @property
    def op(self) -> Operation:
        return self._parent

    def value(self) -> Tensor:
        return self._read_now()

    def read_value(self) -> Tensor:
        return self._read_now()

    def _read_now(self) -> Tensor:
        with control_dependencies([self._parent]):
            return super()._read_now()


def _declared_shape(shape: Any, initial_value: Tensor) -> TensorShape:
    if shape is None:
        return initial_value.shape
    if not initial_value.shape.is_compatible_with(shape):
        raise ValueError(
            f"The initial value's shape ({initial_value.shape}) is not compatible with the "
            f"explicitly supplied `shape` argument ({shape})."
        )
    return as_shape(shape)


def is_resource_variable(variable: Any) -> bool:
    """Whether it is a variable behind a handle."""
    return isinstance(variable, ResourceVariable)
