"""GraphDefs as graphs: every node of a proto, written by TensorFlow or by us, becomes ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..base import compat
from ..base.dtypes import as_dtype
from ..base.tensor_shape import TensorShape
from .conversion import convert_to_tensor
from .func_graph import FuncGraph
from .graph import Graph, complete_attrs
from .graph_def import PRODUCER_VERSION, attr_from_proto
from .import_graph_def_branches import branches_as_if
from .import_graph_def_loops import loops_as_while
from .import_graph_def_nodes import CONTROL_FLOW, FunctionMaker
from .import_graph_def_ops import (
    CALLS,
    LATER_ATTRS,
    OUR_NAMES,
    check_functions,
    check_ops_known,
)
from .import_graph_def_tensor_arrays import TENSOR_ARRAYS, tensor_arrays_as_lists
from .op_def import find_op, output_structure
from .operation import Operation
from .scopes import name_scope
from .stacks import get_default_graph
from .tensor import Tensor

# Which attribute has the types of a body's parameters: variables enter it as references.
_TYPES_OF_PARAMETERS = {"If": ("then_branch", "Tin"), "While": ("body", "T")}
# In graphs of earlier producers a placeholder of shape {} takes any shape.
_SCALAR_SHAPES_SINCE = 22


def import_graph_def(
    graph_def: Any,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Adds the nodes of a GraphDef to the default graph.

    Args:
      graph_def: a GraphDef proto.
      input_map: from names in the GraphDef (`"x"`, `"x:0"`, `"^x"`) to tensors of the graph (or
        operations) that nodes take instead.
      return_elements: names of operations and tensors of the GraphDef to return.
      name: a scope for the nodes, `import` by default; `""` for none.
      op_dict: not used, as in TF1.
      producer_op_list: an OpList; attributes that we do not know are dropped where they have the
        default that it tells.

    Returns:
      The operations and tensors for `return_elements`; None without it.

    Raises:
      TypeError: an argument is not of its type.
      ValueError: a version that cannot be read; an op that graphflow does not have; inputs that do
        not fit; a name in `input_map` or `return_elements` that is not in the GraphDef.
    """
    if not hasattr(graph_def, "node") or not hasattr(graph_def, "library"):
        raise TypeError("graph_def must be a GraphDef proto.")
    graph_def = _as_ours(graph_def)
    _check_versions(graph_def.versions)
    mapped = _checked_map(input_map)
    wanted = _checked_elements(return_elements)
    with name_scope(name, "import", list(mapped.values())) as scope:
        if not all(isinstance(value, Tensor | Operation) for value in mapped.values()):
            if name == "":
                raise ValueError(
                    "tf.import_graph_def() requires a non-empty `name` if `input_map` contains "
                    "non-Tensor values. Try calling tf.convert_to_tensor() on `input_map` values "
                    "before calling tf.import_graph_def()."
                )
            with name_scope("_inputs"):
                mapped = {key: convert_to_tensor(value) for key, value in mapped.items()}
    graph = get_default_graph()
    with graph.control_dependencies(None):
        check_ops_known(graph_def)
        check_functions(graph_def)
        importer = _Importer(graph, graph_def, scope, mapped, _defaults(producer_op_list))
        importer.add_nodes(graph_def.node)
        importer.check_map_used()
    return None if wanted is None else [importer.element(text) for text in wanted]


def _as_ours(graph_def: Any) -> Any:
    """A GraphDef of our own class, where it is TensorFlow's."""
    from ...protos.graph_pb2 import GraphDef

    if isinstance(graph_def, GraphDef):
        return graph_def
    return GraphDef.FromString(graph_def.SerializeToString())


def _check_versions(versions: Any) -> None:
    if versions.producer < 0:
        raise ValueError(
            f"GraphDef producer version {versions.producer} below min producer 0 supported by "
            "TensorFlow 1.14.0.  Please regenerate your graph."
        )
    if versions.min_consumer > PRODUCER_VERSION:
        raise ValueError(
            f"GraphDef min consumer version {versions.min_consumer} above current version "
            f"{PRODUCER_VERSION} for TensorFlow 1.14.0.  The program that wrote it says that "
            "TensorFlow 1.14 cannot read it."
        )
    if PRODUCER_VERSION in versions.bad_consumers:
        raise ValueError(
            f"GraphDef disallows consumer version {PRODUCER_VERSION}.  The program that wrote it "
            "says that TensorFlow 1.14 cannot read it."
        )


def _checked_map(input_map: Any) -> dict[str, Any]:
    if input_map is None:
        return {}
    if not isinstance(input_map, dict) or not all(isinstance(k, str | bytes) for k in input_map):
        raise TypeError("input_map must be a dictionary mapping strings to Tensor objects.")
    return {compat.as_str(key).removesuffix(":0"): value for key, value in input_map.items()}


def _checked_elements(return_elements: Any) -> list[str] | None:
    if return_elements is None:
        return None
    if not all(isinstance(text, str | bytes) for text in return_elements):
        raise TypeError("return_elements must be a list of strings.")
    return [compat.as_str(text) for text in return_elements]


def _defaults(producer_op_list: Any) -> dict[tuple[str, str], Any]:
    """What the producer of a GraphDef leaves out of consideration: (op, attribute) -> default."""
    if producer_op_list is None:
        return {}
    return {
        (op.name, attr.name): attr.default_value
        for op in producer_op_list.op
        for attr in op.attr
        if attr.HasField("default_value")
    }


class _Importer:
    """One import: the nodes made so far, by their names in the GraphDef."""

    def __init__(
        self,
        graph: Graph,
        graph_def: Any,
        scope: str,
        input_map: Mapping[str, Any],
        defaults: Mapping[tuple[str, str], Any],
    ) -> None:
        self._graph = graph
        self._scope = scope
        self._map = input_map
        self._used: set[str] = set()
        self._defaults = defaults
        self._ops: dict[str, Operation] = {}
        self._parameters: dict[str, Tensor] = {}
        self._given: Mapping[str, Any] = {}  # what a call gives for attributes of its function
        self._called_by: dict[str, Any] = {}
        self._functions = {f.signature.name: f for f in graph_def.library.function}
        self._library = graph_def

    # --- nodes -----------------------------------------------------------------------------------

    def add_nodes(self, nodes: Sequence[Any]) -> None:
        """Adds nodes, each after those that it takes inputs from."""
        if any(node.op in TENSOR_ARRAYS for node in nodes):
            nodes = tensor_arrays_as_lists(nodes)
        if any(node.op in CONTROL_FLOW for node in nodes):
            maker = FunctionMaker(self._functions)
            nodes = branches_as_if(loops_as_while(nodes, maker), maker)
        by_name = {node.name: node for node in nodes}
        for node in _in_order(nodes, by_name, self._source_of):
            self._ops[node.name] = self._add_node(node)

    def _source_of(self, text: str) -> str | None:
        """The node that an input comes from; None for what is mapped or a parameter."""
        if text.removesuffix(":0") in self._map:
            return None
        name = text.removeprefix("^").partition(":")[0]
        return None if name in self._parameters else name

    def _add_node(self, node: Any) -> Operation:
        called = self._called(node)
        if called is not None:
            return self._add_call(node, called)
        op_type = OUR_NAMES.get(node.op, node.op)
        op_def = find_op(op_type)
        assert op_def is not None, node.op  # see `check_ops_known`
        inputs = [self._input(node, text) for text in node.input if not text.startswith("^")]
        # A branch is run on what stands here; a loop's body also on what it gives itself.
        known = [tensor.shape for tensor in inputs[1:]] if op_type == "If" else []
        protos = {name: self._given.get(v.placeholder, v) for name, v in node.attr.items()}
        attrs = {name: self._attr(v, known) for name, v in protos.items() if v.WhichOneof("value")}
        shapes = attrs.pop("_output_shapes", ())
        for name in list(attrs):
            if name not in op_def.attr_by_name and not name.startswith("_"):
                is_later = name in LATER_ATTRS and attrs[name] == LATER_ATTRS[name]
                if not is_later and self._defaults.get((node.op, name)) != node.attr[name]:
                    raise ValueError(
                        f"NodeDef mentions attr '{name}' not in Op<name={node.op}> (node "
                        f"'{node.name}')"
                    )
                del attrs[name]
        if self._library.versions.producer < _SCALAR_SHAPES_SINCE and op_type == "Placeholder":
            shape = attrs.get("shape", TensorShape(None))
            attrs["shape"] = shape if shape.ndims else TensorShape(None)
        if "_class" in attrs:
            attrs["_class"] = self._moved_groups(node, attrs["_class"])
        controls = [self._control(text) for text in node.input if text.startswith("^")]
        with self._graph.control_dependencies(controls), self._placed(node.device):
            try:
                complete = complete_attrs(op_def, inputs, attrs)
                if op_type in _TYPES_OF_PARAMETERS:
                    body, types = _TYPES_OF_PARAMETERS[op_type]
                    complete[types] = tuple(p.dtype for p in complete[body].inputs)
                if op_type == "If":
                    complete["Tout"] = tuple(t.dtype for t in complete["then_branch"].outputs)
                op = self._graph._add_node(op_def, inputs, complete, self._name(node))
            except TypeError as error:
                raise ValueError(f"{error} (node '{node.name}')") from None
        for tensor, shape in zip(op.outputs, shapes, strict=False):
            tensor.set_shape(shape)
        return op

    def _name(self, node: Any) -> str:
        """The node's name under the scope, with a number if it is taken."""
        with self._graph.name_scope(None):
            full = self._graph.unique_name(self._scope + node.name)
        return full + "/"

    def _placed(self, device: str) -> contextlib.AbstractContextManager[None]:
        return self._graph.device(device) if device else contextlib.nullcontext()

    def _moved_groups(self, node: Any, groups: Iterable[Any]) -> tuple[str, ...]:
        """Colocation groups by the names that their nodes have here."""
        moved = []
        for group in map(compat.as_str, groups):
            if group.startswith("loc:@"):
                target = group.removeprefix("loc:@")
                if target not in self._ops and target != node.name and not self._parameters:
                    known = any(other.name == target for other in self._library.node)
                    if not known:
                        raise ValueError(
                            "Specified colocation to an op that does not exist during import: "
                            f"{target} in {node.name}"
                        )
                found = self._ops.get(target)
                group = f"loc:@{found.name if found else self._scope + target}"
            moved.append(group)
        return tuple(moved)

    # --- what nodes take -------------------------------------------------------------------------

    def _input(self, node: Any, text: str) -> Tensor:
        key = text.removesuffix(":0")
        if key in self._map:
            self._used.add(key)
            return convert_to_tensor(self._map[key])
        if text in self._parameters:
            return self._parameters[text]
        return self._output(text, f"Node '{node.name}': Unknown input node '{text}'")

    def _output(self, text: str, message: str) -> Tensor:
        """`node`, `node:1`, or in functions `node:argument:1`."""
        name, *rest = text.split(":")
        op = self._ops.get(name)
        if op is None:
            raise ValueError(message)
        if name in self._called_by and rest and not rest[0].isdigit():
            results = [result.name for result in self._called_by[name].signature.output_arg]
            return op.outputs[results.index(rest[0]) if rest[0] in results else int(rest[1])]
        if len(rest) == 2 or (rest and not rest[0].isdigit()):
            arguments = [arg.name for arg in op.op_def.outputs]
            group = output_structure(op)[arguments.index(rest[0])]
            index = int(rest[1]) if len(rest) == 2 else 0
            return group[index] if isinstance(group, list) else group
        index = int(rest[0]) if rest else 0
        if index >= len(op.outputs):
            raise ValueError(f"{message}: '{name}' has {len(op.outputs)} outputs")
        return op.outputs[index]

    def _control(self, text: str) -> Operation:
        if text in self._map:
            self._used.add(text)
            mapped = self._map[text]
            return mapped.op if isinstance(mapped, Tensor) else mapped
        name = text.removeprefix("^")
        if name in self._parameters:
            return self._parameters[name].op
        return self._ops[name]

    def check_map_used(self) -> None:
        """Refuses names in `input_map` that the GraphDef does not have."""
        names = {node.name for node in self._library.node}
        unknown = [
            key
            for key in self._map
            if key not in self._used and key.removeprefix("^").partition(":")[0] not in names
        ]
        if unknown:
            raise ValueError(
                "Attempted to map inputs that were not found in graph_def: "
                f"[{', '.join(k if ':' in k or k[0] == '^' else k + ':0' for k in unknown)}]"
            )

    def element(self, text: str) -> Any:
        """What a name of the GraphDef stands for now."""
        if ":" in text:
            if text.removesuffix(":0") in self._map:
                return self._map[text.removesuffix(":0")]
            return self._output(text, f"Requested return tensor '{text}' not found in graph def")
        if text not in self._ops:
            raise ValueError(f"Requested return node '{text}' not found in graph def")
        return self._ops[text]

    # --- functions -------------------------------------------------------------------------------

    def _called(self, node: Any) -> Any:
        """The function that a node is a call of, if it is one.

        Raises:
          ValueError: it is one of a function that the library does not have.
        """
        if node.op in CALLS:
            name = node.attr["f"].func.name if "f" in node.attr else ""
            if name not in self._functions:
                raise ValueError(f"Node '{node.name}' calls '{name}', which is not in the library")
            return self._functions[name]
        return None if find_op(OUR_NAMES.get(node.op, node.op)) else self._functions.get(node.op)

    def _add_call(self, node: Any, function: Any) -> Operation:
        """Writes a function's nodes in the place of a call, and one of its name that they end in.

        Raises:
          ValueError: the call does not fit.
        """
        signature = function.signature
        inputs = [self._input(node, text) for text in node.input if not text.startswith("^")]
        if len(inputs) != len(signature.input_arg):
            raise ValueError(
                f"Node '{node.name}' gives {len(inputs)} inputs to '{signature.name}', which takes "
                f"{len(signature.input_arg)}"
            )
        name = self._name(node)
        inner = _Importer(self._graph, self._library, name, {}, self._defaults)
        inner._functions = self._functions
        inner._given = node.attr["f"].func.attr if node.op in CALLS else node.attr
        names = [arg.name for arg in signature.input_arg]
        inner._parameters = dict(zip(names, inputs, strict=True))
        controls = [self._control(text) for text in node.input if text.startswith("^")]
        with self._graph.control_dependencies(controls), self._placed(node.device):
            inner.add_nodes(function.node_def)
            results = inner._results(function)
            awaited = [inner._ops[text] for text in function.control_ret.values()]
            if signature.is_stateful and not function.control_ret:
                awaited = [op for op in inner._ops.values() if op.op_def.is_stateful]
            with self._graph.control_dependencies(awaited):
                attrs = {"T": tuple(tensor.dtype for tensor in results)} if results else {}
                op_def = find_op("IdentityN" if results else "NoOp")
                assert op_def is not None
                op = self._graph._add_node(op_def, results, attrs, name)
        if "_output_shapes" in node.attr:
            shapes = node.attr["_output_shapes"].list.shape
            for tensor, shape in zip(op.outputs, shapes, strict=False):
                tensor.set_shape(TensorShape(shape))
        self._called_by[node.name] = function
        return op

    def _attr(self, proto: Any, shapes: Sequence[TensorShape]) -> Any:
        value = attr_from_proto(proto)
        if proto.WhichOneof("value") == "func" and value.name in self._functions:
            return self._body(value.name, shapes)
        return value

    def _body(self, name: str, shapes: Sequence[TensorShape]) -> FuncGraph:
        """A function of the library as a body: each node its own, as gradients add to bodies.

        Args:
          name: the function's.
          shapes: of its parameters, where they are known.
        """
        body = FuncGraph(self._graph.unique_name(name), self._graph)
        with body.as_default(), body.name_scope(None), body.control_dependencies(None):
            self._fill(body, self._functions[name], shapes)
        return body

    def _fill(self, body: FuncGraph, function: Any, shapes: Sequence[TensorShape]) -> None:
        inner = _Importer(body, self._library, "", {}, self._defaults)
        inner._functions = self._functions
        for index, arg in enumerate(function.signature.input_arg):
            dtype = as_dtype(arg.type)
            shape = _arg_shape(function, index)
            if shape.ndims is None and index < len(shapes):
                shape = shapes[index]
            tensor = body.add_parameter(dtype._as_ref if arg.is_ref else dtype, shape, arg.name)
            inner._parameters[arg.name] = tensor
        inner.add_nodes(function.node_def)
        body.outputs.extend(inner._results(function))
        body.control_outputs.extend(inner._ops[text] for text in function.control_ret.values())

    def _results(self, function: Any) -> list[Tensor]:
        """What a function returns, whose nodes have been added."""
        results = []
        for result in function.signature.output_arg:
            text = function.ret[result.name]
            message = f"Function '{function.signature.name}': no output '{text}'"
            parameter = self._parameters.get(text)
            output = self._output(text, message) if parameter is None else parameter
            if output.dtype._is_ref_dtype and not result.is_ref:
                output = _value_of(output)
            results.append(output)
        return results


def _value_of(reference: Tensor) -> Tensor:
    """What a variable holds, where a function gives that and not the variable."""
    graph = reference.graph
    attrs = {"T": reference.dtype.base_dtype}
    return graph.create_op("Identity", [reference], attrs=attrs).outputs[0]


def _arg_shape(function: Any, index: int) -> TensorShape:
    if index in function.arg_attr and "_output_shapes" in function.arg_attr[index].attr:
        shapes = function.arg_attr[index].attr["_output_shapes"].list.shape
        return TensorShape(shapes[0])
    return TensorShape(None)


def _in_order(
    nodes: Sequence[Any], by_name: Mapping[str, Any], source_of: Callable[[str], str | None]
) -> list[Any]:
    """The nodes, each after those that it needs, otherwise as they stand.

    Raises:
      ValueError: an input is missing, or nodes need each other in a circle.
    """
    ordered: list[Any] = []
    state: dict[str, bool] = {}  # False: being visited; True: done
    for root in nodes:
        stack = [root]
        while stack:
            node = stack[-1]
            if state.get(node.name):
                stack.pop()
                continue
            state.setdefault(node.name, False)
            needed = [name for text in node.input if (name := source_of(text)) is not None]
            missing = [name for name in needed if name not in by_name]
            if missing:
                raise ValueError(f"Node '{node.name}': Unknown input node '{missing[0]}'")
            waiting = [by_name[name] for name in needed if not state.get(name)]
            if any(state.get(other.name) is False for other in waiting):
                raise _cycle_error(by_name, source_of)
            if waiting:
                stack.extend(reversed(waiting))
            else:
                state[node.name] = True
                ordered.append(node)
                stack.pop()
    return ordered


def _cycle_error(by_name: Mapping[str, Any], source_of: Callable[[str], str | None]) -> ValueError:
    import networkx

    graph = networkx.DiGraph()
    for node in by_name.values():
        graph.add_edges_from((name, node.name) for text in node.input if (name := source_of(text)))
    cycle = [name for name, _ in networkx.find_cycle(graph)]
    loops = [name for name in cycle if by_name[name].op == "NextIteration"]
    hint = f": it is a loop by NextIteration ('{loops[0]}'), which is not read" if loops else ""
    return ValueError(
        f"the GraphDef has {len(cycle)} nodes in a cycle: {' -> '.join([*cycle, cycle[0]])}{hint}"
    )
