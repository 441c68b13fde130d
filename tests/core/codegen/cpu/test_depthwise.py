"""The kernels of depthwise convolutions against NumPy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.lowering import NoKernel

FORWARD = "DepthwiseConv2dNative"
TO_INPUT, TO_FILTER = f"{FORWARD}BackpropInput", f"{FORWARD}BackpropFilter"
FLOATS = [np.float32, np.float64]


def attrs(
    strides: tuple[int, int] = (1, 1),
    padding: str = "SAME",
    dilations: tuple[int, int] = (1, 1),
    data_format: str = "NHWC",
) -> dict[str, Any]:
    def four(pair: tuple[int, int]) -> list[int]:
        return [1, *pair, 1] if data_format == "NHWC" else [1, 1, *pair]

    return {
        "strides": four(strides),
        "dilations": four(dilations),
        "padding": padding,
        "explicit_paddings": [],
        "data_format": data_format,
    }


def check(
    shape: tuple[int, ...],
    filters: tuple[int, ...],
    made: dict[str, Any] | None = None,
    dtype: Any = np.float32,
    ranges: int = 3,
) -> None:
    """All three ops for an input shape (NHWC) and a filter: height, width, multiplier."""
    made = made or attrs()
    rng = np.random.default_rng(sum(shape) + 100 * sum(filters))
    x = rng.normal(size=shape).astype(dtype)
    if made["data_format"] == "NCHW":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    w = rng.normal(size=(*filters[:2], shape[-1], filters[2])).astype(dtype)

    def run(op_type: str, *inputs: np.ndarray) -> np.ndarray:
        wide = [v.astype(np.float64) if v.dtype.kind == "f" else v for v in inputs]
        expected = find_op(op_type).reference(SimpleNamespace(attrs=made), *wide)
        got = lower_and_run(op_type, made, inputs, [expected.shape], [dtype], ranges=ranges)[0]
        terms = expected.size if op_type != TO_FILTER else x.size / shape[-1]
        error = 30 * np.finfo(dtype).eps * max(terms, 16) ** 0.5
        np.testing.assert_allclose(got, expected, rtol=error, atol=error, err_msg=op_type)
        return got

    dy = rng.normal(size=run(FORWARD, x, w).shape).astype(dtype)
    run(TO_INPUT, np.array(x.shape, np.int32), w, dy)
    run(TO_FILTER, x, np.array(w.shape, np.int32), dy)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("multiplier", [1, 3])
def test_types_and_formats(multiplier, data_format, dtype):
    check((3, 8, 9, 18), (3, 4, multiplier), attrs((2, 1), data_format=data_format), dtype)


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((1, 56, 56, 32), (3, 3, 1)),  # blocks of rows
        ((33, 5, 4, 20), (3, 3, 2)),  # sums in blocks of images
        ((2, 3, 3, 2), (9, 9, 3)),  # taps that meet nothing but padding
        ((1, 1, 1, 1), (1, 1, 1)),
    ],
)
def test_shapes(shape, filters):
    check(shape, filters)


SMALL = st.integers(1, 4)
SIZES = st.integers(1, 17)


@settings(max_examples=30)
@given(
    st.tuples(SMALL, SIZES, SIZES, st.sampled_from([1, 2, 7, 8, 15, 16, 17, 33])),
    st.tuples(SMALL, SMALL, st.integers(1, 2)),
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


def test_the_reference_keeps_what_no_kernel_does():
    x, w = np.zeros((1, 4, 4, 2), np.float16), np.zeros((3, 3, 2, 1), np.float16)
    with pytest.raises(NoKernel):
        lower_and_run(FORWARD, attrs(), [x, w], [x.shape], [x.dtype])
