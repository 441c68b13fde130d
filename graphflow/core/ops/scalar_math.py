"""The functions that `@op.scalar` bodies are written in, for single numbers of any float type.

A body is straight-line arithmetic over these names, so that it can be called (here, NumPy's IEEE
versions), read into vector instructions, or compiled for a GPU. `where` takes the place of `if`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
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
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "conj", "cos", "cosh",
    "exp", "expm1", "floor", "fmod", "isfinite", "isinf", "isnan", "log", "log1p", "maximum",
    "minimum", "rint", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc", "where", "Scalar",
]  # fmt: skip

Scalar = Any  # a number of the op's type, or what a compiler puts in its place


def where(condition: Scalar, x: Scalar, y: Scalar) -> Scalar:
    """`x` if the condition holds, else `y`; both are computed."""
    chosen: Scalar = np.where(condition, x, y)
    return chosen[()]
