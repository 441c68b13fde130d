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
    convert,
    multiply_add,
    sqrt,
    vector_form,
    where,
)
from .target import host_target


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
      erf_small: of (erf(x) - x) / x by x**2, x in [0, 1].
      erf_large: of -log(erfc(x)) by x, x in [0.9, erf_one], from where on erf is 1.
      sin, cos: of (sin(r) - r) / r**3 and (cos(r) - 1 + r**2 / 2) / r**4 by r**2, r to pi / 4.
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
    erf_small: tuple[float, ...]
    erf_large: tuple[float, ...]
    erf_one: float
    sin: tuple[float, ...]
    cos: tuple[float, ...]

    @property
    def size(self) -> int:
        """The bytes of an element."""
        return 4 if self.mantissa == 23 else 8

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
        erf_small=(
            0.12837917,
            -0.37612626,
            0.112836,
            -0.026854444,
            0.0051895357,
            -0.0008020842,
            7.889124e-05,
        ),
        erf_large=(
            -0.00017055064,
            1.1294951,
            0.6333867,
            0.1082366,
            -0.025091484,
            0.004160522,
            -0.00043230192,
            2.0909456e-05,
        ),
        erf_one=4.0,
        sin=(-0.16666667, 0.008333332, -0.00019840086, 2.7249696e-06),
        cos=(0.041666668, -0.0013888888, 2.4800598e-05, -2.7300757e-07),
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
        erf_small=(
            0.1283791670955126,
            -0.3761263890318375,
            0.11283791670954885,
            -0.026866170645077875,
            0.005223977624828431,
            -0.0008548326981425542,
            0.0001205533113295582,
            -1.4925595772180906e-05,
            1.64610084778027e-06,
            -1.6350396222864617e-07,
            1.466032872274226e-08,
            -1.137495573607015e-09,
            5.960685338520971e-11,
        ),
        erf_large=(
            5.132353064246832e-07,
            1.1283739917701345,
            0.6366440548353262,
            0.1027022905299731,
            -0.018988043437116846,
            -0.00041353459901507036,
            0.001918943526350601,
            -0.0007730413505441111,
            0.00013655307054111072,
            1.9524381921183808e-05,
            -2.253348933375706e-05,
            8.578972986306916e-06,
            -2.1148455664475243e-06,
            3.695736328557631e-07,
            -4.593428300678229e-08,
            3.890109558484393e-09,
            -2.020396249242468e-10,
            4.865239069143666e-12,
        ),
        erf_one=6.0,
        sin=(
            -0.16666666666666666,
            0.00833333333333094,
            -0.0001984126983674298,
            2.755731609430797e-06,
            -2.5051130101805494e-08,
            1.5918002281873061e-10,
        ),
        cos=(
            0.041666666666666664,
            -0.001388888888888739,
            2.4801587298755762e-05,
            -2.7557317266494944e-07,
            2.0876145163581403e-09,
            -1.138255204095506e-11,
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


def _call_body(
    name: str, body: Body, values: Sequence[Staged], inlining: str = "alwaysinline"
) -> Staged:
    dtype, code = values[0].dtype, values[0].code
    full_name = f"{name}.{dtype}x{code.lanes}"
    if full_name not in code.module.globals:
        kind = values[0].ir.type
        function = code.function(full_name, kind, [kind] * len(values))
        function.linkage = "internal"
        function.attributes.add(inlining)
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


# --- instructions of AVX-512 ---------------------------------------------------------------------


def _has_avx512(x: Staged, real: Real) -> bool:
    """Whether a vector fills one register of AVX-512."""
    return host_target().width(real.size) == x.code.lanes == 64 // real.size


def _avx512(name: str, *arguments: Staged | int) -> Staged:
    """A call of an intrinsic that is masked (of no lane) and rounds (as usual)."""
    x = arguments[0]
    assert isinstance(x, Staged)
    code, mask, rounding = x.code, ir.IntType(x.code.lanes), INT32(4)
    given = [INT32(a) if isinstance(a, int) else a.ir for a in arguments]
    given += [mask(-1), rounding]
    full_name = f"llvm.x86.avx512.mask.{name}.p{'s' if x.dtype == 'float32' else 'd'}.512"
    function = code.function(full_name, x.ir.type, [value.type for value in given])
    return Staged(code, code.builders[0].call(function, given), x.dtype)


# --- exponentials --------------------------------------------------------------------------------


def _reduced(x: Staged, real: Real) -> tuple[Staged, Staged, Staged]:
    """`x = n ln2 + r + c`, n whole: (the float whose low bits are n, r, the small rest c)."""
    shifted = multiply_add(x, _LOG2_E, real.to_integer)
    number = shifted - real.to_integer
    high, low = x - number * real.ln2_high, number * real.ln2_low
    remainder = high - low
    return shifted, remainder, (high - remainder) - low


def _exponent(shifted: Staged, real: Real) -> Staged:
    """The n of `_reduced`, as an integer."""
    return bits_as(shifted, real.integer) - real.bits(real.to_integer)


def _power_of_two(exponent: Staged, real: Real) -> Staged:
    """2**n as a float, for the exponent of a normal number."""
    return bits_as((exponent + real.bias) << real.mantissa, real.name)


def _scaled(x: Staged, shifted: Staged, real: Real) -> Staged:
    """`x * 2**n`, for the n of `_reduced`: in one instruction, or in two steps.

    Two, because 2**n itself need not be a normal number.
    """
    if _has_avx512(x, real):
        return _avx512("scalef", x, shifted - real.to_integer, x)
    exponent = _exponent(shifted, real)
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
    shifted, r, c = _reduced(_clamped(x, *real.exp_range), real)
    value = r + multiply_add(r * r, _polynomial(r, real.exp), c) + 1.0
    return _scaled(value, shifted, real)


@_define("expm1")
def expm1(x: Staged) -> Staged:
    """`exp(x) - 1`: 2**n (exp(r) - 1) + (2**n - 1), halved so that 2**n does not overflow."""
    real = _REALS[x.dtype]
    shifted, r, c = _reduced(_clamped(x, real.expm1_low, real.exp_range[1]), real)
    part = r + multiply_add(r * r, _polynomial(r, real.exp), c)
    scale = _power_of_two(_exponent(shifted, real) - 1, real)
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
    if _has_avx512(x, real):
        return _avx512_mantissa_and_exponent(x)
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


def _avx512_mantissa_and_exponent(x: Staged) -> tuple[Staged, Staged]:
    """The same, of any number: k is infinite for 0 and infinity, m is NaN for what is negative."""
    nan_if_negative = 2 << 2
    mantissa = _avx512("getmant", x, nan_if_negative, x)  # from 1 to 2
    exponent = _avx512("getexp", x, x)
    is_large = mantissa > 2.0**0.5
    return where(is_large, mantissa * 0.5, mantissa), where(is_large, exponent + 1.0, exponent)


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
    if _has_avx512(x, real):
        return _log_of(*_mantissa_and_exponent(x, real), 0.0, real)
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
    result = _log_of(mantissa, exponent, lost / u, real)
    return where(x == 0.0, x, _log_or_special(result, u))


# --- powers --------------------------------------------------------------------------------------


@_define("power")
def power(x: Staged, y: Staged) -> Staged:
    """`x ** y` with C's special cases; of float32 as `exp(y log(x))` in float64."""
    if x.dtype == "float64":
        return _by_library("pow", x, y)
    exact = convert(abs(x), "float64")
    size = convert(exp(convert(y, "float64") * log(exact)), "float32")
    size = where((abs(x) == 1.0) | (y == 0.0), 1.0, size)
    is_whole = call_llvm("rint", y) == y
    is_odd = is_whole & (call_llvm("rint", y * 0.5) != y * 0.5)
    signed = where(is_odd, call_llvm("copysign", size, x), size)
    has_no_root = (x < 0.0) & (x > -np.inf) & (is_whole == False)  # noqa: E712 - a vector
    result = where(has_no_root, np.nan, signed)
    return where((x == 1.0) | (y == 0.0), 1.0, where(y == y, result, y))


# --- the error function --------------------------------------------------------------------------


@_define("erf")
def erf(x: Staged) -> Staged:
    """`x + x p(x**2)` up to 1, from there on `1 - exp(-q(x))`."""
    real = _REALS[x.dtype]
    size = abs(x)
    small = multiply_add(size, _polynomial(size * size, real.erf_small), size)
    limit = real.erf_one
    large = 1.0 - exp(-_polynomial(where(size > limit, limit, size), real.erf_large))
    return call_llvm("copysign", where(size < 1.0, small, large), x)


# --- sine and its kin ----------------------------------------------------------------------------

# pi / 2 in parts of 33 bits, whose products with whole numbers below 2**20 are exact; the last one
# is what remains.
_HALF_PI = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32)
_LARGEST_ANGLE = 1e6


def _reduced_angle(x: Staged) -> tuple[Staged, Staged, Staged]:
    """`x = n pi / 2 + r + c` for a float64 x up to 10**6: (n as an integer, r, the small rest c).

    Three parts of pi / 2 are subtracted, and what rounding takes is collected, so that r has all
    its bits even where x is as near as a float64 can be to a multiple of pi / 2.
    """
    real = _REALS["float64"]
    shifted = multiply_add(x, 2.0 / np.pi, real.to_integer)
    number = shifted - real.to_integer
    quadrant = bits_as(shifted, "int64")
    first, second, third, last = _HALF_PI
    r = x - number * first
    r, lost = _difference(r, number * second)
    r, lost_again = _difference(r, number * third)
    rest = (lost + lost_again) - number * last
    total = r + rest
    return quadrant, total, rest - (total - r)


def _difference(x: Staged, y: Staged) -> tuple[Staged, Staged]:
    """`x - y`, and what rounding took from it."""
    difference = x - y
    back = difference - x
    return difference, (x - (difference - back)) - (y + back)


def _sine_and_cosine(x: Staged) -> tuple[Staged, Staged, Staged]:
    """The quadrant's number, and sine and cosine of the angle that remains in it."""
    if x.dtype == "float32":
        quadrant, r, _ = _reduced_angle(convert(x, "float64"))
        r = convert(r, "float32")
        c: Any = 0.0
    else:
        quadrant, r, c = _reduced_angle(x)
    real = _REALS[x.dtype]
    z = r * r
    cube = z * r
    half = z * 0.5
    w = 1.0 - half
    if x.dtype == "float32":
        sine = multiply_add(cube, _polynomial(z, real.sin), r)
        cosine = multiply_add(z * z, _polynomial(z, real.cos), w)
        return quadrant, sine, cosine
    rest = _polynomial(z, real.sin[1:])
    sine = r - ((z * (c * 0.5 - cube * rest) - c) - cube * real.sin[0])
    cosine = w + (((1.0 - w) - half) + (z * (z * _polynomial(z, real.cos)) - r * c))
    return quadrant, sine, cosine


def _unless_large(x: Staged, fast: Staged, name: str) -> Staged:
    """A function of an angle, or where one of them is large, that of the C library."""
    code = x.code
    b = code.builders[0]
    is_large = abs(x) >= _LARGEST_ANGLE
    bits = b.bitcast(is_large.ir, ir.IntType(code.lanes))
    before = b.block
    with b.if_then(b.icmp_unsigned("!=", bits, bits.type(0)), likely=False):
        exact = _by_library(name, x)
        inside = b.block
    result = b.phi(x.ir.type)
    result.add_incoming(fast.ir, before)
    result.add_incoming(exact.ir, inside)
    return Staged(code, result, x.dtype)


@_define("sin")
def sin(x: Staged) -> Staged:
    """The sine."""
    quadrant, sine, cosine = _sine_and_cosine(x)
    value = where((quadrant & 1) != 0, cosine, sine)
    value = where((quadrant & 2) != 0, -value, value)
    return _unless_large(x, where(x == 0.0, x, value), "sin")


@_define("cos")
def cos(x: Staged) -> Staged:
    """The cosine."""
    quadrant, sine, cosine = _sine_and_cosine(x)
    value = where((quadrant & 1) != 0, sine, cosine)
    value = where(((quadrant + 1) & 2) != 0, -value, value)
    return _unless_large(x, value, "cos")


# --- functions that float32 has by way of float64 ------------------------------------------------


def _in_double(name: str) -> Callable[[Body], Body]:
    """Makes a body on float64 that need be right to 10**-9 only the float32 form of a function.

    Vectors of float64 have that of the C library.
    """

    def register(body: Body) -> Body:
        @_define(_NUMPY_NAMES.get(name, name))
        def apply(*values: Staged) -> Staged:
            if values[0].dtype == "float64":
                return _by_library(name, *values)
            return convert(body(*[convert(x, "float64") for x in values]), "float32")

        return apply

    return register


_NUMPY_NAMES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
}
_NEGLIGIBLE = 2.0**-13  # the square of less does not change a float32


def _odd(x: Staged, value: Staged) -> Staged:
    """A function that is x near 0, with the sign of x."""
    return call_llvm("copysign", where(abs(x) < _NEGLIGIBLE, abs(x), value), x)


@_in_double("sinh")
def _sinh(x: Staged) -> Staged:
    growth = exp(abs(x))
    return _odd(x, (growth - 1.0 / growth) * 0.5)


@_in_double("cosh")
def _cosh(x: Staged) -> Staged:
    growth = exp(abs(x))
    return (growth + 1.0 / growth) * 0.5


@_in_double("asinh")
def _asinh(x: Staged) -> Staged:
    size = abs(x)
    return _odd(x, log(size + sqrt(size * size + 1.0)))


@_in_double("acosh")
def _acosh(x: Staged) -> Staged:
    return where(x >= 1.0, log(x + sqrt(x * x - 1.0)), np.nan)


@_in_double("atanh")
def _atanh(x: Staged) -> Staged:
    size = abs(x)
    return _odd(x, log((1.0 + size) / (1.0 - size)) * 0.5)


@_in_double("tan")
def _tan(x: Staged) -> Staged:
    quadrant, sine, cosine = _sine_and_cosine(x)
    is_odd = (quadrant & 1) != 0
    value = where(is_odd, -cosine, sine) / where(is_odd, sine, cosine)
    return _unless_large(x, where(abs(x) < _NEGLIGIBLE, x, value), "tan")


# erfc(x) exp(x**2) (1 + 2 x) by (x - 3.75) / (x + 3.75), x in [0, 10.3], to 2 * 10**-10.
_ERFC = (
    1.2375126309766231,
    -0.14024059879390316,
    0.0035853899576626324,
    0.08227673661492556,
    -0.10880316875682496,
    0.09230496076432297,
    -0.05870130806113839,
    0.02835043166060026,
    -0.009716421827097865,
    0.0018273503868550753,
    0.00028483543314887006,
    -0.0004257532179940259,
    -6.883016834588616e-05,
)


@_in_double("erfc")  # the C library's, for float64, is right to 2.4 ulp
def _erfc(x: Staged) -> Staged:
    size = abs(x)
    size = where(size > 10.3, 10.3, size)
    t = (size - 3.75) / (size + 3.75)
    value = exp(-(size * size)) * _polynomial(t, _ERFC) / (1.0 + 2.0 * size)
    return where(x < 0.0, 2.0 - value, value)


# (atan(x) - x) / x**3 by x**2, x in [0, 1], to 10**-11.
_ATAN = (
    -0.3333333333257319,
    0.19999999727645812,
    -0.14285698096025615,
    0.11110731392443803,
    -0.09086246069924683,
    0.07657805732177124,
    -0.06499635318824935,
    0.05324059136853869,
    -0.03923434220054326,
    0.023734833455020924,
    -0.010578444684102128,
    0.0029974268194830917,
    -0.0003981417177336558,
)


def _angle(y: Staged, x: Staged) -> Staged:
    """The angle of the point (x, y), of coordinates that are not negative and not both infinite."""
    larger, smaller = where(x < y, y, x), where(x < y, x, y)
    ratio = where(larger == 0.0, 0.0, smaller / larger)
    z = ratio * ratio
    angle = multiply_add(ratio * z, _polynomial(z, _ATAN), ratio)
    return where(x < y, np.pi / 2 - angle, angle)


@_in_double("atan")
def _atan(x: Staged) -> Staged:
    return _odd(x, _angle(abs(x), x.code.constant(1.0, x.dtype)))


@_in_double("asin")
def _asin(x: Staged) -> Staged:
    size = abs(x)
    return _odd(x, _angle(size, sqrt((1.0 - size) * (1.0 + size))))


@_in_double("acos")
def _acos(x: Staged) -> Staged:
    size = abs(x)
    angle = _angle(sqrt((1.0 - size) * (1.0 + size)), size)
    return where(x < 0.0, np.pi - angle, angle)


@_in_double("atan2")
def _atan2(y: Staged, x: Staged) -> Staged:
    # Only the directions of infinities count, and 0 has a sign.
    both = (abs(x) == np.inf) & (abs(y) == np.inf)
    angle = _angle(where(both, 1.0, abs(y)), where(both, 1.0, abs(x)))
    is_left = bits_as(x, "int64") < 0
    angle = where(is_left, np.pi - angle, angle)
    return call_llvm("copysign", where((x == x) & (y == y), angle, np.nan), y)


# --- functions of the C library, lane by lane ----------------------------------------------------


def _by_library(name: str, *values: Staged) -> Staged:
    """A function of the C library, called for one lane after the other."""
    code, dtype = values[0].code, values[0].dtype

    def body(*arguments: Staged) -> Staged:
        inside, kind = arguments[0].code, arguments[0].ir.type
        builder = inside.builders[0]
        symbol = name + ("f" if dtype == "float32" else "")
        function = inside.function(symbol, kind.element, [kind.element] * len(arguments))
        result: ir.Value = ir.Constant(kind, ir.Undefined)
        for lane in range(code.lanes):
            elements = [builder.extract_element(x.ir, INT32(lane)) for x in arguments]
            result = builder.insert_element(result, builder.call(function, elements), INT32(lane))
        return Staged(inside, result, dtype)

    return _call_body(f"library.{name}", body, values, "noinline")
