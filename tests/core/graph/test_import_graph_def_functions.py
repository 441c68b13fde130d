"""Calls of functions as TensorFlow writes them, imported as the functions' nodes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import graphflow


def run(graph_def: bytes, fetches: Any, feeds: dict[str, Any]) -> Any:
    with graphflow.Graph().as_default(), graphflow.Session() as session:
        graphflow.import_graph_def(graphflow.GraphDef.FromString(graph_def), name="")
        session.run(graphflow.global_variables_initializer())
        return session.run(fetches, feeds)


def test_functions_called_by_name(oracle: ModuleType) -> None:
    from tensorflow.python.framework import function

    with oracle.Graph().as_default() as graph:

        @function.Defun(oracle.float32, oracle.float32, func_name="Inner")
        def inner(a: Any, b: Any) -> Any:
            return a * b, a - b

        @function.Defun(oracle.float32, func_name="Outer")
        def outer(a: Any) -> Any:
            product, difference = inner(a, a + 1.0)
            return product + difference, difference

        x = oracle.placeholder(oracle.float32, [None], name="x")
        both = oracle.identity_n([*outer(x), *inner(x, 2.0)], name="both")
        assert len(both) == 4
    data = graph.as_graph_def().SerializeToString()
    ops = {node.op for node in graph.as_graph_def().node}
    assert {"Outer", "Inner"} <= ops
    given = run(data, [f"both:{i}" for i in range(4)], {"x:0": [1.0, 3.0]})
    assert [value.tolist() for value in given] == [[1, 11], [-1, -1], [2, 6], [-1, 1]]


def test_functions_called_by_attribute(oracle: ModuleType) -> None:
    with oracle.Graph().as_default() as graph:

        @oracle.function
        def inner(a: Any) -> Any:
            return oracle.cond(oracle.reduce_sum(a) > 0.0, lambda: a * 2.0, lambda: -a)

        @oracle.function
        def outer(a: Any) -> Any:
            return inner(inner(a) + 1.0)

        x = oracle.placeholder(oracle.float32, [3], name="x")
        oracle.identity(outer(x) + inner(x), name="y")
    data = graph.as_graph_def(add_shapes=True).SerializeToString()
    assert "PartitionedCall" in {node.op for node in graph.as_graph_def().node}
    assert run(data, "y:0", {"x:0": [1.0, 2.0, 3.0]}).tolist() == [8.0, 14.0, 20.0]
    with graphflow.Graph().as_default():
        call, y = graphflow.import_graph_def(
            graphflow.GraphDef.FromString(data), return_elements=["PartitionedCall", "y:0"]
        )
        assert call.name == "import/PartitionedCall"
        assert y.shape.as_list() == [3]


def test_what_a_function_does_is_done_when_it_is_called(oracle: ModuleType) -> None:
    with oracle.Graph().as_default() as graph:
        count = oracle.get_variable("count", initializer=0, use_resource=True)

        @oracle.function
        def counted(a: Any) -> Any:
            count.assign_add(1)
            return a + 1.0

        with oracle.control_dependencies([counted(oracle.constant(1.0))]):
            oracle.identity(count.read_value(), name="y")
        init = count.initializer.name
    data = graph.as_graph_def().SerializeToString()
    with graphflow.Graph().as_default(), graphflow.Session() as session:
        graphflow.import_graph_def(graphflow.GraphDef.FromString(data), name="")
        session.run(init)
        assert [session.run("y:0") for _ in range(3)] == [1, 2, 3]


def functions(count: int, calls: int, last: str) -> Any:
    """Functions that each call the next one some times, and a call of the first."""
    graph_def = graphflow.GraphDef()
    for i in range(count):
        function = graph_def.library.function.add()
        function.signature.name = f"f{i}"
        function.signature.input_arg.add(name="x", type=1)
        function.signature.output_arg.add(name="y", type=1)
        text = "x"
        for call in range(calls):
            op = f"f{i + 1}" if i + 1 < count else last
            node = function.node_def.add(name=f"n{call}", op=op, input=[text])
            if op == "Neg":
                node.attr["T"].type = 1
            text = f"n{call}:y:0"
        function.ret["y"] = text
    graph_def.node.add(name="x", op="Placeholder").attr["dtype"].type = 1
    graph_def.node.add(name="y", op="f0", input=["x"])
    return graph_def


@pytest.mark.parametrize(
    ("count", "calls", "last", "words"),
    [
        (3, 1, "f0", "Function 'f0' calls itself, by f0 -> f1 -> f2"),
        (40, 2, "Neg", "are 2,199,023,255,550 nodes altogether"),
        (3000, 1, "Neg", "call each other more than 64 deep"),
        (2, 1, "Rare", "graphflow has no op 'Rare' (1 node, 'n0')"),
    ],
)
def test_functions_that_are_refused(count: int, calls: int, last: str, words: str) -> None:
    graph_def = functions(count, calls, last)
    with pytest.raises(ValueError) as error:
        graphflow.import_graph_def(graph_def)
    assert words in str(error.value)


def test_calls_that_do_not_fit() -> None:
    graph_def = functions(64, 1, "Neg")
    graphflow.import_graph_def(graph_def, name="fits")
    graph_def.node[1].input.append("x")
    with pytest.raises(ValueError, match="'y' gives 2 inputs to 'f0', which takes 1"):
        graphflow.import_graph_def(graph_def)
    graph_def.node[1].op = "PartitionedCall"
    with pytest.raises(ValueError, match="'y' calls '', which is not in the library"):
        graphflow.import_graph_def(graph_def)
