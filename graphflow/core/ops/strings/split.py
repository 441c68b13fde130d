"""StringSplit and StringSplitV2: the parts of texts, as a sparse matrix."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from .elementwise import text_array


def string_split_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(0, 1)
    context.with_rank(1, 0)
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])]


string_split_op = define_op(
    "StringSplit",
    inputs=["input: string", "delimiter: string"],
    outputs=["indices: int64", "values: string", "shape: int64"],
    attrs=["skip_empty: bool = true"],
    shape=string_split_shape,
)
string_split_op.no_grad()


@string_split_op.define
def string_split_reference(
    node: Any, texts: np.ndarray, delimiter: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Each byte of the delimiter separates; without one, each byte of a text is a part."""
    marks: bytes = delimiter.item() if delimiter.ndim == 0 else b""
    skips_empty = node.attrs["skip_empty"]
    separator = re.compile(b"[" + re.escape(marks) + b"]") if marks else None

    def parts(text: bytes) -> list[bytes]:
        if not text:
            return []
        if separator is None:
            return [text[i : i + 1] for i in range(len(text))]
        found = separator.split(text)
        return [part for part in found if part] if skips_empty else found

    return _sparse_parts(texts, delimiter, "delimiter", parts)


string_split_v2_op = define_op(
    "StringSplitV2",
    inputs=["input: string", "sep: string"],
    outputs=["indices: int64", "values: string", "shape: int64"],
    attrs=["maxsplit: int = -1"],
    shape=string_split_shape,
)
string_split_v2_op.no_grad()


@string_split_v2_op.define
def string_split_v2_reference(
    node: Any, texts: np.ndarray, separator: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Nearly as `bytes.split`; without a separator, runs of white space separate."""
    mark: bytes | None = (separator.item() if separator.ndim == 0 else b"") or None
    most = node.attrs["maxsplit"]

    def parts(text: bytes) -> list[bytes]:
        if not most:
            return [text]
        found = text.split(mark, most)
        if mark is None and len(found) == most:
            found.append(b"")  # TensorFlow counts what is left, also if nothing is
        return found

    return _sparse_parts(texts, separator, "sep", parts)


def _sparse_parts(
    texts: np.ndarray, separator: np.ndarray, name: str, parts: Callable[[bytes], list[bytes]]
) -> tuple[np.ndarray, ...]:
    for what, value, rank, kind in (("input", texts, 1, "vector"), (name, separator, 0, "scalar")):
        if value.ndim != rank:
            raise errors.InvalidArgumentError(
                None, None, f"{what} must be a {kind}, got shape: {list(value.shape)}"
            )
    rows = [parts(text) for text in texts]
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    values = [part for row in rows for part in row]
    return (
        np.array(indices, np.int64).reshape(-1, 2),
        text_array(values, (len(values),)),
        np.array([len(rows), max(map(len, rows), default=0)], np.int64),
    )


def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> SparseTensor:
    """The parts of texts between delimiters.

    Args:
      source: a vector of strings.
      sep: the characters that separate, each of them; a space by default. "" takes a text's bytes
        apart.
      skip_empty: whether empty parts are left out.
      delimiter: the old name of `sep`.
      result_type: "SparseTensor".
      name: the name of the scope.

    Returns:
      A SparseTensor with a row for each text.

    Raises:
      ValueError: both names are given, or another result type.
    """
    sep = deprecated_argument_lookup("delimiter", delimiter, "sep", sep)
    _check_result_type(result_type)
    with name_scope(name, "StringSplit", [source]):
        texts = convert_to_tensor(source, dtypes.string, name="source")
        mark = convert_to_tensor(" " if sep is None else sep, dtypes.string)
        return SparseTensor(*string_split_op(texts, mark, skip_empty=skip_empty))


def strings_split(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> SparseTensor:
    """The parts of texts, as Python's `str.split` finds them.

    Args:
      input: a vector of strings.
      sep: the text that separates; by default runs of white space do.
      maxsplit: if positive, how often a text is split at most.
      result_type: "SparseTensor".
      source: the old name of `input`.
      name: the name of the scope.

    Returns:
      A SparseTensor with a row for each text.

    Raises:
      ValueError: both names are given, or another result type.
    """
    input = deprecated_argument_lookup("input", input, "source", source)
    _check_result_type(result_type)
    with name_scope(name, "StringSplit", [input]):
        texts = convert_to_tensor(input, dtypes.string, name="input")
        if texts.shape.ndims == 0:  # one text makes one row
            texts = convert_to_tensor([texts])
        mark = convert_to_tensor("" if sep is None else sep, dtypes.string, name="sep")
        return SparseTensor(*string_split_v2_op(texts, mark, maxsplit=maxsplit))


def _check_result_type(result_type: str) -> None:
    if result_type != "SparseTensor":
        raise ValueError(
            f"result_type must be 'SparseTensor', got {result_type!r}: graphflow has no ragged "
            "tensors"
        )
