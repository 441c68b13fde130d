"""ParseExample and ParseSingleExample: the features of serialized Examples as tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...base import compat, errors
from ...base.dtypes import DType
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from .messages import missing, read_example, values_in


def parse_example_shape(context: ShapeContext) -> list[TensorShape]:
    batch = context.with_rank(0, 1)
    context.with_rank(1, 1)
    count = context.attrs["Nsparse"]
    dense = [batch.concatenate(shape) for shape in context.attrs["dense_shapes"]]
    return [*sparse_shapes(count, 2), *dense]


def sparse_shapes(count: int, rank: int) -> list[TensorShape]:
    """The shapes of indices, values and dense shapes of that many sparse tensors."""
    indices, values, shape = TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])
    return [*[indices] * count, *[values] * count, *[shape] * count]


parse_example_op = define_op(
    "ParseExample",
    inputs=[
        "serialized: string",
        "names: string",
        "sparse_keys: Nsparse * string",
        "dense_keys: Ndense * string",
        "dense_defaults: Tdense",
    ],
    outputs=[
        "sparse_indices: Nsparse * int64",
        "sparse_values: sparse_types",
        "sparse_shapes: Nsparse * int64",
        "dense_values: Tdense",
    ],
    attrs=[
        "Nsparse: int >= 0",
        "Ndense: int >= 0",
        "sparse_types: list({float, int64, string}) >= 0",
        "Tdense: list({float, int64, string}) >= 0",
        "dense_shapes: list(shape) >= 0",
    ],
    shape=parse_example_shape,
)
parse_example_op.no_grad()


@parse_example_op.define
def parse_example_reference(
    node: Any, serialized: np.ndarray, names: np.ndarray, *rest: np.ndarray
) -> tuple[np.ndarray, ...]:
    attrs = node.attrs
    num_sparse, num_dense = attrs["Nsparse"], attrs["Ndense"]
    keys = [key_of(key) for key in rest[: num_sparse + num_dense]]
    defaults = rest[num_sparse + num_dense :]
    wheres = _names_of_examples(serialized, names)
    examples = [read_example(text) for text in serialized]

    def column(key: str, dtype: DType) -> list[np.ndarray | None]:
        pairs = zip(examples, wheres, strict=True)
        return [values_in(e.get(key), dtype, f"{where}Key: {key}") for e, where in pairs]

    sparse = [
        ragged_matrix(column(key, dtype), dtype)
        for key, dtype in zip(keys[:num_sparse], attrs["sparse_types"], strict=True)
    ]
    dense = [
        dense_batch(column(key, dtype), wheres, key, shape, default, dtype)
        for key, dtype, shape, default in zip(
            keys[num_sparse:], attrs["Tdense"], attrs["dense_shapes"], defaults, strict=True
        )
    ]
    return (*by_part(sparse), *dense)


def _names_of_examples(serialized: np.ndarray, names: np.ndarray) -> list[str]:
    """How messages begin that are about an example; nothing without names."""
    for what, vector in (("serialized", serialized), ("names", names)):
        if vector.ndim != 1:
            raise errors.InvalidArgumentError(
                None, None, f"Expected {what} to be a vector, got shape: {list(vector.shape)}"
            )
    if not len(names):
        return [""] * len(serialized)
    if len(names) != len(serialized):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected len(names) == len(serialized), but got: {len(names)} vs. {len(serialized)}",
        )
    return [f"Name: {compat.as_text(name)}, " for name in names]


def key_of(key: np.ndarray) -> str:
    """The name in a scalar of strings."""
    item: Any = key[()]
    text: str = compat.as_text(item)
    return text


def by_part(sparse: Sequence[tuple[np.ndarray, ...]]) -> Iterable[np.ndarray]:
    """Sparse tensors as outputs list them: all indices, then all values, then all shapes."""
    return [part for parts in zip(*sparse, strict=True) for part in parts]


def ragged_matrix(
    rows: Sequence[np.ndarray | None], dtype: DType
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors as the rows of a sparse matrix: its indices, values and shape."""
    vectors = [empty(dtype) if row is None else row for row in rows]
    lengths = [len(vector) for vector in vectors]
    indices = np.empty((sum(lengths), 2), np.int64)
    indices[:, 0] = np.repeat(np.arange(len(lengths)), lengths)
    indices[:, 1] = np.concatenate([np.arange(0), *map(np.arange, lengths)])
    values = np.concatenate([empty(dtype), *vectors])
    return indices, values, np.array([len(lengths), max(lengths, default=0)], np.int64)


def empty(dtype: DType) -> np.ndarray:
    """A vector of nothing."""
    return np.empty(0, dtype.as_numpy_dtype)


def dense_batch(
    rows: Sequence[np.ndarray | None],
    wheres: Sequence[str],
    key: str,
    shape: TensorShape,
    default: np.ndarray,
    dtype: DType,
) -> np.ndarray:
    """The values of one feature in all examples, as one tensor.

    Raises:
      InvalidArgumentError: an example has none, or too many or too few values.
    """
    if is_variable(shape):
        return _padded_batch(rows, wheres, key, shape, default, dtype)
    batch = np.empty([len(rows), *sizes_of(shape)], dtype.as_numpy_dtype)
    for index, (row, where) in enumerate(zip(rows, wheres, strict=True)):
        batch[index, ...] = fixed_values(row, shape, default, dtype, where, key)
    return batch


def fixed_values(
    values: np.ndarray | None,
    shape: TensorShape,
    default: np.ndarray,
    dtype: DType,
    where: str,
    key: str,
) -> np.ndarray:
    """The values of a feature of known shape, or its default.

    Raises:
      InvalidArgumentError: neither is there, or the values do not fit the shape.
    """
    sizes = sizes_of(shape)
    if values is None:
        if default.size == 0 and math.prod(sizes) != 0:
            raise missing(f"{where}Feature: {key}", dtype)
        return default.reshape(sizes)
    if values.size != math.prod(sizes):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{where}Key: {key}.  Number of {dtype.name} values != expected.  "
            f"Values size: {values.size} but output shape: {sizes}",
        )
    return values.reshape(sizes)


def sizes_of(shape: TensorShape) -> list[Any]:
    """The sizes of dimensions, of which the first may be unknown."""
    return list(shape.as_list())


def is_variable(shape: TensorShape) -> bool:
    """Whether the first dimension is as long as the values need."""
    return bool(shape.ndims) and shape.as_list()[0] is None


def strides(values: np.ndarray | None, shape: TensorShape, dtype: DType, what: str) -> np.ndarray:
    """The values of a feature whose number of steps is its own: `[steps, ...]`.

    Raises:
      InvalidArgumentError: the last step is incomplete.
    """
    sizes = sizes_of(shape)[1:]
    if values is None:
        return np.empty([0, *sizes], dtype.as_numpy_dtype)
    step = math.prod(sizes)
    if step == 0 or values.size % step:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{what}.  Number of {dtype.name} values is not a multiple of stride length.  "
            f"Saw {values.size} values but output shape is: {['?', *sizes]}",
        )
    return values.reshape([-1, *sizes])


def _padded_batch(
    rows: Sequence[np.ndarray | None],
    wheres: Sequence[str],
    key: str,
    shape: TensorShape,
    default: np.ndarray,
    dtype: DType,
) -> np.ndarray:
    blocks = [
        strides(row, shape, dtype, f"{where}Key: {key}")
        for row, where in zip(rows, wheres, strict=True)
    ]
    longest = max(map(len, blocks), default=0)
    sizes = [len(blocks), longest, *sizes_of(shape)[1:]]
    batch = np.full(sizes, default.ravel()[0], dtype.as_numpy_dtype)
    for index, block in enumerate(blocks):
        batch[index, : len(block)] = block
    return batch


def parse_single_example_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(0, 0)
    return [*sparse_shapes(context.attrs["num_sparse"], 1), *context.attrs["dense_shapes"]]


parse_single_example_op = define_op(
    "ParseSingleExample",
    inputs=["serialized: string", "dense_defaults: Tdense"],
    outputs=[
        "sparse_indices: num_sparse * int64",
        "sparse_values: sparse_types",
        "sparse_shapes: num_sparse * int64",
        "dense_values: Tdense",
    ],
    attrs=[
        "num_sparse: int >= 0",
        "sparse_keys: list(string) >= 0",
        "dense_keys: list(string) >= 0",
        "sparse_types: list({float, int64, string}) >= 0",
        "Tdense: list({float, int64, string}) >= 0",
        "dense_shapes: list(shape) >= 0",
    ],
    shape=parse_single_example_shape,
)
parse_single_example_op.no_grad()


@parse_single_example_op.define
def parse_single_example_reference(
    node: Any, serialized: np.ndarray, *defaults: np.ndarray
) -> tuple[np.ndarray, ...]:
    attrs = node.attrs
    item: Any = serialized[()]
    example = read_example(item)
    sparse = []
    for key, dtype in zip(attrs["sparse_keys"], attrs["sparse_types"], strict=True):
        sparse.append(sparse_vector(values_in(example.get(key), dtype, f"Key: {key}"), dtype))
    dense = []
    for key, dtype, shape, default in zip(
        attrs["dense_keys"], attrs["Tdense"], attrs["dense_shapes"], defaults, strict=True
    ):
        values = values_in(example.get(key), dtype, f"Key: {key}")
        if is_variable(shape):
            dense.append(strides(values, shape, dtype, f"Key: {key}"))
        else:
            dense.append(fixed_values(values, shape, default, dtype, "", key))
    return (*by_part(sparse), *dense)


def sparse_vector(
    values: np.ndarray | None, dtype: DType
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The indices, values and shape of a vector as a sparse tensor."""
    values = empty(dtype) if values is None else values
    return np.arange(len(values))[:, None], values, np.array([len(values)], np.int64)
