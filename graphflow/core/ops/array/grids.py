"""Ops composed of others that repeat elements: meshgrid, repeat."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .fill import ones
from .join import concat, stack
from .masks import boolean_mask, sequence_mask
from .pad_tile import tile
from .reshape import expand_dims, reshape
from .shapes import broadcast_to, rank, shape, size


def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """The coordinates of a grid, from its axes.

    Args:
      *args: n vectors.
      **kwargs: `indexing`: `xy` (rows are y, columns x; the default) or `ij`; `name`.

    Returns:
      n tensors of rank n.

    Raises:
      TypeError: another keyword.
      ValueError: another indexing.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", args):
        count = len(args)
        columns: list[Any] = []
        for i, x in enumerate(args):
            columns.append(reshape(stack(x), [-1 if axis == i else 1 for axis in range(count)]))
        sizes = [size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype if args else dtypes.float32
        if indexing == "xy" and count > 1:
            columns[0] = reshape(columns[0], [1, -1] + [1] * (count - 2))
            columns[1] = reshape(columns[1], [-1, 1] + [1] * (count - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        grid = ones(sizes, dtype)
        return [column * grid for column in columns]


def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """Each element (or slice along `axis`) as often as `repeats` says: `numpy.repeat`.

    Args:
      input: any type.
      repeats: an integer, or a vector with an entry for each slice.
      axis: the dimension; by default `input` is flattened.
      name: the name scope.

    Raises:
      TypeError: the axis is no int, or `repeats` no integer.
    """
    if axis is None:
        input = reshape(input, [-1])
        axis = 0
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int; got {type(axis).__name__}")
    with name_scope(name, "Repeat", [input, repeats]):
        data = convert_to_tensor(input, name="data")
        repeats = convert_to_tensor(repeats, name="repeats", preferred_dtype=dtypes.int32)
        if not repeats.dtype.is_integer:
            raise TypeError(f"repeats must be an integer tensor; dtype={repeats.dtype}")
        repeats = ops.elementwise.cast(repeats, dtypes.int32)
        repeats.shape.with_rank_at_most(1)
        if data.shape.ndims == 0:
            data = expand_dims(data, 0)
        axis = _from_front(axis, data.shape.ndims)
        sizes: Any = shape(data)
        if repeats.shape.ndims == 0:
            tiled = _tiled(expand_dims(data, axis + 1), axis + 1, repeats)
            return reshape(tiled, concat([sizes[:axis], [-1], sizes[axis + 1 :]], axis=0))
        data.shape[axis : axis + 1].assert_is_compatible_with(repeats.shape)
        return _repeat_each(data, repeats, axis, sizes)


def _repeat_each(data: Tensor, repeats: Any, axis: int, sizes: Any) -> Tensor:
    """Repeats every slice as often as the largest count, and masks what is too much."""
    counts: Any = broadcast_to(repeats, sizes[: axis + 1])
    counts.set_shape([None] * (axis + 1))
    most = ops.elementwise.maximum(0, ops.reduction.reduce_max(repeats))
    tiled = _tiled(expand_dims(data, axis + 1), axis + 1, most)
    kept = boolean_mask(tiled, sequence_mask(counts, most))
    result = kept
    if axis:
        result = reshape(kept, concat([sizes[:axis], [-1], sizes[axis + 1 :]], axis=0))
    known = data.shape
    result.set_shape(known[:axis].concatenate([None]).concatenate(known[axis + 1 :]))
    return result


def _from_front(axis: int, ndims: int | None) -> int:
    if ndims is None:
        if axis < 0:
            raise ValueError("axis may only be negative if ndims is statically known.")
        return axis
    if not -ndims <= axis < ndims:
        raise ValueError(f"axis={axis} out of bounds: expected {-ndims}<=axis<{ndims}")
    return axis % ndims


def _tiled(data: Tensor, axis: int, times: Any) -> Tensor:
    if data.shape.ndims is not None:
        multiples: Any = [1] * data.shape.ndims
        multiples[axis] = times
    else:
        single: Any = ones(stack([rank(data)]), dtypes.int32)
        multiples = concat([single[:axis], [times], single[axis + 1 :]], axis=0)
    return tile(data, multiples)
