"""RandomGamma and RandomPoisson: samplers that draw until a candidate is accepted.

Each output has a stretch of the stream of its own, RESERVED_PER_OUTPUT blocks apart from the next,
and is computed in float64 whatever its type. A lane is one output; all lanes that are still
rejecting advance together, each through its own blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ....base.errors import InvalidArgumentError
from ...elementwise.numerics.gamma import lgamma
from .distributions import RESERVED_PER_OUTPUT, DType, box_muller, unit_interval
from .philox import Philox, Stream

_FLOAT64 = np.dtype(np.float64)
_PER_BLOCK = 2  # float64 numbers
_KNUTH_LIMIT = 10.0  # Poisson rates from here on are drawn by transformed rejection


class _Lanes:
    """Uniform and normal float64 numbers for independent outputs.

    A block serves one kind of number, and its two numbers are handed out last one first.
    """

    def __init__(self, stream: Stream, count: int) -> None:
        self._stream = stream
        self._next_block = np.arange(count, dtype=np.uint64) * np.uint64(RESERVED_PER_OUTPUT)
        self._uniforms = np.empty((count, _PER_BLOCK)), np.zeros(count, np.intp)
        self._normals = np.empty((count, _PER_BLOCK)), np.zeros(count, np.intp)

    def uniform(self, lanes: np.ndarray) -> np.ndarray:
        """The next number in [0, 1) of each of these lanes."""
        return self._take(lanes, *self._uniforms, unit_interval)

    def normal(self, lanes: np.ndarray) -> np.ndarray:
        """The next standard normal number of each of these lanes."""
        return self._take(lanes, *self._normals, box_muller)

    def _take(
        self,
        lanes: np.ndarray,
        numbers: np.ndarray,
        left: np.ndarray,
        transform: Callable[[np.ndarray, DType], np.ndarray],
    ) -> np.ndarray:
        empty = lanes[left[lanes] == 0]
        if empty.size:
            numbers[empty] = transform(self._stream.blocks_at(self._next_block[empty]), _FLOAT64)
            self._next_block[empty] += np.uint64(1)
            left[empty] = _PER_BLOCK
        left[lanes] -= 1
        taken: np.ndarray = numbers[lanes, left[lanes]]
        return taken


def gamma(philox: Philox, shape: Sequence[int], alpha: np.ndarray) -> np.ndarray:
    """Gamma numbers of scale 1: RandomGamma.

    Marsaglia, Tsang: A simple method for generating gamma variables. ACM TOMS 26 (2000).

    Args:
      philox: the generator.
      shape: of the samples for each alpha.
      alpha: the distributions' shape parameters; gives the type.

    Returns:
      shape + alpha.shape; TF's up to the last bits of log, pow, sin and cos. Differences: subnormal
      numbers, which TF flushes to zero, are kept; where TF1 tries forever, for an alpha that is NaN
      or not above -2/3, the result is NaN.
    """
    per_lane = np.repeat(alpha.astype(np.float64).reshape(-1), math.prod(shape))
    lanes = _Lanes(philox.reserve(per_lane.size * RESERVED_PER_OUTPUT), per_lane.size)
    out = np.empty(per_lane.size)
    (exponential,) = np.nonzero(per_lane == 1.0)
    out[exponential] = -np.log(1.0 - lanes.uniform(exponential))
    (others,) = np.nonzero(per_lane != 1.0)
    _marsaglia_tsang(lanes, others, per_lane, out)
    return _samples_first(out, shape, alpha, alpha.dtype)


def _marsaglia_tsang(
    lanes: _Lanes, pending: np.ndarray, alpha: np.ndarray, out: np.ndarray
) -> None:
    """Writes gamma numbers to `out[pending]`. An alpha below 1 takes a detour over alpha + 1."""
    small = alpha < 1
    d = alpha + np.where(small, 2.0 / 3, -1.0 / 3)
    out[pending] = np.nan
    pending = pending[d[pending] > 0]
    while pending.size:
        d_ = d[pending]
        x = lanes.normal(pending)
        v = 1 + 1.0 / 3 / np.sqrt(d_) * x
        tried = np.flatnonzero(v > 0)
        x, v, d_ = x[tried], v[tried], d_[tried]
        v = v * v * v
        accepted = _accept_gamma(x, v, lanes.uniform(pending[tried]), d_)
        done = pending[tried[accepted]]
        out[done] = (d_ * v)[accepted]
        boosted = done[small[done]]
        with np.errstate(divide="ignore"):  # an alpha of 0 gives 0
            out[boosted] *= lanes.uniform(boosted) ** (1 / alpha[boosted])
        pending = np.delete(pending, tried[accepted])


def _accept_gamma(x: np.ndarray, v: np.ndarray, u: np.ndarray, d: np.ndarray) -> np.ndarray:
    squeezed = u < 1 - 0.0331 * (x * x) * (x * x)  # spares most candidates the logarithms
    with np.errstate(divide="ignore", invalid="ignore"):  # u may be 0, d infinite
        inside: np.ndarray = squeezed | (np.log(u) < 0.5 * x * x + d * (1 - v + np.log(v)))
    return inside


def poisson(philox: Philox, shape: Sequence[int], rate: np.ndarray, dtype: DType) -> np.ndarray:
    """Poisson numbers: RandomPoisson and RandomPoissonV2.

    Rates below 10 by Knuth's product of uniform numbers, larger ones by Hormann's transformed
    rejection: The transformed rejection method for generating Poisson random variables (1993).

    Args:
      philox: the generator.
      shape: of the samples for each rate.
      rate: the distributions' means.
      dtype: of the result; a number that it cannot hold is drawn again.

    Returns:
      shape + rate.shape; TF's numbers. A rate that is not finite comes back as it is, as 0 among
      integers; TF1 tries forever.

    Raises:
      InvalidArgumentError: a finite rate is larger than `dtype` can hold. TF1 tries forever.
    """
    per_lane = np.repeat(rate.astype(np.float64).reshape(-1), math.prod(shape))
    lanes = _Lanes(philox.reserve(per_lane.size * RESERVED_PER_OUTPUT), per_lane.size)
    largest = float(np.iinfo(dtype).max if dtype.kind in "iu" else np.finfo(dtype).max)
    finite = np.isfinite(per_lane)
    if (per_lane[finite] > largest).any():
        raise InvalidArgumentError(
            None, None, f"rate is {per_lane[finite].max()}, beyond the largest {dtype}"
        )
    out = per_lane.copy() if dtype.kind == "f" else np.zeros(per_lane.size)
    _knuth(lanes, np.flatnonzero(finite & (per_lane < _KNUTH_LIMIT)), per_lane, out)
    _hormann(lanes, np.flatnonzero(finite & (per_lane >= _KNUTH_LIMIT)), per_lane, largest, out)
    return _samples_first(out, shape, rate, dtype)


def _knuth(lanes: _Lanes, pending: np.ndarray, rate: np.ndarray, out: np.ndarray) -> None:
    """How many arrivals, exponentially apart, fit into the unit of time."""
    with np.errstate(over="ignore"):  # a negative rate is none: no arrivals
        limit = np.exp(-rate[pending])
    product = np.ones_like(limit)
    out[pending] = 0
    while pending.size:
        product *= lanes.uniform(pending)
        more = product > limit
        pending, product, limit = pending[more], product[more], limit[more]
        out[pending] += 1


def _hormann(
    lanes: _Lanes, pending: np.ndarray, rate: np.ndarray, largest: float, out: np.ndarray
) -> None:
    """Maps uniform u by G(u) = (2 a / (1/2 - |u|) + b) u + rate + 0.43 and thins the result."""
    while pending.size:
        mean = rate[pending]
        b = 0.931 + 2.53 * np.sqrt(mean)
        a = -0.059 + 0.02483 * b
        u = lanes.uniform(pending) - 0.5
        v = lanes.uniform(pending)
        tail = 0.5 - np.abs(u)
        with np.errstate(divide="ignore"):  # at the very end of the tail k is infinite
            k = np.floor((2 * a / tail + b) * u + mean + 0.43)
        accepted = (tail >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
        unsure = ~accepted & (k >= 0) & (k <= largest) & ~((tail < 0.013) & (v > tail))
        accepted[unsure] = _accept_poisson(*(x[unsure] for x in (k, v, tail, mean, a, b)))
        accepted &= k <= largest
        out[pending] = k
        pending = pending[~accepted]


def _accept_poisson(
    k: np.ndarray, v: np.ndarray, tail: np.ndarray, mean: np.ndarray, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """Whether v <= alpha f(k) G'(u), f being the distribution wanted; compares logarithms."""
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    with np.errstate(divide="ignore"):  # v may be 0
        left = np.log(v * inverse_alpha / (a / (tail * tail) + b))
    accepted: np.ndarray = left <= -mean + k * np.log(mean) - lgamma(k + 1)
    return accepted


def _samples_first(
    out: np.ndarray, shape: Sequence[int], parameters: np.ndarray, dtype: DType
) -> np.ndarray:
    """Lanes go through the samples of one parameter first; results have the samples in front."""
    samples = math.prod(shape)
    with np.errstate(over="ignore"):  # to infinity, as TF rounds
        table = out.reshape(parameters.size, samples).T.astype(dtype)
    return table.reshape((*shape, *parameters.shape))
