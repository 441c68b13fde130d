"""float32 log, sin and cos are glibc's, where there is a glibc to compare with."""

from __future__ import annotations

import ctypes
import ctypes.util
import platform
from collections.abc import Callable

import numpy as np
import pytest

from graphflow.core.ops.random.numerics import float32_math

needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or platform.machine() != "x86_64",
    reason="another C library has other last bits",
)


def _of_libm(name: str) -> Callable[[np.ndarray], np.ndarray]:
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
    return lambda xs: np.array([function(float(x)) for x in xs], np.float32)


def _uniform(count: int) -> np.ndarray:
    """What the generator can give: multiples of 2**-23 below 1, the ends among them."""
    mantissas = np.random.default_rng(0).integers(0, 2**23, count)
    mantissas[:4] = 0, 1, 2**22, 2**23 - 1
    return mantissas * 2.0**-23


@needs_glibc
def test_log() -> None:
    x = np.maximum(_uniform(20_000), 1e-7).astype(np.float32)
    np.testing.assert_array_equal(float32_math.log(x), _of_libm("logf")(x))


@needs_glibc
def test_sin_cos() -> None:
    x = (2 * np.pi * _uniform(20_000)).astype(np.float32)
    sine, cosine = float32_math.sin_cos(x)
    np.testing.assert_array_equal(sine, _of_libm("sinf")(x))
    np.testing.assert_array_equal(cosine, _of_libm("cosf")(x))


def test_they_are_within_a_unit_of_the_last_place() -> None:
    x = np.linspace(1e-7, 6.28318, 5_000, dtype=np.float32)
    wide = x.astype(np.float64)
    sine, cosine = float32_math.sin_cos(x)
    np.testing.assert_array_max_ulp(float32_math.log(x), np.log(wide).astype(np.float32), 1)
    np.testing.assert_array_max_ulp(sine, np.sin(wide).astype(np.float32), 1)
    np.testing.assert_array_max_ulp(cosine, np.cos(wide).astype(np.float32), 1)
