"""Operation: one node of the user's graph."""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..base import dtypes, errors
from ..base.tensor_shape import TensorShape
from .op_def import OpDef
from .tensor import Tensor, find_session
from .user_frame import RawStack, UserFrame, user_frame

if TYPE_CHECKING:
    from .graph import Graph


class Operation:
    """A node: an op type, attributes, inputs and control inputs, made by `Graph.create_op`.

    It never changes once made, with exceptions that TF1 has too: control inputs may be added, an
    input may be replaced by one of its kind, and an `If` or `While` may get more outputs when
    gradients are built through it.
    """

    def __init__(
        self,
        graph: Graph,
        name: str,
        op_def: OpDef,
        inputs: Sequence[Tensor],
        attrs: Mapping[str, Any],
        control_inputs: Sequence[Operation],
        device: str,
        stack: RawStack,
    ) -> None:
        self._graph = graph
        self._name = name
        self._op_def = op_def
        self._inputs = tuple(inputs)
        self.node_attrs = dict(attrs)
        self._control_inputs = list(control_inputs)
        self._control_outputs: list[Operation] = []
        self._device = device
        self._stack = stack
        self._original_op = graph._default_original_op
        self._id = graph._next_id()
        self._uses: list[tuple[Operation, int]] = []
        self._outputs = [
            Tensor(self, index, dtype)
            for index, dtype in enumerate(op_def.output_dtypes(self.node_attrs))
        ]
        for tensor in self._inputs:
            tensor.op._uses.append((self, tensor.value_index))
        for control_input in self._control_inputs:
            control_input._control_outputs.append(self)

    @property
    def name(self) -> str:
        return self._name

    @property
    def type(self) -> str:
        return self._op_def.name

    @property
    def graph(self) -> Graph:
        return self._graph

    @property
    def op_def(self) -> OpDef:
        return self._op_def

    @property
    def device(self) -> str:
        return self._device

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return self._inputs

    @property
    def outputs(self) -> list[Tensor]:
        return self._outputs

    @property
    def control_inputs(self) -> list[Operation]:
        return list(self._control_inputs)

    @property
    def _input_types(self) -> list[dtypes.DType]:
        return [t.dtype for t in self._inputs]

    @property
    def user_frame(self) -> UserFrame:
        """The user's line that made this node."""
        return user_frame(self._stack)

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """The stack that made this node, outermost first: (file, line, function, source text)."""
        return [
            (
                code.co_filename,
                line,
                code.co_name,
                linecache.getline(code.co_filename, line).strip(),
            )
            for code, line in reversed(self._stack)
        ]

    def colocation_groups(self) -> list[bytes]:
        """The `loc:@name` groups this node is placed with; its own name when there is none."""
        groups = self.node_attrs.get("_class", ())
        located = [group.encode() for group in groups if group.startswith("loc:@")]
        return located or [b"loc:@" + self._name.encode()]

    def get_attr(self, name: str) -> Any:
        """An attribute's value in TF's Python form: strings as bytes, shapes as TensorShapeProto.

        Raises:
          ValueError: there is no attribute of that name.
        """
        if name not in self.node_attrs:
            raise ValueError(f"Operation '{self._name}' has no attr named '{name}'.")
        return _public_form(self.node_attrs[name])

    def _set_attr(self, name: str, value: Any) -> None:
        self.node_attrs[name] = value
        self._graph._changed()

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops: Sequence[Operation]) -> None:
        for op in ops:
            if not isinstance(op, Operation):
                raise TypeError(f"op must be an Operation: {op}")
            if op.graph is not self._graph:
                raise ValueError(
                    f"control input {op.name!r} is of another graph than {self._name!r}"
                )
            if op not in self._control_inputs:
                self._control_inputs.append(op)
                op._control_outputs.append(self)
        self._graph._changed()

    def _remove_all_control_inputs(self) -> None:
        for op in self._control_inputs:
            op._control_outputs.remove(self)
        self._control_inputs.clear()
        self._graph._changed()

    def _add_outputs(self, types: Sequence[dtypes.DType], shapes: Sequence[Any]) -> list[Tensor]:
        """Appends outputs; the attributes that type them must say so already."""
        start = len(self._outputs)
        added = [Tensor(self, start + i, dtype) for i, dtype in enumerate(types)]
        self._outputs.extend(added)
        for tensor, shape in zip(added, shapes, strict=True):
            tensor.set_shape(shape)
        self._graph._changed()
        return added

    def _add_inputs(self, tensors: Sequence[Tensor]) -> None:
        """Appends inputs; the attributes that type them must say so already."""
        self._inputs = (*self._inputs, *tensors)
        for tensor in tensors:
            tensor.op._uses.append((self, tensor.value_index))
        self._graph._changed()

    def _update_input(self, index: int, tensor: Tensor) -> None:
        """Reads another tensor; the shapes of the outputs stay as they were inferred.

        Raises:
          ValueError: it is of another graph.
          OutOfRangeError: there is no such input.
          InvalidArgumentError: it is of another type, or its shape is not that of the old one.
        """
        tensor = self._graph._own(tensor)
        if not 0 <= index < len(self._inputs):
            raise errors.OutOfRangeError(
                None,
                self,
                f"Cannot update edge. Input index [{index}] is greater than the number of total "
                f"inputs [{len(self._inputs)}].",
            )
        old = self._inputs[index]
        if tensor.dtype.base_dtype != old.dtype.base_dtype:
            raise errors.InvalidArgumentError(
                None,
                self,
                f"Input {index} of node {self._name} was passed {tensor.dtype.name} from "
                f"{tensor.name} incompatible with expected {old.dtype.name}.",
            )
        if not tensor.shape.is_compatible_with(old.shape):
            raise errors.InvalidArgumentError(
                None,
                self,
                f"Cannot update edge, incompatible shapes: {_in_brackets(tensor.shape)} and "
                f"{_in_brackets(old.shape)}.",
            )
        self._inputs = (*self._inputs[:index], tensor, *self._inputs[index + 1 :])
        old.op._uses.remove((self, old.value_index))
        tensor.op._uses.append((self, tensor.value_index))
        self._graph._known_constants.clear()
        self._graph._changed()

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs this operation in `session`, or in the default session."""
        find_session(self._graph, session, "execute operation", "run").run(self, feed_dict)

    @property
    def node_def(self) -> Any:
        """This node as a NodeDef proto."""
        from .graph_def import node_to_proto

        return node_to_proto(self)

    def values(self) -> tuple[Tensor, ...]:
        return tuple(self._outputs)

    def __str__(self) -> str:
        return str(self.node_def)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self._name}' type={self.type}>"


def _public_form(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, tuple):
        return [_public_form(item) for item in value]
    if hasattr(value, "as_proto"):
        return value.as_proto()
    return value


def _in_brackets(shape: TensorShape) -> str:
    """A shape as TF's runtime writes it: `[2,?]`."""
    if shape.ndims is None:
        return "<unknown>"
    return "[" + ",".join("?" if n is None else str(n) for n in shape.as_list()) + "]"
