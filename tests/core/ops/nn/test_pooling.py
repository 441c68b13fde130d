"""Pooling and its gradients against loops, in both layouts; ties, NaN, depth, errors."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import hypothesis
import hypothesis.strategies as st
import naive_windows as naive
import numpy as np
import pytest
from naive_windows import Geometry
from op_cases import raw

import graphflow as tf

examples = hypothesis.settings(max_examples=60)
_FUNCTIONS = {
    ("MAX", 1): "max_pool1d",
    ("MAX", 2): "max_pool",
    ("MAX", 3): "max_pool3d",
    ("AVG", 1): "avg_pool1d",
    ("AVG", 2): "avg_pool",
    ("AVG", 3): "avg_pool3d",
}


@st.composite
def cases(draw: Any) -> Any:
    """Images of few different values (so that maxima tie), a kernel and a geometry."""
    axes = draw(st.integers(1, 3))
    kernel = [draw(st.integers(1, 3)) for _ in range(axes)]
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    least = [1] * axes if padding == "SAME" else kernel
    sizes = [draw(st.integers(low, low + 4)) for low in least]
    strides = [draw(st.integers(1, 3)) for _ in range(axes)]
    batch, channels = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 9)))
    x = random.integers(-2, 3, size=(batch, *sizes, channels)).astype(np.float32)
    return x, kernel, Geometry(strides, [1] * axes, padding)


@examples
@hypothesis.given(cases(), st.sampled_from(["MAX", "AVG"]), st.booleans())
def test_pooling(case: Any, kind: str, channels_second: bool) -> None:
    x, kernel, geometry = case
    axes = len(kernel)
    letters = "DHW"[3 - axes :] if axes > 1 else "W"

    def inward(array: np.ndarray) -> np.ndarray:
        return np.moveaxis(array, -1, 1) if channels_second else array

    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(inward(x))
        y = getattr(tf.nn, _FUNCTIONS[kind, axes])(
            images,
            kernel,
            geometry.strides,
            geometry.padding,
            data_format=f"NC{letters}" if channels_second else f"N{letters}C",
        )
        dy = np.random.default_rng(1).normal(size=y.shape.as_list()).astype(np.float32)
        found, dx = session.run([y, tf.gradients(y, images, grad_ys=tf.constant(dy))[0]])
    expected = naive.pool(kind, x, kernel, geometry)
    np.testing.assert_allclose(found, inward(expected), rtol=1e-5, atol=1e-6)
    if kind == "AVG" or axes < 3:  # ties in three dimensions are all counted: see below
        dy = np.moveaxis(dy, 1, -1) if channels_second else dy
        expected = naive.pool_backprop(kind, x, dy, kernel, geometry)
        np.testing.assert_allclose(dx, inward(expected), rtol=1e-4, atol=1e-5)


@examples
@hypothesis.given(cases().filter(lambda case: len(case[1]) == 2), st.booleans())
def test_argmax_points_at_the_first_maximum(case: Any, in_batch: bool) -> None:
    x, kernel, geometry = case
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(x)
        y, places = tf.nn.max_pool_with_argmax(
            images, kernel, geometry.strides, geometry.padding, include_batch_in_index=in_batch
        )
        dy = np.random.default_rng(1).normal(size=y.shape.as_list()).astype(np.float32)
        same = tf.nn.max_pool(images, kernel, geometry.strides, geometry.padding)
        gradients = [tf.gradients(t, images, grad_ys=tf.constant(dy))[0] for t in (y, same)]
        y, same, places, mine, usual = session.run([y, same, places, *gradients])
    np.testing.assert_array_equal(y, same)
    np.testing.assert_allclose(mine, usual, rtol=1e-5, atol=1e-6)
    if not in_batch and len(x):
        places = places + np.arange(len(x)).reshape(-1, 1, 1, 1) * x[0].size
    np.testing.assert_array_equal(x.ravel()[places], y)


def test_second_gradient_of_argmax_pooling() -> None:
    """The op takes from ddx what stands at the places, so its gradient puts it back there."""
    x = np.random.default_rng(0).permutation(2 * 4 * 4 * 2).reshape(2, 4, 4, 2).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(x)
        y, places = tf.nn.max_pool_with_argmax(images, 2, 2, "SAME", include_batch_in_index=True)
        dy = tf.constant(np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2))
        dx = tf.gradients(y, images, grad_ys=dy)[0]
        ddy = tf.gradients(dx, dy, grad_ys=images)[0]
        assert ddy.op.type == "MaxPoolGradGradWithArgmax"
        third = tf.gradients(ddy, images, grad_ys=dy)[0]
        values = session.run([y, places, ddy, dx, third])
    np.testing.assert_array_equal(values[2], x.ravel()[values[1]])
    np.testing.assert_array_equal(values[2], values[0])


def test_places_outside_of_images_are_refused() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        for places in [[[[[8]]]], [[[[-1]]]]]:
            dx = raw(
                tf,
                "MaxPoolGradWithArgmax",
                input=np.ones([1, 2, 4, 1], np.float32),
                grad=np.ones([1, 1, 1, 1], np.float32),
                argmax=np.int64(places),
                ksize=[1, 2, 4, 1],
                strides=[1, 2, 4, 1],
                padding="VALID",
            )
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"not in \[0, 8\)"):
                session.run(dx)


def _pooled(tf: ModuleType, name: str, x: np.ndarray, *arguments: Any, **options: Any) -> Any:
    """The value and the gradient of a function of tf.nn."""
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(x)
        y = getattr(tf.nn, name)(images, *arguments, **options)
        y = y if hasattr(y, "op") else y[0]
        return session.run([y, tf.gradients(y, images)[0]])


_NAN, _INF = np.nan, np.inf


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
        [[_NAN, 1, 2], [1, _NAN, 2], [3, 4, 5]],
        [[1, _NAN, 2], [0, 3, 2], [_NAN, 4, 5]],
        [[-_INF, -_INF, 0], [-_INF, -_INF, _INF], [1, 2, 3]],
        [[_NAN] * 3] * 3,
    ],
)
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_ties_and_numbers_that_are_none(oracle: ModuleType, rows: Any, padding: str) -> None:
    x = np.float32(rows).reshape(1, 3, 3, 1)
    for name in "max_pool", "max_pool_with_argmax":
        arguments = name, x, [1, 2, 2, 1], [1, 1, 1, 1], padding
        mine, theirs = _pooled(tf, *arguments), _pooled(oracle, *arguments)
        np.testing.assert_array_equal(mine[0], theirs[0])
        np.testing.assert_array_equal(mine[1], theirs[1])


def test_equal_maxima_all_count_in_three_dimensions(oracle: ModuleType) -> None:
    x = np.random.default_rng(0).integers(0, 3, size=(2, 4, 3, 3, 2)).astype(np.float32)
    arguments = "max_pool3d", x, [1, 2, 2, 2, 1], [1, 1, 2, 1, 1], "SAME"
    for mine, theirs in zip(_pooled(tf, *arguments), _pooled(oracle, *arguments), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_edges_are_means_of_what_is_there() -> None:
    x = np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3, 1)
    y, dx = _pooled(tf, "avg_pool", x, 2, 2, "SAME")
    assert y.ravel().tolist() == [3, 4.5, 7.5, 9]  # of 4, 2, 2 and 1 elements
    assert dx.ravel().tolist() == [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "int8", "uint8"])
def test_types_of_maxima(oracle: ModuleType, dtype: str) -> None:
    x = np.random.default_rng(0).integers(0, 50, size=(1, 4, 4, 1)).astype(dtype)
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            values.append(session.run(framework.nn.max_pool(x, 2, 2, "SAME")))
    assert values[0].dtype == values[1].dtype
    np.testing.assert_array_equal(*values)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_pooling_over_depth(data_format: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 6)).astype(np.float32)
    second = data_format == "NCHW"
    sizes = [1, 3, 1, 1] if second else [1, 1, 1, 3]
    with tf.Graph().as_default(), tf.Session() as session:
        images = np.moveaxis(x, -1, 1) if second else x
        y = tf.nn.max_pool(images, sizes, sizes, "VALID", data_format=data_format)
        found = session.run(y)
        assert y.shape.as_list() == list(found.shape)
    found = np.moveaxis(found, 1, -1) if second else found
    np.testing.assert_array_equal(found, x.reshape(2, 3, 3, 2, 3).max(-1))


# --- holes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["MAX", "AVG"])
@pytest.mark.parametrize(("axes", "second"), [(1, False), (2, True), (2, False), (3, False)])
def test_windows_with_holes(kind: str, axes: int, second: bool) -> None:
    x = np.random.default_rng(axes).uniform(1, 2, size=(2, *[7, 6, 5][:axes], 2))
    x = x.astype(np.float32)
    geometry = Geometry([1] * axes, [2, 1, 3][:axes], "VALID")
    kernel = [2, 3, 2][:axes]
    letters = {1: "W", 2: "HW", 3: "DHW"}[axes]
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.nn.pool(
            np.moveaxis(x, -1, 1) if second else x,
            kernel,
            kind,
            "VALID",
            dilation_rate=geometry.dilations,
            data_format=f"NC{letters}" if second else f"N{letters}C",
        )
        found = session.run(y)
    expected = naive.pool(kind, x, kernel, geometry)
    expected = np.moveaxis(expected, -1, 1) if second else expected
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_holes_and_padding_with_zeros() -> None:
    """TF 1.14 pads with zeros where windows have holes; elsewhere padding never counts."""
    x = -np.ones([1, 4, 4, 1], np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        holes = tf.nn.pool(x, [3, 3], "MAX", "SAME", dilation_rate=[2, 2])
        plain = tf.nn.pool(x, [3, 3], "MAX", "SAME")
        assert session.run(plain).max() == -1
        assert session.run(holes).max() == 0
        assert session.run(holes).shape == (1, 4, 4, 1)


def test_space_to_batch_of_sizes_that_only_a_run_knows() -> None:
    x = np.random.default_rng(0).normal(size=(1, 7, 6, 2))
    filters = np.random.default_rng(1).normal(size=(3, 2, 2, 3))
    with tf.Graph().as_default(), tf.Session() as session:
        fed, rates = tf.placeholder(tf.float64, [None] * 4), tf.placeholder(tf.int32, [2])
        sizes = tf.placeholder(tf.int32, [4])

        def convolve(images: Any, count: int, padding: str) -> Any:
            assert count == 2
            return tf.nn.conv2d(images, filters, 1, padding)

        for padding in "SAME", "VALID":
            y = tf.nn.with_space_to_batch(fed, rates, padding, convolve, filter_shape=sizes)
            found = session.run(y, {fed: x, rates: [2, 3], sizes: [3, 2, 2, 3]})
            expected = naive.convolve(x, filters, Geometry([1, 1], [2, 3], padding))
            np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_space_to_batch_checks_its_arguments() -> None:
    x = tf.ones([1, 4, 4, 1])

    def call(rates: Any = (2, 2), padding: str = "VALID", **options: Any) -> None:
        tf.nn.with_space_to_batch(x, rates, padding, lambda t, *_: t, **options)

    for options, text in [
        ({"rates": [[2, 2]]}, "rate must be rank 1"),
        ({"rates": tf.placeholder(tf.int32, [None])}, "rate must have known shape"),
        ({"rates": [0, 1]}, "dilation_rate must be positive"),
        ({"spatial_dims": [2, 1]}, "increasing sequence of positive"),
        ({"spatial_dims": [1, 4]}, "must have rank 5 at least"),
        ({"padding": "SAME"}, "filter_shape must be specified"),
        ({"padding": "FULL"}, "Invalid padding method 'FULL'"),
    ]:
        with pytest.raises(ValueError, match=text):
            call(**options)
    blocks = tf.nn.with_space_to_batch(x, [2], "VALID", lambda t, *_: t, spatial_dims=[2])
    with tf.Session() as session:
        assert session.run(blocks).shape == (1, 4, 4, 1)


# --- errors -------------------------------------------------------------------------------------


def _build(tf: ModuleType, name: str, ksize: Any, strides: Any, x: Any = None) -> Any:
    x = np.ones([1, 4, 4, 6], np.float32) if x is None else x
    return getattr(tf.nn, name)(x, ksize, strides, "VALID")


@pytest.mark.parametrize(
    ("name", "ksize", "strides", "text"),
    [
        ("max_pool", [1, 2, 2, 3], [1, 2, 2, 3], "exactly one of pooling across depth"),
        ("max_pool", [1, 1, 1, 3], [1, 1, 1, 1], "window to equal the depth stride"),
        ("max_pool", [1, 1, 1, 4], [1, 1, 1, 4], "evenly divide the input depth"),
        ("max_pool", [2, 2, 2, 1], [2, 2, 2, 1], "not yet supported on the batch dimension"),
        ("avg_pool", [2, 2, 2, 1], [2, 2, 2, 1], "not yet supported on the batch dimension"),
        ("avg_pool", [1, 1, 1, 3], [1, 1, 1, 3], "not yet supported on the depth dimension"),
    ],
)
def test_windows_that_tensorflow_cannot_pool_either(
    oracle: ModuleType, name: str, ksize: Any, strides: Any, text: str
) -> None:
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            with pytest.raises((tf.errors.UnimplementedError, oracle.errors.OpError)) as caught:
                session.run(_build(framework, name, ksize, strides, np.ones([2, 4, 4, 6], "f")))
            assert framework is oracle or text in str(caught.value)


@pytest.mark.parametrize("name", ["max_pool", "avg_pool", "max_pool_with_argmax"])
def test_errors_while_building(name: str) -> None:
    for ksize, strides, x, text in [
        (2, 2, np.ones([4, 4, 6], "f"), "rank 4 but is rank 3"),
        ([1, 5, 5, 1], 1, None, "Negative dimension size caused by subtracting 5 from 4"),
        ([1, 2, 2], 1, None, "ksize should be of length 1, 2 or 4 but was 3"),
        (2, [1, 0, 2, 1], None, "strides must be positive"),
    ]:
        with pytest.raises(ValueError, match=text):
            _build(tf, name, ksize, strides, x)


def test_functions_of_several_ranks() -> None:
    for function in tf.nn.max_pool_v2, tf.nn.avg_pool_v2:
        for axes in 1, 2, 3:
            y = function(tf.ones([1, *[4] * axes, 2]), 2, 2, "SAME")
            assert y.shape.as_list() == [1, *[2] * axes, 2]
        y = function(tf.placeholder(tf.float32), 2, 2, "SAME", data_format="NCDHW")
        assert y.shape.ndims == 5
        with pytest.raises(ValueError, match="rank 3, 4 or 5 but was 2"):
            function(tf.ones([2, 2]), 2, 2, "SAME")
    with pytest.raises(ValueError, match='must be "NWC" or "NCW"'):
        tf.nn.max_pool1d(tf.ones([1, 4, 2]), 2, 2, "SAME", data_format="NHWC")


def test_pool_checks_its_arguments() -> None:
    x = tf.ones([1, 4, 4, 1])
    for arguments, options, text in [
        (([2, 2], "SUM", "SAME"), {}, "2-D SUM pooling is not supported"),
        (([2], "MAX", "SAME"), {}, "input must have rank 3"),
        (([2, 2], "MAX", "SAME"), {"strides": [3, 1]}, "strides > window_shape"),
        (
            ([2, 2], "MAX", "SAME"),
            {"strides": [2, 1], "dilation_rate": [2, 1]},
            "dilation_rate > 1",
        ),
        (([2, 2], "MAX", "SAME"), {"strides": [1]}, r"len\(strides\)=1 but should be 2"),
    ]:
        with pytest.raises(ValueError, match=text):
            tf.nn.pool(x, *arguments, **options)
    with pytest.raises(ValueError, match="other than 'NHWC'"):
        tf.nn.max_pool_with_argmax(x, 2, 2, "SAME", data_format="NCHW")
    with pytest.raises(ValueError, match="both 'Targmax' and 'output_dtype'"):
        tf.nn.max_pool_with_argmax(x, 2, 2, "SAME", Targmax=tf.int32, output_dtype=tf.int32)
