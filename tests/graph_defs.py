"""GraphDefs written down for tests, without a graph that builds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphflow.core.base import dtypes
from graphflow.protos import graph_pb2


def graph_def(*nodes: graph_pb2.NodeDef) -> graph_pb2.GraphDef:
    return graph_pb2.GraphDef(node=nodes)


def node(
    name: str, op: str = "Identity", *inputs: str, shapes: list[list | None] | None = None
) -> graph_pb2.NodeDef:
    """A node; `shapes` of its outputs become `_output_shapes`, None in them is unknown."""
    result = graph_pb2.NodeDef(name=name, op=op, input=inputs)
    if shapes is not None:
        listed = result.attr["_output_shapes"].list.shape
        for shape in shapes:
            set_shape(listed.add(), shape)
    return result


def variable(name: str, shape: list[int], initial_value: str) -> list[graph_pb2.NodeDef]:
    """What `tf.Variable` adds: the cell, its assignment and its read."""
    cell = node(name, "VariableV2", shapes=[shape])
    cell.attr["dtype"].type = dtypes.float32.as_datatype_enum
    set_shape(cell.attr["shape"].shape, shape)
    return [
        cell,
        node(f"{name}/Assign", "Assign", name, initial_value, shapes=[shape]),
        node(f"{name}/read", "Identity", name, shapes=[shape]),
    ]


def constant(name: str, value: Any, dtype: Any = np.float32) -> graph_pb2.NodeDef:
    array = np.array(value, dtype)
    result = node(name, "Const", shapes=[list(array.shape)])
    tensor = result.attr["value"].tensor
    tensor.dtype = dtypes.as_dtype(array.dtype).as_datatype_enum
    set_shape(tensor.tensor_shape, list(array.shape))
    tensor.tensor_content = array.tobytes()
    return result


def set_shape(proto: Any, shape: list | None) -> None:
    if shape is None:
        proto.unknown_rank = True
        return
    for size in shape:
        proto.dim.add().size = -1 if size is None else size
