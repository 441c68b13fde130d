"""Graphs as GraphDef protos: nodes, attributes, and bodies of branches and loops as functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import dtypes
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape
from .func_graph import FuncGraph
from .graph import Graph
from .operation import Operation
from .tensor import Tensor
from .tensor_proto import array_to_proto, make_ndarray

if TYPE_CHECKING:
    from ...protos.graph_pb2 import AttrValue, FunctionDef, GraphDef, NodeDef
    from ...protos.graph_pb2 import OpDef as OpDefProto
    from .op_def import AttrDef, OpDef

# TF 1.14's: what readers must know, and what the writer knew.
PRODUCER_VERSION = 38
MIN_CONSUMER_VERSION = 12


def graph_to_proto(
    graph: Graph, from_version: int | None = None, add_shapes: bool = False
) -> GraphDef:
    """A graph as a GraphDef; see `Graph.as_graph_def`."""
    from ...protos.graph_pb2 import GraphDef

    writer = _Writer(add_shapes)
    proto = GraphDef()
    proto.versions.producer = PRODUCER_VERSION
    proto.versions.min_consumer = MIN_CONSUMER_VERSION
    for op in graph.get_operations():
        if from_version is None or op._id > from_version:
            writer.write_node(op, proto.node.add(), Tensor._as_node_def_input, lambda o: o.name)
    # Bodies name further bodies while they are written.
    for body in writer.bodies():
        writer.write_function(body, proto.library.function.add())
    return proto


def node_to_proto(op: Operation) -> NodeDef:
    """A node as a NodeDef."""
    from ...protos.graph_pb2 import NodeDef

    node = NodeDef()
    _Writer(False).write_node(op, node, Tensor._as_node_def_input, lambda o: o.name)
    return node


def op_def_to_proto(op_def: OpDef) -> OpDefProto:
    """An op's signature as TensorFlow's message.

    Ops that update a variable are stateful here, where TensorFlow's are not.
    """
    from ...protos.graph_pb2 import OpDef as OpDefProto

    proto = OpDefProto(name=op_def.name, is_stateful=op_def.is_stateful)
    for args, messages in ((op_def.inputs, proto.input_arg), (op_def.outputs, proto.output_arg)):
        for arg in args:
            message = messages.add(
                name=arg.name,
                type_attr=arg.type_attr or "",
                number_attr=arg.number_attr or "",
                type_list_attr=arg.type_list_attr or "",
                is_ref=arg.is_ref,
            )
            if arg.dtype is not None:
                message.type = _enum(arg.dtype)
    for attr in op_def.attrs:
        _write_attr_def(attr, proto.attr.add(name=attr.name, type=attr.kind))
    return proto


def _write_attr_def(attr: AttrDef, proto: OpDefProto.AttrDef) -> None:
    writer = _Writer(add_shapes=False)
    if attr.has_default:
        writer._write_attr(proto.default_value, attr.kind, attr.default, None)
    if attr.allowed is not None:
        kind = attr.kind.removeprefix("list(").removesuffix(")")
        writer._write_attr(proto.allowed_values, f"list({kind})", attr.allowed, None)
    if attr.minimum is not None:
        proto.has_minimum = True
        proto.minimum = attr.minimum


class _Writer:
    """Writes nodes, and remembers the bodies that they name."""

    def __init__(self, add_shapes: bool) -> None:
        self._add_shapes = add_shapes
        self._names: dict[FuncGraph, str] = {}

    def bodies(self) -> Iterable[FuncGraph]:
        """The bodies named so far, and those named while the caller goes through them."""
        position = 0
        while position < len(self._names):
            yield list(self._names)[position]
            position += 1

    def write_node(
        self,
        op: Operation,
        node: NodeDef,
        input_name: Callable[[Tensor], str],
        op_name: Callable[[Operation], str],
    ) -> None:
        """Fills a NodeDef; names of inputs depend on where the node stands."""
        node.name, node.op, node.device = op.name, op.type, op.device
        node.input.extend(input_name(tensor) for tensor in op.inputs)
        node.input.extend(f"^{op_name(control)}" for control in op.control_inputs)
        for name, value in op.node_attrs.items():
            declared = op.op_def.attr_by_name.get(name)
            dtype = op.node_attrs.get("dtype") if op.type == "Const" else None
            kind = declared.kind if declared is not None else _kind_of(value)
            self._write_attr(node.attr[name], kind, value, dtype)
        if self._add_shapes and op.outputs:
            shapes = node.attr["_output_shapes"].list.shape
            shapes.extend(tensor.shape.as_proto() for tensor in op.outputs)

    def _write_attr(self, proto: AttrValue, kind: str, value: Any, dtype: DType | None) -> None:
        if kind.startswith("list("):
            proto.list.SetInParent()
            for item in value:
                self._write_item(proto.list, kind[len("list(") : -1], item)
        elif kind == "func":
            self._write_func(proto.func, value)
        elif kind == "tensor":
            proto.tensor.CopyFrom(array_to_proto(value, dtype or dtypes.as_dtype(value.dtype)))
        elif kind == "shape":
            proto.shape.CopyFrom(value.as_proto())
        else:
            setattr(proto, _FIELDS[kind], _plain(value))

    def _write_item(self, proto: AttrValue.ListValue, kind: str, value: Any) -> None:
        if kind == "func":
            self._write_func(proto.func.add(), value)
        elif kind == "tensor":
            proto.tensor.append(array_to_proto(value, dtypes.as_dtype(value.dtype)))
        elif kind == "shape":
            proto.shape.append(value.as_proto())
        else:
            getattr(proto, _FIELDS[kind]).append(_plain(value))

    def _write_func(self, proto: Any, value: Any) -> None:
        if isinstance(value, FuncGraph):
            proto.name = self._function_name(value)
        else:  # the proto of a function that was imported
            proto.CopyFrom(value)

    def _function_name(self, body: FuncGraph) -> str:
        """The body's name in the library, where names have no scopes."""
        if body not in self._names:
            name = base = re.sub(r"\W", "_", body.name)
            number = 0
            while name in self._names.values():
                number += 1
                name = f"{base}_{number}"
            self._names[body] = name
        return self._names[body]

    # --- bodies ----------------------------------------------------------------------------------

    def write_function(self, body: FuncGraph, function: FunctionDef) -> None:
        """Fills a FunctionDef with a body: its parameters are no nodes there."""
        parameters = _parameter_names(body)
        signature = function.signature
        signature.name = self._function_name(body)
        for tensor in body.inputs:
            dtype = tensor.dtype
            signature.input_arg.add(
                name=parameters[tensor.op], type=_enum(dtype), is_ref=dtype._is_ref_dtype
            )

        def input_name(tensor: Tensor) -> str:
            return parameters.get(tensor.op) or _output_name(tensor)

        def op_name(op: Operation) -> str:
            return parameters.get(op, op.name)

        for op in body.get_operations():
            if op not in parameters:
                signature.is_stateful |= op.op_def.is_stateful
                self.write_node(op, function.node_def.add(), input_name, op_name)
        for index, tensor in enumerate(body.outputs):
            name = f"output_{index}"
            is_ref = tensor.dtype._is_ref_dtype
            signature.output_arg.add(name=name, type=_enum(tensor.dtype), is_ref=is_ref)
            function.ret[name] = input_name(tensor)
        for op in body.control_outputs:
            signature.control_output.append(op.name)
            function.control_ret[op.name] = op.name


def _enum(dtype: DType) -> Any:
    return dtype.base_dtype.as_datatype_enum


def _parameter_names(body: FuncGraph) -> dict[Operation, str]:
    """Names for a body's parameters that no node of it has."""
    taken = {op.name for op in body.get_operations()} - {t.op.name for t in body.inputs}
    names: dict[Operation, str] = {}
    for index, tensor in enumerate(body.inputs):
        name = base = re.sub(r"\W", "_", tensor.op.name.rpartition("/")[2]).lower().lstrip("_")
        while not name or name in taken:
            name = f"{base or 'arg'}_{index}"
            base = name
        taken.add(name)
        names[tensor.op] = name
    return names


def _output_name(tensor: Tensor) -> str:
    """An output as nodes of a function name it: `node:argument:number`."""
    start = 0
    for arg in tensor.op.op_def.outputs:
        count = len(arg.dtypes_in(tensor.op.node_attrs))
        if tensor.value_index < start + count:
            return f"{tensor.op.name}:{arg.name}:{tensor.value_index - start}"
        start += count
    raise AssertionError(f"{tensor.name} is no output of its op")


# --- attribute values ----------------------------------------------------------------------------

_FIELDS = {"int": "i", "float": "f", "bool": "b", "string": "s", "type": "type"}
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),  # a bool is an int too
    (int, "int"),
    (float, "float"),
    (str, "string"),
    (bytes, "string"),
    (DType, "type"),
    (TensorShape, "shape"),
    (np.ndarray, "tensor"),
    (FuncGraph, "func"),
)


def _kind_of(value: Any) -> str:
    """The kind of an attribute that the op does not declare, such as `_class`."""
    if isinstance(value, list | tuple):
        return f"list({_kind_of(value[0])})" if value else "list(string)"
    for python_type, kind in _KINDS:
        if isinstance(value, python_type):
            return kind
    raise TypeError(f"no attribute of a node can hold {value!r}")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    return value.as_datatype_enum if isinstance(value, DType) else value


def attr_from_proto(proto: Any) -> Any:
    """The value of an AttrValue (TF's or ours) as nodes hold it.

    Args:
      proto: the AttrValue.

    Returns:
      A plain value; for a function, its NameAttrList; None for an empty AttrValue.
    """
    field = proto.WhichOneof("value")
    if field is None:
        return None
    if field != "list":
        return _from_field(field, getattr(proto, field))
    for name in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
        if items := getattr(proto.list, name):
            return tuple(_from_field(name, item) for item in items)
    return ()


def _from_field(field: str, value: Any) -> Any:
    if field == "type":
        return dtypes.as_dtype(value)
    if field == "shape":
        return TensorShape(value)
    return make_ndarray(value) if field == "tensor" else value
