"""Nets for inference as ONNX models, run by graphflow and onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from example_nets import load
from onnx_models import assert_same, counts, frozen, noise

import graphflow as tf
from graphflow.formats.onnx import check_onnx, to_onnx

# What is set to leave the training out of an example.
LENETS = {
    "lenet": {},
    "lenet_dropout": {"Drop_out2/keep_prob": 1.0},
    "lenet_batch_norm": {"is_training": False},
}


@pytest.mark.parametrize("name", LENETS)
def test_lenet(name: str) -> None:
    def build() -> Any:
        load(name).build()
        return tf.get_default_graph().get_tensor_by_name("FC_LAYER_2/add:0")

    model = assert_same(build, {"x:0": noise(3, 784)}, LENETS[name])
    found = counts(model)
    assert found["Transpose"] == 2
    assert (found["Conv"], found["MaxPool"], found["MatMul"]) == (2, 2, 2)
    assert not {"If", "Where", "RandomUniformLike"} & set(found)
    (size, width) = model.graph.output[0].type.tensor_type.shape.dim
    assert not size.HasField("dim_value") and width.dim_value == 10


def test_lenet_that_is_told_whether_it_trains() -> None:
    def build() -> Any:
        load("lenet_batch_norm").build()
        return tf.get_default_graph().get_tensor_by_name("FC_LAYER_2/add:0")

    for value in (False, True):
        model = assert_same(build, {"x:0": noise(4, 784), "is_training:0": np.array(value)})
        assert counts(model)["If"] == 3


@pytest.mark.parametrize("depth", [18, 50])
def test_resnet(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resnet = load("resnet")
    monkeypatch.setitem(resnet.BLOCKS, 18, (1, 1, 1, 1))

    def build() -> Any:
        images = tf.placeholder(tf.float32, [None, 48, 40, 3], name="images")
        return tf.nn.softmax(resnet.resnet(images, depth))

    model = assert_same(build, {"images:0": noise(2, 48, 40, 3)})
    assert counts(model)["Transpose"] == 1
    assert counts(model)["BatchNormalization"] == counts(model)["Conv"]


def test_basic_blocks() -> None:
    """ResNet-18's block, with separate margins, leaky activations and both kinds of bias."""

    def convolved(x: Any, filters: int, stride: int) -> Any:
        w = tf.get_variable("w", [3, 3, x.shape[3].value, filters])
        padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        return tf.nn.conv2d(padded, w, [1, stride, stride, 1], "VALID")

    def build() -> Any:
        h = tf.placeholder(tf.float32, [None, 12, 12, 4], name="x")
        for unit, stride in enumerate((1, 2)):
            with tf.variable_scope(f"unit_{unit}"):
                with tf.variable_scope("a"):
                    a = tf.nn.leaky_relu(convolved(h, 8, stride) + tf.get_variable("b", [8]))
                with tf.variable_scope("b"):
                    b = tf.nn.bias_add(convolved(a, 8, 1), tf.get_variable("b", [8]))
                w = tf.get_variable("w", [1, 1, h.shape[3].value, 8])
                h = tf.nn.relu6(b + tf.nn.conv2d(h, w, [1, stride, stride, 1], "SAME"))
        scaled = h * tf.reshape(tf.nn.sigmoid(tf.reduce_mean(h, [1, 2])), [-1, 1, 1, 8])
        return tf.squeeze(tf.nn.avg_pool(scaled, [1, 6, 6, 1], [1, 1, 1, 1], "VALID"), [1, 2])

    model = assert_same(build, {"x:0": noise(2, 12, 12, 4)})
    # Of the images, before and after the margins, and of the reshaped weights.
    assert counts(model)["Transpose"] == 3


def test_a_net_that_becomes_narrow_and_wide_again() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 16, 16, 3], name="x")
        w, v = tf.get_variable("w", [3, 3, 3, 8]), tf.get_variable("v", [3, 3, 8, 16])
        up = tf.get_variable("up", [2, 2, 8, 16])
        a = tf.nn.elu(tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME"))
        b = tf.nn.conv2d(tf.nn.max_pool(a, 2, 2, "SAME"), v, [1, 1, 1, 1], "SAME")
        shape = tf.stack([tf.shape(x)[0], 16, 16, 8])
        c = tf.nn.conv2d_transpose(b, up, shape, [1, 2, 2, 1], "SAME")
        both = tf.concat([c, a[:, :, :, :4], tf.split(a, 2, axis=3)[1]], axis=3)
        depthwise = tf.get_variable("depthwise", [3, 3, 16, 2])
        d = tf.nn.depthwise_conv2d(both, depthwise, [1, 1, 1, 1], "SAME")
        return tf.argmax(tf.nn.lrn(tf.space_to_depth(d, 2)), axis=3), tf.nn.softmax(d)

    model = assert_same(build, {"x:0": noise(2, 16, 16, 3)})
    assert counts(model)["Transpose"] == 2  # of the images, and of the output that is images


def test_dilated_convolutions() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 13, 11, 3], name="x")
        w = tf.get_variable("w", [3, 3, 3, 4])
        a = tf.nn.atrous_conv2d(x, w, 2, "SAME")
        b = tf.nn.convolution(x, w, "VALID", dilation_rate=[2, 3])
        return a, b, tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME", dilations=[1, 2, 2, 1])

    assert_same(build, {"x:0": noise(2, 13, 11, 3)})


def test_images_of_any_size() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, None, None, 3], name="x")
        h = tf.nn.conv2d(x, tf.get_variable("v", [3, 3, 3, 4]), [1, 1, 1, 1], "SAME")
        h = tf.nn.conv2d(h, tf.get_variable("w", [5, 5, 4, 4]), [1, 2, 2, 1], "SAME")
        h = tf.nn.avg_pool(h, 3, 2, "SAME")
        return tf.reduce_max(h, [1, 2]), tf.shape(h)

    graph_def, outputs = frozen(build)
    model = to_onnx(graph_def, outputs)
    for size in ((1, 9, 14, 3), (2, 16, 7, 3)):
        found = check_onnx(model, graph_def, outputs, feeds={"x:0": noise(*size)})
        assert found.startswith("the same")


def test_perceptron_of_any_batch() -> None:
    def build() -> Any:
        h = tf.placeholder(tf.float32, [None, 6], name="x")
        for layer, width in enumerate((8, 8, 3)):
            w = tf.get_variable(f"w{layer}", [h.shape[1].value, width])
            h = tf.tanh(tf.nn.xw_plus_b(h, w, tf.get_variable(f"b{layer}", [width])))
        return tf.nn.log_softmax(h), tf.nn.l2_normalize(h, 1)

    graph_def, outputs = frozen(build)
    model = to_onnx(graph_def, outputs)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for batch in (1, 5):
        feeds = {"x:0": noise(batch, 6)}
        assert session.run(outputs, feeds)[0].shape == (batch, 3)
        assert check_onnx(model, graph_def, outputs, feeds=feeds).startswith("the same")


def test_embeddings() -> None:
    def build() -> Any:
        words = tf.placeholder(tf.int32, [None, 7], name="words")
        lengths = tf.placeholder(tf.int32, [None], name="lengths")
        table = tf.get_variable("table", [20, 5])
        rows = tf.nn.embedding_lookup(table, words)
        mask = tf.cast(tf.range(7) < tf.expand_dims(lengths, 1), tf.float32)
        total = tf.reduce_sum(rows * tf.expand_dims(mask, 2), 1)
        mean = total / tf.cast(tf.maximum(lengths, 1), tf.float32)[:, tf.newaxis]
        scores = tf.matmul(mean, table, transpose_b=True)
        return tf.nn.top_k(scores, 3)[1], tf.one_hot(words[:, 0], 4)

    feeds = {
        "words:0": np.arange(14, dtype=np.int32).reshape(2, 7),
        "lengths:0": np.array([3, 0], np.int32),
    }
    assert_same(build, feeds)


def test_a_recurrent_net_taken_apart() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
        w, b = tf.get_variable("w", [8, 20]), tf.get_variable("b", [20])
        state = output = tf.zeros([tf.shape(x)[0], 5])
        for step in tf.unstack(x, axis=1):
            gates = tf.matmul(tf.concat([step, output], 1), w) + b
            i, j, f, o = tf.split(gates, 4, axis=1)
            state = state * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
            output = tf.tanh(state) * tf.sigmoid(o)
        return output

    assert_same(build, {"x:0": noise(3, 4, 3)})


@pytest.mark.parametrize("op", ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"])
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_batch_norms(op: str, data_format: str) -> None:
    from graphflow.core.graph.op_def import registered_ops

    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 4, 5, 3], name="x")
        x = tf.transpose(x, [0, 3, 1, 2]) if data_format == "NCHW" else x
        scale, offset, mean, variance = (tf.constant(noise(3) ** 2) for _ in range(4))
        given = {"scale": scale, "offset": offset, "mean": mean, "variance": variance}
        attrs = {"epsilon": 0.01, "is_training": False, "data_format": data_format}
        y = registered_ops()[op](x=x, **given, **attrs)[0]
        return tf.nn.bias_add(y, offset, data_format=data_format)

    assert_same(build, {"x:0": noise(2, 4, 5, 3)})


def keeps_by_floor(x: Any, kept: Any) -> Any:
    """Dropout as TensorFlow 1.0 to 1.12 writes it."""
    return tf.div(x, kept) * tf.floor(kept + tf.random_uniform(tf.shape(x), seed=1))


def keeps_by_cast(x: Any, kept: Any) -> Any:
    """Dropout as TensorFlow 1.13 and 1.14 write it."""
    mask = tf.random_uniform(tf.shape(x), seed=1) >= 1.0 - kept
    return x * (1.0 / kept) * tf.cast(mask, tf.float32)


def keeps_by_choice(x: Any, kept: Any) -> Any:
    return tf.nn.dropout(x, keep_prob=kept)


@pytest.mark.parametrize("dropout", [keeps_by_floor, keeps_by_cast, keeps_by_choice])
def test_dropout_that_is_turned_off_is_gone(dropout: Any) -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 6], name="x")
        kept = tf.placeholder_with_default(1.0, [], name="kept")
        return tf.sqrt(tf.abs(dropout(x, kept)))

    model = assert_same(build, {"x:0": noise(2, 6)})
    assert counts(model).keys() <= {"Abs", "Sqrt", "Mul"}
    graph_def, outputs = frozen(build)
    model = to_onnx(graph_def, outputs, ["x", "kept"])
    assert [info.name for info in model.graph.input] == ["x:0", "kept:0"]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feeds = {"x:0": noise(50, 6), "kept:0": np.array(0.5, np.float32)}
    zeros = (session.run(None, feeds)[0] == 0).mean()
    assert 0.3 < zeros < 0.7
    feeds["kept:0"] = np.array(1.0, np.float32)
    expected = np.sqrt(np.abs(noise(50, 6)))
    np.testing.assert_allclose(session.run(None, feeds)[0], expected, rtol=1e-6)


def test_branches() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 6, 6, 2], name="x")
        p = tf.placeholder(tf.bool, [], name="p")
        q = tf.placeholder_with_default(False, [], name="q")
        w = tf.get_variable("w", [3, 3, 2, 2])
        h = tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")

        def inner() -> Any:
            return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.relu(h), lambda: h)

        y = tf.cond(p, lambda: [inner() * 2.0, tf.shape(h)], lambda: [h, tf.constant([1, 2, 3, 4])])
        return [*y, tf.cond(tf.logical_not(q), lambda: h + 1.0, lambda: tf.nn.dropout(h, 0.5))]

    for value in (False, True):
        feeds = {"x:0": noise(2, 6, 6, 2), "p:0": np.array(value)}
        found = counts(assert_same(build, feeds))
        assert found["If"] == 1  # the other is settled by its default
    assert_same(build, {"x:0": noise(2, 6, 6, 2), "p:0": np.array(True)}, {"q": False})


def test_an_input_in_the_middle_and_an_output_that_is_an_input() -> None:
    def build() -> Any:
        x = tf.placeholder(tf.string, [None], name="x")
        numbers = tf.decode_raw(x, tf.float32, name="numbers")
        return [tf.identity(numbers, "same"), tf.add(numbers, 1.0, name="more"), tf.constant(5)]

    graph_def, outputs = frozen(build)
    model = to_onnx(graph_def, outputs, {"numbers": [None, 3]})
    assert [info.name for info in model.graph.input] == ["numbers:0"]
    feeds = {"numbers:0": noise(2, 3)}
    assert check_onnx(model, graph_def, outputs, feeds=feeds).startswith("the same")
