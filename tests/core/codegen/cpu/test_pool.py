"""The pooling kernels against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.nn import windows

FLOATS = [np.float32, np.float64]


def geometry(kernel, strides, padding, data_format="NHWC"):
    def spread(values):
        return [1, *values, 1] if data_format.endswith("C") else [1, 1, *values]

    return {
        "ksize": spread(kernel),
        "strides": spread(strides),
        "padding": padding,
        "data_format": data_format,
    }


def reference(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray) -> Any:
    op = find_op(op_type)
    node = SimpleNamespace(name=op_type, type=op_type, attrs=attrs)
    return op.reference(node, *inputs)


def pooled_shape(x, attrs):
    axes = [
        windows.output_size(size, kernel, stride, 1, attrs["padding"])
        for size, kernel, stride in zip(x.shape, attrs["ksize"], attrs["strides"], strict=True)
    ]
    return axes


def check_all(x: np.ndarray, attrs: dict[str, Any], seed: int = 0) -> None:
    """All six ops on one image batch; maxima and masks exactly, sums nearly."""
    rng = np.random.default_rng(seed)
    shape, dtype = pooled_shape(x, attrs), x.dtype
    dy = rng.normal(size=shape).astype(dtype)
    y = reference("MaxPool", attrs, x)
    (got,) = lower_and_run("MaxPool", attrs, [x], [shape], [dtype])
    np.testing.assert_array_equal(got, y)
    got, mask = lower_and_run("_MaxPoolWithMask", attrs, [x], [shape] * 2, [dtype, np.uint8])
    want, want_mask = reference("_MaxPoolWithMask", attrs, x)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(mask, want_mask)
    close = {"rtol": 1e-5 if dtype == np.float32 else 1e-12, "atol": 1e-6}
    dx = reference("MaxPoolGrad", attrs, x, y, dy)
    (got,) = lower_and_run("MaxPoolGrad", attrs, [x, y, dy], [x.shape], [dtype])
    np.testing.assert_allclose(got, dx, **close)
    masked = {**attrs, "input_shape": list(x.shape)}
    (got,) = lower_and_run("_MaxPoolGradFromMask", masked, [mask, dy], [x.shape], [dtype])
    np.testing.assert_allclose(got, dx, **close)
    np.testing.assert_allclose(reference("_MaxPoolGradFromMask", masked, mask, dy), dx, **close)
    (got,) = lower_and_run("AvgPool", attrs, [x], [shape], [dtype])
    np.testing.assert_allclose(got, reference("AvgPool", attrs, x), **close)
    sizes = np.array(x.shape, np.int32)
    (got,) = lower_and_run("AvgPoolGrad", attrs, [sizes, dy], [x.shape], [dtype])
    np.testing.assert_allclose(got, reference("AvgPoolGrad", attrs, sizes, dy), **close)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize(
    ("kernel", "strides", "padding"),
    [
        ((2, 2), (2, 2), "SAME"),
        ((2, 2), (2, 2), "VALID"),
        ((3, 3), (2, 2), "SAME"),
        ((3, 2), (1, 2), "VALID"),
        ((1, 2), (3, 3), "SAME"),
        ((3, 3), (3, 3), "SAME"),  # windows of 2 x 2 at the corner, their taps not 0 to 3
        ((5, 5), (5, 5), "VALID"),
    ],
)
def test_windows(dtype, data_format, kernel, strides, padding):
    rng = np.random.default_rng(1)
    x = rng.integers(-4, 4, (3, 7, 8, 19)).astype(dtype)  # many equal maxima
    if data_format == "NCHW":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    check_all(x, geometry(kernel, strides, padding, data_format))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_shapes(data):
    size = st.integers(1, 9)
    height, width = data.draw(size), data.draw(size)
    channels = data.draw(st.sampled_from([1, 3, 4, 8, 15, 16, 17, 33]))
    padding = data.draw(st.sampled_from(["SAME", "VALID"]))
    kernel = [data.draw(st.integers(1, 4)) for _ in range(2)]
    if padding == "VALID":
        kernel = [min(kernel[0], height), min(kernel[1], width)]
    strides = [data.draw(st.integers(1, 4)) for _ in range(2)]
    rng = np.random.default_rng(2)
    x = rng.normal(size=(data.draw(st.integers(1, 3)), height, width, channels))
    check_all(x.astype(data.draw(st.sampled_from(FLOATS))), geometry(kernel, strides, padding))


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_values(dtype):
    rng = np.random.default_rng(3)
    values = [np.nan, np.inf, -np.inf, np.finfo(dtype).min, 0.0, -1.0]
    x = rng.choice(values, (2, 8, 8, 18)).astype(dtype)
    attrs = geometry((3, 3), (2, 2), "SAME")
    shape = pooled_shape(x, attrs)
    y, mask = lower_and_run("_MaxPoolWithMask", attrs, [x], [shape] * 2, [dtype, np.uint8])
    want, want_mask = reference("_MaxPoolWithMask", attrs, x)
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(mask, want_mask)
    dy = rng.normal(size=shape).astype(dtype)
    (dx,) = lower_and_run("MaxPoolGrad", attrs, [x, y, dy], [x.shape], [dtype])
    want = reference("MaxPoolGrad", attrs, x, y, dy)
    np.testing.assert_allclose(dx, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (2, 4, 4, 0)])
def test_nothing_to_pool(shape):
    check_all(np.zeros(shape, np.float32), geometry((2, 2), (2, 2), "SAME"))


# --- volumes -------------------------------------------------------------------------------------


def check_volumes(x: np.ndarray, attrs: dict[str, Any], ranges: int = 3) -> None:
    """The four ops on volumes; maxima exactly, sums nearly. There are no maxima of float64."""
    rng = np.random.default_rng(0)
    shape, dtype = pooled_shape(x, attrs), x.dtype
    dy = rng.normal(size=shape).astype(dtype)
    sizes = np.array(x.shape, np.int32)
    close = {"rtol": 1e-5 if dtype == np.float32 else 1e-12, "atol": 1e-6}
    inputs = {"AvgPool3D": [x], "AvgPool3DGrad": [sizes, dy]}
    if dtype == np.float32:
        y = reference("MaxPool3D", attrs, x)
        (got,) = lower_and_run("MaxPool3D", attrs, [x], [shape], [dtype], ranges=ranges)
        np.testing.assert_array_equal(got, y)
        inputs["MaxPool3DGrad"] = [x, y, dy]
    for op_type, values in inputs.items():
        made = x.shape if op_type.endswith("Grad") else shape
        (got,) = lower_and_run(op_type, attrs, values, [made], [dtype], ranges=ranges)
        want = reference(op_type, attrs, *values)
        np.testing.assert_allclose(got, want, **close, err_msg=op_type)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("data_format", ["NDHWC", "NCDHW"])
@pytest.mark.parametrize(
    ("kernel", "strides", "padding"),
    [
        ((2, 2, 2), (2, 2, 2), "SAME"),
        ((2, 2, 2), (2, 2, 2), "VALID"),
        ((3, 3, 3), (2, 2, 2), "SAME"),
        ((1, 2, 2), (1, 2, 2), "SAME"),
        ((4, 1, 1), (3, 1, 1), "VALID"),
        ((3, 2, 4), (1, 2, 3), "VALID"),
        ((1, 1, 2), (3, 3, 3), "SAME"),  # elements in no window
        ((3, 3, 3), (3, 3, 3), "SAME"),
    ],
)
def test_windows_of_volumes(dtype, data_format, kernel, strides, padding):
    rng = np.random.default_rng(1)
    x = rng.integers(-4, 4, (3, 6, 7, 8, 19)).astype(dtype)  # many equal maxima
    if data_format == "NCDHW":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    check_volumes(x, geometry(kernel, strides, padding, data_format))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_shapes_of_volumes(data):
    sizes = [data.draw(st.integers(1, 6)) for _ in range(3)]
    channels = data.draw(st.sampled_from([1, 3, 8, 16, 17, 33]))
    padding = data.draw(st.sampled_from(["SAME", "VALID"]))
    kernel = [data.draw(st.integers(1, 4)) for _ in range(3)]
    if padding == "VALID":
        kernel = [min(k, size) for k, size in zip(kernel, sizes, strict=True)]
    strides = [data.draw(st.integers(1, 4)) for _ in range(3)]
    rng = np.random.default_rng(2)
    x = rng.normal(size=(data.draw(st.integers(1, 3)), *sizes, channels))
    x = x.astype(data.draw(st.sampled_from(FLOATS)))
    check_volumes(
        x, geometry(kernel, strides, padding, "NDHWC"), data.draw(st.sampled_from([1, 20]))
    )


def test_special_values_in_volumes():
    rng = np.random.default_rng(3)
    values = [np.nan, np.inf, -np.inf, np.finfo(np.float32).min, 0.0, -1.0, -1.000009, -1.00002]
    x = rng.choice(values, (2, 4, 8, 8, 18)).astype(np.float32)
    attrs = geometry((3, 3, 3), (2, 2, 2), "SAME", "NDHWC")
    shape = pooled_shape(x, attrs)
    y = reference("MaxPool3D", attrs, x)
    (got,) = lower_and_run("MaxPool3D", attrs, [x], [shape], [np.float32])
    np.testing.assert_array_equal(got, y)
    dy = rng.normal(size=shape).astype(np.float32)
    with np.errstate(invalid="ignore"):
        want = reference("MaxPool3DGrad", attrs, x, y, dy)
    (got,) = lower_and_run("MaxPool3DGrad", attrs, [x, y, dy], [x.shape], [np.float32])
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 4, 4, 4, 3), (2, 4, 4, 4, 0)])
def test_no_volumes_to_pool(shape):
    check_volumes(np.zeros(shape, np.float32), geometry((2, 2, 2), (2, 2, 2), "SAME", "NDHWC"))
