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
    Emitter,
    Staged,
    alike,
    bits_as,
    call,
    compare,
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
      log2_e, ln2_high, ln2_low: `ln2_high` ends in zeros: its products with exponents are exact.
      exp_range: below and above, exp is 0 and infinite.
      exp: coefficients of (exp(r) - 1 - r) / r**2 for abs(r) <= log(2) / 2.
    """

    integer: str
    mantissa: int
    bias: int
    to_integer: float
    ln2_high: float
    ln2_low: float
    exp_range: tuple[float, float]
    exp: tuple[float, ...]


_REALS = {
    "float32": Real(
        integer="int32",
        mantissa=23,
        bias=127,
        to_integer=1.5 * 2.0**23,
        ln2_high=0.693145751953125,
        ln2_low=1.4286068203094173e-06,
        exp_range=(-105.0, 89.0),
        exp=(0.5, 0.16666667, 0.041666463, 0.008333286, 0.0013933736, 0.00019907704),
    ),
    "float64": Real(
        integer="int64",
        mantissa=52,
        bias=1023,
        to_integer=1.5 * 2.0**52,
        ln2_high=0.693147180559663,
        ln2_low=2.8235290563031577e-13,
        exp_range=(-746.0, 710.0),
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
    """`x = n ln2 + r`, n whole: (n as an integer, r, what rounding took from r)."""
    shifted = multiply_add(x, _LOG2_E, real.to_integer)
    number = shifted - real.to_integer
    exponent = bits_as(shifted, real.integer) - _bits_of(real.to_integer, real)
    high = x - number * real.ln2_high
    low = number * real.ln2_low
    remainder = high - low
    return exponent, remainder, (high - remainder) - low


def _bits_of(value: float, real: Real) -> int:
    return int(np.array(value, f"f{4 if real.mantissa == 23 else 8}").view(real.integer))


def _power_of_two(exponent: Staged, real: Real) -> Staged:
    """2**n as a float, for an n that is a normal exponent."""
    dtype = "float32" if real.mantissa == 23 else "float64"
    return bits_as((exponent + real.bias) << real.mantissa, dtype)


def _scaled(x: Staged, exponent: Staged, real: Real) -> Staged:
    """`x * 2**n` in two steps, so that 2**n itself need not be a normal number."""
    half = exponent >> 1
    return x * _power_of_two(half, real) * _power_of_two(exponent - half, real)


def _clamped(x: Staged, low: float, high: float) -> Staged:
    """The value in [low, high]; NaN stays."""
    x = where(compare("<", x, low), low, x)
    return where(compare(">", x, high), high, x)


@_define("exp")
def exp(x: Staged) -> Staged:
    """E to the power of x."""
    real = _REALS[x.dtype]
    exponent, r, _ = _reduced(_clamped(x, *real.exp_range), real)
    value = multiply_add(r * r, _polynomial(r, real.exp), r) + 1.0
    return _scaled(value, exponent, real)
