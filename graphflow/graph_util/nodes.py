"""What can be said of one node."""

from __future__ import annotations

from typing import Any

from ..core.base import dtypes
from ..core.base.tensor_shape import TensorShape
from ..core.graph.graph import Graph

_VARIABLE_OPS = frozenset(
    {
        "Assign",
        "AssignAdd",
        "AssignSub",
        "Queue",
        "ScatterAdd",
        "ScatterSub",
        "ScatterUpdate",
        "TruncatedNormal",
        "Variable",
        "VariableV2",
    }
)
# Of an op: the attribute with the type that keeps it on the CPU, and these types.
_TYPES_ON_CPU = {
    "Const": ("dtype", (dtypes.string, dtypes.int32)),
    "DynamicStitch": ("T", (dtypes.int32,)),
    "ParallelDynamicStitch": ("T", (dtypes.int32,)),
    "Cast": ("SrcT", (dtypes.int32,)),
}


def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether TF 1.14 keeps a node off GPUs, for functions given to `tf.device`.

    Args:
      node: an Operation or NodeDef.
      pin_variables_on_cpu: whether nodes that hold or update variables are kept off as well.
    """
    node_def = getattr(node, "node_def", node)
    if pin_variables_on_cpu and node_def.op in _VARIABLE_OPS:
        return True
    attr, types = _TYPES_ON_CPU.get(node_def.op, ("", ()))
    return any(node_def.attr[attr].type == dtype.as_datatype_enum for dtype in types)


def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> TensorShape:
    """The shape of the tensor that a NodeDef's input (`"x"`, `"x:1"`) names in a graph."""
    return graph.get_tensor_by_name(
        input_name if ":" in input_name else f"{input_name}:0"
    ).get_shape()
