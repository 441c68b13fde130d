"""Windows, slices and broadcasts of random shapes, run by graphflow and onnxruntime."""

from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st
from onnx_models import assert_same, noise

import graphflow as tf

examples = hypothesis.settings(max_examples=40)


@st.composite
def windows(draw: Any) -> dict[str, Any]:
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    strides = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilations = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    if strides != (1, 1):
        dilations = (1, 1)
    least = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    sizes = [draw(st.integers(low, low + 6)) for low in least]
    return {
        "kernel": kernel,
        "strides": [1, *strides, 1],
        "dilations": [1, *dilations, 1],
        "sizes": sizes,
        "padding": draw(st.sampled_from(["SAME", "VALID"])),
        "batch": draw(st.sampled_from([None, 2])),
    }


@examples
@hypothesis.given(windows())
def test_convolutions_and_pools(given: dict[str, Any]) -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [given["batch"], *given["sizes"], 3], name="x")
        w = tf.get_variable("w", [*given["kernel"], 3, 4])
        deep = tf.get_variable("deep", [*given["kernel"], 3, 2])
        options = {"strides": given["strides"], "padding": given["padding"]}
        ksize = [1, *given["kernel"], 1]
        y = tf.nn.conv2d(x, w, dilations=given["dilations"], **options)
        back = tf.nn.conv2d(x, w, **options)
        shape = [2, *given["sizes"], 3]
        results = [
            y,
            tf.nn.conv2d_transpose(back, w, shape, given["strides"], given["padding"]),
            tf.nn.max_pool(x, ksize, **options),
            tf.nn.avg_pool(x, ksize, **options),
        ]
        if given["strides"][1] == given["strides"][2]:
            results.append(tf.nn.depthwise_conv2d(x, deep, **options))
        return results

    assert_same(build, {"x:0": noise(2, *given["sizes"], 3)})


@st.composite
def slices(draw: Any) -> tuple[list[int], tuple[Any, ...]]:
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    index: list[Any] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        edge = st.one_of(st.none(), st.integers(-size - 1, size + 1))
        step = st.sampled_from([None, 1, 2, -1, -2])
        entry = st.one_of(st.integers(-size, size - 1), st.builds(slice, edge, edge, step))
        index.append(draw(entry))
    if draw(st.booleans()):
        index.insert(draw(st.integers(0, len(index))), None)
    if draw(st.booleans()) and len([entry for entry in index if entry is not None]) < len(shape):
        index.append(Ellipsis)
    return shape, tuple(index)


@examples
@hypothesis.given(slices(), st.booleans())
def test_slices(given: tuple[list[int], tuple[Any, ...]], has_sizes: bool) -> None:
    shape, index = given
    if not index:
        return

    def build() -> Any:
        sizes = shape if has_sizes else [None] * len(shape)
        return tf.identity(tf.placeholder(tf.float32, sizes, name="x")[index])

    assert_same(build, {"x:0": noise(*shape)})


@examples
@hypothesis.given(
    st.lists(st.sampled_from([1, 3]), min_size=0, max_size=4),
    st.sampled_from(["constant", "input", "images"]),
)
def test_broadcasts_against_images(shape: list[int], kind: str) -> None:
    """What is added to images that a convolution has made, of any rank and kind."""

    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 3, 3, 3], name="x")
        images = tf.nn.conv2d(x, tf.get_variable("w", [1, 1, 3, 3]), [1, 1, 1, 1], "SAME")
        other = tf.placeholder(tf.float32, shape, name="other")
        if kind == "constant":
            other = tf.constant(noise(*shape)) + 0.0 * tf.reduce_sum(other)
        elif kind == "images" and len(shape) == 4:
            other = tf.nn.relu(
                tf.nn.conv2d(other, tf.ones([1, 1, shape[3], 3]), [1, 1, 1, 1], "SAME")
            )
        y = tf.maximum(images * other, tf.constant(noise(*shape))) - images
        return y, tf.reduce_mean(y, [1, 2]), tf.reduce_sum(y, [0, 3]), tf.reduce_max(y, 2)

    assert_same(build, {"x:0": noise(3, 3, 3, 3), "other:0": np.asarray(noise(*shape))})


@examples
@hypothesis.given(st.permutations([0, 1, 2, 3]), st.permutations([0, 1, 2, 3]))
def test_transposes_of_images(first: list[int], second: list[int]) -> None:
    def build() -> Any:
        x = tf.placeholder(tf.float32, [None, 3, 3, 3], name="x")
        images = tf.nn.relu(tf.nn.max_pool(x, 2, 1, "SAME"))
        moved = tf.transpose(images, first)
        return tf.transpose(moved, second), tf.exp(moved), images

    assert_same(build, {"x:0": noise(3, 3, 3, 3)})
