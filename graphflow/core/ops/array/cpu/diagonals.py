"""Diagonals and bands of matrices on the CPU: a diagonal is a view with strides of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...lowering import Argument, Lowering, Table
from ..matrix_diag import (
    diag_op,
    diag_part_op,
    matrix_band_part_op,
    matrix_diag_op,
    matrix_diag_part_op,
    matrix_set_diag_op,
)
from .boxes import BYTES_PER_NS, copy_into_view, copy_view, require_fixed_size, stand_in
from .margins import fill
from .views import known


def _diagonal(matrices: np.ndarray) -> np.ndarray:
    """The main diagonals of a stack of matrices."""
    return matrices.diagonal(axis1=-2, axis2=-1)


@matrix_diag_op.cpu
def matrix_diag_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    require_fixed_size(k, x)
    k.require(len(x.shape) > 0 and y.shape == (*x.shape, x.shape[-1]))
    fill(k, y, Table(np.zeros(2, np.int64)))
    whole = stand_in(y)
    copy_into_view(k, _diagonal(whole), whole, x, y)


@diag_op.cpu
def diag_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    require_fixed_size(k, x)
    k.require(len(x.shape) > 0 and y.shape == x.shape * 2)
    fill(k, y, Table(np.zeros(2, np.int64)))
    whole = stand_in(y)
    copy_into_view(k, _diagonal(whole.reshape(x.size, x.size)), whole, x, y)


@matrix_diag_part_op.cpu
def matrix_diag_part_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    require_fixed_size(k, x)
    k.require(len(x.shape) > 1)
    whole = stand_in(x)
    k.require(_diagonal(whole).shape == y.shape)
    copy_view(k, _diagonal(whole), whole, x, y)


@diag_part_op.cpu
def diag_part_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    require_fixed_size(k, x)
    k.require(x.shape == y.shape * 2)
    whole = stand_in(x)
    copy_view(k, _diagonal(whole.reshape(y.size, y.size)), whole, x, y)


@matrix_set_diag_op.cpu
def matrix_set_diag_cpu(node: Any, k: Lowering) -> None:
    (x, diagonal), (y,) = k.inputs, k.outputs
    require_fixed_size(k, x)
    k.require(len(x.shape) > 1 and x.shape == y.shape)
    whole = stand_in(x)
    k.require(_diagonal(whole).shape == diagonal.shape)
    copy_view(k, whole, whole, x, y)
    copy_into_view(k, _diagonal(whole), whole, diagonal, y)


@matrix_band_part_op.cpu
def matrix_band_part_cpu(node: Any, k: Lowering) -> None:
    x, (y,), lower, upper = k.inputs[0], k.outputs, known(k, 1), known(k, 2)
    require_fixed_size(k, x)
    k.require(len(x.shape) > 1 and x.shape == y.shape and lower.shape == upper.shape == ())
    rows, columns = x.shape[-2:]
    k.require(int(lower) <= rows and int(upper) <= columns)
    if x.size:
        kept = [int(n) if n >= 0 else rows + columns for n in (lower, upper)]
        words: list[Argument] = [k.write(y), k.read(x), rows, columns, x.itemsize, *kept]
        k.call("move.band", math.prod(x.shape[:-1]), words, cost=2 * y.nbytes / BYTES_PER_NS)
