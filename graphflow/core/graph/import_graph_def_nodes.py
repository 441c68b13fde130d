"""What the conversion of TensorFlow 1's control flow works on: NodeDefs, and functions of them.

In TensorFlow 1 a branch is told by `Switch` and `Merge`, a loop by `Enter`, `Merge`, `Switch`,
`NextIteration` and `Exit`. Here both become nodes that call functions, before anything is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..base import dtypes
from .graph_def import attr_from_proto
from .op_def import find_op

SWITCHES = frozenset(["Switch", "RefSwitch"])
MERGES = frozenset(["Merge", "RefMerge"])
ENTERS = frozenset(["Enter", "RefEnter"])
EXITS = frozenset(["Exit", "RefExit"])
NEXTS = frozenset(["NextIteration", "RefNextIteration"])
CONTROL_FLOW = SWITCHES | MERGES | ENTERS | EXITS | NEXTS | {"LoopCond"}


def source(text: str) -> str:
    """The name of the node that an input text comes from."""
    return text.removeprefix("^").partition(":")[0]


def output_index(text: str) -> int:
    """Which output of the node an input text names."""
    return int(text.partition(":")[2] or 0)


def data_inputs(node: Any) -> list[str]:
    """The inputs of a node but for those that it only waits for."""
    return [text for text in node.input if not text.startswith("^")]


def type_of(text: str, nodes: Mapping[str, Any]) -> tuple[Any, bool]:
    """The type of the tensor that a text names, and whether it is a reference.

    Raises:
      ValueError: no op of the node's type is known, or no such output.
    """
    node = nodes[source(text)]
    if node.op in CONTROL_FLOW:
        has_type = "T" in node.attr  # a LoopCond has none
        dtype = node.attr["T"].type if has_type else dtypes.bool.as_datatype_enum
        return dtype, node.op.startswith("Ref")
    op_def = find_op(node.op)
    if op_def is None:
        raise ValueError(f"Op type not registered '{node.op}' (node '{node.name}')")
    attrs = {attr.name: attr.default for attr in op_def.attrs if attr.has_default}
    attrs.update({name: attr_from_proto(value) for name, value in node.attr.items()})
    types = op_def.output_dtypes(attrs)
    index = output_index(text)
    if index >= len(types):
        raise ValueError(f"'{node.name}' has {len(types)} outputs, and '{text}' is none of them")
    return types[index].base_dtype.as_datatype_enum, types[index]._is_ref_dtype


class FunctionMaker:
    """Makes functions of nodes, and keeps them with those of a library."""

    def __init__(self, functions: dict[str, Any]) -> None:
        self.functions = functions

    def make(
        self,
        name: str,
        parameters: Sequence[tuple[str, tuple[Any, bool]]],
        nodes: Iterable[Any],
        results: Sequence[tuple[str, tuple[Any, bool]]],
    ) -> str:
        """Adds a function.

        Args:
          name: the name wished for.
          parameters: name, type and whether it is a reference, of each.
          nodes: the body; inputs name parameters or nodes.
          results: what is returned, each with its type and whether it is a reference.

        Returns:
          The function's name.
        """
        from ...protos.graph_pb2 import FunctionDef

        unique = unused(name, self.functions)
        function = FunctionDef()
        function.signature.name = unique
        for parameter, (dtype, is_ref) in parameters:
            function.signature.input_arg.add(name=parameter, type=dtype, is_ref=is_ref)
        function.node_def.extend(nodes)
        for index, (text, (dtype, is_ref)) in enumerate(results):
            result = f"result_{index}"
            function.signature.output_arg.add(name=result, type=dtype, is_ref=is_ref)
            function.ret[result] = text
        self.functions[unique] = function
        return unique


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if it is taken."""
    taken, unique, number = set(taken), name, 0
    while unique in taken:
        number += 1
        unique = f"{name}_{number}"
    return unique


def copy_with_inputs(node: Any, rename: Callable[[str], str | None]) -> Any:
    """A copy whose inputs are renamed, or left out where the new name is None."""
    from ...protos.graph_pb2 import NodeDef

    copy = NodeDef.FromString(node.SerializeToString())
    renamed = [rename(text) for text in node.input]
    copy.input[:] = [text for text in renamed if text is not None]
    if "_class" in copy.attr:  # colocation with nodes that may be elsewhere now
        del copy.attr["_class"]
    return copy


def identity(name: str, text: str, like: Any) -> Any:
    """An Identity in the place of a Merge or Exit."""
    from ...protos.graph_pb2 import NodeDef

    node = NodeDef(name=name, op="Identity", input=[text], device=like.device)
    node.attr["T"].CopyFrom(like.attr["T"])
    if "_output_shapes" in like.attr:
        node.attr["_output_shapes"].list.shape.append(like.attr["_output_shapes"].list.shape[0])
    return node
