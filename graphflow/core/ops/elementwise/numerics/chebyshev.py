"""Sums of Chebyshev polynomials."""

from __future__ import annotations

import numpy as np


def chebyshev(coefficients: np.ndarray, u: np.ndarray) -> np.ndarray:
    """`sum(c[k] * T_k(u))` for u in [-1, 1], by Clenshaw's recurrence."""
    twice = 2.0 * u
    last = np.zeros_like(u)
    value = np.zeros_like(u)
    for c in coefficients[:0:-1]:
        value, last = c + twice * value - last, value
    return np.asarray(coefficients[0] + u * value - last)
