"""with_space_to_batch: windows with holes, by taking every n-th element as an image of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.tensor import Tensor


def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: str,
    op: Callable[[Tensor, int, str], Tensor],
    filter_shape: Any = None,
    spatial_dims: Sequence[int] | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Applies `op`, a function of sliding windows, with holes between the elements of a window.

    The elements that are `dilation_rate` apart are gathered into images of their own (there are
    `prod(dilation_rate)` times as many, each as much smaller), `op` slides over those with
    `"VALID"` padding, and its output is put back in order. Where no rate exceeds one, this is
    `op(input, len(dilation_rate), padding)`.

    Args:
      input: [batch, spatial..., channels], or the channels second.
      dilation_rate: int32 [n], of known size; its values may be known only in a run.
      padding: `"SAME"` or `"VALID"`.
      op: `(tensor, n, padding) -> tensor`.
      filter_shape: the sizes of the window, [n] or more; needed for `"SAME"`.
      spatial_dims: the n axes, ascending; by default the first ones that are spatial.
      data_format: one that starts with NC puts the spatial axes after the channels.

    Raises:
      ValueError: an argument is none of these.
    """
    input = convert_to_tensor(input, name="input")
    rates = convert_to_tensor(dilation_rate, dtypes.int32, name="dilation_rate")
    if rates.shape.ndims not in (None, 1):
        raise ValueError(f"rate must be rank 1, got shape {rates.shape}")
    if not rates.shape.is_fully_defined():
        raise ValueError(f"rate must have known shape, got {rates.shape}")
    count = rates.shape.num_elements()
    assert count is not None
    axes = _spatial_axes(count, spatial_dims, data_format)
    first_channel_last = data_format is None or not data_format.startswith("NC")
    least_rank = axes[-1] + first_channel_last
    if input.shape.ndims is not None and input.shape.ndims < least_rank:
        raise ValueError(f"input tensor must have rank {least_rank} at least, got {input.shape}")
    known = constant_value(rates)
    if known is not None and (known < 1).any():
        raise ValueError(f"dilation_rate must be positive, got {known.tolist()}")
    if known is not None and (known == 1).all():
        return op(input, count, padding)
    base = _base_paddings(padding, filter_shape, count, rates if known is None else known)
    paddings, crops = ops.array.required_space_to_batch_paddings(
        _spatial_sizes(input, axes), rates, base_paddings=base
    )
    blocks = _from_axis_one(rates, 1, axes)
    spread = ops.array.space_to_batch_nd(input, blocks, _from_axis_one(paddings, 0, axes))
    slid = op(spread, count, "VALID")
    result: Tensor = ops.array.batch_to_space_nd(slid, blocks, _from_axis_one(crops, 0, axes))
    return result


def _spatial_axes(
    count: int, spatial_dims: Sequence[int] | None, data_format: str | None
) -> list[int]:
    if spatial_dims is None:
        first = 2 if data_format is not None and data_format.startswith("NC") else 1
        return list(range(first, first + count))
    axes = [int(axis) for axis in spatial_dims]
    if axes != sorted(set(axes)) or axes[0] < 1:
        raise ValueError(
            "spatial_dims must be a montonically increasing sequence of positive integers, got "
            f"{axes}"
        )
    return axes


def _base_paddings(padding: str, filter_shape: Any, count: int, rates: Any) -> Any:
    """The padding of windows that span `(size - 1) * rate + 1` elements: [count, 2]."""
    if padding == "VALID":
        return np.zeros([count, 2], np.int32)
    if padding != "SAME":
        raise ValueError(f"Invalid padding method {padding!r}")
    if filter_shape is None:
        raise ValueError("filter_shape must be specified for SAME padding")
    sizes = convert_to_tensor(filter_shape, name="filter_shape")
    known = constant_value(sizes)
    total = ((sizes if known is None else known)[:count] - 1) * rates
    before = total // 2
    if isinstance(total, np.ndarray):
        return np.stack([before, total - before], axis=1).astype(np.int32)
    return ops.array.stack([before, total - before], axis=1)


def _spatial_sizes(input: Tensor, axes: Sequence[int]) -> Any:
    shape: TensorShape = input.shape
    if shape.ndims is not None:
        sizes = [shape.as_list()[axis] for axis in axes]
        if None not in sizes:
            return np.array(sizes, np.int32)
    dynamic = ops.array.shape(input)
    return ops.array.stack([dynamic[axis] for axis in axes])


def _from_axis_one(values: Tensor, fill: int, axes: Sequence[int]) -> Any:
    """Values of the spatial axes as those of all axes from 1 to the last spatial one."""
    known = constant_value(values)
    rows = values if known is None else known
    filler = np.full([2] if values.shape.ndims == 2 else [], fill, np.int32)  # a pair or a number
    parts = [rows[axes.index(axis)] if axis in axes else filler for axis in range(1, axes[-1] + 1)]
    return np.stack(parts) if known is not None else ops.array.stack(parts)
