"""Graph: the user's nodes, their names, and the scopes that shape what is added next."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..base import dtypes
from .attr_values import normalize_attr
from .device import canonical_name, merge_device
from .op_def import OpDef, find_op, unregistered_op
from .operation import Operation
from .scope_stacks import ControlScope, Scopes, ThreadNaming, ThreadScopes
from .shape_context import infer_shapes
from .stacks import default_graphs
from .tensor import Tensor
from .user_frame import capture_stack

if TYPE_CHECKING:
    import networkx
    import numpy as np

_VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\\-/]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\\-/]*$")


class Graph:
    """A dataflow graph under construction. Append-only; every run takes what it needs from it.

    Attributes:
      seed: the graph-level random seed (`tf.set_random_seed`), or None.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._nodes_by_name: dict[str, Operation] = {}
        self._names_in_use: dict[str, int] = {}
        self._collections: dict[Any, list[Any]] = {}
        self._naming = ThreadNaming()
        self._scopes = Scopes()
        self._attrs_of_scope: dict[str, Any] = {}
        self._gradient_override_map: dict[str, str] = {}
        self._container = ""
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._functions: dict[str, Any] = {}
        self._known_constants: dict[tuple[int, int], np.ndarray] = {}
        self._last_id = 0
        self._change_count = 0
        self._finalized = False
        self._building_function = False
        self._default_original_op: Operation | None = None
        self.seed: int | None = None

    # --- state -----------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Grows with every operation added."""
        return self._last_id

    @property
    def finalized(self) -> bool:
        return self._finalized

    def finalize(self) -> None:
        """Makes the graph read-only: adding to it is an error from now on."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    @property
    def building_function(self) -> bool:
        """Whether this is the body of a function (a branch, a loop body)."""
        return self._building_function

    @property
    def outermost(self) -> Graph:
        """The user's graph that this is, or is a function body of."""
        return self

    def _next_id(self) -> int:
        self._check_not_finalized()
        self._last_id += 1
        return self._last_id

    @property
    def _last_op_id(self) -> int:
        return self._last_id

    def _changed(self) -> None:
        """Something besides the list of nodes changed; programs made before are stale."""
        self._change_count += 1

    def _shapes_changed(self) -> None:
        """More is known of a shape; values derived from shapes are kept, as they stay true."""

    def as_default(self) -> contextlib.AbstractContextManager[Graph]:
        """Makes this the default graph of the thread inside the `with` block."""
        return default_graphs.pushed(self)

    def switch_to_thread_local(self) -> None:
        """From now on each thread is in scopes of its own, as it is in name scopes from the start.

        Threads that build the graph together then do not see each other's devices, colocation and
        control dependencies; each begins in the scopes around this call.
        """
        if not isinstance(self._scopes, ThreadScopes):
            self._scopes = ThreadScopes(self._scopes)

    # --- nodes -----------------------------------------------------------------------------------

    def create_op(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        dtypes: Sequence[Any] | None = None,
        input_types: Sequence[Any] | None = None,
        name: str | None = None,
        attrs: Mapping[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Adds a node.

        Args:
          op_type: the op's type, such as `"MatMul"`.
          inputs: its input tensors, list inputs flattened.
          dtypes: the output types; checked against those that the attributes give.
          input_types: unused here; the inputs have types.
          name: its name in the current scope, made unique; a name that ends in `/` is taken as is.
          attrs: attribute values, plain or as AttrValue protos; those that input types imply and
            those with defaults may be left out.
          op_def: unused here; the registry has it.
          compute_shapes: unused, as in TF 1.14: shapes are always inferred.
          compute_device: whether device functions are applied.

        Returns:
          The new Operation.

        Raises:
          ValueError: unknown op type, bad name, inputs of another graph, inconsistent shapes.
          TypeError: an input is not a Tensor or has a type the op does not take.
        """
        registered = find_op(op_type)
        if registered is None and dtypes is not None:
            # A node that can be drawn and pruned away, though not run.
            registered = unregistered_op(op_type, [t.dtype for t in inputs], dtypes)
        if registered is None:
            raise ValueError(
                f"Op type not registered '{op_type}': graphflow has no op of this name"
            )
        self._check_not_finalized()
        for index, tensor in enumerate(inputs):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"Input #{index} is not a tensor: {tensor}")
        complete = complete_attrs(registered, inputs, attrs or {})
        return self._add_node(registered, inputs, complete, name, compute_device, dtypes)

    def _add_node(
        self,
        op_def: OpDef,
        inputs: Sequence[Tensor],
        attrs: dict[str, Any],
        name: str | None,
        compute_device: bool = True,
        expected_types: Sequence[Any] | None = None,
    ) -> Operation:
        """Adds a node whose attributes are complete and normalised."""
        self._check_not_finalized()
        inputs = [self._own(tensor) for tensor in inputs]
        self._check_input_types(op_def, inputs, attrs)
        name = self._node_name(name or op_def.name)
        attrs.update(self._scoped_attrs(op_def))
        with self._lock:
            op = Operation(
                self,
                name,
                op_def,
                inputs,
                attrs,
                self._control_inputs_for(inputs),
                "",
                capture_stack(),
            )
            if expected_types is not None:
                _check_output_types(op, expected_types)
            for tensor, shape in zip(op.outputs, infer_shapes(op), strict=True):
                tensor._shape = shape
            self._record_node(op)
        if compute_device:
            self._place(op)
        self._note_in_control_scopes(op)
        return op

    def _own(self, tensor: Tensor) -> Tensor:
        """The tensor as this graph's nodes may take it; function bodies capture outer ones."""
        if tensor.graph is not self:
            raise ValueError(
                f"Tensor {tensor!r} must be from the same graph as the node that takes it: it was "
                f"made at {tensor.op.user_frame}, in another graph. Build the whole model inside "
                "one `with graph.as_default():`."
            )
        return tensor

    def _captured_source(self, placeholder: Tensor) -> Tensor | None:
        """The outer tensor that a placeholder stands for; never one in a plain graph."""
        return None

    def _record_node(self, op: Operation) -> None:
        self._nodes_by_name[op.name] = op

    def _node_name(self, name: str) -> str:
        if name.endswith("/"):
            name = name[:-1]
            if name in self._nodes_by_name:
                raise ValueError(f"the node name {name!r} is taken")
            return name
        if not _VALID_OP_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid node name")
        return self.unique_name(name)

    @staticmethod
    def _check_input_types(op_def: OpDef, inputs: Sequence[Tensor], attrs: dict[str, Any]) -> None:
        expected = op_def.input_dtypes(attrs)
        if len(expected) != len(inputs):
            raise ValueError(
                f"op {op_def.name} takes {len(expected)} inputs with these attributes, got "
                f"{len(inputs)}"
            )
        for index, (tensor, dtype) in enumerate(zip(inputs, expected, strict=True)):
            if dtype._is_ref_dtype and not tensor.dtype._is_ref_dtype:
                raise TypeError(
                    f"Input {index} of op {op_def.name} must be a variable (type {dtype.name}), "
                    f"got {tensor.name} of type {tensor.dtype.name}"
                )
            if tensor.dtype.base_dtype != dtype.base_dtype:
                raise TypeError(
                    f"Input {index} of op {op_def.name} has type {tensor.dtype.name}, expected "
                    f"{dtype.name}"
                )

    def _scoped_attrs(self, op_def: OpDef) -> dict[str, Any]:
        attrs = dict(self._attrs_of_scope)
        if op_def.name in self._gradient_override_map:
            attrs["_gradient_op_type"] = self._gradient_override_map[op_def.name]
        if self._container and "container" in op_def.attr_by_name:
            attrs["container"] = self._container
        if self._scopes.colocation:
            groups = {g.decode() for op in self._scopes.colocation for g in op.colocation_groups()}
            attrs["_class"] = tuple(sorted(groups))
        return attrs

    def _place(self, op: Operation) -> None:
        for function in reversed(self._scopes.devices):
            op._device = canonical_name(function(op))
        for beside in self._scopes.colocation:
            op._device = beside.device or op._device

    def get_operations(self) -> list[Operation]:
        """All operations in the order in which they were added."""
        return list(self._nodes_by_name.values())

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
          TypeError: `name` is not a string.
          KeyError: there is none.
          ValueError: it is a tensor's name.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        op: Operation = self.as_graph_element(name, allow_tensor=False, allow_operation=True)
        return op

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor of that name, such as `"conv/Relu:0"`.

        Raises:
          TypeError, KeyError, ValueError: as `get_operation_by_name`.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        tensor: Tensor = self.as_graph_element(name, allow_tensor=True, allow_operation=False)
        return tensor

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """The Tensor or Operation that `obj` is, names, or stands for (as a Variable does).

        Raises:
          TypeError: `obj` can be neither.
          ValueError: it is of another graph, or a malformed name.
          KeyError: no node has that name.
        """
        from .graph_element import as_graph_element  # name parsing and its errors

        return as_graph_element(self, obj, allow_tensor, allow_operation)

    def is_feedable(self, tensor: Tensor) -> bool:
        return tensor not in self._unfeedable

    def is_fetchable(self, tensor_or_op: Tensor | Operation) -> bool:
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    def prevent_feeding(self, tensor: Tensor) -> None:
        self._unfeedable.add(tensor)

    def prevent_fetching(self, op: Operation) -> None:
        self._unfetchable.add(op)

    # --- names -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Prefixes the names of the nodes made inside.

        Args:
          name: a new scope (made unique), an existing one to enter again (`"scope/"`), or None or
            `""` for the root.

        Yields:
          The scope's full name, ending in `/`, or `""` for the root.

        Raises:
          ValueError: the name has characters that no scope may have.
        """
        if name:
            if isinstance(name, bytes):
                name = name.decode()
            pattern = _VALID_SCOPE_NAME if self._naming.scope else _VALID_OP_NAME
            if not pattern.match(name):
                raise ValueError(f"'{name}' is not a valid scope name")
        outer = self._naming.scope
        if not name:
            scope = ""
        elif name.endswith("/"):
            scope = name[:-1]
        else:
            scope = self.unique_name(name)
        self._naming.scope = scope
        try:
            yield scope + "/" if name else ""  # entering "/" is entering the root
        finally:
            self._naming.scope = outer

    def get_name_scope(self) -> str:
        """The current scope, without a trailing slash."""
        return self._naming.scope

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`scope/name`, with `_1`, `_2`... appended when it is taken (case-insensitively)."""
        if self._naming.scope:
            name = f"{self._naming.scope}/{name}"
        with self._lock:
            return self._first_free(name, mark_as_used)

    def _first_free(self, name: str, mark_as_used: bool) -> str:
        key = name.lower()
        count = self._names_in_use.get(key, 0)
        if mark_as_used:
            self._names_in_use[key] = count + 1
        if count == 0:
            return name
        base_key = key
        while key in self._names_in_use:
            key = f"{base_key}_{count}"
            count += 1
        if mark_as_used:
            self._names_in_use[base_key] = count
            self._names_in_use[key] = 1
        return f"{name}_{count - 1}"

    # --- control dependencies --------------------------------------------------------------------

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Iterable[Any] | None) -> Iterator[None]:
        """Nodes made inside run after `control_inputs`; None clears all outer dependencies."""
        outer = self._scopes.control
        if control_inputs is None:
            self._scopes.control = []
            try:
                yield
            finally:
                self._scopes.control = outer
            return
        ops = self._as_control_inputs(control_inputs)
        self._scopes.control = [*outer, ControlScope(ops)]
        try:
            yield
        finally:
            self._scopes.control = outer

    def _as_control_inputs(self, control_inputs: Iterable[Any]) -> list[Operation]:
        ops = []
        for item in control_inputs:
            item = getattr(item, "_control_dependency", item)
            element = self.as_graph_element(item)
            op = element.op if isinstance(element, Tensor) else element
            if op not in ops:
                ops.append(op)
        return ops

    def _control_inputs_for(self, inputs: Sequence[Tensor]) -> list[Operation]:
        """The scopes' ops, less those of scopes that an input was made in (it waited already)."""
        input_ops = {tensor.op for tensor in inputs}
        result: list[Operation] = []
        for scope in self._scopes.control:
            if not input_ops & scope.seen:
                result.extend(op for op in scope.ops if op not in result and op not in input_ops)
        return result

    def _note_in_control_scopes(self, op: Operation) -> None:
        for scope in self._scopes.control:
            scope.seen.add(op)

    # --- placement, colocation and other scopes --------------------------------------------------

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Places the nodes made inside: a device string (merged with outer ones), a DeviceSpec, a
        function from Operation to device string, or None to ignore outer scopes.

        Raises:
          RuntimeError: (on leaving) a device scope inside this one has not been left.
        """
        outer = self._scopes.devices
        if device_name_or_function is None:
            inner = []
        elif callable(device_name_or_function):
            inner = [*outer, device_name_or_function]
        else:
            inner = [*outer, merge_device(device_name_or_function)]
        self._scopes.devices = inner
        try:
            yield
        finally:
            if self._scopes.devices is not inner:
                raise RuntimeError("Exiting device scope without proper scope nesting.")
            self._scopes.devices = outer

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Places the nodes made inside where `op` is; None (with ignore_existing) clears it."""
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        outer, outer_devices = self._scopes.colocation, self._scopes.devices
        kept = [] if ignore_existing else outer
        self._scopes.colocation = kept if op is None else [*kept, _operation_of(op)]
        self._scopes.devices = []  # where `op` is counts for more than the device scopes around
        try:
            yield
        finally:
            self._scopes.colocation, self._scopes.devices = outer, outer_devices

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Variables and queues made inside live in the named container."""
        outer = self._container
        self._container = container_name
        try:
            yield container_name
        finally:
            self._container = outer

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: Mapping[str, str]) -> Iterator[None]:
        """Nodes made inside use the gradients registered under other names.

        Args:
          op_type_map: from op type to the name given to `tf.RegisterGradient`.

        Raises:
          TypeError: it is not a dictionary of strings.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        outer = self._gradient_override_map
        self._gradient_override_map = {**outer, **op_type_map}
        try:
            yield
        finally:
            self._gradient_override_map = outer

    @contextlib.contextmanager
    def _original_op(self, op: Operation) -> Iterator[None]:
        """Nodes made inside are there on account of `op`, as gradients are; errors say so."""
        outer = self._default_original_op
        self._default_original_op = op
        try:
            yield
        finally:
            self._default_original_op = outer

    @contextlib.contextmanager
    def _attr_scope(self, attrs: Mapping[str, Any]) -> Iterator[None]:
        """Nodes made inside carry these attributes as well; None takes an outer scope's away."""
        outer = self._attrs_of_scope
        added = {key: _plain_attr(value) for key, value in attrs.items()}
        self._attrs_of_scope = {k: v for k, v in {**outer, **added}.items() if v is not None}
        try:
            yield
        finally:
            self._attrs_of_scope = outer

    # --- collections -----------------------------------------------------------------------------

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Appends `value` to the collection of that name."""
        self._check_not_finalized()
        with self._lock:
            self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Appends `value` to each collection once; `names` may be one name."""
        unique = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
        for name in unique:
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The collection itself, made empty if there is none: changes to it stay."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of the collection; with `scope`, the items whose name matches that prefix."""
        items = self._collections.get(name, [])
        if scope is None:
            return list(items)
        pattern = re.compile(scope)
        return [i for i in items if hasattr(i, "name") and pattern.match(i.name)]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of all collections."""
        return [key for key in self._collections if isinstance(key, str)]

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections)

    def clear_collection(self, name: Any) -> None:
        """Forgets a collection."""
        self._check_not_finalized()
        self._collections.pop(name, None)

    # --- other forms of the graph ----------------------------------------------------------------

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The graph as a GraphDef proto.

        Args:
          from_version: only nodes added after this version.
          add_shapes: whether nodes carry `_output_shapes`.
        """
        from .graph_def import graph_to_proto

        return graph_to_proto(self, from_version, add_shapes)

    @property
    def graph_def_versions(self) -> Any:
        return self.as_graph_def().versions

    def to_networkx(self) -> networkx.MultiDiGraph:
        """The graph for networkx: nodes are operation names, edges carry the tensor's name."""
        import networkx

        result = networkx.MultiDiGraph()
        for op in self.get_operations():
            result.add_node(op.name, type=op.type, device=op.device)
        for op in self.get_operations():
            for tensor in op.inputs:
                result.add_edge(tensor.op.name, op.name, tensor=tensor.name, control=False)
            for control in op.control_inputs:
                result.add_edge(control.name, op.name, tensor=None, control=True)
        return result


def _operation_of(value: Any) -> Operation:
    """The operation of a Tensor, Variable, IndexedSlices or Operation."""
    if isinstance(value, Operation):
        return value
    op = getattr(value, "op", None)
    if not isinstance(op, Operation):
        raise TypeError(f"expected an Operation, Tensor or Variable, got {value!r}")
    return op


def complete_attrs(
    op_def: OpDef, inputs: Sequence[Tensor], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Given attributes normalised, those implied by input types inferred, the rest by default."""
    attrs = {}
    for key, value in given.items():
        value = _plain_attr(value)
        declared = op_def.attr_by_name.get(key)
        attrs[key] = normalize_attr(op_def.name, declared, value) if declared else value
    position = 0
    for arg in op_def.inputs:
        if arg.number_attr is None and arg.type_list_attr is None:
            count = 1
        elif arg.number_attr in attrs:
            count = attrs[arg.number_attr]
        elif arg.type_list_attr in attrs:
            count = len(attrs[arg.type_list_attr])
        else:
            count = len(inputs) - position - (len(op_def.inputs) - op_def.inputs.index(arg) - 1)
            if arg.number_attr is not None:
                attrs[arg.number_attr] = count
        taken = [tensor.dtype.base_dtype for tensor in inputs[position : position + count]]
        if arg.type_attr is not None and taken:
            attrs.setdefault(arg.type_attr, taken[0])
        if arg.type_list_attr is not None:
            attrs.setdefault(arg.type_list_attr, tuple(taken))
        position += count
    for attr in op_def.attrs:
        if attr.name not in attrs:
            if not attr.has_default:
                raise ValueError(f"op {op_def.name} needs the attribute {attr.name!r}")
            attrs[attr.name] = attr.default
    return attrs


def _plain_attr(value: Any) -> Any:
    """An attribute's value, taken out of its AttrValue proto if it comes in one."""
    if not hasattr(value, "WhichOneof"):
        return value
    from .graph_def import attr_from_proto

    return attr_from_proto(value)


def _check_output_types(op: Operation, expected: Sequence[Any]) -> None:
    given = [dtypes.as_dtype(t).base_dtype for t in expected]
    actual = [t.dtype.base_dtype for t in op.outputs]
    if given != actual:
        raise TypeError(
            f"op {op.type} gives outputs of types {[t.name for t in actual]}, not "
            f"{[t.name for t in given]}"
        )
