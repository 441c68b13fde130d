"""What cannot become an ONNX model, and what is said then."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from onnx_models import assert_same, frozen, noise

import graphflow as tf
from graphflow.formats.onnx import check_onnx, to_onnx


def test_all_that_is_missing_is_listed_at_once() -> None:
    x = tf.placeholder(tf.float32, [3, 3], name="x")
    v = tf.get_variable("v", [3, 3])
    a = tf.matrix_inverse(x, name="a") + tf.matrix_inverse(v, name="b") + tf.cholesky(x, name="c")
    padded = tf.pad(a, [[1, 1], [1, 1]], "SYMMETRIC", name="padded")
    with pytest.raises(tf.errors.UnimplementedError) as error:
        to_onnx(tf.get_default_graph().as_graph_def(), [padded.name])
    assert error.value.message == (
        "no way to ONNX for op 'MatrixInverse' (2 nodes, such as 'a'), 'VariableV2' (1 node, 'v'), "
        "'Cholesky' (1 node, 'c'); variables must become constants first: freeze the graph; "
        "'padded' (MirrorPad): ONNX mirrors without the edge only"
    )


def test_names_that_are_not_there() -> None:
    tf.identity(tf.placeholder(tf.float32, name="x"), name="y")
    graph_def = tf.get_default_graph().as_graph_def()
    with pytest.raises(ValueError, match="no output 'z'"):
        to_onnx(graph_def, ["z"])
    with pytest.raises(ValueError, match="no input 'z:0'"):
        to_onnx(graph_def, ["y"], ["z:0"])
    with pytest.raises(ValueError, match="no placeholder 'y' to be a constant"):
        to_onnx(graph_def, ["y"], constants={"y": 1.0})
    with pytest.raises(tf.errors.UnimplementedError, match="'x:0' .*rank is not known: give its"):
        to_onnx(graph_def, ["y"])
    assert to_onnx(graph_def, ["y"], {"x": [None, 2]}).graph.input[0].name == "x:0"


def test_what_is_printed_and_checked_is_left_out() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [2], name="x")
        with tf.control_dependencies([tf.assert_greater(x, -10.0)]):
            return tf.Print(tf.check_numerics(tf.abs(x), "bad"), [x], name="printed")

    model = assert_same(build, {"x:0": noise(2)})
    assert [node.op_type for node in model.graph.node] == ["Abs", "Identity"]


def test_a_wrong_model_is_told() -> None:
    graph_def, outputs = frozen(lambda: tf.placeholder(tf.float32, [2], name="x") * 2.0)
    model = to_onnx(graph_def, outputs)
    model.graph.node[0].op_type = "Add"
    with pytest.raises(tf.errors.DataLossError, match=r"'mul:0' differs by .*e.* between"):
        check_onnx(model, graph_def, outputs)
    model.graph.node[0].op_type = "Equal"
    with pytest.raises(tf.errors.DataLossError, match="the ONNX model is malformed"):
        check_onnx(model, graph_def, outputs)


def test_made_up_inputs_that_do_not_fit() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None], name="x")
        return tf.reshape(x, [3, -1])

    graph_def, outputs = frozen(build)
    model = to_onnx(graph_def, outputs)
    found = check_onnx(model, graph_def, outputs)
    assert found.startswith("not compared: the graph does not run on made-up inputs: ")
    assert check_onnx(model, graph_def, outputs, feeds={"x:0": noise(6)}).startswith("the same")
    with pytest.raises(tf.errors.InvalidArgumentError):
        check_onnx(model, graph_def, outputs, feeds={"x:0": noise(4)})


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    graph_def, outputs = frozen(lambda: tf.placeholder(tf.float32, [2], name="x") * 2.0)
    model = to_onnx(graph_def, outputs)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "pip install onnxruntime" in check_onnx(model, graph_def, outputs)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'graphflow\[onnx\]'"):
        to_onnx(graph_def, outputs)


def test_nan_and_infinities_are_compared() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [3], name="x")
        return tf.log(x), tf.is_nan(x)

    values = np.array([-1.0, 0.0, np.inf], np.float32)
    assert_same(build, {"x:0": values})
