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


def max_grad(lo, hi, args):
    """Words: 0 x, y, dy, dx, 4 windows of each depth, of each row, of each column: [first, the one
    after the last], 7 depth, height, width, channels, 11 depths, rows, columns of windows."""
    depth, height, width, c = word(args, 7), word(args, 8), word(args, 9), word(args, 10)
    rows, columns = word(args, 12), word(args, 13)
    for plane in range(lo, hi):
        volume, d = plane // depth, word(args, 4) + plane % depth * 16
        for y in range(height):
            h = word(args, 5) + y * 16
            for x in range(width):
                w = word(args, 6) + x * 16
                at = ((plane * height + y) * width + x) * c * SIZE
                for k in range(0, c, WIDTH):
                    value = _read(word(args, 0) + at + k * SIZE, c - k)
                    total = splat(scalar(0))
                    for i in range(word(d, 0), word(d, 1)):
                        for j in range(word(h, 0), word(h, 1)):
                            row = ((volume * word(args, 11) + i) * rows + j) * columns
                            for n in range(word(w, 0), word(w, 1)):
                                window = ((row + n) * c + k) * SIZE
                                over = value - _read(word(args, 1) + window, c - k)
                                wins = (over < scalar(NEAR)) & (over > scalar(-NEAR))
                                share = _read(word(args, 2) + window, c - k)
                                total = total + select(wins, share, splat(scalar(0)))
                    _write(word(args, 3) + at + k * SIZE, total, c - k)
