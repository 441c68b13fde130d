"""TensorFlow 1's TensorArrays as TensorLists, before anything is imported.

A TensorArray is a resource, its `handle`, and a float, its `flow`, which orders what is read and
written and is what loops carry. A TensorList is a value. So the list takes the place of the flow,
and whatever hands on a flow hands on a list; the handle, which nothing needs then, becomes the list
as it was at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base import dtypes
from .import_graph_def_nodes import (
    ENTERS,
    EXITS,
    MERGES,
    NEXTS,
    SWITCHES,
    data_inputs,
    output_index,
    source,
    unused,
)
from .tensor_proto import make_tensor_proto

_ARRAY = "TensorArrayV3"
_WRITES = frozenset({"TensorArrayWriteV3", "TensorArrayScatterV3", "TensorArraySplitV3"})
_READS = frozenset(
    {
        "TensorArrayCloseV3",
        "TensorArrayConcatV3",
        "TensorArrayGatherV3",
        "TensorArrayReadV3",
        "TensorArraySizeV3",
    }
)
TENSOR_ARRAYS = _WRITES | _READS | {_ARRAY}
_HAND_ON = SWITCHES | MERGES | ENTERS | EXITS | NEXTS | {"Identity"}


def tensor_arrays_as_lists(nodes: Sequence[Any]) -> list[Any]:
    """The nodes of a graph, with TensorLists in the place of TensorArrays.

    Args:
      nodes: NodeDefs, not those of a function.

    Returns:
      NodeDefs: the same objects where nothing changes.

    Raises:
      ValueError: the nodes are those of a function.
    """
    if any(text.count(":") > 1 for node in nodes for text in node.input):
        raise ValueError("TensorArrayV3 inside of functions is not supported")
    lists = _list_outputs(nodes)
    names = {node.name for node in nodes}
    grows = any(
        node.op == _ARRAY and "dynamic_size" in node.attr and node.attr["dynamic_size"].b
        for node in nodes
    )
    result: list[Any] = []
    for node in nodes:
        if node.op in TENSOR_ARRAYS:
            result.extend(_as_list_nodes(node, names, grows))
        elif node.op in _HAND_ON and (node.name, 0) in lists:
            copy = _copy(node)
            copy.attr["T"].type = dtypes.variant.as_datatype_enum
            copy.attr.pop("_output_shapes", None)
            result.append(copy)
        else:
            result.append(node)
    arrays = {node.name for node in nodes if node.op == _ARRAY}
    return [_with_flows_as_handles(node, arrays) for node in result]


def _copy(node: Any) -> Any:
    from ...protos.graph_pb2 import NodeDef

    return NodeDef.FromString(node.SerializeToString())


def _list_outputs(nodes: Sequence[Any]) -> set[tuple[str, int]]:
    """The outputs that are handles or flows, through all that hands them on."""
    takers: dict[str, list[Any]] = {}
    for node in nodes:
        if node.op in _HAND_ON:
            taken = data_inputs(node)
            for text in taken if node.op in MERGES else taken[:1]:
                takers.setdefault(source(text), []).append(node)
    lists: set[tuple[str, int]] = set()
    waiting = [(n.name, i) for n in nodes if n.op == _ARRAY for i in (0, 1)]
    waiting += [(node.name, 0) for node in nodes if node.op in _WRITES]
    while waiting:
        output = waiting.pop()
        if output in lists:
            continue
        lists.add(output)
        for node in takers.get(output[0], ()):
            if any((source(t), output_index(t)) == output for t in data_inputs(node)):
                waiting += [(node.name, i) for i in range(2 if node.op in SWITCHES else 1)]
    return lists


def _with_flows_as_handles(node: Any, arrays: set[str]) -> Any:
    """The node, taking the only output that an array has now."""
    renamed = [
        source(text) if output_index(text) == 1 and source(text) in arrays else text
        for text in node.input
    ]
    if renamed == list(node.input):
        return node
    copy = _copy(node)
    copy.input[:] = renamed
    return copy


def _as_list_nodes(node: Any, names: set[str], grows: bool) -> list[Any]:
    """A node on lists in the place of one on arrays, after the constants that it takes."""
    from ...protos.graph_pb2 import NodeDef

    constants: list[Any] = []

    def constant(value: Any, dtype: Any, word: str = "element_shape") -> str:
        name = unused(f"{node.name}/{word}", names)
        names.add(name)
        made: Any = NodeDef(name=name, op="Const", device=node.device)
        made.input.extend(text for text in node.input if text.startswith("^"))
        made.attr["dtype"].type = dtypes.as_dtype(dtype).as_datatype_enum
        proto = make_tensor_proto(np.asarray(value, dtype))
        made.attr["value"].tensor.ParseFromString(proto.SerializeToString())
        constants.append(made)
        return name

    made: Any = NodeDef(name=node.name, device=node.device)
    element_type = "T" if node.op in _WRITES else "dtype"
    op, inputs = _FORMS[node.op](data_inputs(node), node.attr, constant)
    made.op = op
    made.input.extend([*inputs, *(text for text in node.input if text.startswith("^"))])
    if op not in ("NoOp", "TensorListLength"):
        made.attr["element_dtype"].type = node.attr[element_type].type
    if op in ("TensorListReserve", "TensorListConcatV2", "TensorListSplit"):
        made.attr["shape_type"].type = dtypes.int32.as_datatype_enum
    if op == "TensorListSetItem":
        made.attr["resize_if_index_out_of_bounds"].b = grows
    return [*constants, made]


def _sizes(attr: Mapping[str, Any], name: str, before: Sequence[int] = ()) -> list[int] | int:
    """The shape in an attribute as TensorLists take it: -1 where nothing is known."""
    if name not in attr or attr[name].shape.unknown_rank:
        return -1
    return [*before, *(dim.size for dim in attr[name].shape.dim)]


# Each takes the node's inputs, its attributes and a maker of constants, and gives an op of lists
# with its inputs.
_Form = Callable[[list[str], Any, Callable[..., str]], tuple[str, list[str]]]


def _array(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    (size,) = inputs
    return "TensorListReserve", [constant(_sizes(attr, "element_shape"), np.int32), size]


def _read(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    _, index, flow = inputs
    return "TensorListGetItem", [flow, index, constant(-1, np.int32)]


def _write(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    _, index, value, flow = inputs
    return "TensorListSetItem", [flow, index, value]


def _gather(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    _, indices, flow = inputs
    shape = constant(_sizes(attr, "element_shape"), np.int32)
    return "TensorListGather", [flow, indices, shape]


def _scatter(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    _, indices, value, flow = inputs
    return "TensorListScatterIntoExistingList", [flow, value, indices]


def _size(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    return "TensorListLength", [inputs[1]]


def _concat(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    shape = constant(_sizes(attr, "element_shape_except0", [-1]), np.int32)
    return "TensorListConcatV2", [inputs[1], shape, constant([], np.int64, "leading_dims")]


def _split(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    _, value, lengths, _ = inputs
    return "TensorListSplit", [value, constant(-1, np.int32), lengths]


def _close(inputs: list[str], attr: Any, constant: Any) -> tuple[str, list[str]]:
    return "NoOp", []


_FORMS: dict[str, _Form] = {
    "TensorArrayCloseV3": _close,
    "TensorArrayConcatV3": _concat,
    "TensorArrayGatherV3": _gather,
    "TensorArrayReadV3": _read,
    "TensorArrayScatterV3": _scatter,
    "TensorArraySizeV3": _size,
    "TensorArraySplitV3": _split,
    "TensorArrayV3": _array,
    "TensorArrayWriteV3": _write,
}
