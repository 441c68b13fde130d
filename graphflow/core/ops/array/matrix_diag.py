"""Ops about diagonals and bands of matrices, each a stack of them: [..., rows, columns].

The V2 ops take a band of diagonals, k[0] to k[1], as rows [..., k[1] - k[0] + 1, length] from the
uppermost down, each starting at the left of its row.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .fill import ones, zeros, zeros_like
from .join import concat
from .signatures import T


def _fail(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


# --- the arrays -----------------------------------------------------------------------------------


def _band(k: np.ndarray) -> tuple[int, int]:
    """The lowest and the highest diagonal."""
    ks = k.reshape(-1).tolist()
    if len(ks) not in (1, 2):
        raise _fail(f"diag_index must have only one or two elements, received {len(ks)} elements.")
    if ks[0] > ks[-1]:
        raise _fail(
            f"lower_diag_index must not be larger than upper_diag_index: {ks[0]} > {ks[-1]}"
        )
    return ks[0], ks[-1]


def _positions(k: int, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Where diagonal k of a matrix runs."""
    steps = np.arange(max(0, min(rows + min(k, 0), columns - max(k, 0))))
    return steps + max(-k, 0), steps + max(k, 0)


def _longest(low: int, high: int, rows: int, columns: int) -> int:
    return min(rows + min(high, 0), columns - max(low, 0))


def _diagonals(x: np.ndarray, low: int, high: int, padding: Any) -> np.ndarray:
    if x.ndim < 2:
        raise _fail(f"input must be at least 2-dim, received shape: {list(x.shape)}")
    rows, columns = x.shape[-2:]
    if (rows, columns) != (0, 0) and not (-rows < low <= high < columns or low == high == 0):
        raise _fail(f"diagonals {low}..{high} are out of a matrix of {rows} x {columns}")
    band = np.empty(
        (*x.shape[:-2], high - low + 1, max(0, _longest(low, high, rows, columns))), x.dtype
    )
    band[...] = padding
    for row, k in enumerate(builtins.range(high, low - 1, -1)):
        i, j = _positions(k, rows, columns)
        band[..., row, : len(i)] = x[..., i, j]
    return band[..., 0, :] if low == high else band


def _with_diagonals(x: np.ndarray, diagonal: np.ndarray, low: int, high: int) -> np.ndarray:
    if x.ndim < 2:
        raise _fail(f"input must be at least 2-dim, received shape: {list(x.shape)}")
    if diagonal.ndim < 1:
        raise _fail(f"diagonal must be at least 1-dim, received shape: {list(diagonal.shape)}")
    rows, columns = x.shape[-2:]
    length = _longest(low, high, rows, columns)
    wanted = (*x.shape[:-2], *((high - low + 1,) if low != high else ()), length)
    if diagonal.shape != wanted:
        raise _fail(
            "first dimensions of diagonal don't match first dimensions of input: must have "
            f"diagonal.shape == {list(wanted)}, received {list(diagonal.shape)} for input shape "
            f"{list(x.shape)}"
        )
    band = diagonal[..., np.newaxis, :] if low == high else diagonal
    result = x.copy()
    for row, k in enumerate(builtins.range(high, low - 1, -1)):
        i, j = _positions(k, rows, columns)
        result[..., i, j] = band[..., row, : len(i)]
    return result


# --- MatrixDiag -----------------------------------------------------------------------------------


def matrix_diag_shape(context: ShapeContext) -> TensorShape:
    given = context.with_rank_at_least(0, 1)
    return given if given.ndims is None else given.concatenate(given[-1:])


matrix_diag_op = define_op("MatrixDiag", ["diagonal: T"], ["output: T"], [T], matrix_diag_shape)


@matrix_diag_op.define
def matrix_diag_reference(node: Any, diagonal: np.ndarray) -> np.ndarray:
    if diagonal.ndim < 1:
        raise _fail(f"diagonal must be at least 1-dim, received shape: {list(diagonal.shape)}")
    size = diagonal.shape[-1]
    result = np.zeros((*diagonal.shape, size), diagonal.dtype)
    result[..., np.arange(size), np.arange(size)] = diagonal
    return result


@matrix_diag_op.grad
def matrix_diag_grad(op: Any, dy: Any) -> Any:
    return matrix_diag_part(dy)


def matrix_diag_v2_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    k, rows, columns = (context.constant(i) for i in (1, 2, 3))
    if given.ndims is None or k is None:
        return TensorShape(None)
    single = k.size == 1 or k.reshape(-1)[0] == k.reshape(-1)[1]
    batch = given.as_list()[: -1 if single else -2]
    length = given.as_list()[-1]
    if rows is None or columns is None or length is None:
        return TensorShape([*batch, None, None])
    return TensorShape([*batch, *_matrix_size(_band(k), length, int(rows), int(columns))])


def _matrix_size(band: tuple[int, int], length: int, rows: int, columns: int) -> tuple[int, int]:
    """The sizes of a matrix with these diagonals; -1 asks for the smallest."""
    least_rows, least_columns = length - min(band[1], 0), length + max(band[0], 0)
    if rows == -1 and columns == -1:
        return max(least_rows, least_columns), max(least_rows, least_columns)
    rows = least_rows if rows == -1 else rows
    columns = least_columns if columns == -1 else columns
    if rows < least_rows:
        raise ValueError(f"The number of rows is too small: {rows} < {least_rows}")
    if columns < least_columns:
        raise ValueError(f"The number of columns is too small: {columns} < {least_columns}")
    if rows != least_rows and columns != least_columns:
        raise ValueError(
            "The number of rows or columns is not consistent with the specified d_lower, d_upper, "
            "and diagonal."
        )
    return rows, columns


matrix_diag_v2_op = define_op(
    "MatrixDiagV2",
    ["diagonal: T", "k: int32", "num_rows: int32", "num_cols: int32", "padding_value: T"],
    ["output: T"],
    [T],
    matrix_diag_v2_shape,
)


@matrix_diag_v2_op.define
def matrix_diag_v2_reference(
    node: Any,
    diagonal: np.ndarray,
    k: np.ndarray,
    num_rows: np.ndarray,
    num_cols: np.ndarray,
    padding: np.ndarray,
) -> np.ndarray:
    low, high = _band(k)
    band = diagonal[..., np.newaxis, :] if low == high else diagonal
    if band.ndim < 2:
        raise _fail(f"diagonal must be at least {1 if low == high else 2}-dim")
    size = _matrix_size((low, high), band.shape[-1], int(num_rows), int(num_cols))
    whole = np.empty((*band.shape[:-2], *size), diagonal.dtype)
    whole[...] = padding
    return _with_diagonals(whole, diagonal, low, high)


@matrix_diag_v2_op.grad
def matrix_diag_v2_grad(op: Any, dy: Any) -> list[Any]:
    return [matrix_diag_part(dy, k=op.inputs[1]), None, None, None, None]


def matrix_diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
) -> Tensor:
    """Matrices with given diagonals.

    Args:
      diagonal: [..., n]; with a band of diagonals [..., count, n], from the uppermost down.
      name: the node's name.
      k: which diagonal, or [lowest, highest]; 0 is the main one, positive ones lie above.
      num_rows: the number of rows; the least possible (for a square) by default.
      num_cols: the number of columns; as `num_rows`.
      padding_value: what stands elsewhere.
    """
    diagonal = convert_to_tensor(diagonal, name="diagonal")
    tensor: Tensor
    if _is_default(k, 0) and all(
        _is_default(given, default)
        for given, default in ((num_rows, -1), (num_cols, -1), (padding_value, 0))
    ):
        tensor = matrix_diag_op(diagonal, name=name)
    else:
        padding = bool(padding_value) if diagonal.dtype == dtypes.bool else padding_value
        tensor = matrix_diag_v2_op(diagonal, k, num_rows, num_cols, padding, name=name)
    return tensor


def _is_default(value: Any, default: int) -> bool:
    """Whether an argument is the plain number that the first version of the op means."""
    return isinstance(value, int | float) and value == default


# --- MatrixDiagPart -------------------------------------------------------------------------------


def _shorter(rows: int | None, columns: int | None) -> int | None:
    return None if rows is None or columns is None else min(rows, columns)


def matrix_diag_part_shape(context: ShapeContext) -> TensorShape:
    given = context.with_rank_at_least(0, 2)
    if given.ndims is None:
        return given
    *batch, rows, columns = given.as_list()
    return TensorShape([*batch, _shorter(rows, columns)])


matrix_diag_part_op = define_op(
    "MatrixDiagPart", ["input: T"], ["diagonal: T"], [T], matrix_diag_part_shape
)


@matrix_diag_part_op.define
def matrix_diag_part_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return _diagonals(x, 0, 0, 0)


@matrix_diag_part_op.grad
def matrix_diag_part_grad(op: Any, dy: Any) -> Any:
    sizes = op.inputs[0].shape[-2:]
    if sizes.is_fully_defined() and sizes.as_list()[0] == sizes.as_list()[1]:
        return matrix_diag(dy)
    return matrix_set_diag(zeros_like(op.inputs[0]), dy)


def matrix_diag_part_v2_shape(context: ShapeContext) -> TensorShape:
    given, k = context.with_rank_at_least(0, 2), context.constant(1)
    if given.ndims is None or k is None:
        return TensorShape(None)
    low, high = _band(k)
    *batch, rows, columns = given.as_list()
    count = [] if low == high else [high - low + 1]
    if rows is None or columns is None:
        return TensorShape([*batch, *count, None])
    return TensorShape([*batch, *count, max(0, _longest(low, high, rows, columns))])


matrix_diag_part_v2_op = define_op(
    "MatrixDiagPartV2",
    ["input: T", "k: int32", "padding_value: T"],
    ["diagonal: T"],
    [T],
    matrix_diag_part_v2_shape,
)


@matrix_diag_part_v2_op.define
def matrix_diag_part_v2_reference(
    node: Any, x: np.ndarray, k: np.ndarray, padding: np.ndarray
) -> np.ndarray:
    return _diagonals(x, *_band(k), padding)


@matrix_diag_part_v2_op.grad
def matrix_diag_part_v2_grad(op: Any, dy: Any) -> list[Any]:
    return [matrix_set_diag(zeros_like(op.inputs[0]), dy, k=op.inputs[1]), None, None]


def matrix_diag_part(
    input: Any, name: str = "diag_part", k: Any = 0, padding_value: Any = 0
) -> Tensor:
    """The diagonals of matrices.

    Args:
      input: [..., rows, columns].
      name: the node's name.
      k: which diagonal, or [lowest, highest].
      padding_value: what fills up shorter diagonals of a band.

    Returns:
      [..., n]; of a band [..., count, n], from the uppermost down.
    """
    input = convert_to_tensor(input, name="input")
    tensor: Tensor
    if _is_default(k, 0):
        tensor = matrix_diag_part_op(input, name=name)
    else:
        padding = bool(padding_value) if input.dtype == dtypes.bool else padding_value
        tensor = matrix_diag_part_v2_op(input, k, padding, name=name)
    return tensor


# --- MatrixSetDiag --------------------------------------------------------------------------------


def matrix_set_diag_shape(context: ShapeContext) -> TensorShape:
    given, diagonal = context.with_rank_at_least(0, 2), context.shape(1)
    context.with_rank_at_least(1, 1)
    if given.ndims is None:
        return given if diagonal.ndims is None else TensorShape([None] * (diagonal.ndims + 1))
    *batch, rows, columns = given.as_list()
    if diagonal.ndims is None:
        return given
    merged = diagonal.merge_with([*batch, _shorter(rows, columns)])
    return TensorShape([*merged.as_list()[:-1], rows, columns])


matrix_set_diag_op = define_op(
    "MatrixSetDiag", ["input: T", "diagonal: T"], ["output: T"], [T], matrix_set_diag_shape
)


@matrix_set_diag_op.define
def matrix_set_diag_reference(node: Any, x: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    return _with_diagonals(x, diagonal, 0, 0)


@matrix_set_diag_op.grad
def matrix_set_diag_grad(op: Any, dy: Any) -> list[Any]:
    return [matrix_set_diag(dy, zeros_like(op.inputs[1])), matrix_diag_part(dy)]


matrix_set_diag_v2_op = define_op(
    "MatrixSetDiagV2",
    ["input: T", "diagonal: T", "k: int32"],
    ["output: T"],
    [T],
    same_as_input,
)


@matrix_set_diag_v2_op.define
def matrix_set_diag_v2_reference(
    node: Any, x: np.ndarray, diagonal: np.ndarray, k: np.ndarray
) -> np.ndarray:
    return _with_diagonals(x, diagonal, *_band(k))


@matrix_set_diag_v2_op.grad
def matrix_set_diag_v2_grad(op: Any, dy: Any) -> list[Any]:
    _, diagonal, k = op.inputs
    return [matrix_set_diag(dy, zeros_like(diagonal), k=k), matrix_diag_part(dy, k=k), None]


def matrix_set_diag(input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0) -> Tensor:
    """Matrices with their diagonals replaced.

    Args:
      input: [..., rows, columns].
      diagonal: in the form that `matrix_diag_part` gives.
      name: the node's name.
      k: which diagonal, or [lowest, highest].
    """
    tensor: Tensor
    if _is_default(k, 0):
        tensor = matrix_set_diag_op(input, diagonal, name=name)
    else:
        tensor = matrix_set_diag_v2_op(input, diagonal, k, name=name)
    return tensor


# --- MatrixBandPart -------------------------------------------------------------------------------

matrix_band_part_op = define_op(
    "MatrixBandPart",
    ["input: T", "num_lower: Tindex", "num_upper: Tindex"],
    ["band: T"],
    [T, "Tindex: {int32, int64} = DT_INT64"],
    lambda context: context.with_rank_at_least(0, 2),
)


@matrix_band_part_op.define
def matrix_band_part_reference(
    node: Any, x: np.ndarray, num_lower: np.ndarray, num_upper: np.ndarray
) -> np.ndarray:
    if x.ndim < 2:
        raise _fail(f"input must be at least 2-dim, received shape: {list(x.shape)}")
    rows, columns = x.shape[-2:]
    for name, number, limit in (("num_lower", num_lower, rows), ("num_upper", num_upper, columns)):
        if number.ndim:
            raise _fail(f"{name} must be scalar, got shape {list(number.shape)}")
        if number > limit:
            raise _fail(
                f"{name} must be negative or less or equal to number of "
                f"{'rows' if name == 'num_lower' else 'columns'} ({limit}) got: {int(number)}"
            )
    above = np.arange(columns) - np.arange(rows)[:, np.newaxis]
    inside = np.ones((rows, columns), bool)
    if num_lower >= 0:
        inside &= -above <= num_lower
    if num_upper >= 0:
        inside &= above <= num_upper
    return np.where(inside, x, np.zeros((), x.dtype))


@matrix_band_part_op.grad
def matrix_band_part_grad(op: Any, dy: Any) -> list[Any]:
    return [matrix_band_part(dy, op.inputs[1], op.inputs[2]), None, None]


def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Matrices with zeros outside a band around the main diagonal.

    Args:
      input: [..., rows, columns].
      num_lower: how many diagonals below the main one stay; all when negative.
      num_upper: how many above stay.
      name: the node's name.
    """
    tensor: Tensor = matrix_band_part_op(input, num_lower, num_upper, name=name)
    return tensor


# --- Diag -----------------------------------------------------------------------------------------

_NUMBERS = "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}"


def diag_shape(context: ShapeContext) -> TensorShape:
    given = context.with_rank_at_least(0, 1)
    return given if given.ndims is None else given.concatenate(given)


diag_op = define_op("Diag", ["diagonal: T"], ["output: T"], [_NUMBERS], diag_shape)


@diag_op.define
def diag_reference(node: Any, diagonal: np.ndarray) -> np.ndarray:
    if diagonal.ndim < 1:
        raise _fail("Input must be at least rank 1, got 0")
    return np.diag(diagonal.reshape(-1)).reshape(diagonal.shape * 2)


@diag_op.grad
def diag_grad(op: Any, dy: Any) -> Any:
    return diag_part(dy)


def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """A tensor of shape `diagonal.shape * 2` with `diagonal` where both indices are equal."""
    tensor: Tensor = diag_op(diagonal, name=name)
    return tensor


def diag_part_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    if given.ndims is None:
        return given
    if given.ndims % 2 or given.ndims == 0:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {given.ndims}")
    half = given.ndims // 2
    return given[:half].merge_with(given[half:])


diag_part_op = define_op("DiagPart", ["input: T"], ["diagonal: T"], [_NUMBERS], diag_part_shape)


@diag_part_op.define
def diag_part_reference(node: Any, x: np.ndarray) -> np.ndarray:
    half = x.ndim // 2
    if x.ndim % 2 or x.ndim == 0:
        raise _fail(
            f"The rank of the tensor should be even and positive, got shape {list(x.shape)}"
        )
    if x.shape[:half] != x.shape[half:]:
        raise _fail(
            f"Invalid shape {list(x.shape)}: dimensions 0..{half - 1} and {half}..{x.ndim - 1} "
            "do not match."
        )
    count = int(np.prod(x.shape[:half], dtype=np.int64))
    return np.diagonal(x.reshape(count, count)).reshape(x.shape[:half])


@diag_part_op.grad
def diag_part_grad(op: Any, dy: Any) -> Any:
    return diag(dy)


def diag_part(input: Any, name: str | None = None) -> Tensor:
    """The elements of `input` (of even rank) where both halves of the indices are equal."""
    tensor: Tensor = diag_part_op(input, name=name)
    return tensor


# --- eye ------------------------------------------------------------------------------------------


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Identity matrices.

    Args:
      num_rows: an int or int32 scalar.
      num_columns: as `num_rows`, which it is by default.
      batch_shape: the dimensions before the last two; none by default.
      dtype: the type.
      name: the name scope.
    """
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        is_square = num_columns is None
        num_columns = num_rows if num_columns is None else num_columns
        batch_shape = [] if batch_shape is None else batch_shape
        size: Any
        if isinstance(num_rows, Tensor) or isinstance(num_columns, Tensor):
            size = ops.elementwise.minimum(num_rows, num_columns)
        else:
            _check_sizes(num_rows, num_columns)
            is_square = num_rows == num_columns
            size = min(num_rows, num_columns)
        if isinstance(batch_shape, Tensor) or isinstance(size, Tensor):
            batch_shape = convert_to_tensor(batch_shape, name="shape", dtype=dtypes.int32)
            diag_shape: Any = concat((batch_shape, [size]), axis=0)
        else:
            diag_shape = [*batch_shape, size]
        diagonal = ones(diag_shape, dtype=dtype)
        if is_square:
            return matrix_diag(diagonal)
        if isinstance(batch_shape, Tensor):
            shape: Any = concat((batch_shape, [num_rows, num_columns]), axis=0)
        else:
            shape = [*batch_shape, num_rows, num_columns]
        return matrix_set_diag(zeros(shape, dtype=dtype), diagonal)


def _check_sizes(*sizes: Any) -> None:
    if not all(isinstance(size, int | np.integer) for size in sizes):
        raise TypeError("num_rows and num_columns must be positive integer values.")
