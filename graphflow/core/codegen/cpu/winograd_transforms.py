"""Winograd's minimal filtering: its matrices, and vector code that applies them.

    m outputs of a filter of r taps take alpha = m + r - 1 products instead of m * r:
        y = A^T [ (G w) * (B^T x) ]          x: alpha inputs, w: r taps, y: m outputs

The matrices evaluate polynomials at alpha - 1 points and infinity (Toom and Cook), and interpolate.
Points come in pairs a, -a, whose rows or columns differ in signs only: each pair shares its work.
In two dimensions a transform is applied to the columns of a square, then to its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .simd import WORD, Lanes, call_llvm, ir_vector, pointer_to

_POINTS = [Fraction(p) for p in ("0", "1", "-1", "2", "-2", "1/2", "-1/2")]


def winograd_matrices(m: int, r: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices A^T [m, alpha], G [alpha, r] and B^T [alpha, alpha], in float64."""
    points = _POINTS[: m + r - 2]
    if len(points) != m + r - 2:
        raise ValueError(f"F({m}, {r}) needs {m + r - 2} points, there are {len(_POINTS)}")
    last = len(points)
    a_t = np.zeros((m, last + 1))
    g = np.zeros((last + 1, r))
    b_t = np.zeros((last + 1, last + 1))
    a_t[m - 1, last] = g[last, r - 1] = 1.0
    b_t[last] = [float(c) for c in _polynomial(points)]
    for i, point in enumerate(points):
        others = points[:i] + points[i + 1 :]
        scale = _value(_polynomial(others), point)
        a_t[:, i] = [float(point**k) for k in range(m)]
        g[i] = [float(point**k / scale) for k in range(r)]
        b_t[i, :last] = [float(c) for c in _polynomial(others)]
    return a_t, g, b_t


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of the product of all (x - root), lowest first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        scaled = [root * c for c in coefficients] + [Fraction(0)]
        coefficients = [a - b for a, b in zip(shifted, scaled, strict=True)]
    return coefficients


def _value(coefficients: Sequence[Fraction], x: Fraction) -> Fraction:
    return sum((c * x**k for k, c in enumerate(coefficients)), Fraction(0))


def make_transform(real: Lanes, matrix: np.ndarray) -> Callable[..., Any]:
    """Makes an intrinsic that multiplies a matrix with vectors of channels.

    Args:
      real: F32 or F64.
      matrix: [results, inputs].

    Returns:
      `transform(source, source_step, to, to_step)`, all int64: the addresses of the first input and
      result, and the bytes to the next ones.
    """
    inputs = matrix.shape[1]

    @intrinsic
    def transform(typing_context: Any, source: Any, source_step: Any, to: Any, to_step: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> Any:
            start, step, end, end_step = arguments
            kind = ir_vector(real.vector_type)

            def place(first: Any, each: Any, i: int) -> Any:
                at = builder.add(first, builder.mul(each, WORD(i)))
                return pointer_to(builder, at, kind)

            vectors = [builder.load(place(start, step, i), align=real.size) for i in range(inputs)]
            for i, value in enumerate(_Product(builder, kind).of(matrix, vectors)):
                builder.store(value, place(end, end_step, i), align=real.size)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 4), emit

    return transform


class _Product:
    """Emits the product of a constant matrix and vectors with few operations."""

    def __init__(self, builder: Any, kind: Any) -> None:
        self.builder = builder
        self.kind = kind

    def of(self, matrix: np.ndarray, vectors: Sequence[Any]) -> list[Any]:
        signs = (-1.0) ** np.arange(matrix.shape[1])
        pairs = _pairs(matrix, lambda a, b: _sign(a * signs, b) != 0)
        if pairs:
            return self._by_rows(matrix, vectors, pairs, signs)
        return self._by_columns(matrix, vectors)

    def _by_rows(
        self, matrix: np.ndarray, vectors: Sequence[Any], pairs: dict[int, int], signs: np.ndarray
    ) -> list[Any]:
        """Rows i and j that differ in the signs of odd columns: even part plus, minus odd part."""
        builder = self.builder
        results: list[Any] = [None] * len(matrix)
        for i, j in pairs.items():
            even = self._sum(matrix[i][::2], vectors[::2])
            odd = self._sum(matrix[i][1::2], vectors[1::2])
            results[i] = builder.fadd(even, odd)
            flipped = _sign(matrix[i] * signs, matrix[j]) < 0
            results[j] = builder.fsub(odd, even) if flipped else builder.fsub(even, odd)
        for i, row in enumerate(matrix):
            if results[i] is None:
                results[i] = self._sum(row, vectors)
        return results

    def _by_columns(self, matrix: np.ndarray, vectors: Sequence[Any]) -> list[Any]:
        """Columns i and j that differ in signs: each row takes their sum, or their difference."""
        builder = self.builder
        columns = matrix.T
        pairs = _pairs(columns, lambda a, b: np.array_equal(np.abs(a), np.abs(b)))
        paired = set(pairs) | set(pairs.values())
        alone = [i for i in range(len(columns)) if i not in paired]
        both = {
            (i, j): (builder.fadd(vectors[i], vectors[j]), builder.fsub(vectors[i], vectors[j]))
            for i, j in pairs.items()
        }
        results = []
        for row in matrix:
            factors = [row[i] for i in alone] + [row[i] for i, _ in both]
            terms = [vectors[i] for i in alone]
            terms += [parts[int(row[i] != row[j])] for (i, j), parts in both.items()]
            results.append(self._sum(np.array(factors), terms))
        return results

    def _sum(self, factors: np.ndarray, vectors: Sequence[Any]) -> Any:
        """The sum of factors times vectors; those that need no multiplication first."""
        builder = self.builder
        terms = [(f, v) for f, v in zip(factors, vectors, strict=True) if f != 0]
        terms.sort(key=lambda term: abs(term[0]) != 1)
        total = None
        for factor, vector in terms:
            constant = ir.Constant(self.kind, [float(factor)] * self.kind.count)
            if total is None:
                total = vector if factor == 1 else builder.fmul(vector, constant)
            elif factor == 1:
                total = builder.fadd(total, vector)
            elif factor == -1:
                total = builder.fsub(total, vector)
            else:
                total = call_llvm(builder, "fmuladd", vector, constant, total)
        return total if total is not None else ir.Constant(self.kind, [0.0] * self.kind.count)


def _pairs(rows: np.ndarray, alike: Callable[[Any, Any], bool]) -> dict[int, int]:
    """Pairs of different rows that are alike, each row in one pair at most."""
    pairs: dict[int, int] = {}
    for i, row in enumerate(rows):
        for j in range(i + 1, len(rows)):
            taken = set(pairs) | set(pairs.values())
            if i in taken or j in taken or np.array_equal(row, rows[j]):
                continue
            if alike(row, rows[j]):
                pairs[i] = j
    return pairs


def _sign(a: np.ndarray, b: np.ndarray) -> int:
    """1 where b is a, -1 where it is -a, else 0."""
    return int(np.array_equal(a, b)) - int(np.array_equal(-a, b))
