"""Copies around convolutions: padded images, packed filters, NCHW as NHWC and back."""

from __future__ import annotations

from types import SimpleNamespace

from numba import njit

from ..simd import F32, F64, TILE_VECTORS, word


def make_helpers(real):
    """The copying functions of an element type, for kernels to call."""
    load, store, get, put, splat = real.load, real.store, real.get, real.put, real.splat
    scalar, WIDTH, SIZE = real.scalar, real.width, real.size
    NR = TILE_VECTORS * WIDTH

    @njit
    def copy(source, to, count):
        """Copies elements."""
        whole = count // WIDTH * WIDTH
        for i in range(0, whole, WIDTH):
            store(to + i * SIZE, load(source + i * SIZE))
        for i in range(whole, count):
            put(to + i * SIZE, get(source + i * SIZE))

    @njit
    def add(source, to, count):
        """Adds elements to others."""
        whole = count // WIDTH * WIDTH
        for i in range(0, whole, WIDTH):
            store(to + i * SIZE, load(to + i * SIZE) + load(source + i * SIZE))
        for i in range(whole, count):
            put(to + i * SIZE, get(to + i * SIZE) + get(source + i * SIZE))

    @njit
    def clear(to, count):
        """Sets elements to zero."""
        whole = count // WIDTH * WIDTH
        for i in range(0, whole, WIDTH):
            store(to + i * SIZE, splat(scalar(0)))
        for i in range(whole, count):
            put(to + i * SIZE, scalar(0))

    @njit
    def pad_image(image, to, top, args, at):
        """Copies rows of an image with zeros around them.

        `top`: the image's row that is the first in the copy (it may be negative: padding). Words
        `at` of `args`: rows of the copy, elements of one of its rows, zeros at their left; rows of
        the image, elements of one of them.
        """
        rows, width = word(args, at), word(args, at + 1)
        left = min(word(args, at + 2), width)
        image_rows, image_width = word(args, at + 3), word(args, at + 4)
        count = min(image_width, width - left)  # less where strides leave the last columns out
        for row in range(rows):
            y, start = top + row, to + row * width * SIZE
            if y < 0 or y >= image_rows:
                clear(start, width)
            else:
                clear(start, left)
                copy(image + y * image_width * SIZE, start + left * SIZE, count)
                clear(start + (left + count) * SIZE, width - left - count)

    @njit
    def widen_rows(source, to, rows, count, wide):
        """Rows of `count` elements with zeros after them up to `wide`."""
        for row in range(rows):
            start = to + row * wide * SIZE
            copy(source + row * count * SIZE, start, count)
            clear(start + count * SIZE, wide - count)

    @njit
    def pack_row(row, to, count):
        """NR elements of a row of which `count` exist; the others are zeros."""
        if count >= NR:
            for i in range(0, NR, WIDTH):
                store(to + i * SIZE, load(row + i * SIZE))
        else:
            copy(row, to, count)
            clear(to + count * SIZE, NR - count)

    @njit
    def pack_rows(source, to, depth, columns, first):
        """NR columns from `first` of a matrix [depth, columns], as [depth, NR]."""
        for k in range(depth):
            pack_row(source + (k * columns + first) * SIZE, to + k * NR * SIZE, columns - first)

    @njit
    def pack_turned(source, to, depth, rows, first):
        """NR rows from `first` of a matrix [rows, depth], turned: [depth, NR]."""
        count = min(NR, rows - first)
        for k in range(depth):
            start, source_column = to + k * NR * SIZE, source + (first * depth + k) * SIZE
            for i in range(count):
                put(start + i * SIZE, get(source_column + i * depth * SIZE))
            for i in range(count, NR):
                put(start + i * SIZE, scalar(0))

    return SimpleNamespace(
        copy=copy,
        add=add,
        clear=clear,
        pad_image=pad_image,
        widen_rows=widen_rows,
        pack_row=pack_row,
        pack_rows=pack_rows,
        pack_turned=pack_turned,
    )


def _pad(real):
    pad_image = make_helpers(real).pad_image
    SIZE = real.size

    def pad(lo, hi, args):
        """Images with zeros around them; item: an image. Words: from, to, rows above, then as
        `pad_image` has them."""
        source, to, top = word(args, 0), word(args, 1), word(args, 2)
        rows, width, image_rows, image_width = (
            word(args, 3),
            word(args, 4),
            word(args, 6),
            word(args, 7),
        )
        for n in range(lo, hi):
            pad_image(source + n * image_rows * image_width * SIZE, to + n * rows * width * SIZE,
                      -top, args, 3)  # fmt: skip

    return pad


pad_f32, pad_f64 = _pad(F32), _pad(F64)


def _turn(real):
    get, put, SIZE = real.get, real.put, real.size
    BLOCK = 16  # a square that stays in the first-level cache

    def turn(lo, hi, args):
        """Matrices [rows, columns] into [columns, rows]; item: a matrix."""
        source, to, rows, columns = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        for n in range(lo, hi):
            start, end = source + n * rows * columns * SIZE, to + n * rows * columns * SIZE
            for i0 in range(0, rows, BLOCK):
                for j0 in range(0, columns, BLOCK):
                    for j in range(j0, min(j0 + BLOCK, columns)):
                        for i in range(i0, min(i0 + BLOCK, rows)):
                            value = get(start + (i * columns + j) * SIZE)
                            put(end + (j * rows + i) * SIZE, value)

    return turn


turn_f32, turn_f64 = _turn(F32), _turn(F64)
