"""The functions that `@op.scalar` bodies are written in, for single numbers of any type.

A body is straight-line arithmetic over these names. Called with numbers, it computes (with NumPy's
IEEE versions); called with the vectors of a kernel that is being made, which answer to the same
names, it writes the kernel's instructions (`codegen/cpu/emit.py`). `where` takes the place of `if`,
except where a type decides (`is_integer`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import absolute as absolute
from numpy import arccos as acos
from numpy import arccosh as acosh
from numpy import arcsin as asin
from numpy import arcsinh as asinh
from numpy import arctan as atan
from numpy import arctan2 as atan2
from numpy import arctanh as atanh
from numpy import ceil as ceil
from numpy import conjugate as conj
from numpy import cos as cos
from numpy import cosh as cosh
from numpy import exp as exp
from numpy import expm1 as expm1
from numpy import floor as floor
from numpy import fmod as fmod
from numpy import isfinite as isfinite
from numpy import isinf as isinf
from numpy import isnan as isnan
from numpy import log as log
from numpy import log1p as log1p
from numpy import maximum as maximum
from numpy import minimum as minimum
from numpy import rint as rint
from numpy import sign as sign
from numpy import sin as sin
from numpy import sinh as sinh
from numpy import sqrt as sqrt
from numpy import tan as tan
from numpy import tanh as tanh
from numpy import trunc as trunc

__all__ = [
    "absolute", "acos", "acosh", "as_type_of", "asin", "asinh", "atan", "atan2", "atanh", "ceil",
    "conj", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "fmod", "is_integer", "isfinite",
    "isinf", "isnan", "log", "log1p", "maximum", "minimum", "rint", "sigmoid", "sign", "sin",
    "sinh", "sqrt", "tan", "tanh", "trunc", "where", "Scalar",
]  # fmt: skip

Scalar = Any  # a number of the op's type, or what a compiler puts in its place


def _like_numpy(function: Callable[[Scalar], Scalar]) -> Any:
    """A function that answers to vectors as NumPy's own do."""
    return np.frompyfunc(function, 1, 1)


erf, erfc = _like_numpy(math.erf), _like_numpy(math.erfc)


@_like_numpy
def sigmoid(x: Scalar) -> Scalar:
    """`1 / (1 + exp(-x))`; nothing overflows, and small results keep their precision."""
    decay = np.exp(-abs(x))
    return (1 if x >= 0 else decay) / (1 + decay)


def as_type_of(like: Scalar, x: Scalar) -> Scalar:
    """`x` in the type of another number."""
    return x.astype(like.dtype)


def is_integer(x: Scalar) -> bool:
    """Whether a number is of an integer type: that is known when a kernel is made."""
    return np.dtype(x.dtype).kind in "iu"


def where(condition: Scalar, x: Scalar, y: Scalar) -> Scalar:
    """`x` if the condition holds, else `y`; both are computed."""
    chosen: Scalar = np.where(condition, x, y)
    return chosen[()] if isinstance(chosen, np.ndarray) else chosen
