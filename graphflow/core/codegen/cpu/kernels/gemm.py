"""Matrix products C = A B, by rows or by columns; the lowering (`ops/linalg/cpu`) chooses.

    rows: many rows of C                        columns: few rows, many columns
                    B, packed before                         B, packed when needed
                 +----+----+----+                         +----+----+----+
               K |    |    |    |                       K |    |    |    |  depth at a time
        K        +----+----+----+                K        +----+----+----+
      +----+     +----+----+----+              +----+     +----+----+----+
    M | A  |     |    : an item |            M | A  |     |    | an |    |
      | lo |     |    : is a row|              |    |     | C  |item|    |
      | hi |     | C  : of C    |              +----+     +----+----+----+
      +----+     +----+----+----+              packed before

Rows: a thread packs a block of rows of A, `depth` of K at a time, into its workspace (L2), and runs
all panels of B past it; a panel's `depth` rows stay in L1 for all tiles of the block.
Columns: a thread packs `depth` rows of a few panels of B into its workspace and runs all rows of A
past them. Sums are collected in the workspace, and written with bias and activation at the end (or
at once, when they take one step of K and nothing is added).

Where its rows are near each other, B is read as it lies.
Matrices: as rows, for many small products: an item is one of them, and packs its own B.

An item of `columns` and `pack_b` is a block of 128 bytes of a row of C, one panel or several.
FLOPs: 2 M N K. Bytes, rows: A once, B (M / block rows) times from L2 or L3; columns: B once, A
(columns / group) times from L2. All sums run in the order of k, by steps of `depth`: bits depend
neither on the ranges of items nor on the threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..simd import F32, F64, TILE_ROWS, TILE_VECTORS, Lanes, helper, routine, vector_max, word
from ..tiles import make_packed_tile
from .gemm_packing import SHORT_ROWS, make_packing, tile_height

LINE_BYTES = 64  # of a cache line, or fewer
BLOCK_BYTES = 128  # of a row of C: an item of `columns` and of `pack_b`
NEAR = 1 << 19  # bytes from the first row of a panel to the last, for reading it as it lies
CHUNK_ROWS = 28  # of A that are packed by themselves: tiles of every machine fit in


def make_multiply(real: Lanes) -> Callable[..., Any]:
    """Makes the product of a packed block of A and a panel of B.

    Returns:
      `multiply(a, rows, b, b_step, depth, c, c_stride, columns, add, ahead, ahead_stride,
      ahead_rows, ahead_lines, ahead_left)`; `b_step`: bytes from one row of the panel to the next.
      Meanwhile it prefetches a matrix of `ahead_rows` rows at `ahead`, in all `ahead_lines` cache
      lines, a column of lines after the other, of which the last `ahead_left` are left to do, and
      gives how many are left then: it does one per four k of a tile.
    """
    SIZE = real.size
    tall_tile = make_packed_tile(real, TILE_ROWS, TILE_VECTORS)
    short_tile = make_packed_tile(real, SHORT_ROWS, TILE_VECTORS)

    @routine
    def multiply(
        a, rows, b, b_step, depth, c, c_stride, columns, add,
        ahead, ahead_stride, ahead_rows, ahead_lines, ahead_left,
    ):  # fmt: skip
        row = 0
        while row < rows:
            left = rows - row
            pa, pc = a + row * depth * SIZE, c + row * c_stride
            line, step = b, 0
            if ahead_left > 0:
                ahead_at = ahead_lines - ahead_left
                across, down = ahead_at // ahead_rows, ahead_at % ahead_rows
                line, step = ahead + down * ahead_stride + across * LINE_BYTES, ahead_stride
            if tile_height(left) == TILE_ROWS:
                m = min(left, TILE_ROWS)
                tall_tile(pa, b, b_step, pc, c_stride, m, columns, add, depth, line, step)
                row += TILE_ROWS
            else:
                m = min(left, SHORT_ROWS)
                short_tile(pa, b, b_step, pc, c_stride, m, columns, add, depth, line, step)
                row += SHORT_ROWS
            ahead_left -= depth // 4
        return ahead_left

    return multiply


def make_finish(real: Lanes) -> Callable[..., Any]:
    """Makes the end of a product, on some columns of one row.

    Returns:
      `finish(source, target, bias, activation, columns)`: adds the bias where its address is not
      0, applies the activation (0 none, 1 relu), and writes; source and target may be the same.
    """
    load, store, load_tail, store_tail = real.load, real.store, real.load_tail, real.store_tail
    splat, WIDTH, SIZE = real.splat, real.width, real.size
    zero = real.scalar(0)

    @helper
    def finish(source, target, bias, activation, columns):
        column = 0
        while column < columns:
            left, at = columns - column, column * SIZE
            if left >= WIDTH:
                value = load(source + at)
                if bias != 0:
                    value = value + load(bias + at)
            else:
                value = load_tail(source + at, left, zero)
                if bias != 0:
                    value = value + load_tail(bias + at, left, zero)
            if activation == 1:
                value = vector_max(value, splat(zero))
            if left >= WIDTH:
                store(target + at, value)
            else:
                store_tail(target + at, value, left)
            column += WIDTH

    return finish


def make_multiply_rows(real: Lanes) -> Callable[..., Any]:
    """Makes the product of some rows of A and all panels of B.

    Returns:
      `multiply_rows(a, stride, transposed, rows, b, b_step, panel_bytes, n, inner, depth, c,
      workspace)`; `a`: of the first of the rows, as it is stored; `b_step`: bytes from one row of
      a panel to the next, `panel_bytes`: from one panel to the next; C is written.
    """
    multiply = make_multiply(real)
    pack_a, _ = make_packing(real)
    SIZE = real.size
    NR = TILE_VECTORS * real.width

    @routine
    def multiply_rows(
        a, stride, transposed, rows, b, b_step, panel_bytes, n, inner, depth, c, workspace
    ):
        for part in range((inner + depth - 1) // depth):
            k = part * depth
            steps = min(depth, inner - k)
            a_block = a + (k * stride if transposed else k * SIZE)
            pack_a(a_block, stride, transposed, rows, steps, workspace)
            # The next panel comes near meanwhile, if it is packed, and so is one piece of memory.
            lines = steps * NR * SIZE // LINE_BYTES if b_step == NR * SIZE else 0
            column, panel = 0, b + k * b_step
            while column < n:
                multiply(
                    workspace, rows, panel, b_step, steps, c + column * SIZE, n * SIZE,
                    min(NR, n - column), part,
                    panel + panel_bytes, LINE_BYTES, 1 << 30, lines, lines,
                )  # fmt: skip
                column += NR
                panel += panel_bytes

    return multiply_rows


def make_rows(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `rows`; an item is a row of C, of any matrix of the batch.

    Words: 0 A, 1 bytes from one stored row of A to the next, 2 whether A is transposed, 3 B, 4 C, 5
    rows of a matrix, 6 columns, 7 K, 8 depth, 9 rows of a block, 10 workspace [block rows, rounded
    up, x depth + a vector], 11 table of bytes to the A and to the B of each matrix, 12 bias, 13
    activation, 14 whether B is as `pack_b` made it; else it is read as it lies, not transposed, its
    rows whole blocks.
    """
    multiply_rows, finish = make_multiply_rows(real), make_finish(real)
    SIZE = real.size
    NR = TILE_VECTORS * real.width

    def rows(lo, hi, args):
        a, stride, transposed, b, c = (
            word(args, 0), word(args, 1), word(args, 2), word(args, 3), word(args, 4),
        )  # fmt: skip
        m, n, inner, depth = word(args, 5), word(args, 6), word(args, 7), word(args, 8)
        block, workspace, batch = word(args, 9), word(args, 10), word(args, 11)
        bias, activation = word(args, 12), word(args, 13)
        b_step, panel_bytes = n * SIZE, NR * SIZE
        if word(args, 14):
            b_step, panel_bytes = NR * SIZE, NR * inner * SIZE
        row = lo
        while row < hi:
            matrix = row // m
            first = row - matrix * m
            count = min(min(block, m - first), hi - row)
            a_rows = a + word(batch, 2 * matrix) + first * (SIZE if transposed else stride)
            b_matrix = b + word(batch, 2 * matrix + 1)
            to = c + row * n * SIZE
            multiply_rows(
                a_rows, stride, transposed, count, b_matrix, b_step, panel_bytes, n, inner, depth,
                to, workspace,
            )  # fmt: skip
            if bias != 0 or activation != 0:
                for i in range(count):
                    finish(to + i * n * SIZE, to + i * n * SIZE, bias, activation, n)
            row += count

    return rows


def make_matrices(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `matrices`: many small products; an item is one of them.

    Words: 0 A, 1 bytes from one stored row of A to the next, 2 whether A is transposed, 3 to 5 the
    same of B, 6 C, 7 rows of a matrix, 8 columns, 9 K, 10 depth, 11 rows of a block, 12 workspace
    as of `rows`, after B [128-byte blocks of columns x K]; 13 table of bytes to the A and to the B
    of each matrix.
    """
    multiply_rows = make_multiply_rows(real)
    _, pack_b = make_packing(real)
    SIZE = real.size
    NR = TILE_VECTORS * real.width
    BLOCK = BLOCK_BYTES // SIZE

    def matrices(lo, hi, args):
        a, a_stride, a_transposed = word(args, 0), word(args, 1), word(args, 2)
        b, b_stride, b_transposed = word(args, 3), word(args, 4), word(args, 5)
        c, m, n = word(args, 6), word(args, 7), word(args, 8)
        inner, depth, block = word(args, 9), word(args, 10), word(args, 11)
        packed, batch = word(args, 12), word(args, 13)
        workspace = packed + (n + BLOCK - 1) // BLOCK * BLOCK_BYTES * inner
        for matrix in range(lo, hi):
            a_matrix, b_matrix = a + word(batch, 2 * matrix), b + word(batch, 2 * matrix + 1)
            pack_b(b_matrix, b_stride, b_transposed, n, inner, packed, NR * inner * SIZE)
            row = 0
            while row < m:
                count = min(block, m - row)
                multiply_rows(
                    a_matrix + row * (SIZE if a_transposed else a_stride), a_stride, a_transposed,
                    count, packed, NR * SIZE, NR * inner * SIZE, n, inner, depth,
                    c + (matrix * m + row) * n * SIZE, workspace,
                )  # fmt: skip
                row += count

    return matrices


def make_columns(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `columns`; an item is a block of columns of C.

    Words: 0 A as `pack_a` made it, 1 B, 2 bytes from one stored row of B to the next, 3 whether B
    is transposed, 4 C, 5 rows, 6 columns, 7 K, 8 depth, 9 bytes of a packed chunk of A, 10 blocks
    of a group, 11 workspace [group, depth x 128 + rows x 128 bytes], 12 bias,
    13 activation, 14 whether C and bias are those of the transposed product: C is written
    transposed, and the bias is one of columns of what is written.
    """
    multiply, finish = make_multiply(real), make_finish(real)
    get, put = real.get, real.put
    zero = real.scalar(0)
    _, pack_b = make_packing(real)
    SIZE = real.size
    NR = TILE_VECTORS * real.width
    BLOCK = BLOCK_BYTES // SIZE

    def columns(lo, hi, args):
        a, b, stride, transposed, c = (
            word(args, 0), word(args, 1), word(args, 2), word(args, 3), word(args, 4),
        )  # fmt: skip
        m, n, inner, depth = word(args, 5), word(args, 6), word(args, 7), word(args, 8)
        chunk_bytes, group, workspace = word(args, 9), word(args, 10), word(args, 11)
        bias, activation, flipped = word(args, 12), word(args, 13), word(args, 14)
        sums = workspace + group * BLOCK_BYTES * depth
        is_direct = inner <= depth and bias == 0 and activation == 0 and not flipped
        block = lo
        while block < hi:
            first = block * BLOCK
            end = min(min(block + group, hi) * BLOCK, n)
            panels = (end - first + NR - 1) // NR
            a_part = a
            for part in range((inner + depth - 1) // depth):
                k = part * depth
                steps = min(depth, inner - k)
                source = b + (
                    first * stride + k * SIZE if transposed else k * stride + first * SIZE
                )
                panel_bytes = NR * steps * SIZE
                panels_at, b_step = workspace, NR * SIZE
                is_whole = (end - first) % NR == 0
                if is_whole and not transposed and (m <= CHUNK_ROWS or stride * steps <= NEAR):
                    panels_at, b_step, panel_bytes = source, stride, NR * SIZE
                else:
                    pack_b(source, stride, transposed, end - first, steps, workspace, panel_bytes)
                # While these are multiplied, the next come near: those of the next k, or group.
                next_k, next_first = k + steps, first
                if next_k >= inner:
                    next_k, next_first = 0, first + (group * BLOCK if block + group < hi else 0)
                if transposed:
                    ahead = b + next_first * stride + next_k * SIZE
                    ahead_rows, ahead_bytes = end - first, steps * SIZE
                else:
                    ahead = b + next_k * stride + next_first * SIZE
                    ahead_rows, ahead_bytes = steps, (end - first) * SIZE
                lines = ahead_rows * ((ahead_bytes + LINE_BYTES - 1) // LINE_BYTES)
                left = lines
                for panel in range(panels):
                    target, target_stride, width = sums + panel * NR * m * SIZE, NR * SIZE, NR
                    if is_direct:
                        column = first + panel * NR
                        target, target_stride = c + column * SIZE, n * SIZE
                        width = min(NR, end - column)
                    row, chunk = 0, a_part
                    while row < m:
                        left = multiply(
                            chunk, min(CHUNK_ROWS, m - row),
                            panels_at + panel * panel_bytes, b_step, steps,
                            target + row * target_stride, target_stride, width, part,
                            ahead, stride, ahead_rows, lines, left,
                        )  # fmt: skip
                        row += CHUNK_ROWS
                        chunk += chunk_bytes
                a_part += (m + CHUNK_ROWS - 1) // CHUNK_ROWS * chunk_bytes
            if flipped:
                for column in range(end - first):
                    source = sums + (column // NR * m * NR + column % NR) * SIZE
                    target = c + (first + column) * m * SIZE
                    for row in range(m):
                        value = get(source + row * NR * SIZE)
                        if bias != 0:
                            value += get(bias + row * SIZE)
                        if activation == 1 and value < zero:
                            value = zero
                        put(target + row * SIZE, value)
            elif not is_direct:
                for panel in range(panels):
                    column = first + panel * NR
                    its_bias = bias + column * SIZE if bias != 0 else 0
                    for row in range(m):
                        source = sums + (panel * m + row) * NR * SIZE
                        target = c + (row * n + column) * SIZE
                        finish(source, target, its_bias, activation, min(NR, end - column))
            block += group

    return columns


def make_pack_a(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `pack_a`: A for `columns`; an item is a chunk of rows of `depth` of K.

    Words: 0 A, 1 bytes from one stored row to the next, 2 whether it is transposed, 3 rows, 4 K,
    5 depth, 6 bytes of a packed chunk [chunk rows x depth, and a vector], 7 target.
    """
    pack, _ = make_packing(real)
    SIZE = real.size

    def pack_a(lo, hi, args):
        a, stride, transposed, rows = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        inner, depth, nbytes, target = word(args, 4), word(args, 5), word(args, 6), word(args, 7)
        chunks = (rows + CHUNK_ROWS - 1) // CHUNK_ROWS
        for item in range(lo, hi):
            k = item // chunks * depth
            row = item % chunks * CHUNK_ROWS
            at = k * stride + row * SIZE if transposed else row * stride + k * SIZE
            count, steps = min(CHUNK_ROWS, rows - row), min(depth, inner - k)
            pack(a + at, stride, transposed, count, steps, target + item * nbytes)

    return pack_a


def make_pack_b(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `pack_b`: the panels of B for `rows`; an item is a block of one matrix.

    Words: 0 B, 1 bytes from one stored row to the next, 2 whether it is transposed, 3 columns, 4 K,
    5 blocks of a matrix, 6 bytes of a stored matrix, 7 bytes of a packed matrix, 8 target.
    """
    _, pack = make_packing(real)
    SIZE = real.size
    NR = TILE_VECTORS * real.width
    BLOCK = BLOCK_BYTES // SIZE

    def pack_b(lo, hi, args):
        b, stride, transposed, n = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        inner, blocks = word(args, 4), word(args, 5)
        nbytes, packed, target = word(args, 6), word(args, 7), word(args, 8)
        item = lo
        while item < hi:
            matrix = item // blocks
            block = item - matrix * blocks
            count = min(hi - item, blocks - block)
            column = block * BLOCK
            columns = min(count * BLOCK, n - column)
            source = b + matrix * nbytes + (column * stride if transposed else column * SIZE)
            to = target + matrix * packed + column * inner * SIZE
            pack(source, stride, transposed, columns, inner, to, NR * inner * SIZE)
            item += count

    return pack_b


rows_f32, rows_f64 = make_rows(F32), make_rows(F64)
matrices_f32, matrices_f64 = make_matrices(F32), make_matrices(F64)
columns_f32, columns_f64 = make_columns(F32), make_columns(F64)
pack_a_f32, pack_a_f64 = make_pack_a(F32), make_pack_a(F64)
pack_b_f32, pack_b_f64 = make_pack_b(F32), make_pack_b(F64)
