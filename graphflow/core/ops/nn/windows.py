"""Geometry that convolutions and poolings share: padding, output sizes, and views of windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape


class Axis(NamedTuple):
    """One spatial axis of a sliding window: sizes in elements."""

    size: int
    kernel: int
    stride: int
    dilation: int
    pad_before: int
    pad_after: int
    out: int


def output_size(
    size: int | None,
    kernel: int | None,
    stride: int,
    dilation: int,
    padding: str,
    explicit: tuple[int, int] = (0, 0),
) -> int | None:
    """The number of windows along an axis; None when a size is unknown.

    Raises:
      ValueError: the window is larger than the (padded) input.
    """
    if padding == "SAME":
        return None if size is None else -(-size // stride)
    if size is None or kernel is None:
        return None
    extent = (kernel - 1) * dilation + 1
    out = (size + sum(explicit) - extent + stride) // stride
    if out < 0 or (size > 0 and out <= 0):
        raise ValueError(f"Negative dimension size caused by subtracting {extent} from {size}")
    return out


def make_axis(
    size: int,
    kernel: int,
    stride: int,
    dilation: int,
    padding: str,
    explicit: tuple[int, int] = (0, 0),
) -> Axis:
    """The axis with TF's padding: SAME pads evenly, the odd element going after."""
    out = output_size(size, kernel, stride, dilation, padding, explicit)
    assert out is not None
    before, after = explicit
    if padding == "SAME":
        total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        before, after = total // 2, total - total // 2
    return Axis(size, kernel, stride, dilation, before, after, out)


def check_rank(name: str, shape: Sequence[int], *ranks: int) -> None:
    """Checks an argument that only a run knows.

    Raises:
      InvalidArgumentError: the shape has none of these ranks.
    """
    if len(shape) not in ranks:
        wanted = " or ".join(f"{rank}-dimensional" for rank in ranks)
        raise errors.InvalidArgumentError(
            None, None, f"{name} must be {wanted}, got shape {list(shape)}"
        )


def channels_last(data_format: str) -> bool:
    return data_format.endswith("C")


def spatial_axes(data_format: str) -> list[int]:
    """The positions of the spatial axes in a data format such as NHWC or NCDHW."""
    return [i for i, letter in enumerate(data_format) if letter in "DHW"]


def to_channels_last(x: np.ndarray, data_format: str) -> np.ndarray:
    """A view with the channels as the last axis."""
    return x if channels_last(data_format) else np.moveaxis(x, 1, -1)


def from_channels_last(x: np.ndarray, data_format: str) -> np.ndarray:
    """A view in the given format of an array with the channels last."""
    return x if channels_last(data_format) else np.moveaxis(x, -1, 1)


def pick_spatial(values: Sequence[int], data_format: str) -> list[int]:
    """The entries of a per-axis attribute (strides, dilations) that belong to spatial axes."""
    return [values[i] for i in spatial_axes(data_format)]


def all_axes(values: Any, data_format: str, name: str) -> list[int]:
    """A per-axis attribute given as one int, or for the spatial axes only, for all axes.

    None stands for ones.

    Raises:
      ValueError: there are neither one, nor as many as spatial axes, nor as many as axes.
    """
    values = 1 if values is None else values
    items = [values] if isinstance(values, int) else [int(value) for value in values]
    rank = len(data_format)
    if len(items) == rank:
        return items
    if len(items) not in (1, rank - 2):
        raise ValueError(f"{name} should be of length 1, {rank - 2} or {rank} but was {len(items)}")
    spatial = items * (rank - 2) if len(items) == 1 else items
    return [1, *spatial, 1] if channels_last(data_format) else [1, 1, *spatial]


def per_axis(values: Any, count: int, name: str) -> list[int]:
    """One positive int per spatial axis; ones where there are none.

    Raises:
      ValueError: there are more or fewer, or one is not positive.
    """
    items = [1] * count if values is None else [int(value) for value in values]
    if len(items) != count:
        raise ValueError(f"len({name})={len(items)} but should be {count}")
    if min(items) < 1:
        raise ValueError(f"all values of {name} must be positive, got {items}")
    return items


def explicit_pads(attrs: Mapping[str, Any], data_format: str) -> list[tuple[int, int]]:
    """`explicit_paddings` of the spatial axes; zeros when the padding is not EXPLICIT."""
    pads = attrs.get("explicit_paddings", ())
    axes = spatial_axes(data_format)
    if not pads:
        return [(0, 0)] * len(axes)
    return [(pads[2 * i], pads[2 * i + 1]) for i in axes]


def pad_spatial(x: np.ndarray, axes: Sequence[Axis], value: Any = 0) -> np.ndarray:
    """`x` (channels last) with the axes' padding around it; `x` itself when there is none."""
    pads = [(0, 0), *((a.pad_before, a.pad_after) for a in axes), (0, 0)]
    if not any(before or after for before, after in pads):
        return x
    shape = [size + before + after for size, (before, after) in zip(x.shape, pads, strict=True)]
    padded = np.full(shape, value, dtype=x.dtype)
    padded[inner_region(x.shape, axes)] = x
    return padded


def inner_region(shape: Sequence[int], axes: Sequence[Axis]) -> tuple[slice, ...]:
    """Where the unpadded array lies in the padded one."""
    inner = (slice(a.pad_before, a.pad_before + a.size) for a in axes)
    return (slice(None), *inner, slice(None))


def window_view(padded: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    """A view [batch, out..., kernel..., channels] of the windows over a padded array."""
    batch, *_, channels = padded.shape
    strides = padded.strides
    outer = [s * a.stride for s, a in zip(strides[1:-1], axes, strict=True)]
    inner = [s * a.dilation for s, a in zip(strides[1:-1], axes, strict=True)]
    return np.lib.stride_tricks.as_strided(
        padded,
        (batch, *(a.out for a in axes), *(a.kernel for a in axes), channels),
        (strides[0], *outer, *inner, strides[-1]),
        writeable=False,
    )


def tap_region(axes: Sequence[Axis], tap: Sequence[int]) -> tuple[slice, ...]:
    """The elements of the padded array that one position of the kernel meets, over all windows."""
    spatial = (
        slice(t * a.dilation, t * a.dilation + (a.out - 1) * a.stride + 1, a.stride)
        for a, t in zip(axes, tap, strict=True)
    )
    return (slice(None), *spatial, slice(None))


def window_shape(
    x: TensorShape, kernel: Sequence[int | None], channels: int | None, attrs: Mapping[str, Any]
) -> TensorShape:
    """The output shape of a convolution or pooling over `x`, in its data format."""
    data_format = attrs["data_format"]
    axes = spatial_axes(data_format)
    sizes = x.with_rank(len(data_format)).as_list()
    dilations = attrs.get("dilations", (1,) * len(data_format))
    pads = explicit_pads(attrs, data_format)
    result: list[int | None] = [sizes[0]] * len(data_format)
    result[data_format.index("C")] = channels
    for axis, size, pad in zip(axes, kernel, pads, strict=True):
        result[axis] = output_size(
            sizes[axis], size, attrs["strides"][axis], dilations[axis], attrs["padding"], pad
        )
    return TensorShape(result)
