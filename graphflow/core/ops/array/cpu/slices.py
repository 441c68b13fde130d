"""Slices on the CPU: at places known when the plan is made, or at places that are inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....base import errors
from ...lowering import Lowering
from ..slice import slice_op, slice_reference
from ..strided_slice import _kinds, strided_slice_op, strided_slice_reference
from .boxes import Place, copy_view, require_fixed_size, stand_in
from .views import copy_known_view, known

_MEANS_NOTHING = (0, -1, 0)


@slice_op.cpu
def slice_cpu(node: Any, k: Lowering) -> None:
    if k.constants[1] is not None and k.constants[2] is not None:
        copy_known_view(node, k, slice_reference)
        return
    (x, begin, _), (y,), sizes = k.inputs, k.outputs, known(k, 2)
    require_fixed_size(k, x)
    rank = len(x.shape)
    k.require(begin.shape == sizes.shape == (rank,) and len(y.shape) == rank)
    k.require(all(n == size for n, size in zip(y.shape, sizes, strict=True)))  # no -1
    k.require(all(n <= limit for n, limit in zip(y.shape, x.shape, strict=True)))
    whole = stand_in(x)
    limits = [limit - n for limit, n in zip(x.shape, y.shape, strict=True)]
    table = [(stride, limit, 0) for stride, limit in zip(whole.strides, limits, strict=True)]

    def failure(value: int, axis: int) -> Exception:
        limit, size = x.shape[axis], y.shape[axis]
        if not 0 <= value <= limit:
            return _invalid(f"Expected begin[{axis}] in [0, {limit}], but got {value}")
        return _invalid(f"Expected size[{axis}] in [0, {limit - value}], but got {size}")

    place = Place(begin, np.array(table, np.int64).reshape(-1, 3), failure)
    copy_view(k, whole[tuple(slice(n) for n in y.shape)], whole, x, y, place)


@strided_slice_op.cpu
def strided_slice_cpu(node: Any, k: Lowering) -> None:
    if all(value is not None for value in k.constants[1:4]):
        copy_known_view(node, k, strided_slice_reference)
    else:
        _slice_at_positions(node, k)


def _slice_at_positions(node: Any, k: Lowering) -> None:
    """An index of positions that are not known, and of whole dimensions: `x[i, :, j]`."""
    (x, begin, _, _), (y,), attrs = k.inputs, k.outputs, node.attrs
    require_fixed_size(k, x)
    strides = known(k, 3)
    k.require((strides == 1).all() and begin.shape == strides.shape)
    kinds = list(_kinds(attrs, len(strides)))
    k.require(kinds.count("ellipsis") <= 1)
    whole = stand_in(x)
    spanned = len(x.shape) - sum(kind in ("position", "range") for kind in kinds)
    k.require(spanned >= 0)
    table: list[tuple[int, int, int]] = []
    index: list[Any] = []
    is_whole, axis = attrs["begin_mask"] & attrs["end_mask"], 0
    for i, kind in enumerate(kinds):
        if kind == "position":
            k.require(x.shape[axis] > 0)
            table.append((whole.strides[axis], x.shape[axis] - 1, x.shape[axis]))
            index.append(0)
        else:
            k.require(kind != "range" or is_whole >> i & 1 == 1)
            table.append(_MEANS_NOTHING)
            index.append({"ellipsis": Ellipsis, "new_axis": None, "range": slice(None)}[kind])
        axis += {"ellipsis": spanned, "new_axis": 0}.get(kind, 1)

    def failure(value: int, item: int) -> Exception:
        return _invalid(f"slice index {value} of dimension {item} out of bounds.")

    view = whole[tuple(index)] if "ellipsis" in kinds else whole[(*index, ...)]  # never a scalar
    k.require(view.shape == y.shape)
    copy_view(k, view, whole, x, y, Place(begin, np.array(table, np.int64), failure))


def _invalid(message: str) -> Exception:
    return errors.InvalidArgumentError(None, None, message)
