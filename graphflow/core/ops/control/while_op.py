"""While: repeats a body as long as a condition holds. Its gradient is in core/gradients, as it
needs the reverse walk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...base.tensor_shape import TensorShape
from ...graph.func_graph import FuncGraph, align_captures, wait_for_control_captures
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.shape_context import ShapeContext
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor


def while_shape(context: ShapeContext) -> list[TensorShape]:
    """Loop variables keep the shapes of the body's parameters: those are the invariants."""
    return [parameter.shape for parameter in context.attrs["body"].inputs]


while_op = define_op(
    "While",
    inputs=["input: T"],
    outputs=["output: T"],
    attrs=[
        "T: list(type) >= 0",
        "cond: func",
        "body: func",
        "output_shapes: list(shape) = []",
        "parallel_iterations: int = 10",
    ],
    shape=while_shape,
    is_stateful=True,
)


@while_op.define_with_context
def while_reference(node: Any, context: Any, *values: Any) -> tuple[Any, ...]:
    """Loop variables that are not live keep their initial values: nothing reads them."""
    cond, body = node.attrs["cond"], node.attrs["body"]
    live = node.attrs["_live"]
    state = list(values)
    while context.call(cond, state)[0].all():
        for index, value in zip(live, context.call(body, state, live), strict=True):
            state[index] = value
    return tuple(state)


def live_loop_vars(op: Operation, used: Iterable[int], is_awaited: bool) -> tuple[int, ...]:
    """The loop variables that must be computed, in order.

    Those are the used ones, what the condition reads, and all that these depend on over any number
    of iterations. The rest is not, as in TF1, where nothing leads from it to a fetch: above all
    the stacks of a loop's gradient in runs without gradients.

    Args:
      op: a While.
      used: the outputs that are read.
      is_awaited: whether the loop is to run for its effects too: then only stacks may be left out.
    """
    cond, body = op.node_attrs["cond"], op.node_attrs["body"]
    roots = [*cond.control_outputs, *(tensor.op for tensor in cond.outputs)]
    live = {*used, *_parameters_behind(roots, cond, set())}
    if is_awaited:
        live |= set(range(len(op.outputs))) - set(body.stack_of.values())
    seen: set[Operation] = set()
    roots = [*body.control_outputs, *(body.outputs[index].op for index in live)]
    while roots:
        reached = _parameters_behind(roots, body, seen) - live
        live |= reached
        roots = [body.outputs[index].op for index in reached]
    return tuple(sorted(live))


def _parameters_behind(roots: list[Operation], graph: FuncGraph, seen: set[Operation]) -> set[int]:
    """The parameters of a body that operations in it depend on, but for what was `seen` before."""
    position = {tensor.op: index for index, tensor in enumerate(graph.inputs)}
    reached: set[int] = set()
    while roots:
        op = roots.pop()
        if op in seen:
            continue
        seen.add(op)
        roots.extend([*(tensor.op for tensor in op.inputs), *op.control_inputs])
        if op in position:
            reached.add(position[op])
    return reached


def add_while(
    cond: FuncGraph,
    body: FuncGraph,
    loop_vars: Sequence[Tensor],
    counter: int,
    name: str | None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
) -> Operation:
    """Adds a While node that runs traced bodies.

    Args:
      cond: a body with one parameter per loop variable and one output.
      body: a body with the same parameters and as many outputs.
      loop_vars: the initial values.
      counter: which loop variable counts the iterations.
      name: the node's name.
      parallel_iterations: as in TF, where it is a hint.
      back_prop: whether gradients flow through the loop.

    Returns:
      The node. Captures are loop variables as well, which the body passes on as they are.
    """
    _read_in_each_iteration([cond, body])
    captures = align_captures([cond, body], len(loop_vars))
    body.outputs = [*body.outputs, *body.inputs[len(loop_vars) :]]
    inputs = [*loop_vars, *captures]
    attrs = {
        # the parameters' types: `_ref` types of captures let variables enter as themselves
        "T": tuple(parameter.dtype for parameter in body.inputs),
        "cond": cond,
        "body": body,
        "output_shapes": (),
        "parallel_iterations": parallel_iterations,
        "_counter": counter,
        "_back_prop": back_prop,
    }
    op = get_default_graph()._add_node(while_op, inputs, attrs, name)
    wait_for_control_captures(op, [cond, body])
    return op


def _read_in_each_iteration(bodies: Sequence[FuncGraph]) -> None:
    """Reads of variables that a loop updates become reads inside of it.

    A variable used in a body is `v/read`, a node before the loop, whose value would stay the same.
    In TF1 it shares its buffer with the variable, so that a loop sees its own updates.
    """
    updated = {t for body in bodies for t in body.captures if t.dtype._is_ref_dtype}
    for body in bodies:
        for tensor in list(body.captures):
            reference = _read_reference(tensor)
            if reference in updated and body._placeholder_of[tensor] not in body.outputs:
                body.replace_capture(tensor, reference)


def _read_reference(tensor: Tensor) -> Tensor | None:
    """The reference that a tensor is read from, through the captures of enclosing bodies."""
    graph = tensor.graph
    if isinstance(graph, FuncGraph) and (source := graph._captured_source(tensor)) is not None:
        reference = _read_reference(source)
        return None if reference is None else graph._own(reference)
    if tensor.op.type == "Identity" and tensor.op.inputs[0].dtype._is_ref_dtype:
        return tensor.op.inputs[0]
    return None
