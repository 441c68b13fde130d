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

from ..simd import F32, F64, I32, I64, WORD, pointer_to, report, set_word, spread, word
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

get_f32, put_f32, get_f64, put_f64 = F32.get, F32.put, F64.get, F64.put
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


@intrinsic
def bits_of(typing_context: Any, x: Any) -> Any:
    """The bits of a float32, as an int32."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), emit


@intrinsic
def float_of(typing_context: Any, bits: Any) -> Any:
    """The float32 with these bits."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), emit


@njit
def log_f32(x, table):
    """The logarithm of a float32, as `numerics.float32_math` has it; `table`: 1/c, log c."""
    bits = bits_of(x)
    shifted = np.int32(bits - np.int32(0x3F330000))
    entry = table + np.int64((shifted >> np.int32(19)) & np.int32(15)) * 16
    mantissa = np.float64(float_of(np.int32(bits - (shifted & np.int32(-0x800000)))))
    exponent = np.float64(shifted >> np.int32(23))
    r = mantissa * get_f64(entry) - 1.0
    known = get_f64(entry + 8) + exponent * LN2
    r2 = r * r
    return np.float32((LOG_0 * r2 + (LOG_1 * r + LOG_2)) * r2 + (known + r))


@njit
def sin_cos_f32(x):
    """Sine and cosine of a float32 in [0, 2 pi], as `numerics.float32_math` has them."""
    angle = np.float64(x)
    turned = (np.int64(angle * QUADRANTS) + (1 << 23)) >> 24
    quadrant = turned & 3
    x1 = angle - turned * HALF_PI
    x2 = x1 * x1
    if quadrant == 1 or quadrant == 2:
        x1 = -x1
    x3 = x1 * x2
    sine = (x1 + x3 * SIN_1) + (x3 * x2) * (SIN_2 + x2 * SIN_3)
    x4 = x2 * x2
    cosine = ((1.0 + x2 * COS_1) + x4 * COS_2) + (x4 * x2) * (COS_3 + x2 * COS_4)
    if quadrant >= 2:
        cosine = -cosine
    is_odd = (quadrant & 1) != 0
    return np.float32(cosine if is_odd else sine), np.float32(sine if is_odd else cosine)


@njit
def normal_pair_f32(at, table):
    """Two uniform numbers into two normal ones (Box-Muller), each step rounded as in TensorFlow."""
    magnitude = max(get_f32(at), np.float32(SMALLEST_UNIFORM))
    angle = np.float32(2 * math.pi * np.float64(get_f32(at + 4)))
    radius = np.float32(math.sqrt(np.float32(-2.0) * log_f32(magnitude, table)))
    sine, cosine = sin_cos_f32(angle)
    put_f32(at, np.float32(sine * radius))
    put_f32(at + 4, np.float32(cosine * radius))


@njit
def normal_pair_f64(at, table):
    magnitude = max(get_f64(at), SMALLEST_UNIFORM)
    angle = 2 * math.pi * get_f64(at + 8)
    radius = math.sqrt(-2.0 * math.log(magnitude))
    put_f64(at, math.sin(angle) * radius)
    put_f64(at + 8, math.cos(angle) * radius)


def _make_normal(size, to_uniform, normal_pair):
    @njit
    def change(at, args):
        to_uniform(at)
        for i in range(0, BYTES, 2 * size):
            normal_pair(at + i, word(args, 3))

    return _make_fill(size, change)


normal_f32 = _make_normal(4, uniform_f32_at, normal_pair_f32)
normal_f64 = _make_normal(8, uniform_f64_at, normal_pair_f64)


def _make_truncated(real, to_uniform, normal_pair):
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
                for pair in range(0, BYTES, 2 * SIZE):
                    if first < last:
                        normal_pair(space + pair, table)
                        for i in range(2):
                            x = get(space + pair + i * SIZE)
                            if abs(x) < TRUNCATION and first < last:
                                put(target + first * SIZE, x)
                                first += 1

    return truncated


truncated_f32 = _make_truncated(F32, uniform_f32_at, normal_pair_f32)
truncated_f64 = _make_truncated(F64, uniform_f64_at, normal_pair_f64)

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
