"""Vectors as values in Numba functions: the language of the library kernels.

`F32`, `F64`, `I32`, `I64`, `U8` are the element types. Each has the same functions, to be picked
out where a kernel is made for a type:

    def _scale(real):                            # for F32 and F64 alike
        load, store, splat, WIDTH, SIZE = real.load, real.store, real.splat, real.width, real.size

        def scale(lo, hi, args):
            x, y, factor = word(args, 0), word(args, 1), splat(real_word(args, 2))
            for i in range(lo, hi):
                store(y + i * WIDTH * SIZE, load(x + i * WIDTH * SIZE) * factor)

        return scale

Addresses are int64. Vectors know `+ - * /`, unary `-`, comparisons (which give masks), `& | ~` on
masks and integers, and mix with scalars of their element type, which are spread over all lanes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from .target import host_target

WORD = ir.IntType(64)
INT32 = ir.IntType(32)
_IR_TYPES = {
    "f32": ir.FloatType(),
    "f64": ir.DoubleType(),
    "i32": ir.IntType(32),
    "i64": ir.IntType(64),
    "u8": ir.IntType(8),
    "mask": ir.IntType(1),
}
_SCALAR_TYPES = {
    "f32": types.float32,
    "f64": types.float64,
    "i32": types.int32,
    "i64": types.int64,
    "u8": types.uint8,
}


class VectorType(types.Type):
    """Numba's type of a vector: the name of its element type, and how many lanes it has."""

    def __init__(self, element: str, lanes: int) -> None:
        self.element = element
        self.lanes = lanes
        super().__init__(f"<{lanes} x {element}>")

    @property
    def key(self) -> tuple[str, int]:
        return self.element, self.lanes

    @property
    def is_float(self) -> bool:
        return self.element in ("f32", "f64")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: VectorType) -> None:
        super().__init__(manager, vector, ir_vector(vector))


def ir_vector(vector: VectorType) -> ir.VectorType:
    """The LLVM type of a vector type."""
    return ir.VectorType(_IR_TYPES[vector.element], vector.lanes)


# --- emitting: small steps that the intrinsics share ---------------------------------------------


def call_llvm(builder: Any, name: str, *arguments: Any) -> Any:
    """A call of an LLVM intrinsic on values of one vector type: `llvm.fma`, `llvm.sqrt`."""
    kind = arguments[0].type
    element = {"float": "f32", "double": "f64"}.get(str(kind.element)) or str(kind.element)
    full_name = f"llvm.{name}.v{kind.count}{element}"
    function_type = ir.FunctionType(kind, [a.type for a in arguments])
    function = cgutils.get_or_insert_function(builder.module, function_type, full_name)
    return builder.call(function, arguments)


def pointer_to(builder: Any, address: Any, kind: Any) -> Any:
    """An int64 address as a pointer."""
    return builder.inttoptr(address, kind.as_pointer())


def spread(builder: Any, value: Any, lanes: int) -> Any:
    """A vector with one value in all lanes."""
    empty = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    first = builder.insert_element(empty, value, INT32(0))
    zeros = ir.Constant(ir.VectorType(INT32, lanes), [0] * lanes)
    return builder.shuffle_vector(first, empty, zeros)


def first_lanes(builder: Any, count: Any, lanes: int) -> Any:
    """A mask of the first `count` (int64) lanes."""
    numbers = ir.Constant(ir.VectorType(INT32, lanes), list(range(lanes)))
    limit = spread(builder, builder.trunc(count, INT32), lanes)
    return builder.icmp_signed("<", numbers, limit)


def load_masked(builder: Any, address: Any, kind: Any, mask: Any, fill: Any) -> Any:
    """A vector of which only the lanes in the mask are read; the others are `fill`."""
    lanes = kind.count
    element = str(kind.element).replace("float", "f32").replace("double", "f64")
    pointer = pointer_to(builder, address, kind)
    name = f"llvm.masked.load.v{lanes}{element}.p0"
    function_type = ir.FunctionType(kind, [pointer.type, INT32, mask.type, kind])
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, [pointer, INT32(1), mask, fill])


def store_masked(builder: Any, value: Any, address: Any, mask: Any) -> None:
    """Writes the lanes in the mask."""
    kind = value.type
    element = str(kind.element).replace("float", "f32").replace("double", "f64")
    pointer = pointer_to(builder, address, kind)
    name = f"llvm.masked.store.v{kind.count}{element}.p0"
    function_type = ir.FunctionType(ir.VoidType(), [kind, pointer.type, INT32, mask.type])
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    builder.call(function, [value, pointer, INT32(1), mask])


def emit_prefetch(builder: Any, address: Any) -> None:
    """Asks for the cache line of an address, which need not be valid, to be brought to L2."""
    pointer = pointer_to(builder, address, ir.IntType(8))
    function_type = ir.FunctionType(ir.VoidType(), [pointer.type, INT32, INT32, INT32])
    function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")
    builder.call(function, [pointer, INT32(0), INT32(2), INT32(1)])


# --- words of the argument block -----------------------------------------------------------------


@intrinsic
def word(typing_context: Any, args: Any, index: Any) -> Any:
    """The int64 at a place of an argument block (or of any table of int64)."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.add(arguments[0], builder.mul(arguments[1], WORD(8)))
        return builder.load(pointer_to(builder, address, WORD), align=8)

    return types.int64(types.int64, types.int64), emit


@intrinsic
def set_word(typing_context: Any, args: Any, index: Any, value: Any) -> Any:
    """Writes the int64 at a place of a table."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.add(arguments[0], builder.mul(arguments[1], WORD(8)))
        builder.store(arguments[2], pointer_to(builder, address, WORD), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), emit


@intrinsic
def real_word(typing_context: Any, args: Any, index: Any) -> Any:
    """The float64 at a place of an argument block."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.add(arguments[0], builder.mul(arguments[1], WORD(8)))
        return builder.load(pointer_to(builder, address, ir.DoubleType()), align=8)

    return types.float64(types.int64, types.int64), emit


@njit
def report(args: Any, index: Any, value: Any, position: Any) -> None:
    """Reports a failure; `index`: of the `Failure` words. The first report of a plan counts."""
    record, number = word(args, index), word(args, index + 1)
    if fetch_add(record + 24, 1) == 0:
        set_word(record, 1, value)
        set_word(record, 2, position)
        store_release(record, number)


# --- vectors -------------------------------------------------------------------------------------


class Lanes:
    """The functions of one element type; see the module's docstring.

    Attributes:
      load, store: a whole vector at an address, which need not be aligned.
      load_tail: `(address, count, fill)`: the first `count` lanes, the others are the scalar
        `fill`; nothing past them is read.
      store_tail: `(address, vector, count)`: writes the first `count` lanes.
      splat: a scalar in all lanes. numbers: 0, 1, 2, ...
      get, put: a single element at an address.
      scalar: turns a number into one of the element type.
      width: lanes of a vector. size: bytes of an element. scalar_type: Numba's type of it.
    """

    def __init__(self, element: str, lanes: int) -> None:
        self.element = element
        self.vector_type = vector = VectorType(element, lanes)
        self.scalar_type = scalar = _SCALAR_TYPES[element]
        self.width = lanes
        kind, one = ir_vector(vector), _IR_TYPES[element]
        self.size = size = {"f32": 4, "f64": 8, "i32": 4, "i64": 8, "u8": 1}[element]
        self.scalar = scalar

        @intrinsic
        def load(typing_context: Any, address: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return builder.load(pointer_to(builder, arguments[0], kind), align=size)

            return vector(types.int64), emit

        @intrinsic
        def store(typing_context: Any, address: Any, value: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                pointer = pointer_to(builder, arguments[0], kind)
                builder.store(arguments[1], pointer, align=size)
                return context.get_dummy_value()

            return types.void(types.int64, vector), emit

        @intrinsic
        def load_tail(typing_context: Any, address: Any, count: Any, fill: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                mask = first_lanes(builder, arguments[1], lanes)
                fill = spread(builder, arguments[2], lanes)
                return load_masked(builder, arguments[0], kind, mask, fill)

            return vector(types.int64, types.int64, scalar), emit

        @intrinsic
        def store_tail(typing_context: Any, address: Any, value: Any, count: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                mask = first_lanes(builder, arguments[2], lanes)
                store_masked(builder, arguments[1], arguments[0], mask)
                return context.get_dummy_value()

            return types.void(types.int64, vector, types.int64), emit

        @intrinsic
        def splat(typing_context: Any, value: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return spread(builder, arguments[0], lanes)

            return vector(scalar), emit

        @intrinsic
        def numbers(typing_context: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return ir.Constant(kind, list(range(lanes)))

            return vector(), emit

        @intrinsic
        def get(typing_context: Any, address: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return builder.load(pointer_to(builder, arguments[0], one), align=size)

            return scalar(types.int64), emit

        @intrinsic
        def put(typing_context: Any, address: Any, value: Any) -> Any:
            def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                builder.store(arguments[1], pointer_to(builder, arguments[0], one), align=size)
                return context.get_dummy_value()

            return types.void(types.int64, scalar), emit

        self.load, self.store, self.splat = load, store, splat
        self.load_tail, self.store_tail = load_tail, store_tail
        self.get, self.put, self.numbers = get, put, numbers


# Decorate what kernels call: `/` and `//` as in NumPy, and none of the wrappers for calls from
# Python, which take a fifth of the time to compile a kernel. A `helper` is copied into all callers,
# a `routine`, which is larger, into those for which LLVM thinks that it pays.
routine = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
helper = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)

_target = host_target()
F32 = Lanes("f32", _target.width(4))
F64 = Lanes("f64", _target.width(8))
I32 = Lanes("i32", _target.width(4))
I64 = Lanes("i64", _target.width(8))
U8 = Lanes("u8", _target.width(4))  # as many as F32 has, to go with it
REALS = {"float32": F32, "float64": F64}
TILE_ROWS, TILE_VECTORS = _target.tile_rows, _target.tile_vectors

Emit = Callable[[Any, Any, Any], Any]


def _mask_of(vector: VectorType) -> VectorType:
    return VectorType("mask", vector.lanes)


def _binary(emit_float: Emit, emit_int: Emit, to_mask: bool = False) -> Any:
    """An intrinsic on two vectors of one type."""

    @intrinsic
    def apply(typing_context: Any, a: Any, b: Any) -> Any:
        if not (isinstance(a, VectorType) and a == b):
            return None

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            chosen = emit_float if a.is_float else emit_int
            return chosen(builder, *arguments)

        return (_mask_of(a) if to_mask else a)(a, b), emit

    return apply


@intrinsic
def _splat_like(typing_context: Any, vector: Any, value: Any) -> Any:
    """A scalar, cast to the element type of a vector, in all its lanes."""
    if not isinstance(vector, VectorType):
        return None
    element = _SCALAR_TYPES[vector.element]

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        scalar = context.cast(builder, arguments[1], value, element)
        return spread(builder, scalar, vector.lanes)

    return vector(vector, value), emit


def _overload_operator(function: Any, apply: Any) -> None:
    """Lets a Python operator mean an intrinsic, with scalars on either side."""

    # Strictly, Numba would compare the annotations of the two signatures too.
    @overload(function, inline="always", strict=False)
    def operator_overload(a: Any, b: Any) -> Any:
        if isinstance(a, VectorType) and isinstance(b, VectorType):
            return lambda a, b: apply(a, b)
        if isinstance(a, VectorType) and isinstance(b, types.Number):
            return lambda a, b: apply(a, _splat_like(a, b))
        if isinstance(b, VectorType) and isinstance(a, types.Number):
            return lambda a, b: apply(_splat_like(b, a), b)
        return None


def _compare(symbol: str) -> Any:
    unordered = symbol == "!="
    return _binary(
        lambda b, x, y: (b.fcmp_unordered if unordered else b.fcmp_ordered)(symbol, x, y),
        lambda b, x, y: b.icmp_signed(symbol, x, y),
        to_mask=True,
    )


for _function, _apply in {
    operator.add: _binary(lambda b, x, y: b.fadd(x, y), lambda b, x, y: b.add(x, y)),
    operator.sub: _binary(lambda b, x, y: b.fsub(x, y), lambda b, x, y: b.sub(x, y)),
    operator.mul: _binary(lambda b, x, y: b.fmul(x, y), lambda b, x, y: b.mul(x, y)),
    operator.truediv: _binary(lambda b, x, y: b.fdiv(x, y), lambda b, x, y: b.sdiv(x, y)),
    operator.and_: _binary(lambda b, x, y: x, lambda b, x, y: b.and_(x, y)),
    operator.or_: _binary(lambda b, x, y: x, lambda b, x, y: b.or_(x, y)),
    operator.xor: _binary(lambda b, x, y: x, lambda b, x, y: b.xor(x, y)),
    operator.lt: _compare("<"),
    operator.le: _compare("<="),
    operator.gt: _compare(">"),
    operator.ge: _compare(">="),
    operator.eq: _compare("=="),
    operator.ne: _compare("!="),
}.items():
    _overload_operator(_function, _apply)


def _unary(emit_float: Any, emit_int: Any = None) -> Any:
    @intrinsic
    def apply(typing_context: Any, a: Any) -> Any:
        if not isinstance(a, VectorType):
            return None

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            chosen = emit_float if a.is_float else emit_int
            return chosen(builder, arguments[0])

        return a(a), emit

    return apply


vector_sqrt = _unary(lambda b, x: call_llvm(b, "sqrt", x))
vector_abs = _unary(lambda b, x: call_llvm(b, "fabs", x))
_negative = _unary(lambda b, x: b.fneg(x), lambda b, x: b.neg(x))
_inverted = _unary(lambda b, x: x, lambda b, x: b.not_(x))


@overload(operator.neg, inline="always", strict=False)
def _overload_negative(a: Any) -> Any:
    if isinstance(a, VectorType):
        return lambda a: _negative(a)
    return None


@overload(operator.invert, inline="always", strict=False)
def _overload_inverted(a: Any) -> Any:
    if isinstance(a, VectorType):
        return lambda a: _inverted(a)
    return None


@intrinsic
def select(typing_context: Any, mask: Any, a: Any, b: Any) -> Any:
    """`a` in the lanes of the mask, `b` in the others."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return a(mask, a, b), emit


@intrinsic
def lane_bits(typing_context: Any, mask: Any) -> Any:
    """A mask as an int64: bit i is set where lane i is in it."""
    if not (isinstance(mask, VectorType) and mask.element == "mask"):
        return None

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(arguments[0], ir.IntType(mask.lanes))
        return builder.zext(bits, WORD)

    return types.int64(mask), emit


@intrinsic
def fused_multiply_add(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """`a * b + c` on vectors of one type, rounded once where the machine can."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return call_llvm(builder, "fmuladd", *arguments)

    return a(a, b, c), emit


@njit(inline="always")
def vector_max(a: Any, b: Any) -> Any:
    """The larger in each lane; a NaN in `a` or `b` gives NaN."""
    return select((a > b) | (a != a), a, b)


@njit(inline="always")
def vector_min(a: Any, b: Any) -> Any:
    """The smaller in each lane; a NaN in `a` or `b` gives NaN."""
    return select((a < b) | (a != a), a, b)


def _fold(name: str, emit_float: Emit, emit_int: Emit) -> Any:
    """Reduces a vector to a scalar, halves upon halves: always in the same order."""

    @intrinsic
    def reduce(typing_context: Any, a: Any) -> Any:
        scalar = _SCALAR_TYPES[a.element]

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            value, lanes = arguments[0], a.lanes
            combine = emit_float if a.is_float else emit_int
            while lanes > 1:
                lanes //= 2
                index = ir.VectorType(INT32, lanes)
                low = ir.Constant(index, list(range(lanes)))
                high = ir.Constant(index, list(range(lanes, 2 * lanes)))
                empty = ir.Constant(value.type, ir.Undefined)
                value = combine(
                    builder,
                    builder.shuffle_vector(value, empty, low),
                    builder.shuffle_vector(value, empty, high),
                )
            return builder.extract_element(value, INT32(0))

        return scalar(a), emit

    reduce.__name__ = name
    return reduce


def _larger(b: Any, x: Any, y: Any) -> Any:
    keep = b.or_(b.fcmp_ordered(">", x, y), b.fcmp_unordered("uno", x, x))
    return b.select(keep, x, y)


def _smaller(b: Any, x: Any, y: Any) -> Any:
    keep = b.or_(b.fcmp_ordered("<", x, y), b.fcmp_unordered("uno", x, x))
    return b.select(keep, x, y)


sum_of = _fold("sum_of", lambda b, x, y: b.fadd(x, y), lambda b, x, y: b.add(x, y))
product_of = _fold("product_of", lambda b, x, y: b.fmul(x, y), lambda b, x, y: b.mul(x, y))
max_of = _fold("max_of", _larger, lambda b, x, y: b.select(b.icmp_signed(">", x, y), x, y))
min_of = _fold("min_of", _smaller, lambda b, x, y: b.select(b.icmp_signed("<", x, y), x, y))


@intrinsic
def convert(typing_context: Any, value: Any, like: Any) -> Any:
    """A vector's elements in the element type of another vector with as many lanes."""
    if not (isinstance(value, VectorType) and isinstance(like, VectorType)):
        return None

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, kind = arguments[0], ir_vector(like)
        if value.is_float and like.is_float:
            wider = like.element == "f64"
            return (builder.fpext if wider else builder.fptrunc)(source, kind)
        if value.is_float:
            return builder.fptosi(source, kind)
        unsigned = value.element in ("u8", "mask")
        if like.is_float:
            return (builder.uitofp if unsigned else builder.sitofp)(source, kind)
        if source.type.element.width > kind.element.width:
            return builder.trunc(source, kind)
        return (builder.zext if unsigned else builder.sext)(source, kind)

    return like(value, like), emit


# --- whole pieces of memory ----------------------------------------------------------------------

_BYTE = ir.IntType(8)


@intrinsic
def copy_bytes(typing_context: Any, source: Any, to: Any, count: Any) -> Any:
    """Copies memory; the pieces must not overlap."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, to = (pointer_to(builder, address, _BYTE) for address in arguments[:2])
        cgutils.raw_memcpy(builder, to, source, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), emit


@intrinsic
def clear_bytes(typing_context: Any, to: Any, count: Any) -> Any:
    """Sets memory to zeros."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        cgutils.memset(builder, pointer_to(builder, arguments[0], _BYTE), arguments[1], 0)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


# --- memory between threads ----------------------------------------------------------------------


@intrinsic
def load_acquire(typing_context: Any, address: Any) -> Any:
    """An int64 that another thread may have published."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(pointer_to(builder, arguments[0], WORD), "acquire", 8)

    return types.int64(types.int64), emit


@intrinsic
def store_release(typing_context: Any, address: Any, value: Any) -> Any:
    """Publishes an int64, and everything written before it."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = pointer_to(builder, arguments[0], WORD)
        builder.store_atomic(arguments[1], pointer, "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic
def fetch_add(typing_context: Any, address: Any, value: Any) -> Any:
    """Adds to an int64 that threads share, and gives what it was before."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = pointer_to(builder, arguments[0], WORD)
        return builder.atomic_rmw("add", pointer, arguments[1], "acq_rel")

    return types.int64(types.int64, types.int64), emit


@intrinsic
def pause(typing_context: Any) -> Any:
    """Tells the CPU that this is a waiting loop."""
    import llvmlite.binding as llvm

    is_x86 = llvm.get_default_triple().startswith(("x86_64", "i686"))

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if is_x86:
            function_type = ir.FunctionType(ir.VoidType(), [])
            name = "llvm.x86.sse2.pause"
            builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), [])
        return context.get_dummy_value()

    return types.void(), emit


@intrinsic
def call_kernel(typing_context: Any, function: Any, lo: Any, hi: Any, args: Any) -> Any:
    """Calls a kernel at an address."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [WORD] * 3)
        builder.call(pointer_to(builder, arguments[0], kind), arguments[1:])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), emit


@intrinsic
def yield_thread(typing_context: Any) -> Any:
    """Lets another thread run on this core."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function_type = ir.FunctionType(INT32, [])
        builder.call(
            cgutils.get_or_insert_function(builder.module, function_type, "sched_yield"), []
        )
        return context.get_dummy_value()

    return types.void(), emit
