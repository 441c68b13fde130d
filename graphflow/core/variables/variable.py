"""Variable: what variables of both kinds share, and `tf.Variable(...)`, which chooses the kind."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from .. import ops
from ..base.dtypes import DType
from ..base.reference import Reference
from ..base.tensor_shape import TensorShape
from ..graph.collection_keys import GraphKeys
from ..graph.conversion import register_tensor_conversion_function
from ..graph.graph import Graph
from ..graph.indexed_slices import IndexedSlices
from ..graph.operation import Operation
from ..graph.scopes import add_to_collections, init_scope, name_scope
from ..graph.stacks import get_default_graph, get_default_session
from ..graph.tensor import OVERLOADABLE_OPERATORS, Tensor
from .initial_values import check_graph_of_initial_value
from .modes import VariableAggregation, VariableSynchronization, checked_modes
from .save_slice_info import SaveSliceInfo, within_scope, without_scope


class Variable:
    """A value in the session, which ops read and `assign` changes.

    `tf.Variable(...)` gives a RefVariable, or a ResourceVariable if `use_resource` or the variable
    scope asks for one. Both act as tensors: arithmetic, indexing and every op take them. Made
    inside a branch or loop body, a variable belongs to the graph around it.

    Args:
      initial_value: a tensor, something that becomes one, or a function without arguments that
        gives one.
      trainable: whether optimizers change it by default (`TRAINABLE_VARIABLES`); True unless
        `synchronization` is ON_READ.
      collections: the collections to add it to; `[GLOBAL_VARIABLES]` by default.
      validate_shape: whether the shape must be known, and stays.
      caching_device: a device on which reads are cached.
      name: the variable's name, made unique; `"Variable"` by default.
      variable_def: a VariableDef proto of a variable whose nodes are in the graph already, instead
        of all other arguments but `import_scope`.
      dtype: the type; that of `initial_value` by default.
      expected_shape: not used, as in TF1.
      import_scope: the scope under which the nodes of `variable_def` were imported.
      constraint: a function that optimizers apply to the value after an update.
      use_resource: whether it is a ResourceVariable.
      synchronization: kept; of no effect in one process.
      aggregation: kept; of no effect in one process.
      shape: the declared shape, if the initial value's should not fix it.

    Raises:
      ValueError: no initial value; or its shape is not known although `validate_shape`.
    """

    # NumPy must ask the variable first in `ndarray + variable`.
    __array_priority__ = 100

    def __new__(
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[..., Any] | None = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> Variable:
        arguments = {
            "initial_value": initial_value,
            "trainable": trainable,
            "collections": collections,
            "validate_shape": validate_shape,
            "caching_device": caching_device,
            "name": name,
            "variable_def": variable_def,
            "dtype": dtype,
            "expected_shape": expected_shape,
            "import_scope": import_scope,
            "constraint": constraint,
            "use_resource": use_resource,
            "synchronization": synchronization,
            "aggregation": aggregation or VariableAggregation.NONE,
            "shape": shape,
        }
        if cls is Variable:
            from .creators import create_variable  # it knows the kinds, which are made from this

            made: Variable = create_variable(**arguments)
            return made
        variable = super().__new__(cls)
        variable._set_up(**arguments)
        return variable

    _constraint: Callable[..., Any] | None = None
    _save_slice_info: SaveSliceInfo | None = None
    _trainable = True
    _distribute_strategy = None  # asked for by code written for several devices
    _synchronization = VariableSynchronization.AUTO
    _aggregation = VariableAggregation.NONE
    _initial_value: Tensor | None
    _initializer_op: Operation

    def _set_up(self, **arguments: Any) -> None:
        """Makes the nodes, or finds those that a proto names."""
        if arguments["variable_def"] is None:
            self._set_up_from_value(**arguments)
            return
        if arguments["initial_value"] is not None:
            raise ValueError("variable_def and initial_value are mutually exclusive.")
        self._set_up_from_proto(arguments["variable_def"], arguments["import_scope"])

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
        *,
        initial_value: Any,
        dtype: Any,
        shape: Any,
        validate_shape: bool,
        caching_device: Any,
        **_: Any,
    ) -> None:
        """Makes the nodes of this kind of variable, in TF's order."""
        raise NotImplementedError

    def _set_up_from_proto(self, variable_def: Any, import_scope: str | None) -> None:
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(within_scope(name, import_scope))

        snapshot_name = variable_def.snapshot_name
        self._take_nodes(
            element(variable_def.variable_name), element(snapshot_name) if snapshot_name else None
        )
        self._initializer_op = element(variable_def.initializer_name)
        initial_name = variable_def.initial_value_name
        self._initial_value = element(initial_name) if initial_name else None
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

    def _take_nodes(self, variable: Tensor, snapshot: Tensor | None) -> None:
        """Takes over a variable's node and the read of it that stands for its value."""
        raise NotImplementedError

    def _take_modes(self, arguments: dict[str, Any]) -> list[Any]:
        """Keeps what the arguments say apart from the value; gives the collections."""
        if arguments["initial_value"] is None:
            raise ValueError("initial_value must be specified.")
        collections = arguments["collections"]
        if collections is None:
            collections = [GraphKeys.GLOBAL_VARIABLES]
        if not isinstance(collections, list | tuple | set):
            raise ValueError(
                "collections argument to Variable constructor must be a list, tuple, or set. Got "
                f"{collections} of type {type(collections)}"
            )
        constraint = arguments["constraint"]
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        self._constraint = constraint
        self._synchronization, self._aggregation, self._trainable = checked_modes(
            arguments["synchronization"],
            arguments["aggregation"],
            arguments["trainable"],
            arguments["name"],
        )
        keys = list(collections)
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        return keys

    # --- what it is ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name, such as `"W:0"`."""
        raise NotImplementedError

    @property
    def dtype(self) -> DType:
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        raise NotImplementedError

    @property
    def op(self) -> Operation:
        """The node that holds the variable."""
        raise NotImplementedError

    @property
    def graph(self) -> Graph:
        return self.op.graph

    @property
    def device(self) -> str:
        return self.op.device

    @property
    def initializer(self) -> Operation:
        """The op that sets the initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Tensor | None:
        """The tensor that the initializer assigns."""
        return self._initial_value

    @property
    def constraint(self) -> Callable[..., Any] | None:
        return self._constraint

    @property
    def trainable(self) -> bool:
        return self._trainable

    @property
    def synchronization(self) -> VariableSynchronization:
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        return self._aggregation

    @property
    def _shared_name(self) -> str:
        """The name under which the session and checkpoints know it."""
        return self.name.partition(":")[0]

    def get_shape(self) -> TensorShape:
        """The same as `shape`."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Adds to what is known of the shape."""
        raise NotImplementedError

    def _set_save_slice_info(self, place: SaveSliceInfo | None) -> None:
        self._save_slice_info = place

    def _get_save_slice_info(self) -> SaveSliceInfo | None:
        return self._save_slice_info

    # --- reading ---------------------------------------------------------------------------------

    def value(self) -> Tensor:
        """The value, as ops that take the variable read it."""
        raise NotImplementedError

    def read_value(self) -> Tensor:
        """The value at the time that the control dependencies in force here set."""
        raise NotImplementedError

    def initialized_value(self) -> Tensor:
        """The value if there is one when it is read, else the initial value.

        For initial values that depend on another variable.
        """
        with init_scope():
            tensor: Tensor = ops.control.cond(
                ops.state.is_variable_initialized(self),
                self.read_value,
                lambda: self.initial_value,
            )
        return tensor

    def eval(self, session: Any = None) -> Any:
        """The value in `session`, or in the default session."""
        return self._as_graph_element().eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Sets the value in `session`, or in the default session, without adding a node.

        Raises:
          ValueError: there is no session.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be "
                "established"
            )
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    def _as_graph_element(self) -> Tensor:
        """The tensor that stands for the variable in fetches and feeds."""
        raise NotImplementedError

    def _to_tensor(self, dtype: Any, as_ref: bool) -> Tensor:
        """What `convert_to_tensor` gives."""
        if dtype is not None and not dtype.is_compatible_with(self.dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type '{dtype.name}' for variable of "
                f"type '{self.dtype.name}'"
            )
        return self._reference() if as_ref else self.value()

    def _reference(self) -> Tensor:
        """What ops take that change the variable."""
        raise NotImplementedError

    # --- operators -------------------------------------------------------------------------------

    def __getitem__(self, spec: Any) -> Any:
        """A slice of the value; it has a method `assign` that changes that part of the variable."""
        return ops.array.get_item(self.value(), spec, var=self)

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: str, **masks: int
    ) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("'Variable' object is not iterable.")

    def experimental_ref(self) -> Reference[Variable]:
        """This variable as a key: equal to another reference when both are to the same one."""
        return Reference(self)

    def __copy__(self) -> Variable:
        return self

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise NotImplementedError(
            f"__deepcopy__() is only available when eager execution is enabled: {self.name} has "
            "its value in a session"
        )

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    # --- changing --------------------------------------------------------------------------------

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Adds an op that sets the value.

        Args:
          value: the new value.
          use_locking: accepted; graphflow always locks.
          name: the node's name.
          read_value: whether to return the value after the change instead of the operation.
        """
        raise NotImplementedError

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Adds an op that adds `delta` to the value; otherwise as `assign`."""
        raise NotImplementedError

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Adds an op that subtracts `delta` from the value; otherwise as `assign`."""
        raise NotImplementedError

    def count_up_to(self, limit: int) -> Tensor:
        """As `tf.count_up_to`."""
        return ops.state.count_up_to(self, limit)

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Sets the rows that an IndexedSlices names.

        Raises:
          TypeError: `sparse_delta` is no IndexedSlices.
        """
        return self._scatter(ops.state.scatter_update, sparse_delta, use_locking, name)

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Adds to the rows that an IndexedSlices names."""
        return self._scatter(ops.state.scatter_add, sparse_delta, use_locking, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtracts from the rows that an IndexedSlices names."""
        return self._scatter(ops.state.scatter_sub, sparse_delta, use_locking, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiplies the rows that an IndexedSlices names."""
        return self._scatter(ops.state.scatter_mul, sparse_delta, use_locking, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divides the rows that an IndexedSlices names."""
        return self._scatter(ops.state.scatter_div, sparse_delta, use_locking, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Takes the minimum with the rows that an IndexedSlices names."""
        return self._scatter(ops.state.scatter_min, sparse_delta, use_locking, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Takes the maximum with the rows that an IndexedSlices names."""
        return self._scatter(ops.state.scatter_max, sparse_delta, use_locking, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """As `tf.batch_scatter_update`."""
        return self._scatter(ops.state.batch_scatter_update, sparse_delta, use_locking, name)

    def _scatter(
        self, function: Callable[..., Any], sparse_delta: Any, use_locking: bool, name: str | None
    ) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return function(
            self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name
        )

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """As `tf.scatter_nd_update`."""
        return ops.state.scatter_nd_update(self, indices, updates, use_locking=True, name=name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """As `tf.scatter_nd_add`."""
        return ops.state.scatter_nd_add(self, indices, updates, use_locking=True, name=name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """As `tf.scatter_nd_sub`."""
        return ops.state.scatter_nd_sub(self, indices, updates, use_locking=True, name=name)

    # --- as a proto ------------------------------------------------------------------------------

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The variable as a VariableDef proto.

        Args:
          export_scope: a name scope to take off the names.

        Returns:
          The proto; None when the variable is outside `export_scope`.
        """
        from ...protos.meta_graph_pb2 import VariableDef

        variable = self._reference()
        if export_scope is not None and not variable.name.startswith(export_scope):
            return None
        proto: Any = VariableDef(
            variable_name=without_scope(variable.name, export_scope),
            initializer_name=without_scope(self._initializer_op.name, export_scope),
            snapshot_name=without_scope(self._snapshot_tensor().name, export_scope),
            is_resource=not variable.dtype._is_ref_dtype,
            trainable=self._trainable,
        )
        proto.synchronization = self._synchronization.value
        proto.aggregation = self._aggregation.value
        if self._initial_value is not None:
            proto.initial_value_name = without_scope(self._initial_value.name, export_scope)
        if self._save_slice_info is not None:
            proto.save_slice_info_def.MergeFrom(self._save_slice_info.to_proto(export_scope))
        return proto

    def _snapshot_tensor(self) -> Tensor:
        """The read that stands for the value in a proto."""
        raise NotImplementedError

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Variable:
        """The variable that a VariableDef proto describes; its nodes must be in the graph."""
        from .creators import kind_of_variable

        kind = kind_of_variable(variable_def.is_resource)
        return kind(variable_def=variable_def, import_scope=import_scope)


# Named like the class, the attribute would hide it from the annotations above.
Variable.SaveSliceInfo = SaveSliceInfo  # type: ignore[attr-defined]


def _overload(operator: str) -> None:
    """Gives Variable a Tensor's operator, applied to its value."""

    function = getattr(Tensor, operator)

    def apply(self: Variable, *args: Any) -> Any:
        return function(self.value(), *args)

    setattr(Variable, operator, functools.update_wrapper(apply, function))


for _operator in OVERLOADABLE_OPERATORS:
    if _operator in vars(Tensor) and _operator != "__getitem__":
        _overload(_operator)


def _variable_to_tensor(
    variable: Variable, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    return variable._to_tensor(dtype, as_ref)


register_tensor_conversion_function(Variable, _variable_to_tensor)
