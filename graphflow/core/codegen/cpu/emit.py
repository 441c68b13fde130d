"""Staged values: ordinary arithmetic that writes vector instructions when it is executed.

A `Staged` value stands for a vector register. Python's operators, NumPy's functions and those of
`ops/scalar_math.py` work on it, and each adds an instruction to the kernel that is being made. So
an op's scalar body becomes vector code by being called once:

    code = Emitter([builder], lanes=16)
    x = Staged(code, <a <16 x float> value>, "float32")
    relu_scalar(x)      # adds a comparison and a select to the function

Python numbers take the type of what they meet. A float16 is held, and computed with, as a float32;
`rounded` brings it back to what a float16 can be. A bool is one bit per lane.

Kernels are loops around loops, so an emitter has a builder for each level: an instruction whose
operands are all known outside of a loop is put there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from .target import host_target

BIT, BYTE, INT32, WORD = (ir.IntType(bits) for bits in (1, 8, 32, 64))
HALF, FLOAT, DOUBLE = ir.HalfType(), ir.FloatType(), ir.DoubleType()
_REGISTER_TYPES = {
    "bool": BIT,
    **{f"{u}int{bits}": ir.IntType(bits) for u in ("", "u") for bits in (8, 16, 32, 64)},
    "float16": FLOAT,
    "float32": FLOAT,
    "float64": DOUBLE,
}
_MEMORY_TYPES = {**_REGISTER_TYPES, "bool": BYTE, "float16": HALF}
_SUFFIX = {HALF: "f16", FLOAT: "f32", DOUBLE: "f64"}
# Where the machine has no instruction for it, LLVM calls functions that no library offers us.
_HAS_HALF = "+f16c" in host_target().features or not any(
    feature in host_target().features for feature in ("sse", "x86")
)

Number = int | float | bool | np.generic


@cache
def register_type(dtype: str, lanes: int) -> ir.VectorType:
    """The LLVM type that holds a vector of a NumPy type."""
    return ir.VectorType(_REGISTER_TYPES[dtype], lanes)


@cache
def memory_type(dtype: str, lanes: int) -> ir.VectorType:
    """The LLVM type of a vector of a NumPy type as it lies in memory."""
    return ir.VectorType(_MEMORY_TYPES[dtype], lanes)


@cache
def is_float(dtype: str) -> bool:
    """Whether a NumPy type is float16, float32 or float64."""
    return dtype.startswith("float")


@cache
def is_signed(dtype: str) -> bool:
    """Whether a NumPy type is a signed integer."""
    return dtype.startswith("int")


@cache
def _promoted(a: str, b: str) -> str:
    return str(np.promote_types(a, b))


@cache
def _constant(bits: bytes, dtype: str, lanes: int) -> ir.Constant:
    """A number in all lanes; kept, as it caches the text that is written again and again."""
    number = np.frombuffer(bits, dtype)[0]
    kind = register_type(dtype, lanes)
    one = ir.Constant(kind.element, float(number) if is_float(dtype) else int(number))
    return ir.Constant(kind, [one] * lanes)


class Emitter:
    """Where instructions go.

    Attributes:
      builders: one for each loop level, outermost first.
      lanes: how many elements all vectors have.
      module: what the code is part of; functions that it calls are added there.
    """

    def __init__(self, builders: Sequence[ir.IRBuilder], lanes: int) -> None:
        self.builders = list(builders)
        self.lanes = lanes
        self.module = builders[0].module

    def constant(self, value: Number, dtype: str) -> Staged:
        """A number in all lanes."""
        if isinstance(value, float | np.floating) and not is_float(dtype):
            raise TypeError(f"{value} is no {dtype}")
        bits = np.dtype(dtype).type(value).tobytes()
        return Staged(self, _constant(bits, dtype, self.lanes), dtype)

    def function(self, name: str, result: ir.Type, arguments: Sequence[ir.Type]) -> ir.Function:
        """A function of the module by name, declared when it is first asked for."""
        found = self.module.globals.get(name)
        if found is None:
            found = ir.Function(self.module, ir.FunctionType(result, arguments), name)
        return found


class Staged(np.lib.mixins.NDArrayOperatorsMixin):
    """A vector in a register; see the module's docstring.

    Attributes:
      code: where its instructions go.
      ir: LLVM's value.
      dtype: NumPy's name of its type.
      level: of the innermost loop that it depends on.
    """

    __slots__ = ("code", "dtype", "ir", "level")

    def __init__(self, code: Emitter, value: ir.Value, dtype: str, level: int = 0) -> None:
        self.code, self.ir, self.dtype, self.level = code, value, dtype, level

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Staged:
        options.pop("out", None)  # `x += y` makes a new value
        name = ufunc.__name__.removesuffix(" (vectorized)")
        if method != "__call__" or options or name not in FUNCTIONS:
            raise TypeError(f"no vector code for {name}.{method}{options or ''}")
        return FUNCTIONS[name](*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Staged:
        if function is not np.where or len(args) != 3:
            raise TypeError(f"no vector code for {function.__name__}")
        return where(*args)

    def __bool__(self) -> bool:
        raise TypeError("what a vector holds is not known yet: use where() in place of if")

    def astype(self, dtype: Any) -> Staged:
        """Its elements in another type."""
        return convert(self, str(np.dtype(dtype)))

    def rounded(self) -> Staged:
        """Its elements as they are when they have been stored and loaded."""
        if self.dtype != "float16":
            return self
        return _from_half(self.code, _to_half(self), self.level)


def emit(method: str, dtype: str, *operands: Any) -> Staged:
    """One instruction, in the innermost loop that an operand belongs to.

    Args:
      method: that of llvmlite's IRBuilder.
      dtype: the type of the result.
      *operands: Staged values, and what the method takes besides.
    """
    staged = [value for value in operands if isinstance(value, Staged)]
    code, level = _innermost(staged)
    plain = [value.ir if isinstance(value, Staged) else value for value in operands]
    return Staged(code, getattr(code.builders[level], method)(*plain), dtype, level)


def _innermost(values: Sequence[Staged]) -> tuple[Emitter, int]:
    """The innermost loop that a value belongs to: what was computed outside is there as well."""
    value = max(values, key=lambda value: value.level)
    return value.code, value.level


def call(name: str, dtype: str, *operands: Staged) -> Staged:
    """A call of a function of the module, declared as its operands and result need."""
    code, level = _innermost(operands)
    result = register_type(dtype, code.lanes)
    function = code.function(name, result, [value.ir.type for value in operands])
    instruction = code.builders[level].call(function, [value.ir for value in operands])
    return Staged(code, instruction, dtype, level)


def call_llvm(name: str, *operands: Staged) -> Staged:
    """A call of an LLVM intrinsic on values of one type: `sqrt`, `floor`, `fmuladd`."""
    kind = operands[0].ir.type
    full_name = f"llvm.{name}.v{kind.count}{element_suffix(kind)}"
    return call(full_name, operands[0].dtype, *operands)


def element_suffix(kind: ir.VectorType) -> str:
    """How LLVM's intrinsics name the element type: `f32`, `i8`."""
    return _SUFFIX.get(kind.element) or f"i{kind.element.width}"


def alike(*values: Any) -> list[Staged]:
    """Values in one type: the one that NumPy gives to arrays of theirs; numbers follow it."""
    staged = [value for value in values if isinstance(value, Staged)]
    if not staged:
        raise TypeError(f"which type have the numbers {values}?")
    (code, _), dtype = _innermost(staged), staged[0].dtype
    for value in staged[1:]:
        if value.dtype != dtype:
            dtype = _promoted(dtype, value.dtype)
    return [
        convert(value, dtype) if isinstance(value, Staged) else code.constant(value, dtype)
        for value in values
    ]


# --- functions by their NumPy names --------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Staged]] = {}


def vector_form(*names: str) -> Callable[[Callable[..., Staged]], Callable[..., Staged]]:
    """Makes a function the vector form of the NumPy functions of these names."""

    def register(function: Callable[..., Staged]) -> Callable[..., Staged]:
        FUNCTIONS.update(dict.fromkeys(names, function))
        return function

    return register


def _define_arithmetic(name: str, float_method: str, int_method: str) -> None:
    @vector_form(name)
    def apply(x: Any, y: Any) -> Staged:
        x, y = alike(x, y)
        if x.dtype == "bool" or (not is_float(x.dtype) and not int_method):
            raise TypeError(f"no vector code to {name} values of type {x.dtype}")
        return emit(float_method if is_float(x.dtype) else int_method, x.dtype, x, y)


_define_arithmetic("add", "fadd", "add")
_define_arithmetic("subtract", "fsub", "sub")
_define_arithmetic("multiply", "fmul", "mul")
_define_arithmetic("divide", "fdiv", "")


def compare(symbol: str, x: Any, y: Any) -> Staged:
    """A bool for each pair of elements; NaN is unequal to all, and neither less nor greater."""
    x, y = alike(x, y)
    if is_float(x.dtype):
        method = "fcmp_unordered" if symbol == "!=" else "fcmp_ordered"
    else:
        method = "icmp_signed" if is_signed(x.dtype) else "icmp_unsigned"
    builder_call = emit(method, "bool", symbol, x, y)
    return builder_call


def _define_comparison(name: str, symbol: str) -> None:
    @vector_form(name)
    def apply(x: Any, y: Any) -> Staged:
        return compare(symbol, x, y)


for _name, _symbol in {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}.items():
    _define_comparison(_name, _symbol)


def _define_bitwise(name: str, method: str) -> None:
    @vector_form(name)
    def apply(x: Any, y: Any) -> Staged:
        x, y = alike(x, y)
        if is_float(x.dtype):
            raise TypeError(f"{name} of floats")
        return emit(method, x.dtype, x, y)


_define_bitwise("bitwise_and", "and_")
_define_bitwise("bitwise_or", "or_")
_define_bitwise("bitwise_xor", "xor")


@vector_form("invert")
def _invert(x: Staged) -> Staged:
    return emit("not_", x.dtype, x)


def _shift_count(x: Any, y: Any) -> tuple[Staged, Staged]:
    """A shift of at most all bits but one: more has no meaning to the machine."""
    is_number = not isinstance(y, Staged)
    x, y = alike(x, y)
    return x, y if is_number else minimum(maximum(y, 0), x.ir.type.element.width - 1)


@vector_form("left_shift")
def _left_shift(x: Any, y: Any) -> Staged:
    x, y = _shift_count(x, y)
    return emit("shl", x.dtype, x, y)


@vector_form("right_shift")
def _right_shift(x: Any, y: Any) -> Staged:
    x, y = _shift_count(x, y)
    return emit("ashr" if is_signed(x.dtype) else "lshr", x.dtype, x, y)


def where(condition: Any, x: Any, y: Any) -> Staged:
    """`x` in the lanes where the condition holds, else `y`."""
    if not isinstance(condition, Staged):
        return alike(x, y)[0 if condition else 1]
    x, y = alike(x, y)
    return emit("select", x.dtype, condition, x, y)


@vector_form("maximum")
def maximum(x: Any, y: Any) -> Staged:
    """The larger; NaN where either is."""
    return _extreme(">", x, y)


@vector_form("minimum")
def minimum(x: Any, y: Any) -> Staged:
    """The smaller; NaN where either is."""
    return _extreme("<", x, y)


def _extreme(symbol: str, x: Any, y: Any) -> Staged:
    if not isinstance(x, Staged):
        x, y = y, x
    if not isinstance(y, Staged) and y == y:  # a number: only x can be NaN
        x, y = alike(x, y)
        return where(compare(symbol, y, x), y, x)
    x, y = alike(x, y)
    chosen = where(compare(symbol, x, y), x, y)
    return where(compare("!=", x, x), x, chosen) if is_float(x.dtype) else chosen


@vector_form("negative")
def _negative(x: Staged) -> Staged:
    return emit("fneg" if is_float(x.dtype) else "neg", x.dtype, x)


@vector_form("absolute", "fabs")
def absolute(x: Staged) -> Staged:
    """Without the sign."""
    if is_float(x.dtype):
        return call_llvm("fabs", x)
    return where(compare("<", x, 0), -x, x) if is_signed(x.dtype) else x


@vector_form("sign")
def _sign(x: Staged) -> Staged:
    if not is_signed(x.dtype) and not is_float(x.dtype):
        return where(compare("!=", x, 0), x.code.constant(1, x.dtype), 0)
    below = where(compare("<", x, 0), x.code.constant(-1, x.dtype), x)
    return where(compare(">", x, 0), 1, below)  # 0 and NaN stay


@vector_form("conjugate")
def _conjugate(x: Staged) -> Staged:
    return x


@vector_form("isnan")
def _isnan(x: Staged) -> Staged:
    return compare("!=", x, x)


@vector_form("isinf")
def _isinf(x: Staged) -> Staged:
    return compare("==", absolute(x), np.inf)


@vector_form("isfinite")
def _isfinite(x: Staged) -> Staged:
    return compare("<", absolute(x), np.inf)


def _define_rounding(name: str) -> None:
    @vector_form(name)
    def apply(x: Staged) -> Staged:
        return call_llvm(name, x) if is_float(x.dtype) else x


for _name in ("floor", "ceil", "trunc", "rint"):
    _define_rounding(_name)


@vector_form("sqrt")
def sqrt(x: Staged) -> Staged:
    """The square root, correctly rounded."""
    return call_llvm("sqrt", x)


@vector_form("fmod")
def _fmod(x: Any, y: Any) -> Staged:
    x, y = alike(x, y)
    return emit("frem", x.dtype, x, y) if is_float(x.dtype) else x - _quotient(x, y) * y


@vector_form("floor_divide")
def _floor_divide(x: Any, y: Any) -> Staged:
    x, y = alike(x, y)
    if is_float(x.dtype):
        raise TypeError("what NumPy gives is not floor(x / y): no vector code for floats")
    quotient = _quotient(x, y)
    is_above = (quotient * y != x) & ((x < 0) != (y < 0))
    return where(is_above, quotient - 1, quotient)


def _quotient(x: Staged, y: Staged) -> Staged:
    """`x / y` of integers, rounded toward zero; the smallest one by -1 is itself, as in NumPy.

    Machines have no vectors of it, but floats that hold both numbers give the right one: a quotient
    that is not whole is 1 / y or more from the next one that is, and rounding moves it by far less.
    By zero, which the lanes behind the end of a row hold, it is any number.
    """
    bits = x.ir.type.element.width
    if bits < 64:
        wide = "float32" if bits < 32 else "float64"
        return convert(convert(x, wide) / convert(y, wide), x.dtype)
    if not is_signed(x.dtype):
        return emit("udiv", x.dtype, x, where(y == 0, 1, y))
    # An element at a time, by an instruction that traps on what has no quotient.
    by_minus_one = y == -1
    quotient = emit("sdiv", x.dtype, x, where((y == 0) | by_minus_one, 1, y))
    return where(by_minus_one, -x, quotient)


def multiply_add(x: Any, y: Any, z: Any) -> Staged:
    """`x * y + z`, rounded once where the machine can, else twice."""
    return call_llvm("fmuladd", *alike(x, y, z))


# --- types ---------------------------------------------------------------------------------------


def bits_as(x: Staged, dtype: str) -> Staged:
    """The same bits as a value of another type of that size."""
    return emit("bitcast", dtype, x, register_type(dtype, x.code.lanes))


def convert(x: Staged, dtype: str) -> Staged:
    """Values as another type, as NumPy casts them on x86."""
    if x.dtype == dtype:
        return x
    if dtype == "bool":
        return compare("!=", x, 0)
    if is_float(x.dtype):
        return _convert_float(x, dtype)
    kind = register_type(dtype, x.code.lanes)
    if is_float(dtype):
        value = emit("sitofp" if is_signed(x.dtype) else "uitofp", dtype, x, kind)
        return value.rounded()
    width, wanted = x.ir.type.element.width, kind.element.width
    if width == wanted:
        return Staged(x.code, x.ir, dtype, x.level)
    if width > wanted:
        return emit("trunc", dtype, x, kind)
    return emit("sext" if is_signed(x.dtype) else "zext", dtype, x, kind)


def _convert_float(x: Staged, dtype: str) -> Staged:
    kind = register_type(dtype, x.code.lanes)
    if x.dtype == "float16":  # is one already, in a register
        x = Staged(x.code, x.ir, "float32", x.level)
        if dtype == "float32":
            return x
    if dtype == "float64":
        return emit("fpext", dtype, x, kind)
    if dtype == "float32":
        return emit("fptrunc", dtype, x, kind)
    if dtype == "float16":
        single = _to_odd_single(x) if x.dtype == "float64" else x
        return Staged(x.code, single.ir, dtype, x.level).rounded()
    if dtype == "uint64":
        return _to_uint64(x)
    # Small types are cut from larger ones, as C compilers do it.
    width = kind.element.width
    wide = "int64" if width == 64 or dtype == "uint32" else "int32"
    return convert(_to_signed(x, wide), dtype)


def _to_signed(x: Staged, dtype: str) -> Staged:
    """The whole part; the smallest integer where that has no place, or of NaN."""
    limit = 2.0 ** (31 if dtype == "int32" else 63)
    fits = compare(">=", x, -limit) & compare("<", x, limit)
    if dtype == "int32" and x.dtype == "float64":
        fits = compare(">", x, -limit - 1) & compare("<", x, limit)
    whole = emit("fptosi", dtype, where(fits, x, 0.0), register_type(dtype, x.code.lanes))
    return where(fits, whole, -int(limit))


def _to_uint64(x: Staged) -> Staged:
    """The whole part modulo 2**64, in the range of int64 or of uint64; else 2**63."""
    half = 2.0**63
    upper = compare(">=", x, half)
    low = bits_as(_to_signed(where(upper, x - half, x), "int64"), "uint64")
    return where(upper, low ^ (1 << 63), low)


def _to_odd_single(x: Staged) -> Staged:
    """A float64 as a float32 whose last bit tells whether it is exact: to be rounded once more."""
    single = convert(x, "float32")
    back = convert(single, "float64")
    bits = bits_as(single, "int32")
    too_far = compare(">", absolute(back), absolute(x))
    truncated = where(too_far, bits - 1, bits) | 1
    is_exact = compare("==", back, x) | compare("!=", x, x)
    return bits_as(where(is_exact, bits, truncated), "float32")


def spread(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:
    """A vector with one value in all lanes."""
    empty = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    first = builder.insert_element(empty, value, INT32(0))
    zeros = ir.Constant(ir.VectorType(INT32, lanes), None)
    return builder.shuffle_vector(first, empty, zeros)


def from_memory(code: Emitter, value: ir.Value, dtype: str, level: int) -> Staged:
    """A vector as it lies in memory, as it is held in a register."""
    if dtype == "bool":
        return compare("!=", Staged(code, value, "uint8", level), 0)
    if dtype == "float16":
        return _from_half(code, value, level)
    return Staged(code, value, dtype, level)


def to_memory(x: Staged) -> ir.Value:
    """A vector as it lies in memory."""
    if x.dtype == "bool":
        return convert(x, "uint8").ir
    return _to_half(x) if x.dtype == "float16" else x.ir


def _from_half(code: Emitter, half: ir.Value, level: int) -> Staged:
    """16-bit floats as a float16 in a register."""
    builder, lanes = code.builders[level], code.lanes
    if _HAS_HALF:
        return Staged(code, builder.fpext(half, register_type("float16", lanes)), "float16", level)
    half = builder.bitcast(half, ir.VectorType(ir.IntType(16), lanes))
    bits = convert(Staged(code, half, "uint16", level), "int32")
    # Exponent and mantissa in place, times 2**112: denormals become normal by themselves.
    magnitude = bits_as((bits & 0x7FFF) << 13, "float32") * 2.0**112
    is_special = compare(">=", bits & 0x7FFF, 0x7C00)
    whole = where(is_special, ((bits & 0x7FFF) << 13) | 0x7F800000, bits_as(magnitude, "int32"))
    signed = whole | ((bits & 0x8000) << 16)
    value = bits_as(signed, "float32")
    return Staged(code, value.ir, "float16", value.level)


def _to_half(x: Staged) -> ir.Value:
    """A float16 in a register as 16-bit floats, to nearest."""
    code, lanes = x.code, x.code.lanes
    if _HAS_HALF:
        return code.builders[x.level].fptrunc(x.ir, ir.VectorType(HALF, lanes))
    single = Staged(code, x.ir, "float32", x.level)
    bits = bits_as(single, "int32")
    size = bits & 0x7FFFFFFF
    # Normal: drop 13 bits, to nearest, halves to even. Denormal: the adder rounds at 2**-24.
    normal = (size - (112 << 23) + 0xFFF + ((size >> 13) & 1)) >> 13
    denormal = bits_as(absolute(single) + 0.5, "int32") - 0x3F000000
    small = where(compare("<", size, 113 << 23), denormal, normal)
    is_nan = compare(">", size, 0x7F800000)
    large = where(is_nan, ((size >> 13) & 0x3FF) | 0x7E00, 0x7C00)
    half = where(compare(">=", size, 0x477FF000), large, small) | ((bits >> 16) & 0x8000)
    return code.builders[x.level].bitcast(convert(half, "uint16").ir, ir.VectorType(HALF, lanes))
