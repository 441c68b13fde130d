"""erf and erfc."""

from __future__ import annotations

import numpy as np

from .chebyshev import chebyshev

# erf(x) / x on x*x in [0, 1]
_ERF = np.array(
    [
        0.9754769393826541, -0.14226120510371365, 0.010035582187599796, -0.0005768764699767485,
        2.741993125219606e-05, -1.1043175507344507e-06, 3.8488755420345036e-08,
        -1.1808582533875466e-09, 3.2334215826050907e-11, -7.991015947004549e-13,
        1.7990725113961456e-14, -3.718635487818693e-16, 7.103599003714253e-18,
    ]
)  # fmt: skip

# exp(x*x) * erfc(x) * (x + 3) on (x - 3) / (x + 3) in [-1, 1], which is x in [0, inf]
_ERFCX = np.array(
    [
        1.413438223980872, -1.1314768490746974, 0.35410810034248635, -0.08508704009908545,
        0.014615273272816639, -0.0013795571636296329, -6.429066714315945e-05,
        3.9043421097724045e-05, -2.642785074856054e-06, -8.239440143910853e-07,
        1.3247975697671355e-07, 1.919522515672645e-08, -5.030507163745393e-09,
        -5.842006410267007e-10, 1.8742323910408168e-10, 2.4373672656733487e-11,
        -6.990943839667697e-12, -1.2573115617676e-12, 2.458000580643909e-13,
        7.005741632378779e-14, -6.732775694749609e-15, -3.843430589415152e-15,
        3.3163748896188907e-18, 1.9337385406947118e-16, 1.957552792661546e-17,
        -8.038651660274454e-18, -2.004710038536238e-18,
    ]
)  # fmt: skip


def erf(x: np.ndarray) -> np.ndarray:
    """The error function."""
    near = np.clip(x, -1.0, 1.0)
    inner = near * chebyshev(_ERF, 2.0 * near * near - 1.0)
    outer = np.copysign(1.0 - _erfc_of_positive(np.abs(x)), x)
    return np.asarray(np.where(np.abs(x) <= 1.0, inner, outer))


def erfc(x: np.ndarray) -> np.ndarray:
    """`1 - erf(x)`, accurate where that is small."""
    near = np.clip(x, -1.0, 0.5)
    inner = 1.0 - near * chebyshev(_ERF, 2.0 * near * near - 1.0)
    tail = _erfc_of_positive(np.abs(x))
    return np.where(x >= 0.5, tail, np.where(x <= -1.0, 2.0 - tail, inner))


def _erfc_of_positive(x: np.ndarray) -> np.ndarray:
    finite = np.minimum(x, 30.0)  # erfc(30) is 0 in float64; NaN stays
    # exp(-x*x) with x*x in two parts: rounding it would cost x*x units in the last place.
    head = finite.astype(np.float32).astype(np.float64)
    gauss = np.exp(-head * head) * np.exp(-(finite - head) * (finite + head))
    u = (finite - 3.0) / (finite + 3.0)
    return np.asarray(gauss * chebyshev(_ERFCX, u) / (finite + 3.0))
