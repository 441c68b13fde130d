"""Register tiles against sums in NumPy: what they read, add, and write, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import KERNEL_TYPE

from graphflow.core.codegen.cpu.compiler import compile_function, load_object
from graphflow.core.codegen.cpu.simd import REALS, TILE_ROWS, TILE_VECTORS, word
from graphflow.core.codegen.cpu.tiles import make_packed_tile, make_tile

FLOATS = ["float32", "float64"]


def kernel(function: Callable[..., Any]) -> Callable[[list[int]], None]:
    """A kernel that runs on a list of words."""
    run = KERNEL_TYPE(load_object(compile_function(function, 3, False)))

    def run_words(words: list[int]) -> None:
        block = np.array(words, np.int64)
        run(0, 1, block.ctypes.data)

    return run_words


@cache
def strided_tile(dtype: str) -> Any:
    tile = make_tile(REALS[dtype], TILE_ROWS, TILE_VECTORS, row_table=False, loops=1)

    def run(lo, hi, w):
        tile(word(w, 0), word(w, 1), word(w, 2), word(w, 3), word(w, 4), word(w, 5), word(w, 6),
             word(w, 7), word(w, 8), word(w, 9), word(w, 10))  # fmt: skip

    return kernel(run)


@cache
def window_tile(dtype: str) -> Any:
    """Rows by table; two loops, of which the inner walks A by single elements."""
    tile = make_tile(REALS[dtype], TILE_ROWS, 1, row_table=True, loops=2, contiguous=True)

    def run(lo, hi, w):
        tile(word(w, 0), word(w, 1), word(w, 2), word(w, 3), word(w, 4), word(w, 5), word(w, 6),
             word(w, 7), word(w, 8), word(w, 9), word(w, 10), word(w, 11), word(w, 12))  # fmt: skip

    return kernel(run)


@cache
def packed_tile(dtype: str) -> Any:
    tile = make_packed_tile(REALS[dtype], TILE_ROWS, TILE_VECTORS)

    def run(lo, hi, w):
        tile(word(w, 0), word(w, 1), word(w, 2), word(w, 3), word(w, 4), word(w, 5), word(w, 6),
             word(w, 7), word(w, 8), word(w, 9), word(w, 10))  # fmt: skip

    return kernel(run)


def columns_of(dtype: str, vectors: int = TILE_VECTORS) -> int:
    return vectors * REALS[dtype].width


def check(got: np.ndarray, before: np.ndarray, product: np.ndarray, m: int, n: int, add: bool):
    """The first m rows and n columns hold the product; the others are as before."""
    want = before.copy()
    want[:m, :n] = product[:m, :n] + (before[:m, :n] if add else 0)
    tolerance = 1e-5 if got.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def parts(columns: int) -> list[tuple[int, int]]:
    return [(TILE_ROWS, columns), (1, columns), (TILE_ROWS, 1), (TILE_ROWS - 1, columns - 1)]


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
def test_strides(dtype, add):
    rng = np.random.default_rng(0)
    columns = columns_of(dtype)
    a = rng.normal(size=(TILE_ROWS, 23)).astype(dtype)
    b = rng.normal(size=(11, columns + 3)).astype(dtype)
    size = a.itemsize
    for m, n in parts(columns):
        c = rng.normal(size=(TILE_ROWS, columns + 5)).astype(dtype)
        before = c.copy()
        strided_tile(dtype)(
            [a.ctypes.data, 23 * size, b.ctypes.data, c.ctypes.data, c.strides[0], m, n, add,
             11, 2 * size, b.strides[0]]
        )  # fmt: skip
        check(c, before, np.pad(a[:, :22:2] @ b[:, :columns], ((0, 0), (0, 5))), m, n, add)


@pytest.mark.parametrize("inner", [1, 3, 4, 9])
@pytest.mark.parametrize("dtype", FLOATS)
def test_tables_and_nested_loops(dtype, inner):
    rng = np.random.default_rng(1)
    columns = columns_of(dtype, 1)
    image = rng.normal(size=(40, 16)).astype(dtype)
    size = image.itemsize
    rows = rng.permutation(30)[:TILE_ROWS]
    a_table = (rows * 16 * size).astype(np.int64)
    c_table = (rng.permutation(TILE_ROWS) * columns * size).astype(np.int64)
    b = rng.normal(size=(3, inner, columns)).astype(dtype)
    c = np.zeros((TILE_ROWS, columns), dtype)
    window_tile(dtype)(
        [image.ctypes.data, a_table.ctypes.data, b.ctypes.data, c.ctypes.data, c_table.ctypes.data,
         TILE_ROWS, columns, 0, 3, 16 * size, b.strides[0], inner, b.strides[1]]
    )  # fmt: skip
    windows = np.stack([image[row : row + 3, :inner] for row in rows])
    product = np.einsum("ryx,yxn->rn", windows, b)
    check(c[c_table // (columns * size)], np.zeros_like(c), product, TILE_ROWS, columns, False)


@pytest.mark.parametrize("depth", [1, 3, 4, 5, 64])
@pytest.mark.parametrize("dtype", FLOATS)
def test_packed(dtype, depth):
    rng = np.random.default_rng(2)
    columns = columns_of(dtype)
    a = rng.normal(size=(depth, TILE_ROWS)).astype(dtype)
    b = rng.normal(size=(depth, columns)).astype(dtype)
    for add in (False, True):
        for m, n in parts(columns):
            c = rng.normal(size=(TILE_ROWS, columns)).astype(dtype)
            before = c.copy()
            packed_tile(dtype)(
                [
                    a.ctypes.data,
                    b.ctypes.data,
                    b.strides[0],
                    c.ctypes.data,
                    c.strides[0],
                    m,
                    n,
                    add,
                    depth,
                    0,
                    64,
                ]
            )
            check(c, before, a.T @ b, m, n, add)
