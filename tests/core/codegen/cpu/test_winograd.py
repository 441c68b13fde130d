"""Winograd convolutions: their matrices, their kernels, and the error that they may have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run

from graphflow.core.base import config
from graphflow.core.codegen.cpu.winograd_transforms import winograd_matrices
from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.lowering import Lowering
from graphflow.core.ops.nn.cpu import winograd, winograd_volumes
from graphflow.core.ops.nn.windows import make_axis

ERROR = 2e-5  # of the largest element of the result


@pytest.mark.parametrize(("m", "r"), [(4, 3), (3, 4), (4, 5), (5, 4)])
def test_matrices(m, r):
    a_t, g, b_t = winograd_matrices(m, r)
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=m + r - 1), rng.normal(size=r)
    direct = [x[i : i + r] @ w for i in range(m)]
    np.testing.assert_allclose(a_t @ ((g @ w) * (b_t @ x)), direct, rtol=1e-12, atol=1e-12)


def test_too_large_matrices():
    with pytest.raises(ValueError, match=r"F\(6, 5\) needs 9 points, there are 7"):
        winograd_matrices(6, 5)


@pytest.fixture
def kernels(monkeypatch):
    """Which kernels the lowerings called."""
    called: list[str] = []
    call = Lowering.call

    def recorded(self: Lowering, kernel: Any, *args: Any, **kwargs: Any) -> None:
        called.append(str(kernel))
        call(self, kernel, *args, **kwargs)

    monkeypatch.setattr(Lowering, "call", recorded)
    return called


def attrs(padding: str, data_format: str = "NHWC") -> dict[str, Any]:
    return {
        "strides": [1] * len(data_format),
        "dilations": [1] * len(data_format),
        "padding": padding,
        "explicit_paddings": [],
        "data_format": data_format,
    }


def check(op_type: str, made: Any, *inputs: np.ndarray, ranges: int = 3) -> np.ndarray:
    wide = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs]
    expected = find_op(op_type).reference(SimpleNamespace(attrs=made), *wide)
    shapes, types = [expected.shape], [np.float32]
    (got,) = lower_and_run(op_type, made, inputs, shapes, types, ranges=ranges)
    assert np.abs(got - expected).max() <= ERROR * np.abs(expected).max()
    return got


@pytest.fixture
def wherever_possible(monkeypatch):
    """Winograd also for sizes for which it does not pay."""
    monkeypatch.setattr(winograd, "_cost", lambda *_, **__: 0.0)
    monkeypatch.setattr(winograd, "_cost_by_places", lambda *_, **__: 0.0)
    monkeypatch.setattr(winograd, "FEW_PARTS", 1)
    monkeypatch.setattr(winograd_volumes, "_cost", lambda *_, **__: 0.0)
    monkeypatch.setattr(winograd_volumes, "FEW_PARTS", 1)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize(
    ("shape", "outputs", "taps", "padding"),
    [
        ((3, 14, 14, 32), 64, 5, "SAME"),  # LeNet: 16 tiles of an image, the last ones cut
        ((3, 10, 13, 48), 32, 3, "SAME"),
        ((2, 14, 15, 32), 48, 5, "VALID"),
        ((9, 7, 7, 64), 80, 3, "SAME"),  # several images in an item
        ((2, 32, 24, 16), 16, 3, "SAME"),  # items of some rows of tiles
        ((1, 26, 30, 272), 16, 3, "SAME"),  # so many channels that tiles go in portions
        ((1, 3, 2, 16), 16, 5, "SAME"),
        ((1, 14, 14, 48), 80, 3, "SAME"),  # few tiles, outputs of two and a half groups
        ((2, 9, 13, 16), 112, 5, "VALID"),
        ((20, 14, 14, 16), 32, 3, "SAME"),
    ],
)
def test_against_float64(shape, outputs, taps, padding, positive, kernels, wherever_possible):
    """Errors are within the bound, also where sums do not cancel."""
    rng = np.random.default_rng(taps)
    made = attrs(padding)

    def random(size: tuple[int, ...]) -> np.ndarray:
        values = rng.normal(size=size).astype(np.float32)
        return np.abs(values) if positive else values

    x, w = random(shape), random((taps, taps, shape[3], outputs))
    dy = random(check("Conv2D", made, x, w).shape)
    check("Conv2DBackpropInput", made, np.array(shape, np.int32), w, dy)
    check("Conv2DBackpropFilter", made, x, np.array(w.shape, np.int32), dy)
    called = {name for name in kernels if name.startswith("winograd")}
    by_tiles = {f"winograd.convolve{taps}"}
    by_places = {f"winograd.transform_tiles{taps}", f"winograd.finish_tiles{taps}"}
    by_places.add("winograd.multiply_places")
    gradient = ("transform_filter", "sum_filter_gradient", "finish_filter_gradient")
    assert called - by_tiles - by_places == {f"winograd.{name}{taps}" for name in gradient}
    # X and its gradient may have numbers of tiles on both sides of the limit.
    assert by_places <= called if tiles(shape, padding, taps) <= 64 else by_tiles <= called


def tiles(shape: tuple[int, ...], padding: str, taps: int) -> int:
    cut = 0 if padding == "SAME" else taps - 1
    images, height, width, _ = shape
    return images * -(-(height - cut) // 4) * -(-(width - cut) // 4)


def test_gradient_does_not_depend_on_the_division_of_items():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 14, 14, 32)).astype(np.float32)
    dy = rng.normal(size=(20, 14, 14, 64)).astype(np.float32)
    sizes = np.array([5, 5, 32, 64], np.int32)
    few, many = (
        check("Conv2DBackpropFilter", attrs("SAME"), x, sizes, dy, ranges=n) for n in (1, 10)
    )
    np.testing.assert_array_equal(few, many)


def test_the_switch(monkeypatch, kernels):
    without = config.Config.from_env({"GRAPHFLOW_WINOGRAD": "0"})
    monkeypatch.setattr(winograd, "get_config", lambda: without)
    x, w = np.ones((8, 12, 12, 32), np.float32), np.ones((3, 3, 32, 32), np.float32)
    check("Conv2D", attrs("SAME"), x, w)
    assert kernels == ["conv.pack_f32", "conv.convolve_f32"]


def pays(images: int, size: int, filters: tuple[int, ...], **changes: Any) -> bool:
    kind, stride = changes.get("kind", "float32"), changes.get("stride", 1)
    axis = make_axis(size, filters[0], stride, 1, "SAME")
    sums, steady = changes.get("sums", False), changes.get("steady", False)
    return winograd.pays(filters, kind, [axis, axis], images, sums, steady)


def test_where_it_pays():
    lenet, resnet = (5, 5, 32, 64), (3, 3, 64, 64)
    assert pays(100, 14, lenet)
    assert pays(100, 14, lenet, sums=True)
    assert pays(1, 56, resnet)
    assert not pays(100, 14, lenet, kind="float64")
    assert not pays(8, 56, resnet, stride=2)
    assert not pays(8, 56, (3, 3, 3, 64))  # not whole vectors of channels
    assert not pays(8, 56, (7, 7, 64, 64))
    assert not pays(1, 7, (3, 3, 512, 512))  # transforming the filter takes longer than the rest
    assert pays(1, 14, (3, 3, 256, 256), steady=True)
    assert not pays(1, 14, (3, 3, 256, 256))
    assert not pays(1, 28, resnet, sums=True)  # too few parts for several threads


# --- volumes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize(
    ("shape", "outputs", "kernel", "padding"),
    [
        ((2, 8, 14, 14, 32), 64, (3, 3, 3), "SAME"),
        ((1, 16, 28, 28, 16), 32, (3, 3, 3), "SAME"),  # several planes of a volume in an item
        ((3, 5, 9, 13, 48), 16, (2, 3, 3), "SAME"),  # more zeros below than above
        ((2, 4, 10, 7, 16), 80, (3, 3, 3), "VALID"),
        ((2, 3, 9, 6, 32), 48, (1, 5, 5), "SAME"),
        ((9, 2, 6, 6, 16), 16, (5, 5, 5), "SAME"),  # taps that meet nothing but padding
        ((1, 1, 1, 2, 16), 16, (3, 3, 3), "SAME"),
        ((1, 7, 3, 3, 272), 32, (7, 3, 3), "VALID"),
    ],
)
def test_volumes(shape, outputs, kernel, padding, positive, kernels, wherever_possible):
    rng = np.random.default_rng(1)
    made = attrs(padding, "NDHWC")

    def random(size: tuple[int, ...]) -> np.ndarray:
        values = rng.normal(size=size).astype(np.float32)
        return np.abs(values) if positive else values

    x, w = random(shape), random((*kernel, shape[4], outputs))
    dy = random(check("Conv3D", made, x, w).shape)
    check("Conv3DBackpropInputV2", made, np.array(shape, np.int32), w, dy)
    check("Conv3DBackpropFilterV2", made, x, np.array(w.shape, np.int32), dy)
    called = {name for name in kernels if name.startswith("winograd")}
    taps = kernel[1]
    assert called == {
        f"winograd.transform_filter{taps}",
        f"winograd_volumes.convolve{taps}",
        f"winograd_volumes.sum_filter_gradient{taps}",
        f"winograd.finish_filter_gradient{taps}",
    }


def test_volumes_do_not_depend_on_the_division_of_items():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 8, 14, 14, 32)).astype(np.float32)
    w = rng.normal(size=(3, 3, 3, 32, 64)).astype(np.float32)
    dy = rng.normal(size=(3, 8, 14, 14, 64)).astype(np.float32)
    x_sizes, w_sizes = np.array(x.shape, np.int32), np.array(w.shape, np.int32)
    for op_type, *inputs in (
        ("Conv3D", x, w),
        ("Conv3DBackpropInputV2", x_sizes, w, dy),
        ("Conv3DBackpropFilterV2", x, w_sizes, dy),
    ):
        few, many = (check(op_type, attrs("SAME", "NDHWC"), *inputs, ranges=n) for n in (1, 10))
        np.testing.assert_array_equal(few, many)


def volumes_pay(
    volumes: int, sizes: tuple[int, ...], filters: tuple[int, ...], **changes: Any
) -> bool:
    kind, stride = changes.get("kind", "float32"), changes.get("stride", 1)
    pairs = zip(sizes, filters[:3], strict=True)
    axes = [make_axis(size, taps, stride, 1, "SAME") for size, taps in pairs]
    sums = changes.get("sums", False)
    return winograd_volumes.pays((9, *filters[2:]), kind, axes, volumes, sums)


def test_for_which_volumes_it_pays():
    sizes = (16, 28, 28)
    assert volumes_pay(2, sizes, (3, 3, 3, 16, 32))
    assert volumes_pay(2, sizes, (3, 3, 3, 16, 32), sums=True)
    assert not volumes_pay(2, sizes, (3, 3, 3, 16, 32), kind="float64")
    assert not volumes_pay(2, sizes, (3, 3, 3, 16, 32), stride=2)
    assert not volumes_pay(2, sizes, (3, 3, 3, 3, 32))  # not whole vectors of channels
    assert not volumes_pay(2, sizes, (3, 3, 5, 16, 32))
    assert not volumes_pay(1, (2, 7, 7), (3, 3, 3, 512, 512))
