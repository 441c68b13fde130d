"""The kernels of convolutions against NumPy: forward, gradients of the input and of the filter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.base import config
from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.lowering import NoKernel
from graphflow.core.ops.nn.cpu import conv_tables, winograd, winograd_volumes
from graphflow.core.ops.nn.windows import make_axis

FORWARD, TO_INPUT, TO_FILTER = "Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"
OF_VOLUMES = {
    FORWARD: "Conv3D",
    TO_INPUT: "Conv3DBackpropInputV2",
    TO_FILTER: "Conv3DBackpropFilterV2",
}
FLOATS = [np.float32, np.float64]


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """Winograd's kernels have tests, and errors, of their own."""
    without = config.Config.from_env({"GRAPHFLOW_WINOGRAD": "0"})
    for module in (winograd, winograd_volumes):
        monkeypatch.setattr(module, "get_config", lambda: without)


def attrs(
    strides: tuple[int, ...] = (1, 1),
    padding: str = "SAME",
    dilations: tuple[int, ...] = (1, 1),
    pads: tuple[int, ...] = (),
    data_format: str = "NHWC",
) -> dict[str, Any]:
    def all_axes(values: tuple[int, ...]) -> list[int]:
        return [1, *values, 1] if data_format.endswith("C") else [1, 1, *values]

    explicit = (0, 0, *pads, 0, 0) if data_format == "NHWC" else (0, 0, 0, 0, *pads)
    return {
        "strides": all_axes(strides),
        "dilations": all_axes(dilations),
        "padding": "EXPLICIT" if pads else padding,
        "explicit_paddings": list(explicit) if pads else [],
        "data_format": data_format,
    }


def of_volumes(
    strides: tuple[int, ...] = (1, 1, 1),
    padding: str = "SAME",
    dilations: tuple[int, ...] = (1, 1, 1),
    data_format: str = "NDHWC",
) -> dict[str, Any]:
    return attrs(strides, padding, dilations, data_format=data_format)


def reference(op_type: str, made: dict[str, Any], *inputs: np.ndarray) -> np.ndarray:
    """The result in float64, so that errors are the kernel's alone."""
    wide = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs]
    result: np.ndarray = find_op(op_type).reference(SimpleNamespace(attrs=made), *wide)
    return result


def images(rng: np.random.Generator, shape: tuple[int, ...], made: Any, dtype: Any) -> np.ndarray:
    """Random images of a shape with the channels last, in the format of the attributes."""
    x = rng.normal(size=shape).astype(dtype)
    last = made["data_format"].endswith("C")
    return x if last else np.ascontiguousarray(np.moveaxis(x, -1, 1))


def run(op_type: str, made: Any, *inputs: np.ndarray, shape: Any, ranges: int = 3) -> np.ndarray:
    dtype = inputs[-1].dtype
    return lower_and_run(op_type, made, inputs, [shape], [dtype], ranges=ranges)[0]


def check(
    shape: tuple[int, ...],
    filters: tuple[int, ...],
    made: dict[str, Any] | None = None,
    dtype: Any = np.float32,
    ranges: int = 3,
) -> None:
    """All three ops for an input shape (channels last) and a filter: kernel, out channels."""
    is_volume = len(shape) == 5
    made = made or (of_volumes() if is_volume else attrs())
    rng = np.random.default_rng(sum(shape) + 100 * sum(filters))
    x = images(rng, shape, made, dtype)
    *kernel, outputs = filters
    w = rng.normal(size=(*kernel, shape[-1], outputs)).astype(dtype)
    expected = reference(OF_VOLUMES[FORWARD] if is_volume else FORWARD, made, x, w)
    dy = rng.normal(size=expected.shape).astype(dtype)
    x_sizes, w_sizes = np.array(x.shape, np.int32), np.array(w.shape, np.int32)
    for op_type, inputs in (
        (FORWARD, (x, w)),
        (TO_INPUT, (x_sizes, w, dy)),
        (TO_FILTER, (x, w_sizes, dy)),
    ):
        name = OF_VOLUMES[op_type] if is_volume else op_type
        expected = reference(name, made, *inputs)
        got = run(name, made, *inputs, shape=expected.shape, ranges=ranges)
        terms = dy.size // outputs if op_type == TO_FILTER else w.size / min(shape[-1], outputs)
        error = 4 * np.finfo(dtype).eps * max(terms, 16) ** 0.5
        np.testing.assert_allclose(got, expected, rtol=4 * error, atol=4 * error, err_msg=name)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_types_and_formats(padding, data_format, dtype):
    made = attrs(strides=(2, 1), padding=padding, data_format=data_format)
    check((3, 8, 9, 18), (3, 4, 35), made, dtype)
    check((3, 8, 9, 3), (3, 4, 5), made, dtype)


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((5, 14, 14, 32), (5, 5, 64)),  # LeNet
        ((5, 28, 28, 1), (5, 5, 32)),
        ((1, 56, 56, 16), (3, 3, 32)),  # blocks of rows
        ((1, 56, 56, 3), (7, 7, 32)),
        ((2, 7, 7, 320), (3, 3, 160)),  # a filter so large that it is packed group by group
        ((2, 7, 7, 1100), (1, 1, 300)),  # of single pixels: a product of matrices
        ((2, 25, 25, 20), (1, 1, 40)),
        ((2, 25, 25, 40), (1, 1, 20)),
        ((17, 5, 4, 20), (3, 3, 40)),  # sums in blocks of two images, the last of one
        ((2, 40, 40, 20), (3, 3, 8)),  # bands of rows
        ((1, 1, 1, 1), (1, 1, 1)),
        ((2, 1, 1, 33), (3, 3, 2)),
        ((2, 3, 3, 2), (9, 9, 3)),  # taps that meet nothing but padding
    ],
)
def test_shapes(shape, filters):
    check(shape, filters)


def test_large_filter_in_float64():
    check((2, 7, 7, 160), (3, 3, 128), dtype=np.float64)


def test_explicit_padding():
    check((2, 6, 5, 14), (3, 3, 7), attrs(pads=(2, 1, 0, 5)))
    check((2, 6, 5, 2), (3, 3, 7), attrs(strides=(3, 3), pads=(7, 9, 8, 5)))


SMALL = st.integers(1, 4)
SIZES = st.integers(1, 17)
CHANNELS = st.sampled_from([1, 2, 3, 5, 11, 12, 13, 16, 31, 33])


@settings(max_examples=60)
@given(
    st.tuples(SMALL, SIZES, SIZES, CHANNELS),
    st.tuples(SMALL, SMALL, CHANNELS),
    st.tuples(SMALL, SMALL),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from(["SAME", "VALID"]),
    st.sampled_from(FLOATS),
)
def test_any_geometry(shape, filters, strides, dilations, padding, dtype):
    extents = [(k - 1) * d + 1 for k, d in zip(filters, dilations, strict=False)]
    if padding == "VALID" and (extents[0] > shape[1] or extents[1] > shape[2]):
        padding = "SAME"
    check(shape, filters, attrs(strides, padding, dilations), dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("data_format", ["NDHWC", "NCDHW"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_types_and_formats_of_volumes(padding, data_format, dtype):
    made = of_volumes((2, 1, 2), padding, data_format=data_format)
    check((2, 5, 4, 9, 18), (3, 2, 3, 35), made, dtype)
    check((2, 5, 4, 9, 3), (3, 2, 3, 5), made, dtype)


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((2, 8, 14, 14, 16), (3, 3, 3, 32)),
        ((1, 8, 12, 12, 1), (5, 5, 5, 32)),
        ((1, 6, 17, 9, 3), (3, 7, 7, 16)),
        ((2, 2, 5, 5, 160), (3, 3, 3, 128)),  # a filter so large that it is packed group by group
        ((2, 3, 7, 7, 40), (1, 1, 1, 20)),
        ((2, 3, 7, 7, 20), (1, 1, 1, 40)),
        ((17, 2, 5, 4, 20), (3, 3, 3, 8)),  # sums in blocks of two volumes, the last of one
        ((2, 6, 20, 20, 20), (2, 3, 3, 8)),  # bands of rows
        ((1, 1, 1, 1, 1), (1, 1, 1, 1)),
        ((2, 1, 1, 1, 33), (3, 3, 3, 2)),
        ((2, 3, 1, 1, 2), (7, 9, 9, 3)),  # taps that meet nothing but padding; 63 rows
    ],
)
def test_volumes(shape, filters):
    check(shape, filters)


FEW = st.integers(1, 3)


@settings(max_examples=60)
@given(
    st.tuples(FEW, *[st.integers(1, 9)] * 3, CHANNELS),
    st.tuples(SMALL, SMALL, SMALL, CHANNELS),
    st.tuples(FEW, FEW, FEW),
    st.tuples(FEW, FEW, FEW),
    st.sampled_from(["SAME", "VALID"]),
    st.sampled_from(FLOATS),
)
def test_any_volume(shape, filters, strides, dilations, padding, dtype):
    extents = [(k - 1) * d + 1 for k, d in zip(filters, dilations, strict=False)]
    if any(extent > size for extent, size in zip(extents, shape[1:4], strict=True)):
        padding = "SAME"
    check(shape, filters, of_volumes(strides, padding, dilations), dtype)


@pytest.mark.parametrize("filters", [(5, 5, 64), (3, 3, 7)])
def test_results_do_not_depend_on_the_division_of_items(filters):
    made = attrs()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 9, 10, 16)).astype(np.float32)
    w_sizes = np.array([*filters[:2], 16, filters[2]], np.int32)
    dy = rng.normal(size=(20, 9, 10, filters[2])).astype(np.float32)
    few, many = (
        run(TO_FILTER, made, x, w_sizes, dy, shape=tuple(w_sizes), ranges=ranges)
        for ranges in (1, 20)
    )
    np.testing.assert_array_equal(few, many)


@pytest.mark.parametrize(("volumes", "channels"), [(1, 16), (5, 16), (2, 2)])
def test_volumes_do_not_depend_on_the_division_of_items(volumes, channels):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(volumes, 6, 9, 10, channels)).astype(np.float32)
    w = rng.normal(size=(3, 3, 3, channels, 40)).astype(np.float32)
    dy = rng.normal(size=(volumes, 6, 9, 10, 40)).astype(np.float32)
    x_sizes, w_sizes = np.array(x.shape, np.int32), np.array(w.shape, np.int32)
    for op_type, inputs, shape in (
        ("Conv3D", (x, w), dy.shape),
        ("Conv3DBackpropInputV2", (x_sizes, w, dy), x.shape),
        ("Conv3DBackpropFilterV2", (x, w_sizes, dy), w.shape),
    ):
        few, many = (
            run(op_type, of_volumes(), *inputs, shape=shape, ranges=ranges) for ranges in (1, 20)
        )
        np.testing.assert_array_equal(few, many, err_msg=op_type)


def test_nan_and_infinity_stay_where_they_belong():
    x = np.ones((2, 9, 9, 16), np.float32)
    x[0, 4, 4, 3], x[1, 0, 8, 5] = np.nan, np.inf
    w = np.ones((3, 3, 16, 40), np.float32)
    expected = reference(FORWARD, attrs(), x, w)
    got = run(FORWARD, attrs(), x, w, shape=expected.shape)
    np.testing.assert_array_equal(got, expected)
    dy = np.ones((2, 9, 9, 40), np.float32)
    dy[1, 3, 0, 7] = -np.inf
    sizes = np.array(x.shape, np.int32)
    expected = reference(TO_INPUT, attrs(), sizes, w, dy)
    np.testing.assert_array_equal(run(TO_INPUT, attrs(), sizes, w, dy, shape=x.shape), expected)


@pytest.mark.parametrize(
    ("shape", "filters", "dtype"),
    [
        ((1, 4, 4, 4), (3, 3, 2, 2), np.float32),  # groups
        ((0, 4, 4, 2), (3, 3, 2, 2), np.float32),
        ((1, 80, 4, 2), (70, 3, 2, 2), np.float32),  # more rows than a word has bits
        ((1, 4, 4, 2), (3, 3, 2, 2), np.float16),
    ],
)
def test_the_reference_keeps_what_no_kernel_does(shape, filters, dtype):
    x, w = np.zeros(shape, dtype), np.zeros(filters, dtype)
    with pytest.raises(NoKernel):
        run(FORWARD, attrs(), x, w, shape=(*shape[:3], filters[3]))


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((1, 3, 4, 4, 4), (1, 3, 3, 2, 2)),  # groups
        ((1, 9, 9, 4, 2), (8, 8, 1, 2, 2)),  # 64 rows of a window
    ],
)
def test_the_reference_keeps_volumes_that_no_kernel_does(shape, filters):
    x, w = np.zeros(shape, np.float32), np.zeros(filters, np.float32)
    with pytest.raises(NoKernel):
        run("Conv3D", of_volumes(), x, w, shape=(*shape[:4], filters[4]))


def test_the_order_of_pixels_leaves_padding_out():
    """Tiles of 14 pixels that have the same taps, where an image's rows are shorter than a tile."""
    axis = make_axis(7, 3, 1, 1, "SAME")
    phases = conv_tables.forward_phases(axis)
    made = conv_tables.make_tables(phases, phases, 1, 7, (7, 1), (7, 1), (3, 1))
    count = made.segments[0, 1]
    assert sorted(made.pixels[1, :count]) == list(range(49))
    in_rows = conv_tables._work(np.repeat(phases[0].bits(), 7), np.tile(phases[0].bits(), 7))
    assert conv_tables._work(made.pixels[2, :count], made.pixels[3, :count]) <= in_rows
