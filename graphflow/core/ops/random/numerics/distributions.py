"""RandomUniform, RandomUniformInt, RandomStandardNormal, TruncatedNormal: from bits to numbers.

Every function takes the op's generator first and reserves from it exactly what TF reserves, so that
second and later runs agree with TF as well. `dtype` is a NumPy type; bfloat16 is ml_dtypes'.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....base.errors import InvalidArgumentError
from . import float32_math
from .philox import CHUNK, WORDS, Philox, Stream

DType = np.dtype[Any]

# Blocks that TF reserves for each output: room for a rejection sampler, given to all the others.
RESERVED_PER_OUTPUT = 256

_MANTISSA_BITS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}
_SMALLEST_UNIFORM = 1.0e-7  # log() of anything smaller is kept out of the normal numbers
_TRUNCATION = 2.0  # standard deviations


def uniform(philox: Philox, shape: Sequence[int], dtype: DType) -> np.ndarray:
    """Floating point numbers in [0, 1): RandomUniform.

    Bit for bit TF's.
    """
    stream = philox.reserve(math.prod(shape) * RESERVED_PER_OUTPUT)
    return _fill(stream, shape, dtype, lambda bits: unit_interval(bits, dtype))


def uniform_int(
    philox: Philox, shape: Sequence[int], dtype: DType, low: int, high: int
) -> np.ndarray:
    """Integers in [low, high): RandomUniformInt for int32 and int64.

    Bit for bit TF's, with its slight bias towards small numbers: random bits modulo `high - low`.

    Raises:
      InvalidArgumentError: the interval is empty, and numbers are asked for.
    """
    size = math.prod(shape)
    if size and low >= high:
        raise InvalidArgumentError(None, None, f"Need minval < maxval, got {low} >= {high}")
    stream = philox.reserve(size * RESERVED_PER_OUTPUT)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    base = unsigned.type(low % 2 ** (8 * dtype.itemsize))
    interval = unsigned.type(max(high - low, 1))

    def transform(bits: np.ndarray) -> np.ndarray:
        numbers = bits if unsigned == np.uint32 else _join(bits[:, 0::2], bits[:, 1::2])
        shifted: np.ndarray = base + numbers % interval
        return shifted.view(dtype)

    return _fill(stream, shape, dtype, transform)


def standard_normal(philox: Philox, shape: Sequence[int], dtype: DType) -> np.ndarray:
    """Normal numbers of mean 0 and deviation 1: RandomStandardNormal.

    Bit for bit TF's, except that a float64 may differ in the last place or two: NumPy's log, sin
    and cos are not the C library's.
    """
    stream = philox.reserve(math.prod(shape) * RESERVED_PER_OUTPUT)
    return _fill(stream, shape, dtype, lambda bits: box_muller(bits, dtype))


def truncated_normal(philox: Philox, shape: Sequence[int], dtype: DType) -> np.ndarray:
    """Normal numbers, those two deviations or more from 0 drawn again: TruncatedNormal.

    A group of outputs, as many as a block gives normal numbers, has a stretch of the stream of its
    own and takes what it accepts from there, one block after the other.
    """
    size = math.prod(shape)
    stream = philox.reserve(size * RESERVED_PER_OUTPUT)
    width = _results_per_block(dtype)
    stride = width * RESERVED_PER_OUTPUT // WORDS
    out = np.empty((-(-size // width), width), dtype)
    for first in range(0, len(out), CHUNK):
        part = out[first : first + CHUNK]
        starts = np.arange(first, first + len(part), dtype=np.uint64) * np.uint64(stride)
        part[...] = _truncated_groups(stream, starts, _wide(dtype))
    return out.reshape(-1)[:size].reshape(shape)


def _truncated_groups(stream: Stream, starts: np.ndarray, dtype: DType) -> np.ndarray:
    """One block's worth of truncated normal numbers from each of these places on: [n, 2 or 4]."""
    out = _normal_pairs(stream.blocks_at(starts), dtype)
    (unfinished,) = np.nonzero((np.abs(out) >= _TRUNCATION).any(axis=1))
    filled = np.zeros(len(out), np.intp)
    block = 0
    while unfinished.size:
        candidates = _normal_pairs(stream.blocks_at(starts[unfinished] + np.uint64(block)), dtype)
        _take_accepted(candidates, unfinished, out, filled)
        unfinished = unfinished[filled[unfinished] < out.shape[1]]
        block += 1
    return out


def _take_accepted(
    candidates: np.ndarray, groups: np.ndarray, out: np.ndarray, filled: np.ndarray
) -> None:
    """Appends the candidates inside the bounds to rows `groups` of `out`, while there is room."""
    accepted = np.abs(candidates) < _TRUNCATION
    places = filled[groups, None] + np.cumsum(accepted, axis=1) - 1
    accepted &= places < out.shape[1]
    rows = np.broadcast_to(groups[:, None], places.shape)
    out[rows[accepted], places[accepted]] = candidates[accepted]
    filled[groups] += accepted.sum(axis=1)


# --- one block's bits ----------------------------------------------------------------------------


def unit_interval(bits: np.ndarray, dtype: DType) -> np.ndarray:
    """Numbers in [0, 1) from random mantissa bits.

    Args:
      bits: uint32 [..., 2 n], contiguous; a float64 takes two words, other types one.
      dtype: a floating point type.

    Returns:
      [..., n] for float64, else [..., 2 n].
    """
    if dtype == np.float64:
        words = _join(low=bits[..., 1::2], high=bits[..., 0::2])
        pattern64 = (words & np.uint64(0x000FFFFFFFFFFFFF)) | np.uint64(0x3FF0000000000000)
        return pattern64.view(np.float64) - 1.0
    if dtype == np.float32:
        pattern = (bits & np.uint32(0x007FFFFF)) | np.uint32(0x3F800000)
        return pattern.view(np.float32) - np.float32(1)
    mantissa_bits = _MANTISSA_BITS[dtype.name]
    mantissa = bits & np.uint32(2**mantissa_bits - 1)
    return (mantissa * np.float32(2.0**-mantissa_bits)).astype(dtype)


def box_muller(bits: np.ndarray, dtype: DType) -> np.ndarray:
    """Normal numbers, in pairs, from pairs of uniform ones.

    Args:
      bits: uint32 [n, 4].
      dtype: a floating point type; the short ones are computed in float32.

    Returns:
      [n, 2] for float64, else [n, 4].
    """
    return _normal_pairs(bits, _wide(dtype)).astype(dtype, copy=False)


def _normal_pairs(bits: np.ndarray, dtype: DType) -> np.ndarray:
    """Box-Muller in float32 or float64, every step rounded to that type as in TF."""
    uniforms = unit_interval(bits, dtype)
    magnitude = np.maximum(uniforms[:, 0::2], dtype.type(_SMALLEST_UNIFORM))
    angle = (2 * np.pi * uniforms[:, 1::2].astype(np.float64)).astype(dtype)
    if dtype == np.float32:
        magnitude, (sine, cosine) = float32_math.log(magnitude), float32_math.sin_cos(angle)
    else:
        magnitude, sine, cosine = np.log(magnitude), np.sin(angle), np.cos(angle)
    radius = np.sqrt(dtype.type(-2) * magnitude)
    out = np.empty_like(uniforms)
    np.multiply(sine, radius, out=out[:, 0::2])
    np.multiply(cosine, radius, out=out[:, 1::2])
    return out


def _join(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """uint64 from two words each."""
    joined: np.ndarray = low | high.astype(np.uint64) << np.uint64(32)
    return joined


def _wide(dtype: DType) -> DType:
    """The type in which normal numbers of `dtype` are computed."""
    return dtype if dtype == np.float64 else np.dtype(np.float32)


def _results_per_block(dtype: DType) -> int:
    return 2 if dtype.itemsize == 8 else WORDS


def _fill(
    stream: Stream,
    shape: Sequence[int],
    dtype: DType,
    transform: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """An array of numbers that take one block for each two (64 bits) or four (shorter ones)."""
    size = math.prod(shape)
    width = _results_per_block(dtype)
    out = np.empty((-(-size // width), width), dtype)
    for first, bits in stream.chunks(len(out)):
        out[first : first + len(bits)] = transform(bits)
    return out.reshape(-1)[:size].reshape(shape)
