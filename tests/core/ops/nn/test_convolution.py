"""Convolutions and their backprops against loops, in both layouts; shapes and errors."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import hypothesis
import hypothesis.strategies as st
import naive_windows as naive
import numpy as np
import pytest
from naive_windows import Geometry

import graphflow as tf

examples = hypothesis.settings(max_examples=60)


@st.composite
def cases(draw: Any, axes: int, explicit: bool = True, groups: bool = False) -> Any:
    """Images, filters and the geometry of windows that fit at least once."""
    kernel = [draw(st.integers(1, 3)) for _ in range(axes)]
    dilations = [draw(st.integers(1, 2)) for _ in range(axes)]
    kinds = ["SAME", "VALID", "EXPLICIT"] if explicit else ["SAME", "VALID"]
    padding = draw(st.sampled_from(kinds))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    if padding == "EXPLICIT":
        padding = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(axes)]
        least = [max(r - sum(p), 1) for r, p in zip(reach, padding, strict=True)]
    else:
        least = [1] * axes if padding == "SAME" else reach
    sizes = [draw(st.integers(low, low + 4)) for low in least]
    strides = [draw(st.integers(1, 3)) for _ in range(axes)]
    batch, channels, out = (draw(st.integers(low, 2)) for low in (0, 1, 1))
    count = draw(st.integers(1, 2)) if groups else 1
    random = np.random.default_rng(draw(st.integers(0, 9)))
    x = random.normal(size=(batch, *sizes, channels * count))
    filters = random.normal(size=(*kernel, channels, out * count))
    return x, filters, Geometry(strides, dilations, padding)


def _format(axes: int, channels_second: bool) -> str:
    letters = "DHW"[3 - axes :]
    return f"NC{letters}" if channels_second else f"N{letters}C"


def _all_axes(values: Any, channels_second: bool, other: Any = 1) -> list[Any]:
    return [other, other, *values] if channels_second else [other, *values, other]


def _attributes(geometry: Geometry, data_format: str) -> dict[str, Any]:
    second = data_format[1] == "C"
    padding = geometry.padding
    if not isinstance(padding, str):
        padding = _all_axes(padding, second, (0, 0))
    return {
        "strides": _all_axes(geometry.strides, second),
        "dilations": _all_axes(geometry.dilations, second),
        "padding": padding,
        "data_format": data_format,
    }


def _with_backprops(convolve: Any, x: np.ndarray, filters: np.ndarray, layout: str) -> Any:
    """(y, dy, dx, dfilters) of a convolution, all with the channels last."""

    def inward(array: np.ndarray) -> np.ndarray:
        return np.moveaxis(array, -1, 1) if layout[1] == "C" else array

    def outward(array: np.ndarray) -> np.ndarray:
        return np.moveaxis(array, 1, -1) if layout[1] == "C" else array

    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float64), tf.placeholder(tf.float64)
        feeds = dict(zip(fed, [inward(x), filters], strict=True))
        y = convolve(*fed)
        shape = session.run(y, feeds).shape
        dy = np.random.default_rng(1).normal(size=shape)
        values = session.run([y, *tf.gradients(y, fed, grad_ys=tf.constant(dy))], feeds)
    return outward(values[0]), outward(dy), outward(values[1]), values[2]


def _assert_is_convolution(found: Any, x: np.ndarray, filters: np.ndarray, g: Geometry) -> None:
    y, dy, dx, dfilters = found
    np.testing.assert_allclose(y, naive.convolve(x, filters, g), rtol=1e-9, atol=1e-9)
    expected = naive.convolve_backprops(x, filters, dy, g)
    np.testing.assert_allclose(dx, expected[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(dfilters, expected[1], rtol=1e-9, atol=1e-9)


@examples
@hypothesis.given(cases(axes=2), st.booleans())
def test_conv2d(case: Any, channels_second: bool) -> None:
    x, filters, geometry = case
    layout = _format(2, channels_second)
    found = _with_backprops(
        lambda x, w: tf.nn.conv2d(x, w, **_attributes(geometry, layout)), x, filters, layout
    )
    _assert_is_convolution(found, x, filters, geometry)


@examples
@hypothesis.given(cases(axes=3, explicit=False), st.booleans())
def test_conv3d(case: Any, channels_second: bool) -> None:
    x, filters, geometry = case
    layout = _format(3, channels_second)
    found = _with_backprops(
        lambda x, w: tf.nn.conv3d(x, w, **_attributes(geometry, layout)), x, filters, layout
    )
    _assert_is_convolution(found, x, filters, geometry)


@examples
@hypothesis.given(cases(axes=1, explicit=False), st.booleans())
def test_conv1d(case: Any, channels_second: bool) -> None:
    x, filters, geometry = case

    def convolve(x: Any, w: Any) -> Any:
        x.set_shape([None] * 3)
        return tf.nn.conv1d(
            x,
            w,
            geometry.strides[0],
            geometry.padding,
            data_format=_format(1, channels_second),
            dilations=geometry.dilations[0],
        )

    found = _with_backprops(convolve, x, filters, _format(1, channels_second))
    _assert_is_convolution(found, x, filters, geometry)


@examples
@hypothesis.given(cases(axes=2, explicit=False), st.booleans(), st.integers(1, 2))
def test_depthwise_conv2d(case: Any, channels_second: bool, multiplier: int) -> None:
    x, filters, geometry = case
    layout = _format(2, channels_second)
    filters = np.random.default_rng(3).normal(size=(*filters.shape[:3], multiplier))
    attributes = _attributes(geometry, layout)
    found = _with_backprops(
        lambda x, w: tf.nn.depthwise_conv2d_native(x, w, **attributes), x, filters, layout
    )
    y, dy, dx, dfilters = found
    for channel in range(x.shape[-1]):  # a convolution of its own
        one = slice(channel, channel + 1)
        outs = slice(channel * multiplier, (channel + 1) * multiplier)
        part = y[..., outs], dy[..., outs], dx[..., one], dfilters[:, :, one]
        _assert_is_convolution(part, x[..., one], filters[:, :, one], geometry)


@examples
@hypothesis.given(cases(axes=2, explicit=False, groups=True))
def test_groups(case: Any) -> None:
    x, filters, geometry = case
    attributes = _attributes(geometry, "NHWC")
    y, dy, dx, dfilters = _with_backprops(
        lambda x, w: tf.nn.conv2d(x, w, **attributes), x, filters, "NHWC"
    )
    count = x.shape[-1] // filters.shape[2]
    parts = [np.split(array, count, axis=-1) for array in (y, dy, dx, dfilters, x, filters)]
    for y, dy, dx, dfilters, x, filters in zip(*parts, strict=True):
        _assert_is_convolution((y, dy, dx, dfilters), x, filters, geometry)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("rate", [1, 2])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_transposes_undo_shapes(axes: int, rate: int, padding: str) -> None:
    """<conv(x), y> = <x, conv_transpose(y)>, for every x and y."""
    random = np.random.default_rng(axes)
    x = random.normal(size=(2, *[7, 6, 5][:axes], 3))
    filters = random.normal(size=(*[3, 2, 2][:axes], 3, 4))
    steps = 1 if rate > 1 else 2
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(x)
        forward = tf.nn.convolution(
            images, filters, padding, strides=[steps] * axes, dilation_rate=[rate] * axes
        )
        y = random.normal(size=forward.shape.as_list())
        back = tf.nn.conv_transpose(
            tf.constant(y), filters, list(x.shape), steps, padding, dilations=rate
        )
        forward, back = session.run([forward, back])
    np.testing.assert_allclose((forward * y).sum(), (x * back).sum(), rtol=1e-9)


def test_atrous_functions_are_dilated_convolutions() -> None:
    random = np.random.default_rng(0)
    x, filters = random.normal(size=(1, 6, 7, 2)), random.normal(size=(3, 2, 2, 4))
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.nn.atrous_conv2d(x, filters, 2, "SAME")
        back = tf.nn.atrous_conv2d_transpose(y, filters, [1, 6, 7, 2], 2, "SAME")
        found, found_back = session.run([y, back])
    geometry = Geometry([1, 1], [2, 2], "SAME")
    expected = naive.convolve(x, filters, geometry)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    expected_back, _ = naive.convolve_backprops(x, filters, expected, geometry)
    np.testing.assert_allclose(found_back, expected_back, rtol=1e-9)


def test_separable_conv2d_is_depthwise_then_pointwise(oracle: ModuleType) -> None:
    random = np.random.default_rng(0)
    arrays = [
        random.normal(size=size).astype(np.float32)
        for size in [(2, 5, 6, 3), (3, 3, 3, 2), (1, 1, 6, 4)]
    ]
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            y = framework.nn.separable_conv2d(*arrays, [1, 1, 1, 1], "SAME", rate=[2, 2])
            values.append(session.run(y))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-4, atol=1e-4)


# --- errors: TensorFlow's classes, and its words -----------------------------------------------


_X, _W = np.ones([1, 4, 4, 2], np.float32), np.ones([3, 3, 2, 5], np.float32)


def _conv(x: Any = _X, w: Any = _W, strides: Any = (1, 1, 1, 1), padding: Any = "VALID") -> Any:
    return lambda tf: tf.nn.conv2d(x, w, strides=list(strides), padding=padding)


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (_conv(x=_X[0]), "must be"),
        (_conv(w=_W[0]), "hape must be rank 4 but is rank 3"),
        (_conv(w=np.ones([5, 3, 2, 5], np.float32)), "Negative dimension size"),
        (_conv(w=np.ones([3, 3, 3, 5], np.float32)), "epth of input (2) is not a multiple of"),
        (_conv(strides=[1, 1, 1]), "strides should be of length 1, 2 or 4 but was 3"),
        (_conv(padding=[[0, 0], [0, 0], [0, 0]]), "it must be of size 4"),
        (_conv(padding=[[0, 0], [1], [0, 0], [0, 0]]), "Each element of"),
        (_conv(padding="FULL"), "FULL"),
    ],
)
def test_errors_while_building(oracle: ModuleType, build: Any, text: str) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match=".") as mine:
        build(tf)
    assert text.split("(")[0] in str(mine.value)
    with oracle.Graph().as_default(), pytest.raises(ValueError, match="."):
        build(oracle)


@pytest.mark.parametrize("strides", [[2, 1, 1, 1], [1, 1, 1, 2]])
def test_strides_over_images_are_refused(strides: list[int]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        y = _conv(strides=strides)(tf)
        text = "not yet support strides in the batch and depth dimensions"
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            session.run(y)


def test_a_backprop_of_another_size_is_refused() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float32)
        for backprop in (
            tf.nn.conv2d_backprop_input([1, 4, 4, 2], _W, fed, [1, 1, 1, 1], "SAME"),
            tf.nn.conv2d_backprop_filter(_X, [3, 3, 2, 5], fed, [1, 1, 1, 1], "SAME"),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError, match="Size of out_backprop"):
                session.run(backprop, {fed: np.ones([1, 3, 3, 5])})


def test_depths_that_only_a_run_knows_are_checked() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float32)
        y = tf.nn.conv2d(fed, _W, 1, "SAME")
        assert y.shape.as_list() == [None, None, None, 5]
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be evenly divisible") as e:
            session.run(y, {fed: np.ones([1, 4, 4, 3])})
        assert "Conv2D" in str(e.value)
        assert "tf.nn.conv2d(fed" in str(e.value)  # the line that made it


def test_conv_transpose_counts_axes_by_the_output_shape() -> None:
    for size in 2, 6:
        with pytest.raises(ValueError, match=f"must be of length 3, 4 or 5 but was {size}"):
            tf.nn.conv_transpose(_X, _W, [1] * size, 1)
    with pytest.raises(ValueError, match="must be a tensor or sized collection"):
        tf.nn.conv_transpose(_X, _W, None, 1)


def test_convolution_checks_its_lists() -> None:
    for options, text in [
        ({"strides": [1]}, r"len\(strides\)=1 but should be 2"),
        ({"dilation_rate": [0, 1]}, "dilation_rate must be positive"),
        ({"strides": [2, 1], "dilation_rate": [1, 2]}, "strides > 1 not supported"),
    ]:
        with pytest.raises(ValueError, match=text):
            tf.nn.convolution(_X, _W, "SAME", **options)
