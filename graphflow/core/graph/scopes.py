"""The scopes as users write them, acting on the default graph."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .conversion import graph_of_inputs
from .device import DeviceFunction
from .graph import Graph
from .stacks import default_graphs, get_default_graph


class name_scope:
    """`with tf.name_scope(name, default_name, values) as scope:` names nodes under a scope.

    Args:
      name: the scope's name; None takes `default_name`.
      default_name: the name when `name` is None.
      values: the inputs of the nodes to come; their graph becomes the default graph inside.

    Raises:
      TypeError: (on entering) name and default_name are both None although values are given.
    """

    def __init__(self, name: Any, default_name: Any = None, values: Any = None) -> None:
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely "
                "meant to pass this into the `values` kwarg."
            )
        self._name = default_name if name is None else name
        self._given = (name, default_name)
        self._values = values
        self._stack: contextlib.ExitStack | None = None

    @property
    def name(self) -> Any:
        return self._name

    def __enter__(self) -> str:
        if self._name is None and self._values is not None:
            raise ValueError(
                "At least one of name ({}) and default_name ({}) must be provided.".format(
                    *self._given
                )
            )
        graph = get_default_graph() if self._values is None else graph_of_inputs(self._values)
        with contextlib.ExitStack() as stack:
            stack.enter_context(graph.as_default())
            scope = stack.enter_context(graph.name_scope(self._name))
            self._stack = stack.pop_all()
        return scope

    def __exit__(self, *exc_info: Any) -> None:
        assert self._stack is not None
        self._stack.__exit__(*exc_info)


@contextlib.contextmanager
def op_scope(values: Any, name: Any, default_name: Any = None) -> Iterator[str]:
    """`name_scope(name, default_name, values)`, in the order of arguments before TF 1.0."""
    with name_scope(name, default_name, values) as scope:
        yield scope


def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager[None]:
    """`Graph.control_dependencies` of the default graph."""
    return get_default_graph().control_dependencies(control_inputs)


def device(device_name_or_function: Any) -> contextlib.AbstractContextManager[None]:
    """`Graph.device` of the default graph."""
    return get_default_graph().device(device_name_or_function)


def colocate_with(
    op: Any, ignore_existing: bool = False
) -> contextlib.AbstractContextManager[None]:
    """`Graph.colocate_with` of the default graph."""
    return get_default_graph().colocate_with(op, ignore_existing)


def container(container_name: str) -> contextlib.AbstractContextManager[str]:
    """`Graph.container` of the default graph."""
    return get_default_graph().container(container_name)


def add_to_collection(name: Any, value: Any) -> None:
    """`Graph.add_to_collection` of the default graph."""
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """`Graph.add_to_collections` of the default graph."""
    get_default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """`Graph.get_collection` of the default graph."""
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list[Any]:
    """`Graph.get_collection_ref` of the default graph."""
    return get_default_graph().get_collection_ref(key)


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Lifts node creation out of branches, loop bodies and control dependencies.

    Initial values of variables are built in it, so that a variable made inside a loop body belongs
    to the user's graph. The name scope stays.
    """
    scope = get_default_graph().get_name_scope()
    outer, devices = _around_functions()
    outer_devices = outer._scopes.devices
    with outer.as_default(), outer.control_dependencies(None), _reenter(outer, scope):
        outer._scopes.devices = devices
        try:
            yield
        finally:
            outer._scopes.devices = outer_devices


def _around_functions() -> tuple[Graph, list[DeviceFunction]]:
    """The graph in which functions are being built, and the innermost device scopes."""
    graph = get_default_graph()
    devices = graph._scopes.devices
    graph = graph.outermost
    for around in reversed(default_graphs.items):
        if not graph.building_function:
            break
        graph = around.outermost
        devices = devices or graph._scopes.devices
    return graph, devices


def _reenter(graph: Graph, scope: str) -> contextlib.AbstractContextManager[str]:
    return graph.name_scope(scope + "/" if scope else None)


def is_building_function() -> bool:
    """Whether the default graph is the body of a branch or loop."""
    graph = default_graphs.top()
    return graph is not None and graph.building_function
