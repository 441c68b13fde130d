"""Summaries against TensorFlow's: nodes, tags and messages."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import op_cases
import pytest
from op_cases import floats

import graphflow

Build = Callable[..., Any]


def message(framework: Any, build: Build, *values: Any) -> tuple[Any, list[tuple[str, str]]]:
    """The Summary that a function makes of values, and the graph's nodes."""
    with framework.Graph().as_default() as graph, framework.Session() as session:
        serialized = session.run(build(framework, *map(framework.constant, values)))
        nodes = [(op.name, op.type) for op in graph.get_operations()]
    return graphflow.Summary.FromString(serialized), nodes


def assert_as_in_tensorflow(oracle: ModuleType, build: Build, *values: Any) -> Any:
    mine, nodes = message(graphflow, build, *values)
    theirs, their_nodes = message(oracle, build, *values)
    assert nodes == their_nodes
    assert mine == theirs
    return mine


def test_scalar(oracle: ModuleType) -> None:
    def build(tf: Any, x: Any) -> Any:
        with tf.name_scope("outer"):
            tf.summary.scalar("twice", x)
            tf.summary.scalar("twice", tf.cast(x, tf.int32), family="family")
            tf.summary.scalar("illegal: name", x, collections=["others"])
        return tf.summary.merge([tf.summary.merge_all(), tf.summary.merge_all("others")])

    summary = assert_as_in_tensorflow(oracle, build, 2.5)
    assert [value.tag for value in summary.value] == [
        "outer/twice",
        "family/outer/family/twice",
        "outer/illegal__name",
    ]


def test_collections() -> None:
    x = graphflow.constant(1.0)
    first = graphflow.summary.scalar("first", x)
    second = graphflow.summary.scalar("scope/second", x)
    key = graphflow.GraphKeys.SUMMARIES
    assert graphflow.get_collection(key) == [first, second]
    merged = graphflow.summary.merge_all(scope="scope", name="name")
    assert merged.op.name == "name/name"
    assert list(merged.op.inputs) == [second]
    assert graphflow.get_collection(key) == [first, second]
    assert graphflow.summary.merge_all("no such key") is None


HISTOGRAMS = [
    floats(40),
    np.array([], np.float32),
    np.array([0.0, -0.0, 1e-13, -1e-13, 1e-12, 1.0, 1.1, -1.0, 2.0], np.float64),
    np.array([1e30, -1e30, 1e150, -1e150, 1e20]),
    np.arange(-300, 300, 7, dtype=np.int32),
    floats(3, 4).astype(np.float16),
    np.zeros((2, 3), np.uint8),
]


@pytest.mark.parametrize("values", HISTOGRAMS, ids=range(len(HISTOGRAMS)))
def test_histogram(oracle: ModuleType, values: np.ndarray) -> None:
    summary = assert_as_in_tensorflow(oracle, lambda tf, x: tf.summary.histogram("h", x), values)
    assert sum(summary.value[0].histo.bucket) == values.size


@pytest.mark.parametrize(("value", "words"), [(np.nan, "Nan"), (np.inf, "Infinity")])
def test_histogram_of_what_is_not_finite(value: float, words: str) -> None:
    with pytest.raises(graphflow.errors.InvalidArgumentError, match=f"{words} in .* for: h"):
        message(graphflow, lambda tf, x: tf.summary.histogram("h", x), value)


_NOT_FINITE = floats(1, 2, 3, 3)
_NOT_FINITE[0, 0, 1, 2], _NOT_FINITE[0, 1, 1, 0] = np.nan, -np.inf
IMAGES = [
    (floats(4, 5, 6, 1), 3),
    (floats(2, 3, 4, 3, low=0.5), 1),
    (floats(2, 3, 4, 4).astype(np.float16), 2),
    (floats(1, 3, 4, 3, dtype=np.float64), 3),
    (op_cases.ints(2, 3, 4, 4, low=0, high=256, dtype=np.uint8), 3),
    (np.zeros((1, 2, 2, 1), np.float32), 3),
    (_NOT_FINITE, 3),
    (np.full((1, 2, 2, 1), np.nan, np.float32), 3),
]


@pytest.mark.parametrize(("values", "limit"), IMAGES, ids=range(len(IMAGES)))
def test_image(oracle: ModuleType, values: np.ndarray, limit: int) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.summary.image("i", x, max_outputs=limit)

    mine, nodes = message(graphflow, build, values)
    theirs, their_nodes = message(oracle, build, values)
    assert nodes == their_nodes
    # PNG files of one picture differ in how they are compressed.
    for summary in mine, theirs:
        for value in summary.value:
            pixels = oracle.image.decode_png(value.image.encoded_image_string)
            with oracle.Session() as session:
                value.image.encoded_image_string = session.run(pixels).tobytes()
    assert mine == theirs


def test_image_of_another_shape() -> None:
    for shape, words in (([2, 2, 2], "4-D"), ([1, 2, 2, 2], "1, 3, or 4"), ([1, 0, 2, 1], "zero")):
        with pytest.raises(graphflow.errors.InvalidArgumentError, match=words):
            message(graphflow, lambda tf, x: tf.summary.image("i", x), np.zeros(shape, np.float32))


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("shape", [(2, 50), (4, 20, 2)])
def test_audio(oracle: ModuleType, shape: tuple[int, ...], limit: int) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.summary.audio("a", x, 44100.4, max_outputs=limit)

    assert_as_in_tensorflow(oracle, build, floats(*shape, low=-1.2, high=1.2))


def test_audio_of_the_first_kind(oracle: ModuleType) -> None:
    """TensorFlow has given the op up, and graphs of old have it."""

    def first(tf: Any, x: Any) -> Any:
        return op_cases.raw(tf, "AudioSummary", tag="a", tensor=x, sample_rate=8000.0)

    values = np.array([[0.5 / 32768, -0.5 / 32768]], np.float32)
    wanted, _ = message(oracle, lambda tf, x: tf.summary.audio("a", x, 8000.0), values)
    assert message(graphflow, first, values)[0] == wanted


def test_audio_that_is_none() -> None:
    for shape, rate, words in (([2], 1.0, "3-D or 2-D"), ([1, 2], 0.0, "must be > 0")):
        with pytest.raises(graphflow.errors.InvalidArgumentError, match=words):
            message(
                graphflow,
                lambda tf, x, rate=rate: tf.summary.audio("a", x, rate),
                np.zeros(shape, np.float32),
            )


@pytest.mark.parametrize(
    "values", [floats(2, 3), floats(1), np.array([[b"x", b"yy"]], object), True]
)
def test_tensor_summary(oracle: ModuleType, values: Any) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.summary.tensor_summary("t", x, "its description", display_name="shown")

    mine, nodes = message(graphflow, build, values)
    theirs, their_nodes = message(oracle, build, values)
    assert nodes == their_nodes
    tensors = [summary.value[0].tensor for summary in (mine, theirs)]
    np.testing.assert_array_equal(*map(graphflow.make_ndarray, tensors))
    for tensor in tensors:  # one element may stand in a list or as bytes
        tensor.Clear()
    assert mine == theirs


def test_text(oracle: ModuleType) -> None:
    assert_as_in_tensorflow(oracle, lambda tf, x: tf.summary.text("t", x), [[b"**x**"], [b"y"]])
    with pytest.raises(ValueError, match="to have dtype string"):
        graphflow.summary.text("t", graphflow.constant(1.0))


def test_the_first_tensor_summary(oracle: ModuleType) -> None:
    def build(tf: Any, x: Any) -> Any:
        description = '{"typeHint": "hint"}'
        return op_cases.raw(tf, "TensorSummary", tensor=x, description=description)

    assert_as_in_tensorflow(oracle, build, floats(2, 3))
    node = build(graphflow, graphflow.constant(1.0)).op.node_def
    assert graphflow.summary.get_summary_description(node).type_hint == "hint"
    node.op = "Const"
    with pytest.raises(ValueError, match="Const"):
        graphflow.summary.get_summary_description(node)


def test_merge_refuses() -> None:
    one = graphflow.Summary(value=[graphflow.Summary.Value(tag="t", simple_value=1.0)])
    text = one.SerializeToString()
    for inputs, words in (([text, text], "Duplicate tag t"), ([b"\xff"], "Could not parse")):
        with pytest.raises(graphflow.errors.InvalidArgumentError, match=words):
            message(graphflow, lambda tf, *given: tf.summary.merge(given), *inputs)
