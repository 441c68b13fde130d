"""Random numbers: Philox 4x32-10 by vectors of counters, in TensorFlow's own order of numbers.

    state, int64 [4]: key | 0 | counter, low half | counter, high half

      block b of the stream = philox(key, counter + b)  = 16 bytes
    +--------+--------+--------+--------+--- -        4 numbers of 4 bytes, or 2 of 8 bytes,
    | b = 0  |   1    |   2    |   3    |             lie where their bits were made: bits are
    +--------+--------+--------+--------+--- -        written to the target, then changed in place
     an item is a number; a vector of blocks is made at a time, parts of one in the workspace

Truncated normal numbers are made by groups, as many numbers as a block gives: group g takes what it
accepts from the blocks g * stride, g * stride + 1, ... A block costs 10 rounds of 2 products, 2
shifts and 4 xors for each lane; bytes: all written once, and read once from the first-level cache.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from ..simd import F32, F64, I32, I64, WORD, call_llvm, pointer_to, report, set_word, spread, word
from .move import copy_bytes

BLOCKS = I64.width  # made at a time
BYTES = BLOCKS * 16
VECTOR = BLOCKS * 8
ROUNDS = 10
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
KEY_STEPS = 0x9E3779B9, 0xBB67AE85
LOW32 = 0xFFFFFFFF
SCRAMBLE_KEY = 0x02461E29_3EC8F720  # TensorFlow's, for the seeds of stateless ops
SMALLEST_UNIFORM = 1.0e-7
TRUNCATION = 2.0
HALF_PI, QUADRANTS = float.fromhex("0x1.921fb54442d18p0"), float.fromhex("0x1.45f306dc9c883p+23")
LN2 = float.fromhex("0x1.62e42fefa39efp-1")
LOG_0, LOG_1, LOG_2 = (
    float.fromhex(a)
    for a in ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")
)
SIN_1, SIN_2, SIN_3 = (
    float.fromhex(a)
    for a in ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")
)
COS_1, COS_2, COS_3, COS_4 = (
    float.fromhex(a)
    for a in (
        "-0x1.ffffffd0c621cp-2",
        "0x1.55553e1068f19p-5",
        "-0x1.6c087e89a359dp-10",
        "0x1.99343027bf8c3p-16",
    )
)

get_f64, put_f64 = F64.get, F64.put
get_i32 = I32.get

# --- bits -----------------------------------------------------------------------------------------


@intrinsic
def make_blocks(typing_context: Any, target: Any, key: Any, low: Any, high: Any, block: Any) -> Any:
    """Writes the blocks of a stream from number `block` on, as many as fit two vectors."""
    kind = ir.VectorType(WORD, BLOCKS)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target, key, low, high, block = arguments

        def every(value: Any) -> Any:
            return spread(builder, value, BLOCKS)

        def constant(value: int) -> Any:
            return ir.Constant(kind, [value] * BLOCKS)

        numbers = builder.add(every(block), ir.Constant(kind, list(range(BLOCKS))))
        low = builder.add(every(low), numbers)
        carry = builder.zext(builder.icmp_unsigned("<", low, numbers), kind)
        high = builder.add(every(high), carry)
        mask, half = constant(LOW32), constant(32)
        a, b = builder.and_(low, mask), builder.lshr(low, half)
        c, d = builder.and_(high, mask), builder.lshr(high, half)
        k, m = builder.and_(key, WORD(LOW32)), builder.lshr(key, WORD(32))
        for _ in range(ROUNDS):
            # a' = hi(C c) ^ b ^ k    b' = lo(C c)    c' = hi(A a) ^ d ^ m    d' = lo(A a)
            with_a = builder.mul(a, constant(MULTIPLIERS[0]))
            with_c = builder.mul(c, constant(MULTIPLIERS[1]))
            a = builder.xor(builder.xor(builder.lshr(with_c, half), b), every(k))
            c = builder.xor(builder.xor(builder.lshr(with_a, half), d), every(m))
            a, c = builder.and_(a, mask), builder.and_(c, mask)
            b, d = with_c, with_a
            k = builder.and_(builder.add(k, WORD(KEY_STEPS[0])), WORD(LOW32))
            m = builder.and_(builder.add(m, WORD(KEY_STEPS[1])), WORD(LOW32))
        pairs = [builder.or_(x, builder.shl(y, half)) for x, y in ((a, b), (c, d))]
        for part in range(2):
            order = [
                lane * BLOCKS + part * BLOCKS // 2 + i
                for i in range(BLOCKS // 2)
                for lane in (0, 1)
            ]
            index = ir.Constant(ir.VectorType(ir.IntType(32), BLOCKS), order)
            address = builder.add(target, WORD(part * BLOCKS * 8))
            joined = builder.shuffle_vector(*pairs, index)
            builder.store(joined, pointer_to(builder, address, kind), align=4)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), emit


@intrinsic
def to_uniform_f32(typing_context: Any, address: Any) -> Any:
    """Turns a vector of random bits into float32 numbers in [0, 1)."""
    bits, kind = (ir.VectorType(t, F32.width) for t in (ir.IntType(32), ir.FloatType()))

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x = builder.load(pointer_to(builder, arguments[0], bits), align=4)
        x = builder.and_(x, ir.Constant(bits, [0x007FFFFF] * F32.width))
        x = builder.or_(x, ir.Constant(bits, [0x3F800000] * F32.width))
        y = builder.fsub(builder.bitcast(x, kind), ir.Constant(kind, [1.0] * F32.width))
        builder.store(y, pointer_to(builder, arguments[0], kind), align=4)
        return context.get_dummy_value()

    return types.void(types.int64), emit


@intrinsic
def to_uniform_f64(typing_context: Any, address: Any) -> Any:
    """Turns a vector of bits into float64 numbers; the first of two words is the high one."""
    bits, kind = (ir.VectorType(t, F64.width) for t in (WORD, ir.DoubleType()))

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x = builder.load(pointer_to(builder, arguments[0], bits), align=4)
        half = ir.Constant(bits, [32] * F64.width)
        x = builder.or_(builder.shl(x, half), builder.lshr(x, half))
        x = builder.and_(x, ir.Constant(bits, [0x000FFFFFFFFFFFFF] * F64.width))
        x = builder.or_(x, ir.Constant(bits, [0x3FF0000000000000] * F64.width))
        y = builder.fsub(builder.bitcast(x, kind), ir.Constant(kind, [1.0] * F64.width))
        builder.store(y, pointer_to(builder, arguments[0], kind), align=4)
        return context.get_dummy_value()

    return types.void(types.int64), emit


@njit
def uniform_f32_at(at):
    """Turns the bits of `BLOCKS` blocks into uniform numbers."""
    for i in range(0, BYTES, VECTOR):
        to_uniform_f32(at + i)


@njit
def uniform_f64_at(at):
    """Turns the bits of `BLOCKS` blocks into uniform numbers."""
    for i in range(0, BYTES, VECTOR):
        to_uniform_f64(at + i)


# --- fills ----------------------------------------------------------------------------------------


def _make_fill(size, change):
    """A kernel that turns bits into numbers of `size` bytes by `change(address, args)`."""
    NUMBERS = BYTES // size

    def fill(lo, hi, args):
        """Words: target, state, workspace of `BYTES`, then what `change` needs. Item: a number."""
        target, state, space = word(args, 0), word(args, 1), word(args, 2)
        key, low, high = word(state, 0), word(state, 2), word(state, 3)
        for first in range(lo - lo % NUMBERS, hi, NUMBERS):
            is_partial = first < lo or first + NUMBERS > hi
            at = space if is_partial else target + first * size
            make_blocks(at, key, low, high, first * size // 16)
            change(at, args)
            if is_partial:
                start, end = max(first, lo), min(first + NUMBERS, hi)
                copy_bytes(target + start * size, space + (start - first) * size,
                           (end - start) * size)  # fmt: skip

    return fill


@njit
def _to_uniform_f32(at, args):
    uniform_f32_at(at)


@njit
def _to_uniform_f64(at, args):
    uniform_f64_at(at)


uniform_f32, uniform_f64 = _make_fill(4, _to_uniform_f32), _make_fill(8, _to_uniform_f64)

# --- integers -------------------------------------------------------------------------------------


@intrinsic
def unsigned_remainder(typing_context: Any, a: Any, b: Any) -> Any:
    """The remainder of words without a sign."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.urem(*arguments)

    return types.int64(types.int64, types.int64), emit


def _make_integers(lanes):
    get, put, scalar, SIZE = lanes.get, lanes.put, lanes.scalar, lanes.size
    BITS = LOW32 if SIZE == 4 else -1

    @njit
    def change(at, args):
        low = np.int64(get(word(args, 3)))
        interval = (np.int64(get(word(args, 4))) - low) & BITS
        for i in range(0, BYTES, SIZE):
            bits = np.int64(get(at + i)) & BITS
            put(at + i, scalar(low + unsigned_remainder(bits, interval)))

    fill = njit(_make_fill(SIZE, change))

    def integers(lo, hi, args):
        """Words: as of a fill, then the bounds (addresses) and the failure."""
        low, high = np.int64(get(word(args, 3))), np.int64(get(word(args, 4)))
        if low >= high:
            report(args, 5, low, high)
        else:
            fill(lo, hi, args)

    return integers


integers_i32, integers_i64 = _make_integers(I32), _make_integers(I64)

# --- normal numbers -------------------------------------------------------------------------------


_DOUBLES = ir.VectorType(ir.DoubleType(), F64.width)
_FLOATS = ir.VectorType(ir.FloatType(), F64.width)
_INTS = ir.VectorType(ir.IntType(32), F64.width)


def _same(kind: Any, value: Any) -> Any:
    """A vector with a number in all lanes."""
    return ir.Constant(kind, [value] * kind.count)


def _plus(builder: Any, x: Any, first: Any, factor: float) -> Any:
    """`first + x * factor`, rounded twice, as the C library does."""
    return builder.fadd(first, builder.fmul(x, _same(_DOUBLES, factor)))


def _emit_log(builder: Any, x: Any, table: Any) -> Any:
    """The logarithm of float32 numbers, as `numerics.float32_math` has it; `table`: 1/c, log c."""
    bits = builder.bitcast(x, _INTS)
    shifted = builder.sub(bits, _same(_INTS, 0x3F330000))
    interval = builder.and_(builder.ashr(shifted, _same(_INTS, 19)), _same(_INTS, 15))
    exponent = builder.sitofp(builder.ashr(shifted, _same(_INTS, 23)), _DOUBLES)
    mantissa = builder.sub(bits, builder.and_(shifted, _same(_INTS, -0x800000)))
    mantissa = builder.fpext(builder.bitcast(mantissa, _FLOATS), _DOUBLES)
    inverse = logarithm = ir.Constant(_DOUBLES, ir.Undefined)
    for lane in range(F64.width):
        at = ir.IntType(32)(lane)
        entry = builder.zext(builder.extract_element(interval, at), WORD)
        entry = builder.add(table, builder.mul(entry, WORD(16)))
        pair = pointer_to(builder, entry, ir.DoubleType())
        inverse = builder.insert_element(inverse, builder.load(pair), at)
        pair = pointer_to(builder, builder.add(entry, WORD(8)), ir.DoubleType())
        logarithm = builder.insert_element(logarithm, builder.load(pair), at)
    r = builder.fsub(builder.fmul(mantissa, inverse), _same(_DOUBLES, 1.0))
    known = _plus(builder, exponent, logarithm, LN2)
    r2 = builder.fmul(r, r)
    inner = builder.fadd(builder.fmul(_same(_DOUBLES, LOG_1), r), _same(_DOUBLES, LOG_2))
    inner = builder.fadd(builder.fmul(_same(_DOUBLES, LOG_0), r2), inner)
    y = builder.fadd(builder.fmul(inner, r2), builder.fadd(known, r))
    return builder.fptrunc(y, _FLOATS)


def _emit_sin_cos(builder: Any, x: Any) -> tuple[Any, Any]:
    """Sine and cosine of numbers in [0, 2 pi], as `numerics.float32_math` has them."""
    turns = builder.fptosi(builder.fmul(x, _same(_DOUBLES, QUADRANTS)), _INTS)
    turns = builder.ashr(builder.add(turns, _same(_INTS, 1 << 23)), _same(_INTS, 24))
    quarter = builder.fmul(builder.sitofp(turns, _DOUBLES), _same(_DOUBLES, HALF_PI))
    x1 = builder.fsub(x, quarter)
    x2 = builder.fmul(x1, x1)

    def has_bit(value: Any, bit: int) -> Any:
        masked = builder.and_(value, _same(_INTS, bit))
        return builder.icmp_signed("!=", masked, _same(_INTS, 0))

    is_odd, is_lower = has_bit(turns, 1), has_bit(turns, 2)
    x1 = builder.select(builder.xor(is_odd, is_lower), builder.fneg(x1), x1)
    x3 = builder.fmul(x1, x2)
    sine = builder.fadd(
        _plus(builder, x3, x1, SIN_1),
        builder.fmul(builder.fmul(x3, x2), _plus(builder, x2, _same(_DOUBLES, SIN_2), SIN_3)),
    )
    x4 = builder.fmul(x2, x2)
    cosine = _plus(builder, x2, _same(_DOUBLES, 1.0), COS_1)
    cosine = builder.fadd(
        _plus(builder, x4, cosine, COS_2),
        builder.fmul(builder.fmul(x4, x2), _plus(builder, x2, _same(_DOUBLES, COS_3), COS_4)),
    )
    cosine = builder.select(is_lower, builder.fneg(cosine), cosine)
    first = builder.select(is_odd, cosine, sine)
    second = builder.select(is_odd, sine, cosine)
    return builder.fptrunc(first, _FLOATS), builder.fptrunc(second, _FLOATS)


@intrinsic
def to_normal_f32(typing_context: Any, address: Any, table: Any) -> Any:
    """Turns a vector of uniform numbers, in pairs, into normal ones (Box-Muller).

    Each step is rounded as in TensorFlow.
    """
    lanes = F64.width
    kind = ir.VectorType(ir.FloatType(), 2 * lanes)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, table = arguments
        pairs = builder.load(pointer_to(builder, address, kind), align=4)
        index = ir.VectorType(ir.IntType(32), lanes)
        magnitude, angle = (
            builder.shuffle_vector(pairs, pairs, ir.Constant(index, list(range(i, 2 * lanes, 2))))
            for i in range(2)
        )
        smallest = _same(_FLOATS, SMALLEST_UNIFORM)
        is_large = builder.fcmp_ordered(">", magnitude, smallest)
        magnitude = builder.select(is_large, magnitude, smallest)
        angle = builder.fmul(builder.fpext(angle, _DOUBLES), _same(_DOUBLES, 2 * math.pi))
        angle = builder.fpext(builder.fptrunc(angle, _FLOATS), _DOUBLES)
        squared = builder.fmul(_emit_log(builder, magnitude, table), _same(_FLOATS, -2.0))
        radius = call_llvm(builder, "sqrt", squared)
        first, second = (builder.fmul(x, radius) for x in _emit_sin_cos(builder, angle))
        order = [i + part * lanes for i in range(lanes) for part in range(2)]
        mask = ir.Constant(ir.VectorType(ir.IntType(32), 2 * lanes), order)
        joined = builder.shuffle_vector(first, second, mask)
        builder.store(joined, pointer_to(builder, address, kind), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@njit
def to_normal_f64(at, table):
    """As `to_normal_f32`, by the C library's functions; there is no table."""
    for i in range(0, VECTOR, 16):
        magnitude = max(get_f64(at + i), SMALLEST_UNIFORM)
        angle = 2 * math.pi * get_f64(at + i + 8)
        radius = math.sqrt(-2.0 * math.log(magnitude))
        put_f64(at + i, math.sin(angle) * radius)
        put_f64(at + i + 8, math.cos(angle) * radius)


def _make_normal(size, to_uniform, to_normal):
    @njit
    def change(at, args):
        to_uniform(at)
        for i in range(0, BYTES, VECTOR):
            to_normal(at + i, word(args, 3))

    return _make_fill(size, change)


normal_f32 = _make_normal(4, uniform_f32_at, to_normal_f32)
normal_f64 = _make_normal(8, uniform_f64_at, to_normal_f64)


def _make_truncated(real, to_uniform, to_normal):
    get, put, SIZE = real.get, real.put, real.size
    WIDTH = 16 // SIZE  # numbers of a group

    def truncated(lo, hi, args):
        """Words: as of a fill, table of logarithms, numbers, blocks from group to group.

        Item: a group.
        """
        target, state, space, table = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        size, stride = word(args, 4), word(args, 5)
        key, low, high = word(state, 0), word(state, 2), word(state, 3)
        for group in range(lo, hi):
            first, last = group * WIDTH, min(group * WIDTH + WIDTH, size)
            block = group * stride
            while first < last:
                make_blocks(space, key, low, high, block)
                to_uniform(space)
                block += BLOCKS
                for piece in range(space, space + BYTES, VECTOR):
                    if first < last:
                        to_normal(piece, table)
                        for i in range(0, VECTOR, SIZE):
                            x = get(piece + i)
                            if abs(x) < TRUNCATION and first < last:
                                put(target + first * SIZE, x)
                                first += 1

    return truncated


truncated_f32 = _make_truncated(F32, uniform_f32_at, to_normal_f32)
truncated_f64 = _make_truncated(F64, uniform_f64_at, to_normal_f64)

# --- states ---------------------------------------------------------------------------------------


def advance(lo, hi, args):
    """Words: state, how many blocks were taken from it (fewer than 2**63). One item."""
    state = word(args, 0)
    low = word(state, 2)
    after = low + word(args, 1)
    set_word(state, 2, after)
    top = np.int64(-(2**63))
    if (after ^ top) < (low ^ top):  # without a sign: the low half came round
        set_word(state, 3, word(state, 3) + 1)


def scramble(lo, hi, args):
    """Words: state to be made, seeds, bytes of a seed, workspace. One item."""
    state, seeds, size, space = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    if size == 4:
        first, second = np.int64(get_i32(seeds)), np.int64(get_i32(seeds + 4))
    else:
        first, second = word(seeds, 0), word(seeds, 1)
    make_blocks(space, SCRAMBLE_KEY, first, second, 0)
    set_word(state, 0, word(space, 0))
    set_word(state, 1, 0)
    set_word(state, 2, 0)
    set_word(state, 3, word(space, 1))
