"""What is made from the factors that `tf.linalg.lu` gives."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .matmul import matmul
from .solve import matrix_triangular_solve


def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The solution x of `A @ x = rhs`, given the factors of A.

    Args:
      lower_upper: floats or complex numbers, of shape [..., n, n]: `lu` of `tf.linalg.lu`.
      perm: integers, [..., n]: its `p`.
      rhs: [..., n, k]; leading axes are broadcast.
      validate_args: in TF1, whether shapes are checked in the run; here they always are.
      name: the name of the scope.

    Returns:
      A tensor of shape [..., n, k].

    Raises:
      ValueError: known shapes do not fit.
    """
    with name_scope(name or "lu_solve"):
        lower_upper, perm = _factors(lower_upper, perm)
        rhs = convert_to_tensor(rhs, name="rhs", dtype_hint=lower_upper.dtype.base_dtype)
        _check_rhs(lower_upper, rhs)
        if rhs.shape.ndims == 2 and perm.shape.ndims == 1:
            permuted = ops.array.gather(rhs, perm, axis=-2)
        else:
            shape = ops.array.shape(rhs)
            batch = ops.array.broadcast_dynamic_shape(shape[:-2], ops.array.shape(perm)[:-1])
            rows = ops.array.broadcast_to(rhs, ops.array.concat([batch, shape[-2:]], 0))
            order = ops.array.broadcast_to(perm, ops.array.concat([batch, [shape[-2]]], 0))
            permuted = _permute_rows(rows, order)
        return matrix_triangular_solve(
            lower_upper, matrix_triangular_solve(_lower(lower_upper), permuted), lower=False
        )


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The inverse of the matrices that `tf.linalg.lu` gave these factors of; see `lu_solve`."""
    with name_scope(name or "lu_matrix_inverse"):
        lower_upper, perm = _factors(lower_upper, perm)
        shape = ops.array.shape(lower_upper)
        dtype = lower_upper.dtype.base_dtype
        identity = ops.array.eye(shape[-1], batch_shape=shape[:-2], dtype=dtype)
        return lu_solve(lower_upper, perm, identity)


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The matrices that `tf.linalg.lu` gave these factors of; see `lu_solve`."""
    with name_scope(name or "lu_reconstruct"):
        lower_upper, perm = _factors(lower_upper, perm)
        product = matmul(_lower(lower_upper), ops.array.matrix_band_part(lower_upper, 0, -1))
        if lower_upper.shape.ndims == 2:
            result = ops.array.gather(product, ops.array.invert_permutation(perm))
        else:
            result = _permute_rows(product, _inverse_orders(perm))
        result.set_shape(lower_upper.shape)
        return result


def _factors(lower_upper: Any, perm: Any) -> tuple[Tensor, Tensor]:
    lower_upper = convert_to_tensor(lower_upper, name="lower_upper", dtype_hint="float32")
    perm = convert_to_tensor(perm, name="perm", dtype_hint="int32")
    rank = lower_upper.shape.ndims
    if rank is None:
        return lower_upper, perm
    if rank < 2:
        raise ValueError("Input `lower_upper` must have at least 2 dimensions.")
    if perm.shape.ndims is not None and rank != perm.shape.ndims + 1:
        raise ValueError("`rank(lower_upper)` must equal `rank(perm) + 1`")
    rows, columns = lower_upper.shape.as_list()[-2:]
    if None not in (rows, columns) and rows != columns:
        raise ValueError("`lower_upper` must be square.")
    return lower_upper, perm


def _check_rhs(lower_upper: Tensor, rhs: Tensor) -> None:
    if rhs.shape.ndims is None or lower_upper.shape.ndims is None:
        return
    if rhs.shape.ndims < 2:
        raise ValueError("Input `rhs` must have at least 2 dimensions.")
    sizes = lower_upper.shape.as_list()[-1], rhs.shape.as_list()[-2]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ValueError("`lower_upper.shape[-1]` must equal `rhs.shape[-1]`.")


def _lower(lower_upper: Tensor) -> Any:
    ones = ops.array.ones(ops.array.shape(lower_upper)[:-1], dtype=lower_upper.dtype.base_dtype)
    return ops.array.matrix_set_diag(ops.array.matrix_band_part(lower_upper, -1, 0), ones)


def _flat_orders(perm: Tensor) -> tuple[Any, Any]:
    """Permutations one after another, each numbered on from the one before; their shape."""
    shape = ops.array.shape(perm)
    size = shape[-1]
    flat = ops.array.reshape(ops.elementwise.cast(perm, "int32"), ops.array.stack([-1, size]))
    starts = ops.array.range(ops.array.shape(flat)[0]) * size
    return ops.array.reshape(flat + ops.array.expand_dims(starts, -1), [-1]), shape


def _permute_rows(matrices: Tensor, orders: Tensor) -> Any:
    """Row i of each matrix is its row orders[i]."""
    shape = ops.array.shape(matrices)
    rows = ops.array.reshape(matrices, ops.array.stack([-1, shape[-1]]))
    return ops.array.reshape(ops.array.gather(rows, _flat_orders(orders)[0]), shape)


def _inverse_orders(perm: Tensor) -> Any:
    """The inverse of each permutation: numbered on, all of them are one."""
    flat, shape = _flat_orders(perm)
    inverse = ops.array.reshape(ops.array.invert_permutation(flat), shape)
    return ops.elementwise.floormod(inverse, shape[-1])
