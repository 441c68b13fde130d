"""Incomplete gamma and beta functions: series and continued fractions, element by element together.

Each loop runs until all elements have converged; those that have are not disturbed by more steps.
"""

from __future__ import annotations

import numpy as np

from .gamma import digamma, lgamma, stirling_rest

_EPSILON = 2.0**-53
_MAX_STEPS = 20_000  # the series takes about 8 * sqrt(a) steps where it is slowest, at x = a
_TINY = 1e-300
_HUGE = 2.0**500


def igamma(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The regularized lower incomplete gamma function P(a, x)."""
    return _incomplete_gamma(a, x)[0]


def igammac(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x)."""
    return _incomplete_gamma(a, x)[1]


def igamma_grad_a(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The derivative of P(a, x) by a."""
    return _incomplete_gamma(a, x)[2]


def _incomplete_gamma(a: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P, Q and dP/da. NaN for x < 0 and a <= 0."""
    a, x = np.broadcast_arrays(a, x)
    undefined = (x < 0) | (a <= 0) | np.isnan(a) | np.isnan(x) | (np.isinf(a) & np.isinf(x))
    trivial = undefined | (x == 0) | np.isinf(x) | np.isinf(a)
    by_series = x < a + 1.0
    safe_a, safe_x = np.where(trivial, 1.0, a), np.where(trivial, 1.0, x)
    with np.errstate(all="ignore"):
        density = np.exp(_log_density(safe_a, safe_x))  # x^a e^-x / gamma(a)
        slope = np.log(safe_x) - digamma(safe_a)  # of its logarithm, by a
        lower, dlower = _series(safe_a, np.where(by_series, safe_x, 0.5))
        upper, dupper = _fraction(safe_a, np.where(by_series, safe_a + 2.0, safe_x))
    p, dp = density * lower, density * (lower * slope + dlower)
    q, dq = density * upper, density * (upper * slope + dupper)
    p = np.where(by_series, p, 1.0 - q)
    p = np.where(trivial, np.where(np.isinf(x), 1.0, 0.0), p)
    q = np.where(trivial | by_series, 1.0 - p, q)
    dp = np.where(trivial, 0.0, np.where(by_series, dp, -dq))
    return tuple(np.where(undefined, np.nan, value) for value in (p, q, dp))  # type: ignore[return-value]


def _log_density(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A log(x) - x - lgamma(a), without the cancellation that a large a near x would bring."""
    plain = a * np.log(x) - x - lgamma(a)
    t = (x - a) / a
    large = np.maximum(a, 8.0)
    near = a * _log1p_minus(t) + 0.5 * np.log(large / (2.0 * np.pi)) - stirling_rest(large)
    return np.asarray(np.where((a >= 8.0) & (np.abs(t) < 0.5), near, plain))


def _log1p_minus(t: np.ndarray) -> np.ndarray:
    """log(1 + t) - t for abs(t) < 1/2, by log(1 + t) = 2 artanh(r), r = t / (2 + t)."""
    r = t / (2.0 + t)
    square = r * r
    series = np.zeros_like(t)
    for k in range(45, 1, -2):
        series = (series + 1.0 / k) * square
    return np.asarray(2.0 * r * series - r * t)


def _series(a: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S = sum(x^k / (a (a+1) ... (a+k))) and dS/da."""
    term = 1.0 / a
    dlog_term = -1.0 / a  # the derivative of log(term)
    total, dtotal = term, term * dlog_term
    n = a
    for _ in range(_MAX_STEPS):
        n = n + 1.0
        term = term * (x / n)
        dlog_term = dlog_term - 1.0 / n
        dterm = term * dlog_term
        total, dtotal = total + term, dtotal + dterm
        if not ((term > _EPSILON * total) | (dterm < _EPSILON * dtotal)).any():
            break
    return total, dtotal


def _fraction(a: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """H = 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))) and dH/da, for x >= a + 1."""
    b = x + 1.0 - a
    one, zero = np.ones_like(b), np.zeros_like(b)
    # Numerators p and denominators q of the last two approximations, and their derivatives.
    p0, p1, dp0, dp1 = zero, one, zero, zero
    q0, q1, dq0, dq1 = one, b, zero, -one
    h = p1 / q1
    dh = (dp1 - h * dq1) / q1
    for n in range(1, _MAX_STEPS):
        b = b + 2.0
        c = -n * (n - a)
        p0, p1, dp0, dp1 = p1, b * p1 + c * p0, dp1, b * dp1 - p1 + c * dp0 + n * p0
        q0, q1, dq0, dq1 = q1, b * q1 + c * q0, dq1, b * dq1 - q1 + c * dq0 + n * q0
        last, dlast = h, dh
        h = p1 / q1
        dh = (dp1 - h * dq1) / q1
        moved = np.abs(h - last) > 4 * _EPSILON * np.abs(h)
        moved |= np.abs(dh - dlast) > 4 * _EPSILON * (np.abs(dh) + np.abs(h))
        if not moved.any():
            break
        shrink = np.where(np.maximum(np.abs(p1), np.abs(q1)) > _HUGE, 1.0 / _HUGE, 1.0)
        p0, p1, dp0, dp1 = p0 * shrink, p1 * shrink, dp0 * shrink, dp1 * shrink
        q0, q1, dq0, dq1 = q0 * shrink, q1 * shrink, dq0 * shrink, dq1 * shrink
    return h, dh


# --- beta -----------------------------------------------------------------------------------------


def betainc(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The regularized incomplete beta function I_x(a, b). NaN outside a, b > 0, 0 <= x <= 1."""
    a, b, x = np.broadcast_arrays(a, b, x)
    undefined = ~((a > 0) & (b > 0) & (x >= 0) & (x <= 1))
    trivial = undefined | (x == 0) | (x == 1)
    a, b = np.where(undefined, 1.0, a), np.where(undefined, 1.0, b)
    inner = np.where(trivial, 0.5, x)
    # I_x(a, b) = 1 - I_{1-x}(b, a): the fraction converges fast on one of the sides
    swap = inner > (a + 1.0) / (a + b + 2.0)
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    at = np.where(swap, 1.0 - inner, inner)
    with np.errstate(all="ignore"):
        log_front = a * np.log(inner) + b * np.log1p(-inner) + lgamma(a + b) - lgamma(a) - lgamma(b)
        value = np.exp(log_front) * _beta_fraction(first, second, at) / first
    value = np.where(swap, 1.0 - value, value)
    return np.where(undefined, np.nan, np.where(trivial, np.where(x == 1, 1.0, 0.0), value))


def _beta_fraction(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The continued fraction of I_x, by the modified Lentz method."""
    c = np.ones_like(x)
    d = 1.0 / _off_zero(1.0 - (a + b) * x / (a + 1.0))
    h = d
    for m in range(1, _MAX_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for step in (even, odd):
            d = 1.0 / _off_zero(1.0 + step * d)
            c = _off_zero(1.0 + step / c)
            factor = c * d
            h = h * factor
        if not (np.abs(factor - 1.0) > 4 * _EPSILON).any():
            break
    return h


def _off_zero(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < _TINY, _TINY, x)
