"""The global step: the variable that counts training steps, found by its collection or its name."""

from __future__ import annotations

from typing import Any

from ..core.base import dtypes
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.graph import Graph
from ..core.graph.stacks import get_default_graph
from ..core.variables.initializers import Zeros
from ..core.variables.variable import Variable
from ..core.variables.variable_scope import get_variable


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of the global step in a session.

    Args:
      sess: the session.
      global_step_tensor: the variable or tensor, or its name.
    """
    return int(sess.run(global_step_tensor))


def get_global_step(graph: Graph | None = None) -> Any:
    """The global step of a graph: the one in the collection `GLOBAL_STEP`, or `global_step:0`.

    Args:
      graph: the graph; the default graph if None.

    Returns:
      The variable (or tensor); None if there is none.

    Raises:
      TypeError: it is no integer scalar.
    """
    graph = graph or get_default_graph().outermost
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) == 1:
        step = found[0]
    elif not found:
        try:
            step = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    else:
        _warn_of_several()
        return None
    assert_global_step(step)
    return step


def _warn_of_several() -> None:
    import logging

    logging.getLogger(__name__).error("Multiple tensors in global_step collection.")


def create_global_step(graph: Graph | None = None) -> Any:
    """Makes the global step, an int64 variable at 0 that is not trainable.

    Args:
      graph: the graph; the default graph if None.

    Raises:
      ValueError: there is one already.
    """
    graph = graph or get_default_graph().outermost
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The global step of a graph, made if there is none.

    Args:
      graph: the graph; the default graph if None.
    """
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def assert_global_step(global_step_tensor: Any) -> None:
    """Checks that something can count steps.

    Args:
      global_step_tensor: a variable or tensor.

    Raises:
      TypeError: it is not an integer scalar.
    """
    if not (isinstance(global_step_tensor, Variable) or hasattr(global_step_tensor, "op")):
        raise TypeError(
            f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.'
        )
    dtype = global_step_tensor.dtype.base_dtype
    if not dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {dtype}')
    shape = global_step_tensor.get_shape()
    if shape.ndims != 0 and shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {shape}')
