"""Elementary functions on vectors, accurate to 2 ulp in float32 and float64.

Each is written once, for both types, in terms of `emit`; what differs (coefficients, constants) is
in a table per type. A function becomes an internal function of the module that uses it, named
`exp.float32x16`, so that a kernel holds its code once however often it is unrolled.

Polynomials were fitted by Remez exchange against 40-digit values, for the relative error of what
they are multiplied with. `n * ln2` is subtracted in two parts, of which the first product is exact,
so that nothing depends on fused multiplication. NaN goes through all of them; overflow gives
infinity, and denormals are neither lost nor invented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from .emit import (
    INT32,
    Emitter,
    Staged,
    alike,
    bits_as,
    call,
    call_llvm,
    multiply_add,
    vector_form,
    where,
)


@dataclass(frozen=True)
class Real:
    """What the algorithms need to know of a type.

    Attributes:
      integer: the integers of its size.
      mantissa: the bits of its mantissa that are stored.
      bias: of its exponent.
      to_integer: added to a number below 2**(mantissa - 1), leaves it rounded in the low bits.
      ln2_high, ln2_low: `ln2_high` ends in zeros: its products with exponents are exact.
      exp_range: below and above, exp is 0 and infinite.
      expm1_low: below, expm1 is -1.
      exp: coefficients of (exp(r) - 1 - r) / r**2 for abs(r) <= log(2) / 2.
      log: for f = m - 1, m in [sqrt(1/2), sqrt(2)]; float32: of (log(m) - f + f**2 / 2) / f**3 by
        f; float64: of (log(m) - 2 s) / s**3 by s**2, s = f / (2 + f).
    """

    integer: str
    mantissa: int
    bias: int
    to_integer: float
    ln2_high: float
    ln2_low: float
    exp_range: tuple[float, float]
    expm1_low: float
    exp: tuple[float, ...]
    log: tuple[float, ...]

    @property
    def name(self) -> str:
        """NumPy's name of the type."""
        return self.integer.replace("int", "float")

    def bits(self, value: float) -> int:
        """The integer with the bits of a value."""
        return int(np.array(value, self.name).view(self.integer))


_REALS = {
    "float32": Real(
        integer="int32",
        mantissa=23,
        bias=127,
        to_integer=1.5 * 2.0**23,
        ln2_high=0.693145751953125,
        ln2_low=1.4286068203094173e-06,
        exp_range=(-105.0, 89.0),
        expm1_low=-20.0,
        exp=(0.5, 0.16666667, 0.041666463, 0.008333286, 0.0013933736, 0.00019907704),
        log=(
            0.33333313,
            -0.2500001,
            0.2000212,
            -0.16667996,
            0.1421952,
            -0.12405544,
            0.11888378,
            -0.11676052,
            0.06746638,
        ),
    ),
    "float64": Real(
        integer="int64",
        mantissa=52,
        bias=1023,
        to_integer=1.5 * 2.0**52,
        ln2_high=0.693147180559663,
        ln2_low=2.8235290563031577e-13,
        exp_range=(-746.0, 710.0),
        expm1_low=-50.0,
        exp=(
            0.5,
            0.1666666666666667,
            0.041666666666666685,
            0.008333333333326082,
            0.0013888888888874294,
            0.0001984126987500567,
            2.4801587347587177e-05,
            2.7557255166245233e-06,
            2.7557252673292366e-07,
            2.5105314116534945e-08,
            2.092167017912071e-09,
        ),
        log=(
            0.6666666666666666,
            0.4000000000000089,
            0.28571428570797475,
            0.2222222239299204,
            0.18181795513485546,
            0.15386246141311646,
            0.132686109105939,
            0.13088231265025846,
        ),
    ),
}
_LOG2_E = 1.4426950408889634

# --- functions of a module -----------------------------------------------------------------------

Body = Callable[..., Staged]


def _define(*names: str) -> Callable[[Body], Body]:
    """Makes a body on float32 or float64 the vector form of NumPy functions.

    What it returns in the body's place is called like it, and makes a call of it.
    """

    def register(body: Body) -> Body:
        @vector_form(*names)
        def apply(*arguments: Any) -> Staged:
            values = alike(*arguments)
            dtype = values[0].dtype
            if dtype == "float16":
                values = [Staged(x.code, x.ir, "float32", x.level) for x in values]
            elif dtype not in _REALS:
                raise TypeError(f"no vector code for {names[0]} of {dtype}")
            result = _call_body(names[0], body, values)
            return Staged(result.code, result.ir, dtype, result.level)

        return apply

    return register


def _call_body(name: str, body: Body, values: Sequence[Staged]) -> Staged:
    dtype, code = values[0].dtype, values[0].code
    full_name = f"{name}.{dtype}x{code.lanes}"
    if full_name not in code.module.globals:
        kind = values[0].ir.type
        function = code.function(full_name, kind, [kind] * len(values))
        function.linkage = "internal"
        function.attributes.add("alwaysinline")
        builder = ir.IRBuilder(function.append_basic_block())
        inside = Emitter([builder], code.lanes)
        result = body(*[Staged(inside, argument, dtype) for argument in function.args])
        builder.ret(result.ir)
    return call(full_name, dtype, *values)


def _polynomial(x: Staged, coefficients: Sequence[float]) -> Staged:
    """`c[0] + c[1] x + c[2] x**2 + ...`."""
    value: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = multiply_add(value, x, coefficient)
    result: Staged = value
    return result


# --- exponentials --------------------------------------------------------------------------------


def _reduced(x: Staged, real: Real) -> tuple[Staged, Staged, Staged]:
    """`x = n ln2 + r + c`, n whole: (n as an integer, r, the small rest c)."""
    shifted = multiply_add(x, _LOG2_E, real.to_integer)
    number = shifted - real.to_integer
    exponent = bits_as(shifted, real.integer) - real.bits(real.to_integer)
    high, low = x - number * real.ln2_high, number * real.ln2_low
    remainder = high - low
    return exponent, remainder, (high - remainder) - low


def _power_of_two(exponent: Staged, real: Real) -> Staged:
    """2**n as a float, for the exponent of a normal number."""
    return bits_as((exponent + real.bias) << real.mantissa, real.name)


def _scaled(x: Staged, exponent: Staged, real: Real) -> Staged:
    """`x * 2**n` in two steps, as 2**n itself need not be a normal number."""
    half = exponent >> 1
    return x * _power_of_two(half, real) * _power_of_two(exponent - half, real)


def _clamped(x: Staged, low: float, high: float) -> Staged:
    """The value brought into a range; NaN stays."""
    x = where(x < low, low, x)
    return where(x > high, high, x)


@_define("exp")
def exp(x: Staged) -> Staged:
    """E to the power of x."""
    real = _REALS[x.dtype]
    exponent, r, c = _reduced(_clamped(x, *real.exp_range), real)
    value = r + multiply_add(r * r, _polynomial(r, real.exp), c) + 1.0
    return _scaled(value, exponent, real)


@_define("expm1")
def expm1(x: Staged) -> Staged:
    """`exp(x) - 1`: 2**n (exp(r) - 1) + (2**n - 1), halved so that 2**n does not overflow."""
    real = _REALS[x.dtype]
    exponent, r, c = _reduced(_clamped(x, real.expm1_low, real.exp_range[1]), real)
    part = r + multiply_add(r * r, _polynomial(r, real.exp), c)
    scale = _power_of_two(exponent - 1, real)
    value = (scale * part + (scale - 0.5)) * 2.0
    return where(abs(x) < 2.0 ** -(real.mantissa + 2), x, value)


@_define("sigmoid")
def sigmoid(x: Staged) -> Staged:
    """`1 / (1 + exp(-x))`, without overflow, and with small results to full precision."""
    decay = exp(-abs(x))
    sum_ = 1.0 + decay
    is_upper = x >= 0.0
    quotient = where(is_upper, 1.0, decay) / sum_
    lost = decay - (sum_ - 1.0)  # by rounding the sum
    return quotient - quotient * lost * where(is_upper, quotient, 1.0 - quotient)


@_define("tanh")
def tanh(x: Staged) -> Staged:
    """`t / (t + 2)` for t = exp(2 abs(x)) - 1, from 1 on `1 - 2 / (t + 2)`."""
    real = _REALS[x.dtype]
    size = abs(x)
    t = expm1(where(size > real.mantissa, float(real.mantissa), size) * 2.0)
    sum_ = t + 2.0
    is_large = size >= 1.0
    quotient = where(is_large, 2.0, t) / sum_
    lost = t - (sum_ - 2.0)  # by rounding the sum; 1 / sum is (1 - quotient) / 2
    small = quotient - quotient * lost * (0.5 - quotient * 0.5)
    return call_llvm("copysign", where(is_large, 1.0 - quotient, small), x)


# --- logarithms ----------------------------------------------------------------------------------


def _mantissa_and_exponent(x: Staged, real: Real) -> tuple[Staged, Staged]:
    """`x = m 2**k`, m in [sqrt(1/2), sqrt(2)], of a normal number: (m, k as a float)."""
    one = real.bits(1.0)
    bits = bits_as(x, real.integer)
    shifted = bits + (one - real.bits(0.5**0.5))  # its exponent field is k + bias
    field = shifted & ~((1 << real.mantissa) - 1)
    mantissa = bits_as(bits - field + one, real.name)
    whole = bits_as(field, "u" + real.integer) >> real.mantissa
    # An integer in the low bits of 2**mantissa.
    offset = 2.0**real.mantissa
    number = bits_as(bits_as(whole, real.integer) | real.bits(offset), real.name)
    return mantissa, number - (offset + real.bias)


def _log_of(mantissa: Staged, exponent: Staged, rest: Any, real: Real) -> Staged:
    """`log(m) + k ln2 + rest`, for a rest that is small to log(m), added first."""
    f = mantissa - 1.0
    half_square = f * f * 0.5
    if real.mantissa == 23:
        t = f * (f * f) * _polynomial(f, real.log)
    else:
        s = f / (f + 2.0)
        z = s * s
        t = s * (half_square + z * _polynomial(z, real.log))
    low = exponent * real.ln2_low + rest
    return exponent * real.ln2_high - ((half_square - (t + low)) - f)


def _log_or_special(result: Staged, x: Staged) -> Staged:
    """What a logarithm of x has been computed to be, where x is positive and finite."""
    special = where(x == 0.0, -np.inf, where(x > 0.0, x, np.nan))
    return where((x > 0.0) & (x < np.inf), result, special)


@_define("log")
def log(x: Staged) -> Staged:
    """The natural logarithm."""
    real = _REALS[x.dtype]
    is_denormal = x < 2.0 ** (1 - real.bias)
    shift = real.mantissa + 1
    normal = where(is_denormal, x * 2.0**shift, x)
    mantissa, exponent = _mantissa_and_exponent(normal, real)
    exponent = where(is_denormal, exponent - float(shift), exponent)
    return _log_or_special(_log_of(mantissa, exponent, 0.0, real), x)


@_define("log1p")
def log1p(x: Staged) -> Staged:
    """`log(1 + x)`: the logarithm of the rounded sum, and what rounding took from it."""
    real = _REALS[x.dtype]
    u = x + 1.0
    lost = where(u >= 2.0, 1.0 - (u - x), x - (u - 1.0))
    mantissa, exponent = _mantissa_and_exponent(u, real)
    result = _log_or_special(_log_of(mantissa, exponent, lost / u, real), u)
    return where(x == 0.0, x, result)


# --- functions of the C library, lane by lane ----------------------------------------------------


def _define_by_library(name: str, numpy_name: str, arity: int = 1) -> None:
    """Makes a function of the C library the vector form of a NumPy function."""

    @_define(numpy_name)
    def apply(*values: Staged) -> Staged:
        code, dtype = values[0].code, values[0].dtype
        builder, kind = code.builders[0], values[0].ir.type
        symbol = name + ("f" if dtype == "float32" else "")
        function = code.function(symbol, kind.element, [kind.element] * arity)
        result: ir.Value = ir.Constant(kind, ir.Undefined)
        for lane in range(code.lanes):
            elements = [builder.extract_element(x.ir, INT32(lane)) for x in values]
            result = builder.insert_element(result, builder.call(function, elements), INT32(lane))
        return Staged(code, result, dtype)


for _name, _numpy_name in {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sinh": "sinh",
    "cosh": "cosh",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "erf": "erf",
    "erfc": "erfc",
}.items():
    _define_by_library(_name, _numpy_name)
_define_by_library("pow", "power", 2)
_define_by_library("atan2", "arctan2", 2)
