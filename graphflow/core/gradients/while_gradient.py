"""The gradient of While: another While, whose body is the gradient of the forward body.

It stands here and not beside the op because it needs the reverse walk. The backward body is traced
as a body inside the forward one. What it needs of a forward iteration is pushed on a stack there, a
TensorList that becomes a loop variable of both loops, and popped here; what no iteration changes is
used as it is. Gradients of loop variables go from iteration to iteration, gradients of what no
iteration changes are summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..base import dtypes
from ..graph.constant_value import constant_value
from ..graph.func_graph import FuncGraph, trace
from ..graph.graph import Graph
from ..graph.operation import Operation
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor
from .bodies import carries_gradient, dense, gradient_dtype, gradient_shape, zeros_for
from .gradients import gradients


@ops.control.while_op.grad
def while_grad(op: Operation, *dys: Any) -> list[Any]:
    forward: FuncGraph = op.node_attrs["body"]
    if not op.node_attrs.get("_back_prop", True):
        return [None] * len(op.inputs)
    if "_counter" not in op.node_attrs:
        _count_iterations(op)
    varying, constant = _reached(forward, [i for i, dy in enumerate(dys) if dy is not None])
    initial = _initial_gradients(op, dys, varying, constant)
    body = _trace_body(op, varying, constant)
    _sync_inputs(op)
    stacks = _move_beside(op, body)
    loop_vars = [ops.array.constant(0, name="grad_counter"), *initial, *stacks]
    condition = _trace_condition(op, body, len(loop_vars))
    gradient = ops.control.add_while(condition, body, loop_vars, counter=0, name="While")
    results: list[Any] = [None] * len(op.inputs)
    for position, index in enumerate([*varying, *constant]):
        results[index] = gradient.outputs[1 + position]
    return results


def _count_iterations(op: Operation) -> None:
    """Adds a loop variable that counts, to a loop that was imported: the gradient repeats it."""
    body: FuncGraph = op.node_attrs["body"]
    with op.graph.as_default(), op.graph.control_dependencies(None):
        zero = ops.array.constant(0, name="loop_counter")
    parameter = body.add_parameter(dtypes.int32, [], "loop_counter")
    with body.as_default(), body.control_dependencies(None):
        following = ops.elementwise.add(parameter, 1, name="next_iteration")
    op._set_attr("_counter", len(op.inputs))
    _add_loop_var(op, zero, following)


def _is_constant(body: FuncGraph, index: int) -> bool:
    """Whether the body passes a loop variable on as it is."""
    return body.outputs[index] is body.inputs[index]


def _reached(body: FuncGraph, given: Sequence[int]) -> tuple[list[int], list[int]]:
    """The loop variables that gradients flow to, over any number of iterations.

    Returns:
      The positions of those that iterations change, and of those that they do not.
    """
    position = {tensor.op: index for index, tensor in enumerate(body.inputs)}
    reached = {i for i in given if carries_gradient(body.inputs[i])}
    seen: set[Operation] = set()
    stack = [body.outputs[i].op for i in reached]
    while stack:
        op = stack.pop()
        if op in seen:
            continue
        seen.add(op)
        stack.extend(tensor.op for tensor in op.inputs if carries_gradient(tensor))
        index = position.get(op)
        if index is not None and index not in reached and carries_gradient(body.inputs[index]):
            reached.add(index)
            stack.append(body.outputs[index].op)
    ordered = sorted(reached)
    constant = [i for i in ordered if _is_constant(body, i)]
    return [i for i in ordered if i not in constant], constant


def _initial_gradients(
    op: Operation, dys: Sequence[Any], varying: Sequence[int], constant: Sequence[int]
) -> list[Tensor]:
    """The gradients before the walk back over the last iteration."""
    of_outputs = [zeros_for(op.outputs[i]) if dys[i] is None else dense(dys[i]) for i in varying]
    of_inputs = [zeros_for(op.inputs[i]) if dys[i] is None else dense(dys[i]) for i in constant]
    return of_outputs + of_inputs


class _BackwardBody(FuncGraph):
    """A body inside the forward body of a loop, to run in the reverse order of the iterations.

    Attributes:
      stacks: for each stack popped from, the loop variable of the forward While that it is.
    """

    def __init__(self, name: str, outer_graph: Graph, forward_op: Operation) -> None:
        super().__init__(name, outer_graph)
        self.stacks: list[int] = []
        self._stack_parameters: list[Tensor] = []
        self._rests: list[Tensor] = []
        self._popped: dict[Tensor, Tensor] = {}
        self._forward_op: Operation | None = forward_op

    def capture(self, tensor: Tensor) -> Tensor:
        """The value that a tensor of the forward body had in the iteration walked back over."""
        op = self._forward_op
        if op is not None and (known := _known_value(tensor)) is not None:
            return self._copied(tensor, known)
        if op is None or _is_same_in_all_iterations(tensor):
            return super().capture(tensor)
        if tensor not in self._popped:
            self._popped[tensor] = self._pop(tensor, _stack_of(op, tensor))
        return self._popped[tensor]

    def _copied(self, tensor: Tensor, value: np.ndarray) -> Tensor:
        """A constant of the forward body, here again: plans of the body alone know it so."""
        if tensor not in self._popped:
            with self.as_default(), self.control_dependencies(None), self.name_scope(None):
                self._popped[tensor] = ops.array.constant(value, dtype=tensor.dtype.base_dtype)
        return self._popped[tensor]

    def _pop(self, tensor: Tensor, stack: int) -> Tensor:
        parameter = self._placeholder(dtypes.variant, [], "stack")
        with self.as_default(), self.control_dependencies(None), self.name_scope(None):
            rest, popped = ops.control.tensor_list_pop_back_op(
                parameter,
                ops.control.shape_input(tensor.shape),
                element_dtype=tensor.dtype.base_dtype,
                name=f"{self.name}/pop",
            )
        self.stacks.append(stack)
        self._stack_parameters.append(parameter)
        self._rests.append(rest)
        value: Tensor = popped
        return value

    def finish(self, outputs: Sequence[Tensor]) -> None:
        """Sets inputs and outputs: parameters, stacks, captures. Captures are plain from now on."""
        split = len(self.inputs) - len(self.captures)
        self.inputs[split:split] = self._stack_parameters
        self.outputs = [*outputs, *self._rests]
        self._forward_op = None


def _known_value(tensor: Tensor) -> np.ndarray | None:
    """The value of a constant of a loop's body."""
    return constant_value(tensor) if tensor.op.type == "Const" else None


def _is_same_in_all_iterations(tensor: Tensor) -> bool:
    """Whether a tensor of a loop's body is a capture, passed on as it is, or a known value."""
    body = tensor.graph
    assert isinstance(body, FuncGraph)
    if body._captured_source(tensor) is not None:
        return True
    if tensor in body.inputs[: len(body.outputs)]:
        return _is_constant(body, body.inputs.index(tensor))
    return constant_value(tensor) is not None


def _stack_of(op: Operation, tensor: Tensor) -> int:
    """The loop variable that collects the values of a tensor of the forward body; made if new."""
    body: FuncGraph = op.node_attrs["body"]
    if tensor not in body.stack_of:
        _sync_inputs(op)
        dtype = tensor.dtype.base_dtype
        with op.graph.as_default(), op.graph.control_dependencies(None):
            empty = ops.control.empty_tensor_list_op(
                ops.control.shape_input(tensor.shape), -1, element_dtype=dtype
            )
        parameter = body.add_parameter(dtypes.variant, [], "stack")
        with body.as_default(), body.control_dependencies(None):
            pushed = ops.control.tensor_list_push_back_op(parameter, tensor)
        body.stack_of[tensor] = len(op.inputs)
        _add_loop_var(op, empty, pushed)
    return body.stack_of[tensor]


def _sync_inputs(op: Operation) -> None:
    """Passes in what the forward body has come to capture while gradients were traced."""
    body: FuncGraph = op.node_attrs["body"]
    for placeholder in body.inputs[len(op.inputs) :]:
        source = body._captured_source(placeholder)
        assert source is not None, "parameters are added together with their loop variables"
        _add_loop_var(op, source, placeholder)


def _add_loop_var(op: Operation, initial: Tensor, following: Tensor) -> None:
    """Makes a loop variable of the parameter that the body got last."""
    body: FuncGraph = op.node_attrs["body"]
    parameter = body.inputs[len(op.inputs)]
    op.node_attrs["cond"].add_parameter(parameter.dtype, parameter.shape)
    body.add_outputs([following])
    op._set_attr("T", (*op.node_attrs["T"], parameter.dtype))
    op._add_inputs([initial])
    op._add_outputs([parameter.dtype], [parameter.shape])


def _trace_body(op: Operation, varying: Sequence[int], constant: Sequence[int]) -> _BackwardBody:
    """One iteration of the backward loop, as a body inside the forward body."""
    forward: FuncGraph = op.node_attrs["body"]
    ys = [forward.outputs[i] for i in varying]
    xs = [forward.inputs[i] for i in [*varying, *constant]]

    def backward(count: Tensor, *grads: Tensor) -> list[Tensor]:
        flowing, sums = grads[: len(varying)], grads[len(varying) :]
        found = gradients(ys, xs, list(flowing)) if ys else [None] * len(xs)
        following = [
            _zeros_before(x, g) if new is None else dense(new)
            for x, g, new in zip(xs, flowing, found, strict=False)
        ]
        totals = [
            total if new is None else ops.elementwise.add_n([total, dense(new)])
            for total, new in zip(sums, found[len(varying) :], strict=True)
        ]
        return [ops.elementwise.add(count, 1), *following, *totals]

    parameters: list[tuple[Any, Any]] = [(dtypes.int32, [])]
    # the shapes that hold in every iteration: an output's may be known of the last one only
    invariant = [parameter.shape for parameter in op.node_attrs["body"].inputs]
    parameters += [(gradient_dtype(op.outputs[i]), invariant[i]) for i in varying]
    parameters += [(gradient_dtype(op.inputs[i]), gradient_shape(op.inputs[i])) for i in constant]

    def make(name: str, outer_graph: Graph) -> _BackwardBody:
        return _BackwardBody(name, outer_graph, op)

    body, outputs = trace("body_grad", backward, parameters, forward, make)
    assert isinstance(body, _BackwardBody)
    body.finish([body._own(tensor) for tensor in outputs])
    return body


def _zeros_before(x: Tensor, following: Tensor) -> Tensor:
    """The gradient of a loop variable that an iteration does not use."""
    if x.shape.is_fully_defined() and x.dtype != dtypes.variant:
        return zeros_for(following)  # shaped like x, and nothing of the forward pass is needed
    return zeros_for(x)


def _move_beside(op: Operation, body: _BackwardBody) -> list[Tensor]:
    """Puts the backward body where the forward While is.

    Returns:
      The stacks as the forward loop left them.
    """
    graph = get_default_graph()
    forward: FuncGraph = op.node_attrs["body"]

    def source_of(tensor: Tensor) -> Tensor:
        if tensor in forward.inputs:
            return graph._own(op.inputs[forward.inputs.index(tensor)])
        value = constant_value(tensor)
        copied: Tensor = ops.array.constant(value, dtype=tensor.dtype.base_dtype)
        return copied

    body.move_to(graph, source_of)
    return [op.outputs[index] for index in body.stacks]


def _trace_condition(op: Operation, body: FuncGraph, count: int) -> FuncGraph:
    """As many iterations as the forward loop made."""
    total = op.outputs[op.node_attrs["_counter"]]

    def condition(done: Tensor, *others: Tensor) -> Tensor:
        more: Tensor = ops.elementwise.less(done, total)
        return more

    parameters = [(p.dtype, p.shape) for p in body.inputs[:count]]
    graph, result = trace("cond_grad", condition, parameters)
    graph.outputs = [result]
    return graph
