"""Slice and StridedSlice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .writer import ChannelsFirst, RefusedError, Result, Writer, place_in_first

_END = np.iinfo(np.int64).max
_BEGIN = np.iinfo(np.int64).min


def plain_slice(to: Writer, op: Operation) -> Result:
    """From `begin` on, `size` elements of each dimension; -1 means all that are left."""
    x, begin, size = op.inputs
    first, count = to.known(begin), to.known(size)
    if first is None or count is None:
        start, length = to.int64(begin), to.int64(size)
        is_rest = to.node("Less", length, np.int64(0))
        end = to.node("Where", is_rest, np.int64(_END), to.node("Add", start, length))
        return to.node("Slice", to.value(x), start, end)
    ends = np.where(count < 0, _END, first.astype(np.int64) + count)
    axes = list(range(len(first)))
    return _sliced(to, x, first.tolist(), ends.tolist(), axes, [1] * len(axes))


def _sliced(to: Writer, x: Tensor, starts: Any, ends: Any, axes: Any, steps: Any) -> Result:
    """A slice that leaves the rank, of images in either order."""
    if x.shape.ndims is not None and to.is_channels_first(x):
        places = [place_in_first(axis, x.shape.ndims) for axis in axes]
        return ChannelsFirst(to.node("Slice", to.channels_first(x), starts, ends, places, steps))
    return to.node("Slice", to.value(x), starts, ends, axes, steps)


@dataclass
class _Spec:
    """What the masks of a StridedSlice say.

    Attributes:
      entries: the entries of `begin` and `end` that slice, as their numbers.
      axes: the dimension of each entry.
      removed: dimensions that an index takes away.
      added: where the result has a new dimension of size 1.
    """

    entries: list[int] = field(default_factory=list)
    axes: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)


def strided_slice(to: Writer, op: Operation) -> Result:
    x, begin, end, strides = op.inputs
    steps = to.known(strides)
    if steps is None:
        raise RefusedError("its strides are not known")
    spec = _spec(op, len(steps))
    steps = steps[spec.entries].astype(np.int64)
    starts, ends = _limits(to, op, begin, end, spec, steps)
    if not spec.removed and not spec.added:
        return _sliced(to, x, starts, ends, spec.axes, steps.tolist())
    name = to.value(x)
    if spec.axes:
        name = to.node("Slice", name, starts, ends, spec.axes, steps.tolist())
    if spec.removed:
        name = to.node("Squeeze", name, spec.removed)
    if spec.added:
        name = to.node("Unsqueeze", name, spec.added)
    return name


def _spec(op: Operation, count: int) -> _Spec:
    def masked(mask: str, entry: int) -> bool:
        return bool(op.node_attrs[f"{mask}_mask"] >> entry & 1)

    spec = _Spec()
    axis = place = 0
    slicing = sum(not masked("new_axis", e) and not masked("ellipsis", e) for e in range(count))
    for entry in range(count):
        if masked("ellipsis", entry):
            rank = op.inputs[0].shape.ndims
            if rank is None:
                if entry < count - 1:
                    raise RefusedError("the rank of its input is not known")
                rank = slicing
            axis, place = axis + rank - slicing, place + rank - slicing
        elif masked("new_axis", entry):
            spec.added.append(place)
            place += 1
        else:
            spec.entries.append(entry)
            spec.axes.append(axis)
            if masked("shrink_axis", entry):
                spec.removed.append(axis)
            else:
                place += 1
            axis += 1
    return spec


def _limits(
    to: Writer, op: Operation, begin: Tensor, end: Tensor, spec: _Spec, steps: np.ndarray
) -> tuple[Any, Any]:
    """First and last places: as lists when they are known, else as names of values."""
    open_begin = _bits(op.node_attrs["begin_mask"], spec)
    open_end = _bits(op.node_attrs["end_mask"], spec)
    single = _bits(op.node_attrs["shrink_axis_mask"], spec)
    first = np.where(steps > 0, 0, _END)
    last = np.where(steps > 0, _END, _BEGIN)
    known = to.known(begin), to.known(end)
    if known[0] is not None and known[1] is not None:
        starts, ends = (array[spec.entries].astype(np.int64) for array in known)
        starts = np.where(open_begin & ~single, first, starts)
        after = np.where(starts == -1, _END, starts + 1)
        ends = np.where(single, after, np.where(open_end, last, ends))
        return starts.tolist(), ends.tolist()
    chosen = np.array(spec.entries, np.int64)
    starts, ends = (to.node("Gather", to.int64(tensor), chosen) for tensor in (begin, end))
    starts = to.node("Where", open_begin & ~single, first, starts)
    is_last = to.node("Equal", starts, np.int64(-1))
    after = to.node("Where", is_last, np.int64(_END), to.node("Add", starts, np.int64(1)))
    ends = to.node("Where", single, after, to.node("Where", open_end, last, ends))
    return starts, ends


def _bits(mask: int, spec: _Spec) -> np.ndarray:
    return np.array([mask >> entry & 1 for entry in spec.entries], bool)
