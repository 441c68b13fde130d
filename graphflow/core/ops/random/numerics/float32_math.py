"""float32 log, sin and cos that give the C library's bits.

TensorFlow's kernels call logf and sincosf. In glibc (since 2.28) these are the functions of Arm's
Optimized Routines: one short polynomial in float64, rounded once at the end. They miss the
correctly rounded result once in a hundred times, and a generator that is to give TF's numbers has
to miss with them. Only what the Box-Muller transform asks for is covered: log of positive normal
numbers, sin and cos from 0 to 2 pi.

Algorithms and coefficients: Arm Optimized Routines, math/logf.c and math/sincosf.c,
Copyright (c) 2017-2019 Arm Limited, licensed as MIT or Apache-2.0 WITH LLVM-exception.
"""

from __future__ import annotations

import numpy as np

_hex = float.fromhex

# 1 / c and log(c) for a c in each sixteenth of [0x1.66p-1, 0x1.66p0), the interval of a mantissa.
_LOG_TABLE = (
    ("0x1.661ec79f8f3bep+0", "-0x1.57bf7808caadep-2"),
    ("0x1.571ed4aaf883dp+0", "-0x1.2bef0a7c06ddbp-2"),
    ("0x1.49539f0f010bp+0", "-0x1.01eae7f513a67p-2"),
    ("0x1.3c995b0b80385p+0", "-0x1.b31d8a68224e9p-3"),
    ("0x1.30d190c8864a5p+0", "-0x1.6574f0ac07758p-3"),
    ("0x1.25e227b0b8eap+0", "-0x1.1aa2bc79c81p-3"),
    ("0x1.1bb4a4a1a343fp+0", "-0x1.a4e76ce8c0e5ep-4"),
    ("0x1.12358f08ae5bap+0", "-0x1.1973c5a611cccp-4"),
    ("0x1.0953f419900a7p+0", "-0x1.252f438e10c1ep-5"),
    ("0x1p+0", "0x0p+0"),
    ("0x1.e608cfd9a47acp-1", "0x1.aa5aa5df25984p-5"),
    ("0x1.ca4b31f026aap-1", "0x1.c5e53aa362eb4p-4"),
    ("0x1.b2036576afce6p-1", "0x1.526e57720db08p-3"),
    ("0x1.9c2d163a1aa2dp-1", "0x1.bc2860d22477p-3"),
    ("0x1.886e6037841edp-1", "0x1.1058bc8a07ee1p-2"),
    ("0x1.767dcf5534862p-1", "0x1.4043057b6ee09p-2"),
)
_INVERSE_C = np.array([_hex(inverse) for inverse, _ in _LOG_TABLE])
_LOG_C = np.array([_hex(log) for _, log in _LOG_TABLE])
_LOG_POLYNOMIAL = tuple(
    _hex(a) for a in ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")
)
_LN2 = _hex("0x1.62e42fefa39efp-1")
_LOWEST_MANTISSA = np.uint32(0x3F330000)
_EXPONENT = np.uint32(0xFF800000)

_HALF_PI = _hex("0x1.921fb54442d18p0")
_QUADRANTS = _hex("0x1.45f306dc9c883p+23")  # 2 / pi, times 2**24
_ROUNDING, _FRACTION_BITS = 1 << 23, 24
_COS_POLYNOMIAL = tuple(
    _hex(a)
    for a in (
        "0x1p0",
        "-0x1.ffffffd0c621cp-2",
        "0x1.55553e1068f19p-5",
        "-0x1.6c087e89a359dp-10",
        "0x1.99343027bf8c3p-16",
    )
)
_SIN_POLYNOMIAL = tuple(
    _hex(a) for a in ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")
)
# The signs that sin and cos of the reduced angle take in each quadrant.
_SIN_SIGN = np.array([1.0, -1.0, -1.0, 1.0])
_COS_SIGN = np.array([1.0, 1.0, -1.0, -1.0])


def log(x: np.ndarray) -> np.ndarray:
    """Natural logarithm of positive normal float32 numbers."""
    bits = x.view(np.uint32)
    shifted = bits - _LOWEST_MANTISSA
    interval = (shifted >> np.uint32(19)) & np.uint32(15)
    exponent = shifted.view(np.int32) >> np.int32(23)
    mantissa = (bits - (shifted & _EXPONENT)).view(np.float32).astype(np.float64)

    # log(x) = log(1 + r) + log(c) + exponent log(2), where r = mantissa / c - 1
    a0, a1, a2 = _LOG_POLYNOMIAL
    r = mantissa * _INVERSE_C[interval] - 1.0
    known = _LOG_C[interval] + exponent * _LN2
    r2 = r * r
    y: np.ndarray = (a0 * r2 + (a1 * r + a2)) * r2 + (known + r)
    return y.astype(np.float32)


def sin_cos(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of float32 numbers in [0, 2 pi]."""
    angle = x.astype(np.float64)
    turned = ((angle * _QUADRANTS).astype(np.int32) + _ROUNDING) >> _FRACTION_BITS
    quadrant = turned & 3
    x1 = angle - turned * _HALF_PI
    x2 = x1 * x1
    x1 *= _SIN_SIGN[quadrant]

    s1, s2, s3 = _SIN_POLYNOMIAL
    x3 = x1 * x2
    sine = (x1 + x3 * s1) + (x3 * x2) * (s2 + x2 * s3)

    c0, c1, c2, c3, c4 = _COS_POLYNOMIAL
    x4 = x2 * x2
    cosine = ((c0 + x2 * c1) + x4 * c2) + (x4 * x2) * (c3 + x2 * c4)
    cosine *= _COS_SIGN[quadrant]

    swap = (quadrant & 1).astype(bool)
    return (
        np.where(swap, cosine, sine).astype(np.float32),
        np.where(swap, sine, cosine).astype(np.float32),
    )
