"""FuncGraph: the body of a branch, a loop or a mapped function, as a graph of its own.

It sees the graph around it: a tensor of an enclosing graph used inside becomes a *capture*, a
placeholder here and an extra input of the `If` or `While` that runs the body. Names are drawn from
the user's graph, so that node names stay unique over all bodies, and collections are the user's
graph's own, so that a variable or loss made in a body is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..base.tensor_shape import TensorShape
from .graph import Graph
from .op_def import define_op, find_op
from .operation import Operation
from .scope_stacks import ThreadNaming
from .shape_context import ShapeContext
from .tensor import Tensor


def _placeholder_shape(context: ShapeContext) -> TensorShape:
    shape: TensorShape = context.attrs["shape"]
    return shape


placeholder_op = define_op(
    "Placeholder",
    outputs=["output: dtype"],
    attrs=["dtype: type", "shape: shape = { unknown_rank: true }"],
    shape=_placeholder_shape,
)
# The placeholder for a captured variable: the same cell inside as outside.
define_op(
    "_RefPlaceholder",
    outputs=["output: Ref(dtype)"],
    attrs=["dtype: type", "shape: shape = { unknown_rank: true }"],
    shape=_placeholder_shape,
)


class FuncGraph(Graph):
    """A graph under construction inside another one.

    Attributes:
      name: the function's name, unique in the user's graph.
      outer_graph: the graph (or body) around it.
      inputs: its parameters: explicit ones, then the placeholders of captures.
      outputs: what it returns.
      control_outputs: operations that every call runs though no output needs them.
      captures: the outer tensors that `inputs` ends in, in order.
      control_captures: outer operations that nodes inside wait for.
      stack_of: in a loop's body, which loop variable is the stack of a tensor's values in all
        iterations; there is one for each that a gradient needs.
    """

    def __init__(self, name: str, outer_graph: Graph) -> None:
        super().__init__()
        self.name = name
        self.outer_graph = outer_graph
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.control_outputs: list[Operation] = []
        self.captures: list[Tensor] = []
        self.control_captures: list[Operation] = []
        self.stack_of: dict[Tensor, int] = {}
        self._placeholder_of: dict[Tensor, Tensor] = {}
        self._source_of: dict[Tensor, Tensor] = {}
        self._lock = outer_graph._lock
        self._names_in_use = outer_graph._names_in_use
        self._collections = outer_graph._collections
        self._naming = ThreadNaming(outer_graph._naming.scope)
        self._container = outer_graph._container
        self._scopes.devices = outer_graph._scopes.devices
        self._building_function = True
        self._gradient_override_map = outer_graph._gradient_override_map
        self.seed = outer_graph.seed

    @property
    def outermost(self) -> Graph:
        return self.outer_graph.outermost

    @property
    def _last_op_id(self) -> int:
        """Counted over the user's graph, so that random ops in bodies get seeds of their own."""
        return self.outermost._last_id

    def _next_id(self) -> int:
        self.outermost._next_id()
        return super()._next_id()

    def add_parameter(self, dtype: Any, shape: Any, name: str = "arg") -> Tensor:
        """Adds an explicit parameter; all of them come before the first capture."""
        parameter = self._placeholder(dtype, shape, name)
        self.inputs.append(parameter)
        self._changed()
        return parameter

    def capture(self, tensor: Tensor) -> Tensor:
        """The placeholder that stands for a tensor of an enclosing graph."""
        if tensor in self._placeholder_of:
            return self._placeholder_of[tensor]
        placeholder = self._placeholder(tensor.dtype, tensor.shape, tensor.op.name.split("/")[-1])
        self._placeholder_of[tensor] = placeholder
        self._source_of[placeholder] = tensor
        self.captures.append(tensor)
        self.inputs.append(placeholder)
        self._changed()
        return placeholder

    def _placeholder(self, dtype: Any, shape: Any, name: str) -> Tensor:
        op_def = find_op("_RefPlaceholder" if dtype._is_ref_dtype else "Placeholder")
        assert op_def is not None
        outer_scopes, self._scopes.control = self._scopes.control, []
        try:
            op = self._add_node(
                op_def, [], {"dtype": dtype.base_dtype, "shape": TensorShape(shape)}, name
            )
        finally:
            self._scopes.control = outer_scopes
        return op.outputs[0]

    def _own(self, tensor: Tensor) -> Tensor:
        if tensor.graph is self:
            return tensor
        if self._is_enclosing(tensor.graph):
            # Captured level by level: every body between here and there gets it as an input.
            assert isinstance(self.outer_graph, Graph)
            return self.capture(self.outer_graph._own(tensor))
        return super()._own(tensor)

    def _is_enclosing(self, graph: Graph) -> bool:
        current: Graph | None = self.outer_graph
        while current is not None:
            if current is graph:
                return True
            current = current.outer_graph if isinstance(current, FuncGraph) else None
        return False

    def add_outputs(self, tensors: Sequence[Tensor]) -> None:
        """Returns more; the programs made of the body so far are stale."""
        self.outputs.extend(tensors)
        self._changed()

    def replace_capture(self, tensor: Tensor, by: Tensor) -> None:
        """What reads one captured tensor reads another one instead; the first is captured no more.

        Args:
          tensor: a tensor captured so far, which no output is.
          by: a tensor of an enclosing graph, of the same type but for being a reference.
        """
        old, new = self._placeholder_of.pop(tensor), self.capture(by)
        del self._source_of[old]
        self.captures.remove(tensor)
        self.inputs.remove(old)
        for op in dict.fromkeys(old.consumers()):
            for index, given in enumerate(op.inputs):
                if given is old:
                    op._update_input(index, new)
            for value in op.node_attrs.values():
                if isinstance(value, FuncGraph):
                    value._replace_source(old, new)
        self._changed()

    def _replace_source(self, old: Tensor, new: Tensor) -> None:
        """Follows a change of the inputs of the node that runs this body."""
        if old in self._placeholder_of:
            placeholder = self._placeholder_of.pop(old)
            self._placeholder_of.setdefault(new, placeholder)
            self._source_of[placeholder] = new
            self.captures = [new if tensor is old else tensor for tensor in self.captures]

    def move_to(self, outer_graph: Graph, source_of: Callable[[Tensor], Tensor]) -> None:
        """Puts the finished body into another graph.

        Args:
          outer_graph: the graph with the node that runs the body.
          source_of: from a tensor captured so far to the one that takes its place there.
        """
        self.outer_graph = outer_graph
        self.captures = [source_of(tensor) for tensor in self.captures]
        placeholders = self.inputs[len(self.inputs) - len(self.captures) :]
        self._source_of = dict(zip(placeholders, self.captures, strict=True))
        self._placeholder_of = {tensor: p for p, tensor in self._source_of.items()}
        self.control_captures = []  # what ran before the forward node has run before this one

    def _captured_source(self, placeholder: Tensor) -> Tensor | None:
        return self._source_of.get(placeholder)

    def _as_control_inputs(self, control_inputs: Any) -> list[Operation]:
        ops = []
        for item in control_inputs:
            item = getattr(item, "_control_dependency", item)
            to_element = getattr(item, "_as_graph_element", None)
            element = to_element() if to_element is not None else item
            op = element.op if isinstance(element, Tensor) else element
            if isinstance(op, Operation) and op.graph is not self and self._is_enclosing(op.graph):
                self._capture_control(op)
            else:
                ops.extend(super()._as_control_inputs([op]))
        return list(dict.fromkeys(ops))

    def _capture_control(self, op: Operation) -> None:
        """The whole body waits for an outer op that a node inside is to wait for."""
        if op not in self.control_captures:
            self.control_captures.append(op)
        if isinstance(self.outer_graph, FuncGraph) and op.graph is not self.outer_graph:
            self.outer_graph._capture_control(op)

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """As `Graph.as_graph_element`; tensors of enclosing graphs are captured."""
        to_element = getattr(obj, "_as_graph_element", None)
        if to_element is not None:
            obj = to_element()
        if isinstance(obj, Tensor) and allow_tensor:
            return self._own(obj)
        return super().as_graph_element(obj, allow_tensor, allow_operation)


def trace(
    name: str,
    function: Callable[..., Any],
    parameters: Sequence[tuple[Any, Any]] = (),
    outer_graph: Graph | None = None,
    kind: Callable[[str, Graph], FuncGraph] = FuncGraph,
) -> tuple[FuncGraph, Any]:
    """Runs `function` with a new FuncGraph as the default graph.

    Args:
      name: the body's name.
      function: called with one tensor per parameter.
      parameters: (dtype, shape) of each.
      outer_graph: the graph whose tensors the body may capture; the default graph when None.
      kind: what makes the body, given its name and its outer graph.

    Returns:
      The body (its `outputs` not yet set) and what the function returned.
    """
    from .stacks import get_default_graph

    current = get_default_graph()
    outer = current if outer_graph is None else outer_graph
    body = kind(current.unique_name(name), outer)
    body._naming = ThreadNaming(current._naming.scope)
    with body.as_default():
        arguments = [body.add_parameter(dtype, shape) for dtype, shape in parameters]
        result = function(*arguments)
    return body, result


def align_captures(bodies: Sequence[FuncGraph], parameter_count: int) -> list[Tensor]:
    """Makes bodies that one node runs take the same inputs: the parameters, then all captures.

    Args:
      bodies: traced with equal parameters.
      parameter_count: how many there are.

    Returns:
      The tensors captured by any of the bodies, in the order in which all of them now take them.
    """
    captures = list(dict.fromkeys(tensor for body in bodies for tensor in body.captures))
    for body in bodies:
        placeholders = [body.capture(tensor) for tensor in captures]
        body.inputs[parameter_count:] = placeholders
        body.captures = list(captures)
    return captures


def wait_for_control_captures(op: Operation, bodies: Sequence[FuncGraph]) -> None:
    """A node that runs bodies waits for the outer operations that nodes inside wait for."""
    waiting = (c for body in bodies for c in body.control_captures if c.graph is op.graph)
    controls = list(dict.fromkeys(waiting))
    if controls:
        op._add_control_inputs(controls)
