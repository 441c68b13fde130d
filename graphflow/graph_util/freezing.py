"""Freezing: a GraphDef whose variables have become constants.

A variable of the older kind is its value: a Const takes its place. A resource variable is a handle
that ReadVariableOp reads: the Const takes the place of the handle, reading becomes Identity, and
what hands handles on, branches and loops with their bodies among it, hands values on.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..core.graph.tensor_proto import make_tensor_proto
from ..logging import info
from .subgraphs import check_graph_def, extract_sub_graph

_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})
# What gives out the handle that it takes.
_HAND_ON = frozenset({"Identity", "Switch", "Merge", "Enter", "Exit", "NextIteration"})
_LOOPS = frozenset({"While", "StatelessWhile"})
# Of what runs bodies: how many inputs stand before the bodies' own, and the attribute of types.
_CALLS = {
    "If": (1, "Tin"),
    "StatelessIf": (1, "Tin"),
    "While": (0, "T"),
    "StatelessWhile": (0, "T"),
}


def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Collection[str] | None = None,
    variable_names_blacklist: Collection[str] | None = None,
) -> Any:
    """The part of a GraphDef that some nodes need, with the session's values for its variables.

    Unlike TF 1.14's, it also freezes resource variables inside `tf.cond` and `tf.while_loop`.

    Args:
      sess: the Session with the values.
      input_graph_def: a GraphDef of the session's graph.
      output_node_names: a list of names of nodes.
      variable_names_whitelist: the names of the variables to convert; all by default.
      variable_names_blacklist: the names of variables that stay.

    Returns:
      A new GraphDef.

    Raises:
      FailedPreconditionError: a variable has no value.
      TypeError, AssertionError: as `extract_sub_graph`.
    """
    check_graph_def(input_graph_def)
    needed = extract_sub_graph(input_graph_def, output_node_names)
    variables = [
        node
        for node in needed.node
        if node.op in _VARIABLES
        and (variable_names_whitelist is None or node.name in variable_names_whitelist)
        and (variable_names_blacklist is None or node.name not in variable_names_blacklist)
    ]
    values = sess.run([_value_name(node) for node in variables]) if variables else []
    info("Froze %d variables.", len(values))
    result = type(input_graph_def)(versions=input_graph_def.versions)
    freezer = _Freezer(needed.library, result)
    freezer.freeze(
        {node.name: value for node, value in zip(variables, values, strict=True)}, needed
    )
    info("Converted %d variables to const ops.", len(values))
    return result


def _value_name(variable: Any) -> str:
    read = "/Read/ReadVariableOp" if variable.op == "VarHandleOp" else ""
    return f"{variable.name}{read}:0"


class _Handles:
    """Which tensors of one graph or body were handles, and are values of a type now.

    Attributes:
      is_body: whether inputs are named as in bodies, `"node:output:0"`.
    """

    def __init__(
        self, nodes: Iterable[Any], known: Mapping[str, int], is_body: bool = False
    ) -> None:
        self.is_body = is_body
        self._nodes = {node.name: node for node in nodes}
        self._known = known
        self._found: dict[tuple[str, int], int] = {}

    def type_of(self, text: str) -> int:
        """The type of the value that an input names; 0 when it was no handle, or stays one."""
        name, *rest = text.split(":")
        index = int(rest[-1]) if rest else 0
        if name in self._known:
            return self._known[name]
        if (name, index) not in self._found:
            self._found[name, index] = 0  # while a loop leads back here
            self._found[name, index] = self._look_behind(name, index)
        return self._found[name, index]

    def _look_behind(self, name: str, index: int) -> int:
        node = self._nodes.get(name)
        if node is None:
            return 0
        if node.op in _LOOPS:
            return self.type_of(node.input[index])
        if node.op not in _HAND_ON:
            return 0
        sources = node.input if node.op == "Merge" else node.input[:1]
        return max(self.type_of(text) for text in sources)

    def is_read(self, name: str) -> bool:
        """Whether a node read what is a value now, and so has become an Identity."""
        node = self._nodes.get(name)
        return node is not None and node.op == "ReadVariableOp" and self.type_of(node.input[0]) != 0


class _Freezer:
    """Writes nodes into a GraphDef, and the bodies that they name into its library."""

    def __init__(self, library: Any, result: Any) -> None:
        self._functions = {function.signature.name: function for function in library.function}
        self._written: dict[tuple[str, tuple[int, ...]], str] = {}
        self._result = result

    def freeze(self, values: Mapping[str, Any], graph_def: Any) -> None:
        """Fills the result: a Const for each of the values, the other nodes, the library."""
        types = {n.name: n.attr["dtype"].type for n in graph_def.node if n.name in values}
        handles = _Handles(graph_def.node, types)
        for node in graph_def.node:
            if node.name in values:
                _add_const(self._result.node, node.name, types[node.name], values[node.name])
            else:
                self._add(node, self._result.node, handles)
        self._result.library.gradient.extend(graph_def.library.gradient)
        for name in self._functions:
            if not any(name == written for written, _ in self._written):
                self._body(name, ())

    def _add(self, node: Any, nodes: Any, handles: _Handles) -> None:
        if node.op == "ResourceGather" and (dtype := handles.type_of(node.input[0])):
            _add_gather(node, nodes, handles, dtype)
            return
        copy = nodes.add()
        copy.CopyFrom(node)
        for position, text in enumerate(node.input):
            copy.input[position] = _renamed(text, handles)
        if handles.is_read(node.name):
            copy.op = "Identity"
            copy.ClearField("attr")
            copy.attr["T"].CopyFrom(node.attr["dtype"])
            if "_class" in node.attr:
                copy.attr["_class"].CopyFrom(node.attr["_class"])
        elif node.op in _HAND_ON and (dtype := handles.type_of(node.name)):
            copy.attr["T"].type = dtype
            copy.attr.pop("_output_shapes", None)  # those of handles: they are scalars
        elif node.op in _CALLS:
            self._add_call(copy, handles)

    def _add_call(self, call: Any, handles: _Handles) -> None:
        start, attr = _CALLS[call.op]
        texts = [text for text in call.input if not text.startswith("^")][start:]
        types = tuple(handles.type_of(text) for text in texts)
        for position, dtype in enumerate(types):
            if dtype:
                call.attr[attr].list.type[position] = dtype
        if any(types):
            call.attr.pop("_output_shapes", None)
        for value in call.attr.values():
            if value.HasField("func"):
                value.func.name = self._body(value.func.name, types)

    def _body(self, name: str, types: tuple[int, ...]) -> str:
        """The name of a body that takes values of types where these are not 0."""
        if (name, types) in self._written:
            return self._written[name, types]
        new_name = self._written[name, types] = self._unique(name)
        source = self._functions[name]
        body = self._result.library.function.add()
        body.CopyFrom(source)
        body.signature.name = new_name
        body.ClearField("node_def")
        known = {}
        for arg, dtype in zip(body.signature.input_arg, types, strict=False):
            if dtype:
                arg.type = known[arg.name] = dtype
                arg.is_ref = False  # of the older kind of variables, which bodies take as they are
        handles = _Handles(source.node_def, known, is_body=True)
        for node in source.node_def:
            self._add(node, body.node_def, handles)
        for output in body.signature.output_arg:
            if dtype := handles.type_of(source.ret[output.name]):
                output.type, output.is_ref = dtype, False
            body.ret[output.name] = _renamed(source.ret[output.name], handles)
        return new_name

    def _unique(self, name: str) -> str:
        taken = set(self._written.values())
        if name not in taken:
            return name
        taken |= set(self._functions)
        return next(new for n in itertools.count(1) if (new := f"{name}_{n}") not in taken)


def _renamed(text: str, handles: _Handles) -> str:
    """In bodies inputs name the output of the op too, and Identity's has another name."""
    name, *rest = text.split(":")
    return f"{name}:output:0" if len(rest) == 2 and handles.is_read(name) else text


def _add_gather(node: Any, nodes: Any, handles: _Handles, dtype: int) -> None:
    """GatherV2 in place of ResourceGather: it takes the axis as an input."""
    axis = node.attr["batch_dims"].i
    axis_type = node.attr["Tindices"].type
    axis_name = f"{node.name}/axis"
    _add_const(nodes, axis_name, axis_type, axis)
    gather = nodes.add(name=node.name, op="GatherV2", device=node.device)
    inputs = [_renamed(text, handles) for text in node.input]
    axis_text = f"{axis_name}:output:0" if handles.is_body else axis_name
    gather.input.extend([*inputs[:2], axis_text, *inputs[2:]])
    gather.attr["Tparams"].type = dtype
    gather.attr["Tindices"].type = axis_type
    gather.attr["Taxis"].type = axis_type
    gather.attr["batch_dims"].i = axis


def _add_const(nodes: Any, name: str, dtype: int, value: Any) -> None:
    node = nodes.add(name=name, op="Const")
    node.attr["dtype"].type = dtype
    proto = make_tensor_proto(value, dtype=dtype)
    node.attr["value"].tensor.ParseFromString(proto.SerializeToString())
