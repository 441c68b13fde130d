"""custom_gradient: a function that says itself what its gradient is."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...base import nest
from ...graph.conversion import convert_to_tensor
from ...graph.graph import Graph
from ...graph.op_def import register_gradient
from ...graph.operation import Operation
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor

_numbers = itertools.count()


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a function that returns its result together with its gradient function.

    Args:
      f: `(*tensors) -> (result, grad_fn)`, where `grad_fn(*dys)` gives one gradient per tensor. If
        `f` uses resource variables, `grad_fn(*dys, variables=[...])` gives
        `(input_gradients, variable_gradients)`.

    Returns:
      A function of tensors that returns `result`. Keyword arguments are not taken.
    """

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords "
                "arguments only when eager execution is enabled."
            )
        return _with_own_gradient(f, [convert_to_tensor(x) for x in args])

    return decorated


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator that makes the gradient of a function of one tensor that of the identity."""

    @custom_gradient
    def passing(x: Tensor) -> Any:
        def grad(dy: Any, variables: Any = None) -> Any:
            return (dy, [None] * len(variables)) if variables is not None else dy

        return f(x), grad

    return passing


def _with_own_gradient(f: Callable[..., Any], args: list[Tensor]) -> Any:
    graph = get_default_graph()
    known = _variables_of(graph)
    result, grad_fn = f(*args)
    results = [convert_to_tensor(x) for x in nest.flatten(result)]
    handles = _used_handles(results, args)
    variables = [v for v in _variables_of(graph) if _handle_of(v) in handles]
    _check_variables([v for v in _variables_of(graph) if v not in known], variables, grad_fn)
    name = f"CustomGradient-{next(_numbers)}"
    register_gradient(name, functools.partial(_gradient, grad_fn, len(results), variables))
    everything = [*results, *args, *(_handle_of(v) for v in variables)]
    with graph.gradient_override_map({"IdentityN": name}):
        outputs = ops.array.identity_n(everything)
    return nest.pack_sequence_as(result, outputs[: len(results)])


def _gradient(
    grad_fn: Callable[..., Any], count: int, variables: list[Any], op: Operation, *dys: Any
) -> list[Any]:
    """The gradient of the IdentityN: nothing for the results, the user's for the arguments."""
    if not variables:
        return [*[None] * count, *nest.flatten(grad_fn(*dys[:count]))]
    input_grads, variable_grads = grad_fn(*dys[:count], variables=variables)
    if len(variable_grads) != len(variables):
        raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
    return [*[None] * count, *nest.flatten(input_grads), *variable_grads]


def _variables_of(graph: Graph) -> list[Any]:
    return [*graph.get_collection("variables"), *graph.get_collection("local_variables")]


def _handle_of(variable: Any) -> Any:
    return getattr(variable, "handle", None)


def _used_handles(results: Sequence[Tensor], args: Sequence[Tensor]) -> set[Tensor]:
    """The variable handles that the results read, not looking past the arguments."""
    handles: set[Tensor] = set()
    stop = {arg.op for arg in args}
    seen: set[Operation] = set()
    stack = [tensor.op for tensor in results]
    while stack:
        op = stack.pop()
        if op in seen or op in stop:
            continue
        seen.add(op)
        handles.update(t for t in op.inputs if t.op.type == "VarHandleOp")
        stack.extend(t.op for t in op.inputs)
    return handles


def _check_variables(new: list[Any], used: list[Any], grad_fn: Callable[..., Any]) -> None:
    if any(_handle_of(v) is None for v in new):
        raise TypeError(
            "All variables used by a function wrapped with @custom_gradient must "
            "be `ResourceVariable`s. Ensure that no `variable_scope` is created "
            "with `use_resource=False`."
        )
    spec = inspect.getfullargspec(grad_fn)
    if used and not ("variables" in spec.args or spec.varkw):
        raise TypeError(
            "If using @custom_gradient with a function that "
            "uses variables, then grad_fn must accept a keyword "
            "argument 'variables'."
        )
