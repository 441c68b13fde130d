"""Fractional pooling (Graham 2014): windows of random sizes that shrink images by any ratio.

Each run cuts the rows and the columns of all images into stretches whose lengths are the two
integers nearest to the ratio, in random order or (`pseudo_random`) in Graham's smoother one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..random.numerics.philox import WORDS, Philox
from ..shape_rules import same_as_input
from .range_samplers import Words

_TYPES = "T: {float, double, int32, int64}"
_ATTRS = [
    "pooling_ratio: list(float) >= 4",
    "pseudo_random: bool = false",
    "overlapping: bool = false",
    "deterministic: bool = false",
    "seed: int = 0",
    "seed2: int = 0",
    _TYPES,
]
_SEQUENCES = ["row_pooling_sequence: int64", "col_pooling_sequence: int64"]

Cell = tuple[int, int, slice, slice]


def fractional_pool_shape(context: ShapeContext) -> list[TensorShape]:
    """Sequences hold the starts of the stretches and the end; TF's shape rule forgets the end."""
    sizes = context.with_rank(0, 4).as_list()
    ratio = context.attrs["pooling_ratio"]
    if len(ratio) != 4:
        raise ValueError(f"pooling_ratio field must specify 4 dimensions, got {list(ratio)}")
    out = [None if s is None else _shrunk(s, r) for s, r in zip(sizes, ratio, strict=True)]
    sequences = [TensorShape([None if s is None else s + 1]) for s in out[1:3]]
    return [TensorShape(out), *sequences]


def _shrunk(size: int, ratio: float) -> int:
    shrunk = math.floor(np.float32(size) / np.float32(ratio))
    if shrunk < 0:
        raise ValueError(f"a pooling ratio must be positive, got {ratio}")
    return shrunk


# --- where the cuts are --------------------------------------------------------------------------


def _sequences(node: Any, context: Any, shape: Sequence[int]) -> list[np.ndarray]:
    """The cuts of the rows and of the columns, with the numbers that TF draws for them.

    Raises:
      InvalidArgumentError: there are seeds, but nothing that they are for; or nothing is left.
      UnimplementedError: a ratio other than one for the images or the channels.
    """
    attrs = node.attrs
    ratio, seeds = attrs["pooling_ratio"], (attrs["seed"], attrs["seed2"])
    if ratio[0] != 1 or ratio[3] != 1:
        raise errors.UnimplementedError(
            None,
            None,
            "Fractional pooling is not yet supported on the batch nor channel dimension, got "
            f"pooling_ratio {list(ratio)}.",
        )
    if not attrs["deterministic"] and seeds != (0, 0):
        raise errors.InvalidArgumentError(
            None, None, "Both seed and seed2 should be 0 if deterministic is false."
        )
    philox = _generator(node, context)
    cut = _smooth_cuts if attrs["pseudo_random"] else _shuffled_cuts
    sequences = []
    for size, r in zip(shape[1:3], ratio[1:3], strict=True):
        count = _shrunk(size, r)
        if count == 0:
            raise errors.InvalidArgumentError(
                None, None, f"nothing is left of {size} elements at pooling ratio {r}"
            )
        sequences.append(cut(size, count, philox))
    return sequences


def _generator(node: Any, context: Any) -> Philox:
    """Where runs are to be alike the generator starts anew in each, else it has no seed."""
    if not node.attrs["deterministic"]:
        return Philox(0, 0)
    seeds = node.attrs["seed"], node.attrs["seed2"]
    if seeds == (0, 0):  # drawn once
        seeds = context.op_state(
            node, lambda: tuple(np.random.default_rng().integers(1, 2**62, 2).tolist())
        )
    return Philox(*seeds)


def _shuffled_cuts(size: int, count: int, philox: Philox) -> np.ndarray:
    lengths = [size // count + (i < size % count) for i in range(count)]
    words = Words(philox.reserve(-(-count // WORDS)))
    for i in range(count - 1):  # Fisher and Yates, from the front
        other = i + words.word() % (count - i)
        lengths[i], lengths[other] = lengths[other], lengths[i]
    return np.concatenate([[0], np.cumsum(lengths)])


def _smooth_cuts(size: int, count: int, philox: Philox) -> np.ndarray:
    """Cuts at ceil(alpha * (i + u)) - 1, with one random u for all."""
    alpha, whole = size / count, size // count
    most = min((whole + 2) / alpha - 1, (size + 1 - whole) / alpha - (count - 1))
    u = Words(philox.reserve(1)).double() * most
    inner = [math.ceil(alpha * (i + u)) - 1 for i in range(1, count)]
    return np.array([0, *inner, size])


def _cells(node: Any, rows: np.ndarray, columns: np.ndarray) -> Iterator[Cell]:
    """For each window: its place in the output, and the rows and columns that it covers."""
    reach = 1 if node.attrs["overlapping"] else 0
    for i, (top, bottom) in enumerate(zip(rows[:-1], rows[1:], strict=True)):
        for j, (left, right) in enumerate(zip(columns[:-1], columns[1:], strict=True)):
            yield i, j, slice(top, bottom + reach), slice(left, right + reach)


def _pool(
    node: Any, context: Any, x: np.ndarray, reduce: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = _sequences(node, context, x.shape)
    result = np.empty((x.shape[0], len(rows) - 1, len(columns) - 1, x.shape[3]), x.dtype)
    for i, j, down, across in _cells(node, rows, columns):
        result[:, i, j] = reduce(x[:, down, across])
    return result, rows, columns


# --- max -----------------------------------------------------------------------------------------


def _define(name: str, inputs: list[str]) -> tuple[OpDef, OpDef]:
    pool = define_op(
        name,
        inputs=["value: T"],
        outputs=["output: T", *_SEQUENCES],
        attrs=_ATTRS,
        shape=fractional_pool_shape,
        is_stateful=True,
    )
    grad = define_op(
        f"{name}Grad",
        inputs=[*inputs, "out_backprop: T", *_SEQUENCES],
        outputs=["output: T"],
        attrs=["overlapping: bool = false", _TYPES],
        shape=same_as_input if len(inputs) == 2 else lambda context: context.constant_shape(0),
    )
    return pool, grad


fractional_max_pool_op, fractional_max_pool_grad_op = _define(
    "FractionalMaxPool", ["orig_input: T", "orig_output: T"]
)
fractional_avg_pool_op, fractional_avg_pool_grad_op = _define(
    "FractionalAvgPool", ["orig_input_tensor_shape: int64"]
)


@fractional_max_pool_op.define_with_context
def fractional_max_pool_reference(node: Any, context: Any, x: np.ndarray) -> tuple[Any, ...]:
    return _pool(node, context, x, lambda window: window.max(axis=(1, 2)))


@fractional_max_pool_grad_op.define
def fractional_max_pool_grad_reference(
    node: Any,
    x: np.ndarray,
    y: np.ndarray,
    dy: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    """The first of equal maxima gets the gradient."""
    result = np.zeros_like(x)
    images, channels = np.ogrid[: x.shape[0], : x.shape[3]]
    for i, j, down, across in _cells(node, rows, columns):
        window = x[:, down, across]
        flat = window.reshape(x.shape[0], window.shape[1] * window.shape[2], x.shape[3])
        row, column = np.divmod(flat.argmax(axis=1), window.shape[2])
        result[images, down.start + row, across.start + column, channels] += dy[:, i, j]
    return result


@fractional_max_pool_op.grad
def fractional_max_pool_grad(op: Any, dy: Tensor, *_: Any) -> Tensor:
    y, rows, columns = op.outputs
    overlapping = op.node_attrs["overlapping"]
    tensor: Tensor = fractional_max_pool_grad_op(
        op.inputs[0], y, dy, rows, columns, overlapping=overlapping
    )
    return tensor


# --- average -------------------------------------------------------------------------------------


@fractional_avg_pool_op.define_with_context
def fractional_avg_pool_reference(node: Any, context: Any, x: np.ndarray) -> tuple[Any, ...]:
    def mean(window: np.ndarray) -> np.ndarray:
        total: np.ndarray = window.sum(axis=(1, 2), dtype=x.dtype)
        count = window.shape[1] * window.shape[2]
        if x.dtype.kind == "f":
            return total / x.dtype.type(count)
        return (np.sign(total) * (np.abs(total) // count)).astype(x.dtype)  # rounds to zero

    return _pool(node, context, x, mean)


@fractional_avg_pool_grad_op.define
def fractional_avg_pool_grad_reference(
    node: Any, sizes: np.ndarray, dy: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    if sizes.shape != (4,):
        raise errors.InvalidArgumentError(
            None,
            None,
            "original input tensor shape must be 1-dimensional and 4 elements, got shape "
            f"{list(sizes.shape)}",
        )
    result = np.zeros(sizes, np.float64)
    for i, j, down, across in _cells(node, rows, columns):
        window = result[:, down, across]
        window += dy[:, i : i + 1, j : j + 1] / (window.shape[1] * window.shape[2])
    return result.astype(dy.dtype)


@fractional_avg_pool_op.grad
def fractional_avg_pool_grad(op: Any, dy: Tensor, *_: Any) -> Tensor:
    _, rows, columns = op.outputs
    sizes = ops.array.shape(op.inputs[0], out_type=dtypes.int64)
    overlapping = op.node_attrs["overlapping"]
    tensor: Tensor = fractional_avg_pool_grad_op(sizes, dy, rows, columns, overlapping=overlapping)
    return tensor


# --- the public functions ------------------------------------------------------------------------


def _make(op_def: OpDef, function: str, what: str) -> Callable[..., Any]:
    def pool(
        value: Any,
        pooling_ratio: Sequence[float],
        pseudo_random: bool = False,
        overlapping: bool = False,
        deterministic: bool = False,
        seed: int = 0,
        seed2: int = 0,
        name: str | None = None,
    ) -> Any:
        return op_def(
            value,
            pooling_ratio=pooling_ratio,
            pseudo_random=pseudo_random,
            overlapping=overlapping,
            deterministic=deterministic,
            seed=seed,
            seed2=seed2,
            name=name,
        )

    pool.__name__ = pool.__qualname__ = function
    pool.__doc__ = f"""The {what} over windows of random sizes.

    Args:
      value: [batch, height, width, channels].
      pooling_ratio: 4 floats of which the first and last are 1: how much smaller images become.
      pseudo_random: whether cuts follow a line rather than being shuffled.
      overlapping: whether windows have their last row and column in common with the next.
      deterministic: whether all runs are cut alike.
      seed: two seeds, for deterministic cuts only.
      seed2: likewise.
      name: the node's name.

    Returns:
      (output, row_pooling_sequence, col_pooling_sequence): the sequences are the cuts, from 0 to
      the size of the image.
    """
    return pool


fractional_max_pool = _make(fractional_max_pool_op, "fractional_max_pool", "maximum")
fractional_avg_pool = _make(fractional_avg_pool_op, "fractional_avg_pool", "mean")
