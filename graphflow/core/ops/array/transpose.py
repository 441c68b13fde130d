"""Ops that move axes: Transpose and its conjugate; permutations."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .range import range_op
from .shapes import rank as rank_of
from .shapes import rank_op
from .signatures import T, index_attr


def transpose_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    perm_shape = context.with_rank(1, 1)
    perm = context.constant(1)
    rank = given.ndims
    length = perm_shape.as_list()[0]
    if rank is None and (length is None or length < 2):
        return TensorShape(None)  # a short permutation is taken for a scalar, too
    if rank is not None and length is not None and length != rank and not (rank < 2 > length):
        raise ValueError(f"Dimension must be {rank} but is {length}")
    count = rank if rank is not None else length
    assert count is not None
    if perm is None:
        return TensorShape([None] * count)
    axes = [int(axis) for axis in perm]
    for axis in axes:
        if not -count <= axis < count:
            raise ValueError(f"perm dim {axis} is out of range of input rank {count}")
    if rank is None:
        return TensorShape([None] * count)
    sizes = given.as_list()
    return TensorShape([sizes[axis] for axis in axes])


_SIGNATURE = (["x: T", "perm: Tperm"], ["y: T"], [T, index_attr("Tperm")], transpose_shape)
transpose_op = define_op("Transpose", *_SIGNATURE)
conjugate_transpose_op = define_op("ConjugateTranspose", *_SIGNATURE)


@transpose_op.define
def transpose_reference(node: Any, x: np.ndarray, perm: np.ndarray) -> np.ndarray:
    if len(perm) != x.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"transpose expects a vector of size {x.ndim}. But input(1) is a vector of size "
            f"{len(perm)}",
        )
    axes = [int(axis) for axis in perm]
    for axis in axes:
        if not -x.ndim <= axis < x.ndim:
            raise errors.InvalidArgumentError(None, None, f"{axis} is out of range [0 .. {x.ndim})")
    missing = set(builtins.range(x.ndim)) - {axis % x.ndim for axis in axes}
    if missing:
        raise errors.InvalidArgumentError(
            None, None, f"{min(missing)} is missing from {{{','.join(map(str, axes))}}}."
        )
    return np.transpose(x, axes)


@conjugate_transpose_op.define
def conjugate_transpose_reference(node: Any, x: np.ndarray, perm: np.ndarray) -> np.ndarray:
    moved: np.ndarray = transpose_reference(node, x, perm)
    conjugate: np.ndarray = np.conjugate(moved)
    return conjugate


@transpose_op.grad
def transpose_grad(op: Any, dy: Any) -> list[Any]:
    return [transpose(dy, invert_permutation(op.inputs[1])), None]


@conjugate_transpose_op.grad
def conjugate_transpose_grad(op: Any, dy: Any) -> list[Any]:
    return [transpose(dy, invert_permutation(op.inputs[1]), conjugate=True), None]


def transpose(a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False) -> Tensor:
    """`a` with its dimensions in another order.

    Args:
      a: any type.
      perm: dimension i of the result is dimension perm[i] of `a`; by default they are reversed.
      name: the node's name.
      conjugate: whether complex numbers are conjugated as well.
    """
    with name_scope(name, "transpose", [a]) as scope:
        if perm is None or conjugate:
            a = convert_to_tensor(a, name="a")
        op_def = conjugate_transpose_op if conjugate and a.dtype.is_complex else transpose_op
        if perm is not None:
            moved: Tensor = op_def(a, perm, name=scope)
            return moved
        if not a.shape.ndims:
            count: Any = rank_op(a)
            perm = (count - 1) - range_op(0, count, 1)
        else:
            perm = (a.shape.ndims - 1) - np.arange(a.shape.ndims)
        result: Tensor = op_def(a, perm, name=scope)
        if a.shape.ndims is not None:
            result.set_shape(a.shape.as_list()[::-1])
        return result


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """`a` with its last two dimensions exchanged.

    Args:
      a: rank 2 or more.
      name: the name scope.
      conjugate: whether complex numbers are conjugated as well.

    Raises:
      ValueError: the rank is below 2.
    """
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        rank = a.shape.ndims
        if rank is None:
            count: Any = rank_of(a)
            perm: Any = ops.array.concat((range_op(0, count - 2, 1), [count - 1, count - 2]), 0)
        elif rank < 2:
            raise ValueError(
                f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}"
            )
        else:
            perm = [*builtins.range(rank - 2), rank - 1, rank - 2]
        return transpose(a, perm=perm, conjugate=conjugate)


def _vector_shape(context: ShapeContext) -> TensorShape:
    return context.with_rank(0, 1)


invert_permutation_op = define_op(
    "InvertPermutation", ["x: T"], ["y: T"], [index_attr("T")], _vector_shape
)
invert_permutation_op.no_grad()


@invert_permutation_op.define
def invert_permutation_reference(node: Any, x: np.ndarray) -> np.ndarray:
    if x.ndim != 1:
        raise errors.InvalidArgumentError(None, None, "invert_permutation expects a 1D vector.")
    inverse = np.full(len(x), -1, dtype=x.dtype)
    for position, value in enumerate(x.tolist()):
        if not 0 <= value < len(x):
            raise errors.InvalidArgumentError(None, None, f"{value} is not between 0 and {len(x)}")
        if inverse[value] != -1:
            raise errors.InvalidArgumentError(None, None, f"{value} is duplicated in the input.")
        inverse[value] = position
    return inverse


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """The inverse of a permutation: `y[x[i]] = i`.

    Args:
      x: a vector with each number from 0 to its length - 1 once.
      name: the node's name.
    """
    tensor: Tensor = invert_permutation_op(x, name=name)
    return tensor
