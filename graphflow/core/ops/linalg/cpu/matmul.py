"""Products of matrices on the CPU: which schedule of the kernels `gemm` takes a product.

    rows      items are rows of C, so that what is done with C next can be done block by block
    columns   items are blocks of columns of C: few rows, a B that is not worth packing before
    flipped   as `columns`, for the transposed product: few columns, such as a classifier's
    matrices  items are the products of a batch of small matrices
    vectors   a single row, or column, of C: nothing is packed

The kernels cut everything into register tiles of the machine's own size; sizes here hold for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...lowering import Argument, Buffer, Lowering, Operand, Table
from ..fused_matmul import fused_matmul_op
from ..matmul import batch_matmul_op, batch_matmul_v2_op, matmul_op, sparse_matmul_op

_BLOCK_BYTES = 128  # of a row of C: an item of the kernels `columns` and `pack_b`
_VECTOR_BYTES = 64  # how far packing may write past a panel
_TALLEST_TILE = 14  # rows; blocks of so many fill the tiles of every machine, or nearly so
_SHORTEST_TILE = 4
_CHUNK_ROWS = 2 * _TALLEST_TILE  # of A: an item of the kernel `pack_a`
_DEPTH = 256  # of K at a time: a panel of B stays in L1
_FEW_ROWS = 320  # up to these, packing B in memory would cost more than it saves
_GROUP = 4  # blocks of columns that a thread packs at a time
_FEW_ITEMS = 8  # work is divided at least so far where that costs little
_NEAR = 1 << 19  # bytes of a B that is read as it lies: its rows are on few pages
_L2_SHARE = 1 << 18  # bytes of a packed B that may come from L2 for each tile of rows
_C_BLOCK_BYTES = 1 << 16  # of a block of rows of C: its followers find it in the cache
_MOST_BLOCK_ROWS = 8 * _TALLEST_TILE
_DOTS = 16  # elements of a vector that a thread computes at a time
_SUMS = 32  # blocks of columns: long enough pieces of rows of B
_BYTES_PER_NS = 8.0
_PACKED_BYTES_PER_NS = 14.0
_ACTIVATIONS = {"": 0, "Relu": 1}


@dataclass(frozen=True)
class _Product:
    """C [batch, m, n] = A [batch, m, k] B [batch, k, n], each as it is stored.

    Attributes:
      a, b, c: their memory.
      transpose_a, transpose_b: whether A is stored as [k, m], B as [n, k].
      a_matrices, b_matrices: which stored matrix each of the batch takes.
      bias: added to each row, or 0.
      activation: what the kernels call it.
      flipped: C and bias are those of the transposed product.
    """

    a: Buffer | np.ndarray
    b: Buffer | np.ndarray
    c: Buffer
    m: int
    n: int
    k: int
    transpose_a: bool
    transpose_b: bool
    a_matrices: np.ndarray
    b_matrices: np.ndarray
    bias: Buffer | None = None
    activation: int = 0
    flipped: bool = False

    @property
    def size(self) -> int:
        return self.c.itemsize

    @property
    def type(self) -> str:
        return {"float32": "f32", "float64": "f64"}[self.c.kind]

    @property
    def batch(self) -> int:
        return len(self.a_matrices)

    @property
    def a_stride(self) -> int:
        return (self.m if self.transpose_a else self.k) * self.size

    @property
    def b_stride(self) -> int:
        return (self.k if self.transpose_b else self.n) * self.size

    @property
    def blocks(self) -> int:
        """Blocks of columns of a matrix."""
        return _ceil(self.n * self.size, _BLOCK_BYTES)

    @property
    def packed_b_bytes(self) -> int:
        """Bytes of a packed matrix."""
        return self.blocks * _BLOCK_BYTES * self.k

    @property
    def depth(self) -> int:
        """How much of K is done at a time: equal parts."""
        return _ceil(self.k, _ceil(self.k, _DEPTH))

    def cost(self, parts: float = 1.0) -> float:
        """Nanoseconds on one thread."""
        return parts * 2.0 * self.batch * self.m * self.n * self.k * self.size / 600.0


def _ceil(a: int, b: int) -> int:
    return -(-a // b)


@matmul_op.cpu
@sparse_matmul_op.cpu
@fused_matmul_op.cpu
def matmul_cpu(node: Any, k: Lowering) -> None:
    a, b = k.inputs[:2]
    k.require(len(a.shape) == 2 and len(b.shape) == 2)
    first = np.zeros(1, np.int64)
    product = _product(k, node.attrs["transpose_a"], node.attrs["transpose_b"], first, first)
    if len(k.inputs) > 2:
        activation = _ACTIVATIONS[node.attrs["activation"]]
        product = replace(product, bias=k.inputs[2], activation=activation)
    _multiply(k, product)


@batch_matmul_op.cpu
@batch_matmul_v2_op.cpu
def batch_matmul_cpu(node: Any, k: Lowering) -> None:
    a, b = k.inputs
    k.require(len(a.shape) >= 2 and len(b.shape) >= 2)
    batch = k.outputs[0].shape[:-2]
    matrices = _matrices(a, batch), _matrices(b, batch)
    _multiply(k, _product(k, node.attrs["adj_x"], node.attrs["adj_y"], *matrices))


def multiply_buffers(
    k: Lowering, a: Buffer, b: Buffer, c: Buffer, transpose_a: bool, transpose_b: bool
) -> None:
    """C [m, n] = A B, for other ops' lowerings; of A and B either may be stored transposed."""
    (m, n), inner = c.shape, a.shape[0 if transpose_a else 1]
    first = np.zeros(1, np.int64)
    _multiply(k, _Product(a, b, c, m, n, inner, transpose_a, transpose_b, first, first))


def _matrices(x: Buffer, batch: tuple[int, ...]) -> np.ndarray:
    """Which matrix of x each matrix of the result takes, with x broadcast."""
    own = x.shape[:-2]
    numbers = np.arange(math.prod(own), dtype=np.int64).reshape(own)
    return np.broadcast_to(numbers, batch).reshape(-1)


def _product(
    k: Lowering,
    transpose_a: bool,
    transpose_b: bool,
    a_matrices: np.ndarray,
    b_matrices: np.ndarray,
) -> _Product:
    """The product of a node's first two inputs."""
    a, b = k.inputs[:2]
    (c,) = k.outputs
    k.require(c.kind in ("float32", "float64") and a.dtype == c.dtype and b.dtype == c.dtype)
    m, n = c.shape[-2:]
    inner = a.shape[-2 if transpose_a else -1]
    return _Product(a, b, c, m, n, inner, transpose_a, transpose_b, a_matrices, b_matrices)


def _multiply(k: Lowering, product: _Product) -> None:
    """Chooses a schedule."""
    if product.c.size == 0:
        return
    p = _as_one_matrix(_not_empty(product))
    flipped = _flip(p)
    if p.batch > 1:
        # A column lies in memory as a row does.
        _by_batch(k, flipped if p.n == 1 else p)
    elif p.m == 1:
        _of_vector(k, p)
    elif p.n == 1 and p.bias is None:
        _of_vector(k, flipped)
    elif _steps(flipped) + 2 * p.c.size < _steps(p):
        _by_columns(k, flipped)
    elif _wants_columns(p):
        _by_columns(k, p)
    else:
        _by_rows(k, p)


def _by_batch(k: Lowering, p: _Product) -> None:
    if p.batch >= _FEW_ITEMS and p.packed_b_bytes <= _L2_SHARE:
        _by_matrices(k, p)
    else:
        _by_rows(k, p)


def _wants_columns(p: _Product) -> bool:
    if p.m <= _CHUNK_ROWS:
        return True
    if p.transpose_a and not p.transpose_b and p.m >= _FEW_ITEMS * _TALLEST_TILE:
        return False  # a weight's gradient: its update wants to follow row by row
    return p.m <= _FEW_ROWS and p.blocks >= _FEW_ITEMS


def _not_empty(p: _Product) -> _Product:
    """A sum of nothing is a sum of one zero."""
    if p.k:
        return p
    zeros = np.zeros(max(p.m, p.n), np.dtype(p.c.dtype.as_numpy_dtype))
    none = np.zeros(p.batch, np.int64)
    return replace(p, a=zeros, b=zeros, k=1, a_matrices=none, b_matrices=none)


def _as_one_matrix(p: _Product) -> _Product:
    """Matrices with a common right factor are one matrix: their rows follow each other."""
    if p.batch == 1 or p.transpose_a or p.b_matrices.any() or not _in_order(p.a_matrices):
        return p
    one = np.zeros(1, np.int64)
    return replace(p, m=p.batch * p.m, a_matrices=one, b_matrices=one)


def _flip(p: _Product) -> _Product:
    """The transposed product: C' = B' A'."""
    return replace(
        p, a=p.b, b=p.a, m=p.n, n=p.m, transpose_a=not p.transpose_b, transpose_b=not p.transpose_a,
        a_matrices=p.b_matrices, b_matrices=p.a_matrices, flipped=True,
    )  # fmt: skip


def _steps(p: _Product) -> int:
    """Cycles, more or less: what the tiles do not fill counts as well."""
    whole, left = divmod(p.m, _TALLEST_TILE)
    short = min(_ceil(left, _SHORTEST_TILE) * _SHORTEST_TILE, _TALLEST_TILE)
    return (whole * _TALLEST_TILE + short) * p.blocks * p.k


# --- the schedules --------------------------------------------------------------------------------


def _by_rows(k: Lowering, p: _Product) -> None:
    bytes_of_b = p.k * p.n * p.size
    is_packed = p.transpose_b or bytes_of_b > _NEAR or p.n * p.size % _BLOCK_BYTES != 0
    factor = _factor(k, p.b)
    if is_packed:
        factor, bytes_of_b = k.read(_packed_b(k, p), whole=True), p.packed_b_bytes
    block = _block_rows(p)
    offsets = np.stack([p.a_matrices * (p.m * p.k * p.size), p.b_matrices * bytes_of_b], axis=1)
    by_item = not p.transpose_a and _in_order(p.a_matrices)
    k.call(
        f"gemm.rows_{p.type}",
        items=p.batch * p.m,
        args=[
            _factor(k, p.a, by_item), p.a_stride, p.transpose_a, factor,
            k.write(p.c), p.m, p.n, p.k, p.depth, block,
            k.workspace(_packed_a_bytes(p, block)),
            k.table(offsets), *_ending(k, p), is_packed,
        ],
        grain=block if block < p.m else p.m * max(1, _MOST_BLOCK_ROWS // p.m),
        cost=p.cost(),
    )  # fmt: skip


def _packed_b(k: Lowering, p: _Product) -> Buffer:
    """The panels of all matrices of B, after a call that makes them."""
    matrices = int(p.b_matrices.max()) + 1
    packed = k.temporary(matrices * p.packed_b_bytes, "packed B")
    k.call(
        f"gemm.pack_b_{p.type}",
        items=matrices * p.blocks,
        args=[
            _factor(k, p.b), p.b_stride, p.transpose_b, p.n, p.k, p.blocks,
            p.k * p.n * p.size, p.packed_b_bytes, k.write(packed, whole=True),
        ],
        cost=packed.nbytes / _PACKED_BYTES_PER_NS,
    )  # fmt: skip
    return packed


def _by_matrices(k: Lowering, p: _Product) -> None:
    block = min(p.m, _MOST_BLOCK_ROWS)
    bytes_each = np.array([p.m * p.k * p.size, p.k * p.n * p.size])
    offsets = np.stack([p.a_matrices, p.b_matrices], axis=1) * bytes_each
    k.call(
        f"gemm.matrices_{p.type}",
        items=p.batch,
        args=[
            _factor(k, p.a, _in_order(p.a_matrices)), p.a_stride, p.transpose_a,
            _factor(k, p.b, _in_order(p.b_matrices)), p.b_stride, p.transpose_b,
            k.write(p.c), p.m, p.n, p.k, p.depth, block,
            k.workspace(p.packed_b_bytes + _packed_a_bytes(p, block)), k.table(offsets),
        ],
        cost=p.cost(),
    )  # fmt: skip


def _in_order(matrices: np.ndarray) -> bool:
    """Whether a factor has a matrix for each of the result."""
    return bool((matrices == np.arange(len(matrices))).all())


def _packed_a_bytes(p: _Product, rows: int) -> int:
    """Bytes of packed rows of A, for a step of K."""
    return (rows + _TALLEST_TILE) * p.depth * p.size + _VECTOR_BYTES


def _block_rows(p: _Product) -> int:
    """Rows of C that a thread computes at a time."""
    tiles = max(1, _C_BLOCK_BYTES // (p.n * p.size * _TALLEST_TILE))
    if p.packed_b_bytes > _L2_SHARE:
        tiles = max(tiles, 4)
    tiles = min(tiles, _ceil(p.batch * p.m, _FEW_ITEMS * _TALLEST_TILE))
    return min(tiles * _TALLEST_TILE, _MOST_BLOCK_ROWS, p.m)


def _of_vector(k: Lowering, p: _Product) -> None:
    """A product with m = 1."""
    name, items, by_item = f"gemv.dots_{p.type}", p.n, True
    if not p.transpose_b:
        by_item = p.n * p.size % _BLOCK_BYTES == 0
        name, items = f"gemv.sums_{p.type}", p.blocks
    k.call(
        name,
        items=items,
        args=[
            _factor(k, p.a), _factor(k, p.b, p.transpose_b), p.b_stride,
            k.write(p.c, whole=not by_item), p.n, p.k, *_ending(k, p),
        ],
        grain=_DOTS if p.transpose_b else max(1, min(p.blocks // _FEW_ITEMS, _SUMS)),
        cost=p.k * p.n * p.size / _BYTES_PER_NS,
    )  # fmt: skip


def _by_columns(k: Lowering, p: _Product) -> None:
    depth = p.depth
    chunks = _ceil(p.k, depth) * _ceil(p.m, _CHUNK_ROWS)
    chunk_bytes = _CHUNK_ROWS * depth * p.size + _VECTOR_BYTES
    packed = k.temporary(chunks * chunk_bytes, "packed A")
    k.call(
        f"gemm.pack_a_{p.type}",
        items=chunks,
        args=[
            _factor(k, p.a), p.a_stride, p.transpose_a, p.m, p.k, depth, chunk_bytes,
            k.write(packed, whole=True),
        ],
        cost=chunks * chunk_bytes / _PACKED_BYTES_PER_NS,
    )  # fmt: skip
    group = min(_GROUP, max(1, p.blocks // _FEW_ITEMS))
    by_item = p.flipped and p.n * p.size % _BLOCK_BYTES == 0
    k.call(
        f"gemm.columns_{p.type}",
        items=p.blocks,
        args=[
            k.read(packed, whole=True), _factor(k, p.b), p.b_stride, p.transpose_b,
            k.write(p.c, whole=not by_item), p.m, p.n, p.k, depth, chunk_bytes, group,
            k.workspace(group * _BLOCK_BYTES * (depth + p.m)), *_ending(k, p), p.flipped,
        ],
        grain=group,
        cost=p.cost(),
    )  # fmt: skip


def _factor(k: Lowering, x: Buffer | np.ndarray, by_item: bool = False) -> Operand | Table:
    if isinstance(x, Buffer):
        return k.read(x, whole=not by_item)
    return k.table(x)


def _ending(k: Lowering, p: _Product) -> list[Argument]:
    """Bias and activation."""
    return [k.read(p.bias, whole=True) if p.bias is not None else 0, p.activation]
