"""Normal numbers between given bounds: ParameterizedTruncatedNormal.

Robert: Simulation of truncated normal variables. Statistics and Computing 5 (1995). Which proposal
is thinned depends on where the bounds lie: the normal distribution itself, a uniform one on a short
interval, or an exponential one in a tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....base.errors import InternalError, InvalidArgumentError
from .distributions import DType, box_muller, unit_interval
from .philox import WORDS, Philox, Stream

_MAX_REJECTIONS = 1000  # in a row; then the op fails, and that many are reserved for each number
_BATCH_FOR_SCALARS = 100
_NORMAL_REACH = 1.3  # bounds this many deviations off the mean leave enough of a normal proposal


_Candidates = tuple[np.ndarray, np.ndarray]  # [n, m], and whether each of them is accepted
_Proposal = Callable[[np.ndarray, "_Bounds", DType], _Candidates]  # from blocks [n, k, 4]


@dataclass(frozen=True)
class _Bounds:
    """A batch's distribution, turned around if need be so that the lower bound is the finite one.

    Attributes:
      mean, deviation: map a candidate back; the deviation is negative after turning around.
      low, high: the bounds for a standard normal number.
    """

    mean: np.floating
    deviation: np.floating
    low: np.floating
    high: np.floating


def parameterized_truncated_normal(
    philox: Philox,
    shape: Sequence[int],
    means: np.ndarray,
    deviations: np.ndarray,
    minvals: np.ndarray,
    maxvals: np.ndarray,
) -> np.ndarray:
    """Normal numbers, those outside [minval, maxval] drawn again.

    TF lets each shard of the batch skip its own way into the stream. Here a batch is always one
    shard: TF's numbers for small work and for one thread.

    Args:
      philox: the generator.
      shape: of the result; the first dimension is the batch.
      means, deviations, minvals, maxvals: of one floating point type, scalars, or vectors of
        length 1 or shape[0].

    Returns:
      Numbers of the parameters' type.

    Raises:
      InvalidArgumentError: a deviation is not positive, a lower bound not below its upper bound, or
        both are infinite.
      InternalError: a thousand candidates in a row were rejected.
    """
    size = math.prod(shape)
    parameters = [means, deviations, minvals, maxvals]
    batches = shape[0] if shape else 1
    samples = size // batches if batches else 0
    if means.size == deviations.size == 1 and minvals.ndim == maxvals.ndim == 0:
        samples = _BATCH_FOR_SCALARS
        batches = -(-size // samples)
    for name, values in zip(("means", "stddevs", "minvals", "maxvals"), parameters, strict=True):
        if values.size not in (1, batches):
            raise InvalidArgumentError(
                None,
                None,
                f"Input {name} should have length 1 or shape[0], got shape: {list(values.shape)}",
            )
    stream = philox.reserve(batches * 2 * _MAX_REJECTIONS * (samples + 3) // WORDS)
    out = np.empty(size, means.dtype)
    columns = [np.broadcast_to(values.reshape(-1), batches) for values in parameters]
    for batch, distribution in enumerate(zip(*columns, strict=True)):
        part = out[batch * samples : (batch + 1) * samples]
        stream = _fill_batch(stream, part, _standardize(*distribution))
    return out.reshape(shape)


def _standardize(
    mean: np.floating, deviation: np.floating, minval: np.floating, maxval: np.floating
) -> _Bounds:
    if not (deviation > 0 and minval < maxval and (np.isfinite(minval) or np.isfinite(maxval))):
        raise InvalidArgumentError(None, None, "Invalid parameters")
    if minval == -np.inf or maxval < mean:
        minval, maxval, deviation = maxval, minval, -deviation
    return _Bounds(mean, deviation, (minval - mean) / deviation, (maxval - mean) / deviation)


def _fill_batch(stream: Stream, out: np.ndarray, bounds: _Bounds) -> Stream:
    """Fills `out` and returns the stream behind the blocks that it took."""
    blocks_each, propose = _choose_proposal(bounds, out.dtype)
    filled = rejected = 0
    while filled < len(out):
        rounds = len(out) - filled + 8  # a round gives a candidate or more
        bits = stream.blocks(0, rounds * blocks_each).reshape(rounds, blocks_each, WORDS)
        candidates, accepted = propose(bits, bounds, out.dtype)
        (places,) = np.nonzero(accepted.reshape(-1))
        places = places[: len(out) - filled]
        rejected = _check_rejections(places, rejected, candidates.size)
        numbers = candidates.reshape(-1)[places] * bounds.deviation + bounds.mean
        out[filled : filled + len(places)] = numbers
        filled += len(places)
        if filled == len(out):
            rounds = int(places[-1]) // candidates.shape[1] + 1
        stream = stream.skip(rounds * blocks_each)
    return stream


def _check_rejections(places: np.ndarray, before: int, count: int) -> int:
    """Looks for a run of rejections that is too long.

    Args:
      places: the accepted ones among `count` candidates.
      before: how many were rejected last.
      count: the number of candidates.

    Returns:
      How many are rejected at the end.
    """
    runs = np.diff(np.concatenate(([-1 - before], places, [count]))) - 1
    if runs.max() >= _MAX_REJECTIONS:
        raise InternalError(
            None, None, f"no sample was accepted between the bounds in {_MAX_REJECTIONS} trials"
        )
    return int(runs[-1])


def _choose_proposal(bounds: _Bounds, dtype: DType) -> tuple[int, _Proposal]:
    """Blocks for each round of candidates, and the sampler that takes them."""
    low, high = bounds.low, bounds.high
    t = dtype.type
    if (low < -_NORMAL_REACH and high >= 0) or (high > _NORMAL_REACH and low <= 0):
        return 1, _normal_proposal
    root = np.sqrt(low * low + t(4))
    cutoff = t(2) * np.exp(t(0.5) + low * (low - root) / t(4)) / (low + root)
    if high - low < cutoff:
        return 2, _uniform_proposal
    return 1, _tail_proposal


def _normal_proposal(bits: np.ndarray, bounds: _Bounds, dtype: DType) -> _Candidates:
    z = box_muller(bits[:, 0], dtype)
    return z, (z >= bounds.low) & (z <= bounds.high)


def _uniform_proposal(bits: np.ndarray, bounds: _Bounds, dtype: DType) -> _Candidates:
    t, low = dtype.type, bounds.low
    z = unit_interval(bits[:, 0], dtype) * (bounds.high - low) + low
    peak = t(0) if low < 0 else low * low
    return z, unit_interval(bits[:, 1], dtype) <= np.exp((peak - z * z) / t(2))


def _tail_proposal(bits: np.ndarray, bounds: _Bounds, dtype: DType) -> _Candidates:
    t, low = dtype.type, bounds.low
    alpha = (low + np.sqrt(low * low + t(4))) / t(2)
    uniforms = unit_interval(bits[:, 0], dtype)
    with np.errstate(divide="ignore", over="ignore"):  # a uniform number may be 0
        z = -np.log(uniforms[:, 0::2]) / alpha + low
        x = alpha - z if low < alpha else np.full_like(z, low - alpha)
        accepted = uniforms[:, 1::2] <= np.exp(-x * x / t(2))
    return z, accepted & (z < bounds.high)
