"""Local response normalisation over channels, and its gradient; items are images.

    y_i = x_i b_i**-beta,    b_i = bias + alpha * (sum of x_j**2 for abs(j - i) <= radius)
    dx_i = dy_i b_i**-beta - 2 alpha beta x_i * (sum of dy_j y_j / b_j over the same j)

A pixel's squares are written between zeros, so that the sum over the neighbours of a vector of
channels is that of `2 radius + 1` loads, each one channel further:

    workspace   0 .. 0 | x_0**2  x_1**2  ...  x_(c-1)**2 | 0 .. 0        zeros: radius, and a vector
                  [........]  [........]
                    +  [........]  ...        neighbours of channels 0 up to WIDTH

Work: `2 radius + 1` additions and a power (about 50 operations) per element; the gradient has twice
the additions, and a division. All is float32: TF has these ops for no wider type.
"""

from __future__ import annotations

from ..simd import F32, fused_multiply_add, helper, real_word, vector_sqrt, word
from ..vector_math_intrinsics import vector_exp, vector_log

load, store, splat, scalar = F32.load, F32.store, F32.splat, F32.scalar
load_tail, store_tail = F32.load_tail, F32.store_tail
WIDTH, SIZE = F32.width, F32.size


@helper
def _read(address, count):
    return load(address) if count >= WIDTH else load_tail(address, count, scalar(0))


@helper
def _write(address, value, count):
    if count >= WIDTH:
        store(address, value)
    else:
        store_tail(address, value, count)


@helper
def _power(base, beta):
    """Takes a base to the power of -beta, its usual values without logarithms."""
    if beta == scalar(0.5):
        return splat(scalar(1)) / vector_sqrt(base)
    if beta == scalar(0.75):
        root = vector_sqrt(base)
        return splat(scalar(1)) / (root * vector_sqrt(root))
    return vector_exp(vector_log(base) * (-beta))


@helper
def _neighbours(squares, radius):
    """The sum over the neighbours of the channels whose own values start at `squares`."""
    total = load(squares)
    for j in range(1, radius + 1):
        total = total + (load(squares - j * SIZE) + load(squares + j * SIZE))
    return total


@helper
def _clear(line, channels, radius):
    """Zeros around a line's values; those behind them are there for vectors past the end."""
    for i in range(0, radius, WIDTH):
        store_tail(line + i * SIZE, splat(scalar(0)), radius - i)
    for i in range(0, radius + WIDTH, WIDTH):
        at = line + (radius + channels + i) * SIZE
        store_tail(at, splat(scalar(0)), radius + WIDTH - i)


@helper
def _square(x, squares, channels):
    for c in range(0, channels, WIDTH):
        value = _read(x + c * SIZE, channels - c)
        _write(squares + c * SIZE, value * value, channels - c)


def normalize_f32(lo, hi, args):
    """Words: x, y, workspace, pixels of an item, channels, radius, bias, alpha, beta."""
    x, y, pixels, channels, radius = (
        word(args, 0), word(args, 1), word(args, 3), word(args, 4), word(args, 5),
    )  # fmt: skip
    bias, alpha, beta = (
        scalar(real_word(args, 6)), scalar(real_word(args, 7)), scalar(real_word(args, 8)),
    )  # fmt: skip
    squares = word(args, 2) + radius * SIZE
    _clear(word(args, 2), channels, radius)
    for pixel in range(lo * pixels, hi * pixels):
        at = pixel * channels * SIZE
        _square(x + at, squares, channels)
        for c in range(0, channels, WIDTH):
            base = _neighbours(squares + c * SIZE, radius) * alpha + bias
            value = _read(x + at + c * SIZE, channels - c) * _power(base, beta)
            _write(y + at + c * SIZE, value, channels - c)


def normalize_grad_f32(lo, hi, args):
    """Words: dy, x, y, dx, workspace (two lines), bytes of a line, pixels of an item, channels,
    radius, bias, alpha, beta."""
    dy, x, y, dx = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    pixels, channels, radius = word(args, 6), word(args, 7), word(args, 8)
    bias, alpha, beta = (
        scalar(real_word(args, 9)), scalar(real_word(args, 10)), scalar(real_word(args, 11)),
    )  # fmt: skip
    squares = word(args, 4) + radius * SIZE
    shares = squares + word(args, 5)
    _clear(word(args, 4), channels, radius)
    _clear(word(args, 4) + word(args, 5), channels, radius)
    slope = -(alpha * beta * scalar(2))
    for pixel in range(lo * pixels, hi * pixels):
        at = pixel * channels * SIZE
        _square(x + at, squares, channels)
        for c in range(0, channels, WIDTH):
            here, count = at + c * SIZE, channels - c
            base = _neighbours(squares + c * SIZE, radius) * alpha + bias
            gradient = _read(dy + here, count)
            _write(shares + c * SIZE, gradient * _read(y + here, count) / base, count)
            _write(dx + here, gradient * _power(base, beta), count)
        for c in range(0, channels, WIDTH):
            here, count = at + c * SIZE, channels - c
            through = _neighbours(shares + c * SIZE, radius) * slope
            value = fused_multiply_add(through, _read(x + here, count), _read(dx + here, count))
            _write(dx + here, value, count)
