"""The gradient of max pooling over volumes with the channels last; items are planes.

    dX[e] = sum of dY[w] over the windows w that element e is in, if abs(X[e] - Y[w]) < 1e-5

So it is in TensorFlow's kernel: of a window's elements all count that are as large as its maximum,
or nearly. Elements gather from windows; that way windows may overlap, and nothing is added up in
memory. Which windows an element is in is told by tables, one for each axis; in one dimension, with
windows of 3 elements, 2 apart:

    elements     0   1   2   3   4   5   6        element   windows
               [     0     ]                         1      0
                       [     1     ]                 2      0, 1
                               [     2     ]         6      2

Work: a difference, two comparisons and an addition per element and window. Bytes: X and dX once;
Y and dY, which are small, from the cache. All is float32: TF has the op for no wider type.
"""

from __future__ import annotations

from ..simd import F32, helper, select, word

load, store, splat, scalar = F32.load, F32.store, F32.splat, F32.scalar
load_tail, store_tail = F32.load_tail, F32.store_tail
WIDTH, SIZE = F32.width, F32.size
NEAR = 1e-5


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
def _range(table, place):
    """The first window that an element is in, and the one after the last."""
    return word(table, 2 * place), word(table, 2 * place + 1)


def max_grad(lo, hi, args):
    """Words: 0 x, y, dy, dx, 4 windows of each depth, of each row, of each column: [first, the one
    after the last], 7 depth, height, width, channels, 11 depths, rows, columns of windows."""
    x, y, dy, dx = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    depth, height, width, c = word(args, 7), word(args, 8), word(args, 9), word(args, 10)
    depths, rows, columns = word(args, 11), word(args, 12), word(args, 13)
    for plane in range(lo, hi):
        first = plane // depth * depths
        i0, i1 = _range(word(args, 4), plane % depth)
        for line in range(height):
            j0, j1 = _range(word(args, 5), line)
            for pixel in range(width):
                k0, k1 = _range(word(args, 6), pixel)
                at = ((plane * height + line) * width + pixel) * c
                for channel in range(0, c, WIDTH):
                    count = c - channel
                    value = _read(x + (at + channel) * SIZE, count)
                    total = splat(scalar(0))
                    for i in range(first + i0, first + i1):
                        for j in range(i * rows + j0, i * rows + j1):
                            for k in range(j * columns + k0, j * columns + k1):
                                window = (k * c + channel) * SIZE
                                over = value - _read(y + window, count)
                                wins = (over < scalar(NEAR)) & (over > scalar(-NEAR))
                                share = select(wins, _read(dy + window, count), splat(scalar(0)))
                                total = total + share
                    _write(dx + (at + channel) * SIZE, total, count)
