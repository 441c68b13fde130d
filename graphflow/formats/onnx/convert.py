"""A graph for inference as an ONNX model: the walk over its operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...core.base import errors
from ...core.base.tensor_shape import TensorShape
from ...core.graph.constant_value import constant_value
from ...core.graph.graph import Graph
from ...core.graph.import_graph_def import import_graph_def
from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from ...core.graph.tensor_proto import make_tensor_proto
from .control import branch
from .package import OPSET, import_onnx
from .table import EMITTERS
from .writer import RefusedError, Writer

_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp", "ReadVariableOp"})
_PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderWithDefault"})


def to_onnx(
    graph_def: Any,
    outputs: Sequence[str],
    inputs: Mapping[str, Any] | Iterable[str] = (),
    constants: Mapping[str, Any] | None = None,
) -> Any:
    """A GraphDef as an ONNX model.

    Inputs and outputs have the names of TensorFlow's tensors (`"x:0"`), and its order of
    dimensions. What runs only for its effect, as `tf.Print` and assertions do, is left out.

    Args:
      graph_def: a GraphDef without variables: what `convert_variables_to_constants` makes.
      outputs: the names of nodes or tensors to compute.
      inputs: the names of nodes or tensors that become the model's inputs, or a dict from them to
        shapes (None: as the graph has it); by default all placeholders that the outputs need and
        that have no default.
      constants: values of placeholders that become constants: `{"is_training": False}`. A branch
        that they settle, and dropout that they turn off, are left out of the model.

    Returns:
      The ModelProto.

    Raises:
      ImportError: the package `onnx` is not installed.
      UnimplementedError: ONNX has no way for some nodes; the message lists all of them.
      ValueError: there is no such output or input; the graph cannot be imported.
    """
    shapes = dict(inputs) if isinstance(inputs, Mapping) else dict.fromkeys(inputs)
    graph = Graph()
    with graph.as_default():
        import_graph_def(_settled(graph_def, shapes, constants or {}), name="")
    sources = _tensors(graph, shapes, "input")
    for tensor, shape in zip(sources, shapes.values(), strict=True):
        tensor.set_shape(TensorShape(shape))
    return _model(graph, _tensors(graph, outputs, "output"), sources)


def _settled(graph_def: Any, shapes: Mapping[str, Any], constants: Mapping[str, Any]) -> Any:
    """A GraphDef in which placeholders are constants, or their default, or have a shape."""
    kept = {name.partition(":")[0]: shape for name, shape in shapes.items()}
    left = {name.partition(":")[0]: value for name, value in constants.items()}
    settled = type(graph_def)()
    settled.CopyFrom(graph_def)
    for node in settled.node:
        if node.op not in _PLACEHOLDERS:
            continue
        dtype = node.attr["dtype"].type
        if node.name in left:
            value = make_tensor_proto(left.pop(node.name), dtype=dtype).SerializeToString()
            del node.input[:]
            node.op = "Const"
            node.ClearField("attr")
            node.attr["dtype"].type = dtype
            node.attr["value"].tensor.ParseFromString(value)
        elif node.op == "PlaceholderWithDefault" and node.name not in kept:
            node.op = "Identity"
            node.ClearField("attr")
            node.attr["T"].type = dtype
        elif kept.get(node.name) is not None:
            shape = TensorShape(kept[node.name]).as_proto().SerializeToString()
            node.attr["shape"].shape.ParseFromString(shape)
    if left:
        raise ValueError(f"the graph has no placeholder '{next(iter(left))}' to be a constant")
    return settled


def _tensors(graph: Graph, names: Iterable[str], what: str) -> list[Tensor]:
    tensors = []
    for name in names:
        try:
            tensors.append(graph.get_tensor_by_name(name if ":" in name else f"{name}:0"))
        except (KeyError, ValueError):
            raise ValueError(f"the graph has no {what} '{name}'") from None
    return tensors


def _model(graph: Graph, outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> Any:
    helper = import_onnx().helper
    conversion = _Conversion(inputs)
    writer = Writer()
    for tensor in inputs:
        writer.set_input(tensor)
    conversion.write(writer, graph, outputs)
    for tensor in [*inputs, *conversion.placeholders, *outputs]:
        conversion.check_rank(tensor)
    conversion.check()
    writer.in_scope_of(outputs[0].op)
    results = [(_as_output(writer, tensor), tensor) for tensor in outputs]
    model = helper.make_model_gen_version(
        writer.graph("graph", [*inputs, *conversion.placeholders], results),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="graphflow",
    )
    return model


def _as_output(writer: Writer, tensor: Tensor) -> str:
    """The name of an output: the tensor's."""
    name = writer.value(tensor)
    if name == tensor.name:
        return name
    writer.nodes.append(import_onnx().helper.make_node("Identity", [name], [tensor.name]))
    return tensor.name


class _Conversion:
    """Writes operations, and remembers what cannot be written.

    Attributes:
      placeholders: those met; they become inputs.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        self.placeholders: list[Tensor] = []
        self._inputs = frozenset(inputs)
        self._missing: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._refused: list[str] = []
        self._emitters = {**EMITTERS, "If": branch(self._write_body)}

    def _write_body(self, writer: Writer, body: Any) -> None:
        self.write(writer, body, body.outputs)

    def write(self, writer: Writer, graph: Graph, outputs: Sequence[Tensor]) -> None:
        """Writes what outputs need of a graph or body."""
        needed = self._needed(outputs, set(getattr(graph, "inputs", ())))
        for op in graph.get_operations():
            if op in needed:
                self._write(writer, op)

    def _needed(self, outputs: Iterable[Tensor], parameters: set[Tensor]) -> set[Operation]:
        """The operations behind some tensors, but for those whose values the graph tells."""
        needed: set[Operation] = set()
        waiting = list(outputs)
        while waiting:
            tensor = waiting.pop()
            if tensor in self._inputs or tensor in parameters or tensor.op in needed:
                continue
            if tensor.op.type != "If" and constant_value(tensor) is not None:
                continue
            needed.add(tensor.op)
            waiting.extend(tensor.op.inputs)
        return needed

    def _write(self, writer: Writer, op: Operation) -> None:
        writer.in_scope_of(op)
        if op.type in _PLACEHOLDERS:
            if op.outputs[0] not in self._inputs:
                writer.set_input(op.outputs[0])
                self.placeholders.append(op.outputs[0])
            return
        results: Any = ""
        if op.type not in self._emitters:
            self._missing[op.type] += 1
            self._first.setdefault(op.type, op.name)
        elif any(tensor.dtype.is_complex for tensor in [*op.inputs, *op.outputs]):
            self._refused.append(f"'{op.name}' ({op.type}): ONNX has no complex arithmetic")
        else:
            try:
                results = self._emitters[op.type](writer, op)
            except (RefusedError, ValueError) as error:
                self._refused.append(f"'{op.name}' ({op.type}): {error}")
        # After a failure the walk goes on, to name all that fails.
        results = results if isinstance(results, list) else [results] * len(op.outputs)
        for tensor, result in zip(op.outputs, results, strict=True):
            if tensor not in self._inputs:
                writer.set(tensor, result)

    def check_rank(self, tensor: Tensor) -> None:
        """Refuses an input or output that may have any number of dimensions."""
        if tensor.shape.ndims is None:
            advice = ": give its shape" if tensor.op.type in _PLACEHOLDERS else ""
            text = f"'{tensor.name}' ({tensor.op.type}): its rank is not known{advice}"
            self._refused.append(text)

    def check(self) -> None:
        """Raises an UnimplementedError that lists what cannot be written, if anything."""
        listed = [
            f"'{op}' ({count} node{'s' if count > 1 else ''}, {'such as ' if count > 1 else ''}"
            f"'{self._first[op]}')"
            for op, count in self._missing.most_common()
        ]
        faults = [f"no way to ONNX for op {', '.join(listed)}"] if listed else []
        if self._missing.keys() & _VARIABLES:
            faults.append("variables must become constants first: freeze the graph")
        faults += self._refused
        if faults:
            raise errors.UnimplementedError(None, None, "; ".join(faults))
