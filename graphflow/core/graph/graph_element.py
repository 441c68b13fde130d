"""From what users pass (tensor, operation, variable, name) to the graph's own element."""

from __future__ import annotations

from typing import Any

from .graph import Graph
from .operation import Operation
from .tensor import Tensor


def as_graph_element(graph: Graph, obj: Any, allow_tensor: bool, allow_operation: bool) -> Any:
    """See `Graph.as_graph_element`, whose body this is."""
    if not (allow_tensor or allow_operation):
        raise ValueError("allow_tensor and allow_operation can't both be False.")
    wanted = " or ".join(["Tensor"] * allow_tensor + ["Operation"] * allow_operation)
    to_element = getattr(obj, "_as_graph_element", None)
    if to_element is not None:
        obj = to_element()
    if isinstance(obj, bytes):
        obj = obj.decode()
    if isinstance(obj, str):
        return _by_name(graph, obj, allow_tensor, allow_operation)
    if isinstance(obj, Tensor) and allow_tensor:
        _check_graph(graph, obj)
        return obj
    if isinstance(obj, Operation) and allow_operation:
        _check_graph(graph, obj)
        return obj
    raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")


def _check_graph(graph: Graph, element: Tensor | Operation) -> None:
    if element.graph is graph:
        return
    kind = type(element).__name__
    if element.graph.outermost is graph:
        raise ValueError(
            f"{kind} {element.name} is inside the body of a cond or loop: only what the body "
            "returns can be used outside it."
        )
    op = element.op if isinstance(element, Tensor) else element
    raise ValueError(
        f"{kind} {element.name} (made at {op.user_frame}) is not an element of this graph."
    )


def _by_name(graph: Graph, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
    if ":" in name:
        if not allow_tensor:
            raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
        return _tensor_by_name(graph, name)
    op = graph._nodes_by_name.get(name)
    if not allow_operation:
        if op is not None:
            raise ValueError(
                f"The name {name!r} refers to an Operation, not a Tensor. Tensor names must be of "
                'the form "<op_name>:<output_index>".'
            )
        raise ValueError(
            f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor "
            'names must be of the form "<op_name>:<output_index>".'
        )
    if op is None:
        raise KeyError(
            f"The name {name!r} refers to an Operation not in the graph.{_near(graph, name)}"
        )
    return op


def _tensor_by_name(graph: Graph, name: str) -> Tensor:
    op_name, _, index_text = name.partition(":")
    if not index_text.isdigit() or not op_name:
        raise ValueError(
            f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names "
            'must be of the form "<op_name>:<output_index>".'
        )
    op = graph._nodes_by_name.get(op_name)
    if op is None:
        raise KeyError(
            f"The name {name!r} refers to a Tensor which does not exist. The operation, "
            f"{op_name!r}, does not exist in the graph.{_near(graph, op_name)}"
        )
    index = int(index_text)
    if index >= len(op.outputs):
        raise KeyError(
            f"The name {name!r} refers to a Tensor which does not exist. The operation, "
            f"{op_name!r}, exists but only has {len(op.outputs)} outputs."
        )
    return op.outputs[index]


def _near(graph: Graph, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, graph._nodes_by_name, n=3)
    return f" Did you mean {', '.join(map(repr, near))}?" if near else ""
