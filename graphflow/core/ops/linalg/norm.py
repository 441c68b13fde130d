"""Norms, traces, cross products, and what follows from singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .decompositions import svd, svd_op
from .matmul import matmul

# --- norms ----------------------------------------------------------------------------------------


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The norm of vectors, of matrices, or of all elements taken as one vector.

    Args:
      tensor: floats or complex numbers.
      ord: 'euclidean', a positive number or infinity; for matrices 'euclidean', 'fro', 1, 2 or
        infinity, which are the operator norms but for the first two.
      axis: an int for vectors, a pair of ints for matrices, or None for all elements.
      keepdims: whether reduced axes stay, with size 1.
      name: the name of the scope.
      keep_dims: the former name of `keepdims`.

    Returns:
      A tensor of the input's type.

    Raises:
      ValueError: `ord` or `axis` is none of these.
    """
    keepdims = bool(deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    axes = _norm_axes(ord, axis)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        if ord in ("fro", "euclidean", 2):
            if axes is not None and len(axes) == 2 and ord == 2:
                result = _spectral_norm(tensor, axes)
            else:
                squares = tensor * ops.elementwise.conj(tensor)
                total = ops.reduction.reduce_sum(squares, axes, keepdims=True)
                result = ops.elementwise.sqrt(total)
        else:
            result = _by_magnitude(ops.elementwise.abs(tensor), ord, axes)
        norms: Tensor = result if keepdims else ops.array.squeeze(result, axes)
        return norms


def _norm_axes(ord: Any, axis: Any) -> tuple[int, ...] | None:
    if isinstance(axis, list | tuple) and len(axis) == 2:
        axes = tuple(axis)
        if not all(isinstance(i, int) for i in axes) or axes[0] == axes[1]:
            raise ValueError(
                f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}"
            )
        if ord not in ("euclidean", "fro", 1, 2, np.inf):
            raise ValueError(
                "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], "
                f"got {ord}"
            )
        return axes
    if not (isinstance(axis, int) or axis is None):
        raise ValueError(
            f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}"
        )
    if ord != "euclidean" and (isinstance(ord, str) or not np.isreal(ord) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return None if axis is None else (axis,)


def _by_magnitude(magnitudes: Any, ord: Any, axes: tuple[int, ...] | None) -> Any:
    reduction, of_matrices = ops.reduction, axes is not None and len(axes) == 2
    first = None if axes is None else axes[0]
    if ord == 1:
        result = reduction.reduce_sum(magnitudes, first, keepdims=True)
        if of_matrices and axes is not None:
            result = reduction.reduce_max(result, axes[-1], keepdims=True)
        return result
    if ord == np.inf:
        if of_matrices and axes is not None:
            magnitudes = reduction.reduce_sum(magnitudes, axes[1], keepdims=True)
        return reduction.reduce_max(magnitudes, first, keepdims=True)
    total = reduction.reduce_sum(ops.elementwise.pow(magnitudes, ord), axes, keepdims=True)
    return ops.elementwise.pow(total, 1.0 / ord)


def _spectral_norm(tensor: Tensor, axes: tuple[int, ...]) -> Any:
    """The largest singular value, in a tensor with both axes kept."""
    rank = tensor.shape.ndims
    order: Any
    back: Any
    if rank is None:
        in_run = ops.array.rank(tensor)
        matrix_axes = ops.elementwise.floormod(convert_to_tensor(list(axes)) + in_run, in_run)
        others, _ = ops.array.setdiff1d(ops.array.range(in_run), matrix_axes)
        order = ops.array.concat([others, matrix_axes], 0)
        back = ops.array.invert_permutation(order)
    else:
        last = [i % rank for i in axes]
        order = [i for i in range(rank) if i not in last] + last
        back = [order.index(i) for i in range(rank)]
    matrices = ops.array.transpose(tensor, order)
    values = ops.elementwise.abs(svd_op(matrices, compute_uv=False)[0])
    largest = ops.reduction.reduce_max(values, axis=-1, keepdims=True)
    return ops.array.transpose(ops.array.expand_dims(largest, -1), back)


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """A tensor divided by its norm; see `norm`.

    Returns:
      `(normalized, norm)`, the norm with its reduced axes kept.
    """
    with name_scope(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        size = norm(tensor, ord, axis, keepdims=True)
        size = ops.elementwise.cast(size, tensor.dtype.base_dtype)
        return ops.elementwise.truediv(tensor, size), size


# --- small products -------------------------------------------------------------------------------


def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the diagonal of each matrix.

    Args:
      x: numbers, of shape [..., m, n].
      name: the node's name.

    Returns:
      A tensor of shape [...].
    """
    with name_scope(name, "Trace", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        tensor: Tensor = ops.reduction.reduce_sum(ops.array.matrix_diag_part(x), [-1], name=scope)
        return tensor


def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """The conjugate transpose of each matrix.

    Args:
      matrix: numbers, of shape [..., m, n].
      name: the name of the scope.
    """
    with name_scope(name, "adjoint", [matrix]):
        matrix = convert_to_tensor(matrix, name="matrix")
        tensor: Tensor = ops.array.matrix_transpose(matrix, conjugate=True)
        return tensor


def cross_shape(context: ShapeContext) -> TensorShape:
    shape = context.shape(0).merge_with(context.shape(1))
    if shape.ndims is None:
        return shape
    if shape.ndims < 1:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    size = shape.as_list()[-1]
    if size not in (3, None):
        raise ValueError(f"Dimension must be 3 but is {size}")
    return shape


cross_op = define_op("Cross", ["a: T", "b: T"], ["product: T"], ["T: realnumbertype"], cross_shape)


@cross_op.define
def cross_reference(node: Any, a: np.ndarray, b: np.ndarray) -> Any:
    forward, backward = [1, 2, 0], [2, 0, 1]
    return a[..., forward] * b[..., backward] - a[..., backward] * b[..., forward]


@cross_op.grad
def cross_grad(op: Any, dy: Any) -> list[Any]:
    a, b = op.inputs
    return [cross(b, dy), cross(dy, a)]


def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """The cross product of vectors.

    Args:
      a: real numbers, of shape [..., 3].
      b: the same type and shape.
      name: the node's name.
    """
    tensor: Tensor = cross_op(a, b, name=name)
    return tensor


# --- from singular values -------------------------------------------------------------------------


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The number of singular values of each matrix that are not negligible.

    Args:
      a: floats, of shape [..., m, n].
      tol: what is negligible; by default epsilon * max(m, n) * the largest value.
      validate_args: in TF1, whether shapes are checked in the run; here they always are.
      name: the name of the scope.

    Returns:
      int32, of shape [...].

    Raises:
      TypeError: `a` is not of floats.
    """
    with name_scope(name or "matrix_rank"):
        a = _floating_matrices(a)
        values = svd(a, compute_uv=False)
        if tol is None:
            size = ops.reduction.reduce_max(ops.array.shape(a)[-2:])
            largest = ops.reduction.reduce_max(values, axis=-1, keepdims=True)
            tol = _epsilon(a) * ops.elementwise.cast(size, a.dtype.base_dtype) * largest
        large = ops.elementwise.cast(ops.elementwise.greater(values, tol), "int32")
        tensor: Tensor = ops.reduction.reduce_sum(large, axis=-1)
        return tensor


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The pseudoinverse of each matrix, by its singular values.

    Args:
      a: floats, of shape [..., m, n].
      rcond: values smaller than this part of the largest count as 0; by default
        10 * max(m, n) * epsilon.
      validate_args: in TF1, whether shapes are checked in the run; here they always are.
      name: the name of the scope.

    Returns:
      A tensor of shape [..., n, m].

    Raises:
      TypeError: `a` is not of floats.
    """
    with name_scope(name or "pinv"):
        a = _floating_matrices(a)
        if rcond is None:
            size = ops.reduction.reduce_max(ops.array.shape(a)[-2:])
            rcond = 10.0 * _epsilon(a) * ops.elementwise.cast(size, a.dtype.base_dtype)
        rcond = convert_to_tensor(rcond, dtype=a.dtype.base_dtype, name="rcond")
        s, u, v = svd(a)
        cutoff = rcond * ops.reduction.reduce_max(s, axis=-1)
        large = ops.elementwise.greater(s, ops.array.expand_dims(cutoff, -1))
        # divided by infinity: small values have neither an inverse nor a gradient of NaN
        infinite = np.array(np.inf, a.dtype.as_numpy_dtype)
        s = ops.elementwise.select_v2(large, s, infinite)
        inverse = matmul(v / ops.array.expand_dims(s, -2), u, adjoint_b=True)
        if a.shape.ndims is not None:
            rows, columns = a.shape.as_list()[-2:]
            inverse.set_shape(a.shape[:-2].concatenate([columns, rows]))
        return inverse


def _floating_matrices(a: Any) -> Tensor:
    tensor = convert_to_tensor(a, name="a")
    if not tensor.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {tensor.dtype.name}).")
    if tensor.shape.ndims is not None and tensor.shape.ndims < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {tensor.shape.ndims}).")
    return tensor


def _epsilon(a: Tensor) -> float:
    return float(np.finfo(a.dtype.as_numpy_dtype).eps)
