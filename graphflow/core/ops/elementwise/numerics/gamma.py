"""The logarithm of the gamma function, and its derivatives."""

from __future__ import annotations

import numpy as np

from .chebyshev import chebyshev

# log(gamma(2 + z)) / z on z in [-1/2, 1/2]
_LGAMMA2 = np.array(
    [
        0.41418612492156676, 0.16322170068760064, -0.008658972394126285, 0.0006727515726001485,
        -6.139556963628233e-05, 6.110065797003576e-06, -6.410003033826223e-07,
        6.962242692768951e-08, -7.747248733788217e-09, 8.774075140687239e-10,
        -1.0070266869830198e-10, 1.1678602130652374e-11, -1.3656871334744932e-12,
        1.6079351149711552e-13, -1.9039501088488732e-14, 2.2653768767833064e-15,
        -2.706656814831896e-16, 3.245660731626191e-17, -3.904483378457447e-18,
        4.710435641256405e-19,
    ]
)  # fmt: skip

# B_2k, the Bernoulli numbers, k = 1, 2...
_BERNOULLI = (
    *(1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798),
    *(-174611 / 330, 854513 / 138, -236364091 / 2730),
)
_HALF_LOG_2PI = 0.9189385332046727


def lgamma(x: np.ndarray) -> np.ndarray:
    """log(abs(gamma(x))); infinite at 0, -1, -2...

    For x < 1/2 by reflection, gamma(x) gamma(1-x) = pi / sin(pi x).
    """
    with np.errstate(all="ignore"):
        reflected = np.log(np.pi / np.abs(_sin_pi(x))) - _lgamma_from_half(1.0 - x)
        value = np.where(x < 0.5, reflected, _lgamma_from_half(x))
    pole = (x <= 0) & (x == np.floor(x))
    return np.where(pole | np.isinf(x), np.inf, value)


def _sin_pi(x: np.ndarray) -> np.ndarray:
    """sin(pi x) up to its sign, exactly 0 at whole numbers."""
    return np.asarray(np.sin(np.pi * (x - np.rint(x))))


def _lgamma_from_half(x: np.ndarray) -> np.ndarray:
    """Lgamma for x >= 1/2."""
    small = np.clip(x, 0.5, 8.0)
    # gamma(x) = (x-1)(x-2)... gamma(x-n), down to [1.5, 2.5]
    product, rest = np.ones_like(small), small
    for _ in range(6):
        above = rest > 2.5
        rest = np.where(above, rest - 1.0, rest)
        product = np.where(above, product * rest, product)
    below = small < 1.5  # gamma(x) = gamma(x+1) / x
    z = np.where(below, small - 1.0, rest - 2.0)
    by_series = z * chebyshev(_LGAMMA2, 2.0 * z)
    by_series += np.where(below, -np.log1p(small - 1.0), np.log(product))
    large = np.maximum(x, 8.0)
    by_stirling = (large - 0.5) * np.log(large) - large + _HALF_LOG_2PI + stirling_rest(large)
    return np.asarray(np.where(x < 8.0, by_series, by_stirling))


def stirling_rest(x: np.ndarray) -> np.ndarray:
    """lgamma(x) - ((x - 1/2) log(x) - x + log(2 pi) / 2) for x >= 8."""
    inverse = 1.0 / x
    square = inverse * inverse
    total = np.zeros_like(x)
    for k in range(9, 0, -1):
        total = total * square + _BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
    return np.asarray(total * inverse)


def digamma(x: np.ndarray) -> np.ndarray:
    """The derivative of lgamma; NaN at 0, -1, -2..."""
    with np.errstate(all="ignore"):
        shift = x - np.rint(x)
        pole = (x <= 0) & (shift == 0)
        y = np.where(x <= 0, 1.0 - x, x)
        # digamma(y) = digamma(y + 1) - 1/y, up to where the asymptotic series holds
        correction = np.zeros_like(y)
        for _ in range(10):
            low = y < 10.0
            correction = np.where(low, correction - 1.0 / y, correction)
            y = np.where(low, y + 1.0, y)
        square = 1.0 / (y * y)
        series = np.zeros_like(y)
        for k in range(9, 0, -1):
            series = (series + _BERNOULLI[k - 1] / (2 * k)) * square
        value = np.log(y) - 0.5 / y - series + correction
        value = np.where(x <= 0, value - np.pi / np.tan(np.pi * shift), value)
    return np.where(pole, np.nan, value)


def zeta(s: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Hurwitz's zeta function, `sum((q + k) ** -s for k = 0, 1, ...)`, by Euler and Maclaurin.

    Infinite for s = 1, NaN for s < 1. For q <= 0, s must be whole; at the poles q = 0, -1, ... the
    sum is infinite when s is even and has no limit when s is odd.
    """
    s, q = np.broadcast_arrays(s, q)
    whole_q, whole_s = q == np.floor(q), s == np.floor(s)
    undefined = (s < 1) | ((q <= 0) & ~whole_s) | np.isnan(s) | np.isnan(q)
    pole = (q <= 0) & whole_q
    usable = ~(undefined | pole | (s == 1))
    power, a = np.where(usable, s, 2.0), np.where(usable, q, 1.0)
    with np.errstate(all="ignore"):
        value, a = _first_terms(power, a)
        value = value + a ** (1.0 - power) / (power - 1.0) + 0.5 * a**-power
        term = power * a ** (-power - 1.0)
        for k, bernoulli in enumerate(_BERNOULLI, start=1):
            term = term / (2 * k * (2 * k - 1))  # s (s+1) ... (s+2k-2) / (2k)! / a^(s+2k-1)
            value = value + bernoulli * term
            term = term * (power + 2 * k - 1) * (power + 2 * k) / (a * a)
    value = np.where(pole, np.where(whole_s & (s % 2 == 0), np.inf, np.nan), value)
    return np.where(s == 1, np.inf, np.where(undefined, np.nan, value))


def _first_terms(s: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first terms of the sum, until q + k is so large that the asymptotic series holds."""
    total = np.zeros_like(q)
    enough = 10.0 + np.minimum(s, 60.0)
    while (low := q <= enough).any():
        total = np.where(low, total + q**-s, total)
        q = np.where(low, q + 1.0, q)
    return total, q


def polygamma(n: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The n-th derivative of digamma; NaN unless n is 0, 1, 2..."""
    n, x = np.broadcast_arrays(n, x)
    sign = np.where(n % 2 == 0, -1.0, 1.0)
    with np.errstate(all="ignore"):
        derivative = sign * np.exp(lgamma(n + 1.0)) * zeta(n + 1.0, x)
    value = np.where(n == 0, digamma(x), derivative)
    return np.where((n < 0) | (n != np.floor(n)), np.nan, value)
