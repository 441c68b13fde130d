"""Copies around convolutions: padded images, packed filters."""

from __future__ import annotations

from types import SimpleNamespace

from numba import njit

from ..simd import TILE_VECTORS, clear_bytes, copy_bytes, word


def make_helpers(real):
    """The copying functions of an element type, for kernels to call."""
    load, store, get, put = real.load, real.store, real.get, real.put
    WIDTH, SIZE = real.width, real.size
    NR = TILE_VECTORS * WIDTH

    @njit(inline="always")
    def pad_image(image, to, top, args, at):
        """Copies rows of an image with zeros around them.

        `top`: the image's row that is the first in the copy (it may be negative: padding). Words
        `at` of `args`, all in rows or bytes: rows of the copy, its width, zeros at its left; rows
        of the image, its width.
        """
        width, image_width = word(args, at + 1), word(args, at + 4)
        left = min(word(args, at + 2), width)
        count = min(image_width, width - left)  # less where strides leave the last columns out
        for row in range(word(args, at)):
            start = to + row * width
            clear_bytes(start, width)
            if top + row >= 0 and top + row < word(args, at + 3):
                copy_bytes(image + (top + row) * image_width, start + left, count)

    @njit(inline="always")
    def pack_rows(source, to, depth, columns, first):
        """NR columns from `first` of a matrix [depth, columns], as [depth, NR]."""
        count = min(NR, columns - first)
        for k in range(depth):
            row, start = source + (k * columns + first) * SIZE, to + k * NR * SIZE
            if count == NR:
                copy_bytes(row, start, NR * SIZE)
            else:
                copy_bytes(row, start, count * SIZE)
                clear_bytes(start + count * SIZE, (NR - count) * SIZE)

    @njit(inline="always")
    def pack_turned(source, to, depth, rows, first):
        """NR rows from `first` of a matrix [rows, depth], turned: [depth, NR]."""
        count = min(NR, rows - first)
        for k in range(depth):
            start = to + k * NR * SIZE
            clear_bytes(start, NR * SIZE)
            for i in range(count):
                put(start + i * SIZE, get(source + ((first + i) * depth + k) * SIZE))

    @njit(inline="always")
    def add_rows(source, to, count):
        """Adds elements to others, whole vectors of them."""
        for i in range(0, count, WIDTH):
            store(to + i * SIZE, load(to + i * SIZE) + load(source + i * SIZE))

    return SimpleNamespace(
        add_rows=add_rows,
        pad_image=pad_image,
        pack_rows=pack_rows,
        pack_turned=pack_turned,
    )
