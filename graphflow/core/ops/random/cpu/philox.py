"""Random numbers on the CPU: RandomUniform and its kin, with a state or with seeds as an input.

The lowering of an op with a state gets one input more than the node has, the last one: int64 [4]

    key | 0 | low half of the counter | high half of the counter

as `state_words` makes it of the generator in the session's op state (`common.philox_of`). The
numbers of a run are those of its counter on; the last call of the lowering moves the counter past
them. After a run, `take_words` brings the generator up to date, so that a run on the host goes on
where the kernels stopped; without runs on the host in between, once is enough at any time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....base import errors
from ...lowering import Argument, Buffer, Lowering, Table
from ..normal import random_standard_normal_op, truncated_normal_op
from ..numerics import float32_math
from ..numerics.distributions import RESERVED_PER_OUTPUT
from ..numerics.philox import WORDS, Philox
from ..stateless import (
    stateless_random_normal_op,
    stateless_random_uniform_int_op,
    stateless_random_uniform_op,
    stateless_truncated_normal_op,
)
from ..uniform import random_uniform_int_op, random_uniform_op

_TYPES = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
_SPACE = 128  # bytes of the blocks that are made at a time, on any machine
_GRAIN = 64  # numbers: whole vectors of blocks
_LOW64 = (1 << 64) - 1
_COST = {"uniform": 0.7, "integers": 2.5, "normal": 3.0, "truncated": 26.0}  # ns of a number


def state_words(philox: Philox) -> np.ndarray:
    """The state that kernels read: int64 [4]."""
    stream = philox.reserve(0)
    words = [stream.key, 0, stream.counter & _LOW64, stream.counter >> 64]
    return np.array(words, np.uint64).view(np.int64)


def take_words(philox: Philox, words: np.ndarray) -> None:
    """Moves a generator to where kernels have left its state."""
    _, _, low, high = (int(w) for w in words.view(np.uint64))
    behind = ((high << 64 | low) - philox.reserve(0).counter) & ((1 << 128) - 1)
    philox.reserve(behind)


# --- ops with a state -----------------------------------------------------------------------------


@random_uniform_op.cpu
def random_uniform_cpu(node: Any, k: Lowering) -> None:
    _fill(k, "uniform", _state(k, 1), [])
    _advance(k)


@random_standard_normal_op.cpu
def random_standard_normal_cpu(node: Any, k: Lowering) -> None:
    _fill(k, "normal", _state(k, 1), [_logarithms()])
    _advance(k)


@truncated_normal_op.cpu
def truncated_normal_cpu(node: Any, k: Lowering) -> None:
    _fill_truncated(k, _state(k, 1))
    _advance(k)


@random_uniform_int_op.cpu
def random_uniform_int_cpu(node: Any, k: Lowering) -> None:
    _fill_integers(k, _state(k, 3), k.inputs[1], k.inputs[2])
    _advance(k)


def _state(k: Lowering, inputs: int) -> Buffer:
    """The state, which comes after the node's own inputs."""
    k.require(len(k.inputs) == inputs + 1 and k.inputs[-1].shape == (4,), "it has no state")
    return k.inputs[-1]


# --- stateless ops --------------------------------------------------------------------------------


@stateless_random_uniform_op.cpu
def stateless_random_uniform_cpu(node: Any, k: Lowering) -> None:
    _fill(k, "uniform", _state_of_seeds(k), [])


@stateless_random_normal_op.cpu
def stateless_random_normal_cpu(node: Any, k: Lowering) -> None:
    _fill(k, "normal", _state_of_seeds(k), [_logarithms()])


@stateless_truncated_normal_op.cpu
def stateless_truncated_normal_cpu(node: Any, k: Lowering) -> None:
    _fill_truncated(k, _state_of_seeds(k))


@stateless_random_uniform_int_op.cpu
def stateless_random_uniform_int_cpu(node: Any, k: Lowering) -> None:
    _fill_integers(k, _state_of_seeds(k), k.inputs[2], k.inputs[3])


def _state_of_seeds(k: Lowering) -> Buffer:
    """A state of its own for one run, made of the second input."""
    seeds = k.inputs[1]
    k.require(seeds.shape == (2,))
    state = k.temporary(32, "random state")
    args: list[Argument] = [k.write(state), k.read(seeds), seeds.itemsize, k.workspace(_SPACE)]
    k.call("random.scramble", 1, args, cost=50.0)
    return state


# --- calls ----------------------------------------------------------------------------------------


def _fill(k: Lowering, what: str, state: Buffer, args: list[Argument], **options: Any) -> None:
    """Calls a kernel whose items are numbers."""
    (y,) = k.outputs
    k.require(y.kind in _TYPES)
    words = [k.write(y), k.read(state, whole=True), k.workspace(_SPACE), *args]
    name = f"random.{what}_{_TYPES[y.kind]}"
    k.call(name, y.size, words, grain=_GRAIN, cost=_COST[what] * y.size, **options)


def _fill_integers(k: Lowering, state: Buffer, low: Buffer, high: Buffer) -> None:
    k.require(low.size == high.size == 1 and not low.shape and not high.shape)
    args: list[Argument] = [k.read(low, whole=True), k.read(high, whole=True), k.failure()]
    _fill(k, "integers", state, args, failure=_empty_interval)


def _empty_interval(low: int, high: int) -> Exception:
    return errors.InvalidArgumentError(None, None, f"Need minval < maxval, got {low} >= {high}")


def _fill_truncated(k: Lowering, state: Buffer) -> None:
    (y,) = k.outputs
    k.require(y.kind in ("float32", "float64"))
    width = 16 // y.itemsize  # numbers of a group: as many as a block of bits gives
    groups = -(-y.size // width)
    stride = width * RESERVED_PER_OUTPUT // WORDS
    target = k.write(y, whole=groups * width != y.size)
    args: list[Argument] = [target, k.read(state, whole=True), k.workspace(_SPACE)]
    args += [_logarithms(), y.size, stride]
    cost = _COST["truncated"] * y.size
    k.call(f"random.truncated_{_TYPES[y.kind]}", groups, args, cost=cost)


def _logarithms() -> Table:
    """For sixteenths of the mantissas: 1 / c and log c, by turns."""
    return Table(np.stack([float32_math._INVERSE_C, float32_math._LOG_C], axis=1))


def _advance(k: Lowering) -> None:
    """Takes from the state what TensorFlow takes: the same for all kinds of numbers."""
    blocks = math.prod(k.outputs[0].shape) * RESERVED_PER_OUTPUT
    k.call("random.advance", 1, [k.update(k.inputs[-1], whole=True), blocks])
