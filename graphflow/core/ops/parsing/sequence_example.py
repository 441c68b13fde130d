"""ParseSingleSequenceExample and ParseSequenceExample: features and lists of them as tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...base import compat, errors
from ...base.dtypes import DType
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from .example import by_part, empty, fixed_values, key_of, ragged_matrix, sizes_of, sparse_shapes
from .example import sparse_vector as vector_of
from .messages import read_sequence_example, values_in

if TYPE_CHECKING:
    from ....protos.example_pb2 import FeatureList

_TYPES = "list({float, int64, string}) >= 0 = []"


def parse_single_sequence_example_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(0, 0)
    context.with_rank(1, 1)
    attrs = context.attrs
    lists = [TensorShape([None]).concatenate(shape) for shape in attrs["feature_list_dense_shapes"]]
    return [
        *sparse_shapes(attrs["Ncontext_sparse"], 1),
        *attrs["context_dense_shapes"],
        *sparse_shapes(attrs["Nfeature_list_sparse"], 2),
        *lists,
    ]


parse_single_sequence_example_op = define_op(
    "ParseSingleSequenceExample",
    inputs=[
        "serialized: string",
        "feature_list_dense_missing_assumed_empty: string",
        "context_sparse_keys: Ncontext_sparse * string",
        "context_dense_keys: Ncontext_dense * string",
        "feature_list_sparse_keys: Nfeature_list_sparse * string",
        "feature_list_dense_keys: Nfeature_list_dense * string",
        "context_dense_defaults: Tcontext_dense",
        "debug_name: string",
    ],
    outputs=[
        "context_sparse_indices: Ncontext_sparse * int64",
        "context_sparse_values: context_sparse_types",
        "context_sparse_shapes: Ncontext_sparse * int64",
        "context_dense_values: Tcontext_dense",
        "feature_list_sparse_indices: Nfeature_list_sparse * int64",
        "feature_list_sparse_values: feature_list_sparse_types",
        "feature_list_sparse_shapes: Nfeature_list_sparse * int64",
        "feature_list_dense_values: feature_list_dense_types",
    ],
    attrs=[
        "Ncontext_sparse: int >= 0 = 0",
        "Ncontext_dense: int >= 0 = 0",
        "Nfeature_list_sparse: int >= 0 = 0",
        "Nfeature_list_dense: int >= 0 = 0",
        f"context_sparse_types: {_TYPES}",
        f"Tcontext_dense: {_TYPES}",
        f"feature_list_dense_types: {_TYPES}",
        "context_dense_shapes: list(shape) >= 0 = []",
        f"feature_list_sparse_types: {_TYPES}",
        "feature_list_dense_shapes: list(shape) >= 0 = []",
    ],
    shape=parse_single_sequence_example_shape,
)
parse_single_sequence_example_op.no_grad()


class _Wanted(NamedTuple):
    """What is asked of each message: names of features, which types and which shapes."""

    context_sparse: Sequence[str]
    context_dense: Sequence[str]
    list_sparse: Sequence[str]
    list_dense: Sequence[str]
    may_be_missing: frozenset[str]
    defaults: Sequence[np.ndarray]
    attrs: Mapping[str, Any]


class _Values(NamedTuple):
    """What one message has of it: a vector or None, a tensor, vectors, `[steps, ...]`."""

    context_sparse: list[np.ndarray | None]
    context_dense: list[np.ndarray]
    list_sparse: list[list[np.ndarray | None]]
    list_dense: list[np.ndarray]


@parse_single_sequence_example_op.define
def parse_single_sequence_example_reference(
    node: Any, serialized: np.ndarray, may_be_missing: np.ndarray, *rest: np.ndarray
) -> tuple[np.ndarray, ...]:
    attrs = node.attrs
    keys, position = [], 0
    for number in (
        "Ncontext_sparse",
        "Ncontext_dense",
        "Nfeature_list_sparse",
        "Nfeature_list_dense",
    ):
        keys.append([key_of(key) for key in rest[position : position + attrs[number]]])
        position += attrs[number]
    *defaults, debug_name = rest[position:]
    wanted = _Wanted(
        keys[0],
        keys[1],
        keys[2],
        keys[3],
        frozenset(compat.as_text(name) for name in may_be_missing),
        defaults,
        attrs,
    )
    item: Any = serialized[()]
    values = _read(item, wanted, key_of(debug_name) or "<unknown>")
    context_sparse = [
        vector_of(vector, dtype)
        for vector, dtype in zip(values.context_sparse, attrs["context_sparse_types"], strict=True)
    ]
    list_sparse = [
        ragged_matrix(rows, dtype)
        for rows, dtype in zip(values.list_sparse, attrs["feature_list_sparse_types"], strict=True)
    ]
    return (
        *by_part(context_sparse),
        *values.context_dense,
        *by_part(list_sparse),
        *values.list_dense,
    )


def _read(serialized: bytes, wanted: _Wanted, name: str) -> _Values:
    """The wanted values of one message."""
    attrs = wanted.attrs
    context, lists = read_sequence_example(serialized)

    def context_values(key: str, dtype: DType) -> np.ndarray | None:
        return values_in(context.get(key), dtype, f"Name: {name}, Context feature: {key}")

    def list_values(key: str, dtype: DType) -> list[np.ndarray | None]:
        return _steps(lists.get(key), dtype, f"Name: {name}, Feature list: {key}")

    context_dense = [
        fixed_values(context_values(key, dtype), shape, default, dtype, f"Name: {name}, ", key)
        for key, dtype, shape, default in zip(
            wanted.context_dense,
            attrs["Tcontext_dense"],
            attrs["context_dense_shapes"],
            wanted.defaults,
            strict=True,
        )
    ]
    list_dense = []
    for key, dtype, shape in zip(
        wanted.list_dense,
        attrs["feature_list_dense_types"],
        attrs["feature_list_dense_shapes"],
        strict=True,
    ):
        if key not in lists and key not in wanted.may_be_missing:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Name: {name}, Feature list '{key}' is required but could not be found.  Did you "
                "mean to give its FixedLenSequenceFeature allow_missing=True?",
            )
        what = f"Name: {name}, Key: {key}"
        list_dense.append(_stacked(list_values(key, dtype), shape, dtype, what))
    return _Values(
        list(map(context_values, wanted.context_sparse, attrs["context_sparse_types"])),
        context_dense,
        list(map(list_values, wanted.list_sparse, attrs["feature_list_sparse_types"])),
        list_dense,
    )


def _steps(feature_list: FeatureList | None, dtype: DType, what: str) -> list[np.ndarray | None]:
    features = () if feature_list is None else feature_list.feature
    return [values_in(f, dtype, f"{what}, Index: {index}") for index, f in enumerate(features)]


def _stacked(
    steps: Sequence[np.ndarray | None], shape: TensorShape, dtype: DType, what: str
) -> np.ndarray:
    """The features of a list, each of one shape, along a new first dimension."""
    sizes = sizes_of(shape)
    stacked = np.empty([len(steps), *sizes], dtype.as_numpy_dtype)
    for index, values in enumerate(steps):
        if values is None:
            raise errors.InvalidArgumentError(
                None, None, f"{what}, Index: {index}.  Data types don't match. Feature is empty"
            )
        if values.size != math.prod(sizes):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{what}, Index: {index}.  Number of {dtype.name} values != expected.  "
                f"values size: {values.size} but output shape: {sizes}",
            )
        stacked[index, ...] = values.reshape(sizes)
    return stacked


# --- many at once --------------------------------------------------------------------------------


def parse_sequence_example_shape(context: ShapeContext) -> list[TensorShape]:
    batch = context.with_rank(0, 1)
    context.with_rank(1, 1)
    attrs = context.attrs
    matrix = batch.concatenate(TensorShape([None]))
    return [
        *sparse_shapes(attrs["Ncontext_sparse"], 2),
        *(batch.concatenate(shape) for shape in attrs["context_dense_shapes"]),
        *sparse_shapes(attrs["Nfeature_list_sparse"], 3),
        *(matrix.concatenate(shape) for shape in attrs["feature_list_dense_shapes"]),
        *[batch] * attrs["Nfeature_list_dense"],
    ]


parse_sequence_example_op = define_op(
    "ParseSequenceExample",
    inputs=[
        "serialized: string",
        "debug_name: string",
        "context_dense_defaults: Tcontext_dense",
    ],
    outputs=[
        "context_sparse_indices: Ncontext_sparse * int64",
        "context_sparse_values: context_sparse_types",
        "context_sparse_shapes: Ncontext_sparse * int64",
        "context_dense_values: Tcontext_dense",
        "feature_list_sparse_indices: Nfeature_list_sparse * int64",
        "feature_list_sparse_values: feature_list_sparse_types",
        "feature_list_sparse_shapes: Nfeature_list_sparse * int64",
        "feature_list_dense_values: feature_list_dense_types",
        "feature_list_dense_lengths: Nfeature_list_dense * int64",
    ],
    attrs=[
        "feature_list_dense_missing_assumed_empty: list(string) >= 0",
        "context_sparse_keys: list(string) >= 0",
        "context_dense_keys: list(string) >= 0",
        "feature_list_sparse_keys: list(string) >= 0",
        "feature_list_dense_keys: list(string) >= 0",
        "Ncontext_sparse: int >= 0 = 0",
        "Ncontext_dense: int >= 0 = 0",
        "Nfeature_list_sparse: int >= 0 = 0",
        "Nfeature_list_dense: int >= 0 = 0",
        f"context_sparse_types: {_TYPES}",
        f"Tcontext_dense: {_TYPES}",
        f"feature_list_dense_types: {_TYPES}",
        "context_dense_shapes: list(shape) >= 0 = []",
        f"feature_list_sparse_types: {_TYPES}",
        "feature_list_dense_shapes: list(shape) >= 0 = []",
    ],
    shape=parse_sequence_example_shape,
)
parse_sequence_example_op.no_grad()


@parse_sequence_example_op.define
def parse_sequence_example_reference(
    node: Any, serialized: np.ndarray, debug_name: np.ndarray, *defaults: np.ndarray
) -> tuple[np.ndarray, ...]:
    attrs = node.attrs
    wanted = _Wanted(
        attrs["context_sparse_keys"],
        attrs["context_dense_keys"],
        attrs["feature_list_sparse_keys"],
        attrs["feature_list_dense_keys"],
        frozenset(attrs["feature_list_dense_missing_assumed_empty"]),
        defaults,
        attrs,
    )
    names = [compat.as_text(name) for name in debug_name] or ["<unknown>"] * len(serialized)
    rows = [_read(text, wanted, name) for text, name in zip(serialized, names, strict=True)]
    context_sparse = [
        ragged_matrix([row.context_sparse[i] for row in rows], dtype)
        for i, dtype in enumerate(attrs["context_sparse_types"])
    ]
    context_dense = [
        np.stack([row.context_dense[i] for row in rows])
        if rows
        else np.empty([0, *sizes_of(shape)], dtype.as_numpy_dtype)
        for i, (dtype, shape) in enumerate(
            zip(attrs["Tcontext_dense"], attrs["context_dense_shapes"], strict=True)
        )
    ]
    list_sparse = [
        _ragged_cube([row.list_sparse[i] for row in rows], dtype)
        for i, dtype in enumerate(attrs["feature_list_sparse_types"])
    ]
    list_dense = [
        _padded([row.list_dense[i] for row in rows], dtype, shape)
        for i, (dtype, shape) in enumerate(
            zip(attrs["feature_list_dense_types"], attrs["feature_list_dense_shapes"], strict=True)
        )
    ]
    lengths = [
        np.array([len(row.list_dense[i]) for row in rows], np.int64)
        for i in range(attrs["Nfeature_list_dense"])
    ]
    return (
        *by_part(context_sparse),
        *context_dense,
        *by_part(list_sparse),
        *list_dense,
        *lengths,
    )


def _ragged_cube(
    matrices: Sequence[Sequence[np.ndarray | None]], dtype: DType
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lists of vectors as a sparse tensor of three dimensions."""
    parts = [ragged_matrix(rows, dtype) for rows in matrices]
    counts = [len(values) for _, values, _ in parts]
    indices = np.empty((sum(counts), 3), np.int64)
    indices[:, 0] = np.repeat(np.arange(len(parts)), counts)
    indices[:, 1:] = np.concatenate([np.empty((0, 2), np.int64), *(part[0] for part in parts)])
    values = np.concatenate([empty(dtype), *(part[1] for part in parts)])
    sizes = np.max([np.zeros(2, np.int64), *(part[2] for part in parts)], axis=0)
    return indices, values, np.array([len(parts), *sizes], np.int64)


def _padded(blocks: Sequence[np.ndarray], dtype: DType, shape: TensorShape) -> np.ndarray:
    """Blocks of different lengths as one tensor, filled up with zeros or empty strings."""
    longest = max(map(len, blocks), default=0)
    filler: Any = b"" if dtype.name == "string" else 0
    batch = np.full([len(blocks), longest, *sizes_of(shape)], filler, dtype.as_numpy_dtype)
    for index, block in enumerate(blocks):
        batch[index, : len(block)] = block
    return batch
