"""Updates of some rows of a variable on the CPU; updates of all of it are fused elementwise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....base import errors
from ...array.cpu.places import column_bands, index_kind
from ...lowering import Argument, Buffer, Lowering, Table
from ..adagrad import adagrad_ops, adagrad_v2_ops
from ..momentum import momentum_ops

_TYPES = {"float32": "f32", "float64": "f64"}


def _adagrad(node: Any, k: Lowering) -> None:
    variable, slot, rate, gradient, indices = k.inputs
    none = Table(np.zeros(1, variable.dtype.as_numpy_dtype))
    option = int(node.attrs["update_slots"])
    _update(k, "adagrad", [variable, slot], gradient, indices, [_number(k, rate), none], option)


def _adagrad_v2(node: Any, k: Lowering) -> None:
    variable, slot, rate, epsilon, gradient, indices = k.inputs
    numbers = [_number(k, rate), _number(k, epsilon)]
    option = int(node.attrs["update_slots"])
    _update(k, "adagrad", [variable, slot], gradient, indices, numbers, option)


def _momentum(node: Any, k: Lowering) -> None:
    variable, slot, rate, gradient, indices, momentum = k.inputs
    numbers = [_number(k, rate), _number(k, momentum)]
    option = int(node.attrs["use_nesterov"])
    _update(k, "momentum", [variable, slot], gradient, indices, numbers, option)


for _ops, _lowering in {
    adagrad_ops: _adagrad,
    adagrad_v2_ops: _adagrad_v2,
    momentum_ops: _momentum,
}.items():
    for _op in (_ops.sparse, _ops.resource_sparse):
        if _op is not None:
            _op.cpu(_lowering)


def _number(k: Lowering, number: Buffer) -> Argument:
    k.require(number.shape in ((), (1,)))
    return k.read(number, whole=True)


def _update(
    k: Lowering,
    rule: str,
    cells: list[Buffer],
    gradient: Buffer,
    indices: Buffer,
    numbers: list[Argument],
    option: int,
) -> None:
    """Calls the kernel of a rule; what does not fit together is left to the reference."""
    shape, dtype = cells[0].shape, cells[0].dtype
    k.require(cells[0].kind in _TYPES and len(shape) > 0 and cells[0].size > 0)
    k.require(all(cell.shape == shape for cell in cells))
    k.require(all(value.dtype == dtype for value in (*cells, gradient)))
    k.require(len(indices.shape) == 1 and gradient.shape == (*indices.shape, *shape[1:]))
    count, columns = indices.size, math.prod(shape[1:])
    if not count:
        return
    band, items = column_bands(columns * cells[0].itemsize)
    limit = Table(np.array(shape[:1], np.int64))
    words: list[Argument] = [k.update(cell, whole=True) for cell in cells]
    words += [k.read(gradient, whole=True), k.read(indices, whole=True), index_kind(k, indices)]
    words += [limit, count, columns, band // cells[0].itemsize, *numbers, option, k.failure()]

    def failure(value: int, position: int) -> Exception:
        message = f"Index {value} at offset {position} in indices is out of range"
        return errors.InvalidArgumentError(None, None, message)

    cost = count * (4.0 * items + columns)
    kernel = f"gather_updates.{rule}_{_TYPES[cells[0].kind]}"
    k.call(kernel, items, words, cost=cost, failure=failure)
