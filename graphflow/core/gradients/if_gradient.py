"""The gradient of If: another If, whose branches are the gradients of the forward branches.

It stands here and not beside the op because it needs the reverse walk. A backward branch is traced
as a body inside the forward branch, so that what it needs of the forward pass is captured; then it
is moved beside the forward If, whose inputs and (additional) outputs take the captures' places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph.func_graph import FuncGraph, align_captures, trace
from ..graph.operation import Operation
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor
from .bodies import carries_gradient, dense, zeros_for
from .gradients import gradients


@ops.control.if_op.grad
def if_grad(op: Operation, *dys: Any) -> list[Any]:
    given = [i for i, dy in enumerate(dys) if dy is not None and carries_gradient(op.outputs[i])]
    arguments = [dense(dys[i]) for i in given]
    wanted = [k for k, tensor in enumerate(op.inputs[1:]) if carries_gradient(tensor)]
    traced = [_trace_branch(op, key, given, wanted, arguments) for key in _BRANCHES]
    reached = [n for n in range(len(wanted)) if any(grads[n] is not None for _, grads in traced)]
    _sync_inputs(op)
    for key, (branch, grads) in zip(_BRANCHES, traced, strict=True):
        forward = op.node_attrs[key]
        with branch.as_default():
            branch.outputs = [
                branch._own(
                    zeros_for(forward.inputs[wanted[n]]) if grads[n] is None else dense(grads[n])
                )
                for n in reached
            ]
    branches = [branch for branch, _ in traced]
    _move_beside(op, branches)
    if not reached:
        return [None] * len(op.inputs)
    gradient = ops.control.add_if(op.inputs[0], branches[0], branches[1], "If", arguments)
    results: list[Any] = [None] * len(op.inputs)
    for n, output in zip(reached, gradient.outputs, strict=True):
        results[1 + wanted[n]] = output
    return results


_BRANCHES = ("then_branch", "else_branch")


def _trace_branch(
    op: Operation,
    key: str,
    given: Sequence[int],
    wanted: Sequence[int],
    arguments: Sequence[Tensor],
) -> tuple[FuncGraph, list[Any]]:
    """The gradients of one branch's inputs, as a body inside that branch."""
    forward: FuncGraph = op.node_attrs[key]

    def backward(*dys: Tensor) -> list[Any]:
        ys = [forward.outputs[i] for i in given]
        return gradients(ys, [forward.inputs[k] for k in wanted], list(dys))

    parameters = [(dy.dtype.base_dtype, dy.shape) for dy in arguments]
    return trace(f"{key}_grad", backward, parameters, outer_graph=forward)


def _sync_inputs(op: Operation) -> None:
    """Passes in what the forward branches have come to capture while gradients were traced."""
    branches = [op.node_attrs[key] for key in _BRANCHES]
    parameters = len(branches[0].inputs) - len(branches[0].captures)
    captures = align_captures(branches, parameters)
    added = captures[len(op.inputs) - 1 - parameters :]
    if added:
        op._set_attr("Tin", (*op.node_attrs["Tin"], *(t.dtype for t in added)))
        op._add_inputs(added)


def _move_beside(op: Operation, branches: Sequence[FuncGraph]) -> None:
    """Puts the backward branches where the forward If is, with tensors there for their captures."""
    graph = get_default_graph()
    intermediates = [_intermediates(op, key, b) for key, b in zip(_BRANCHES, branches, strict=True)]
    _return_more(op, *intermediates)
    for key, branch in zip(_BRANCHES, branches, strict=True):
        forward: FuncGraph = op.node_attrs[key]

        def source_of(tensor: Tensor, forward: FuncGraph = forward) -> Tensor:
            if tensor in forward.inputs:
                return graph._own(op.inputs[1 + forward.inputs.index(tensor)])
            return graph._own(op.outputs[forward.outputs.index(tensor)])

        branch.move_to(graph, source_of)


def _intermediates(op: Operation, key: str, branch: FuncGraph) -> list[Tensor]:
    """What a backward branch needs of the forward one that does not leave it yet."""
    forward: FuncGraph = op.node_attrs[key]
    known = {*forward.inputs, *forward.outputs}
    return [tensor for tensor in branch.captures if tensor not in known]


def _return_more(op: Operation, of_then: list[Tensor], of_else: list[Tensor]) -> None:
    """Adds outputs; each is computed by one branch, the other one returns a stand-in."""
    if not of_then and not of_else:
        return
    then_branch, else_branch = (op.node_attrs[key] for key in _BRANCHES)
    stand_ins = _stand_ins(else_branch, of_then), _stand_ins(then_branch, of_else)
    then_branch.add_outputs([*of_then, *stand_ins[1]])
    else_branch.add_outputs([*stand_ins[0], *of_else])
    added = [*of_then, *of_else]
    types = [t.dtype.base_dtype for t in added]
    op._set_attr("Tout", (*op.node_attrs["Tout"], *types))
    op._add_outputs(types, [t.shape for t in added])


def _stand_ins(branch: FuncGraph, tensors: Sequence[Tensor]) -> list[Tensor]:
    with branch.as_default(), branch.control_dependencies(None):
        return [ops.control.fake_param_op(dtype=t.dtype.base_dtype, shape=t.shape) for t in tensors]
