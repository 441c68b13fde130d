"""DecodeCSV: the fields of lines as tensors, by columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import errors
from ...base.dtypes import DType
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor


def decode_csv_shape(context: ShapeContext) -> list[TensorShape]:
    for index in range(1, context.num_inputs):
        default = context.with_rank_at_most(index, 1)
        if default.ndims == 1 and (default.as_list()[0] or 0) > 1:
            raise ValueError(
                "Shape of a default must be a length-0 or length-1 vector, or a scalar."
            )
    return [context.shape(0)] * context.num_outputs


decode_csv_op = define_op(
    "DecodeCSV",
    inputs=["records: string", "record_defaults: OUT_TYPE"],
    outputs=["output: OUT_TYPE"],
    attrs=[
        "OUT_TYPE: list({float, double, int32, int64, string}) >= 1",
        "field_delim: string = ','",
        "use_quote_delim: bool = true",
        "na_value: string = ''",
        "select_cols: list(int) = []",
    ],
    shape=decode_csv_shape,
)
decode_csv_op.no_grad()


@decode_csv_op.define
def decode_csv_reference(
    node: Any, records: np.ndarray, *defaults: np.ndarray
) -> tuple[np.ndarray, ...]:
    attrs = node.attrs
    delimiter, na_value = attrs["field_delim"].encode(), attrs["na_value"].encode()
    if len(delimiter) != 1:
        raise errors.InvalidArgumentError(None, None, "field_delim should be only 1 char")
    selected = attrs["select_cols"]
    types = attrs["OUT_TYPE"]
    outputs = [np.empty(records.size, dtype.as_numpy_dtype) for dtype in types]
    for row, record in enumerate(records.ravel()):
        fields = split_fields(record, delimiter, attrs["use_quote_delim"])
        if selected:
            fields = [fields[column] for column in selected if column < len(fields)]
        if len(fields) != len(types):
            raise errors.InvalidArgumentError(
                None, None, f"Expect {len(types)} fields but have {len(fields)} in record {row}"
            )
        columns = zip(fields, types, defaults, outputs, strict=True)
        for column, (text, dtype, default, output) in enumerate(columns):
            where = f"Field {column} in record {row}"
            output[row] = _value(text, dtype, default, na_value, where)
    return tuple(output.reshape(records.shape) for output in outputs)


def split_fields(record: bytes, delimiter: bytes, quotes: bool) -> list[bytes]:
    """The fields of a line.

    Raises:
      InvalidArgumentError: quotes stand where they must not.
    """
    if not quotes or b'"' not in record:
        if quotes and (b"\n" in record or b"\r" in record):
            raise errors.InvalidArgumentError(
                None, None, "Unquoted fields cannot have quotes/CRLFs inside"
            )
        return record.split(delimiter)
    fields, position = [], 0
    while position <= len(record):
        if record[position : position + 1] == b'"':
            text, position = _quoted_field(record, position + 1, delimiter)
        else:
            end = record.find(delimiter, position)
            end = len(record) if end < 0 else end
            text, position = record[position:end], end + 1
            if any(mark in text for mark in (b'"', b"\n", b"\r")):
                raise errors.InvalidArgumentError(
                    None, None, "Unquoted fields cannot have quotes/CRLFs inside"
                )
        fields.append(text)
    return fields


def _quoted_field(record: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    """A field whose opening quote ends at `start`, and where the next one begins."""
    parts = []
    while True:
        end = record.find(b'"', start)
        if end < 0:
            raise errors.InvalidArgumentError(
                None, None, "Quoted field has to end with quote followed by delim or end"
            )
        parts.append(record[start:end])
        following = record[end + 1 : end + 2]
        if following != b'"':
            break
        start = end + 2  # two quotes stand for one
    if following not in (b"", delimiter):
        raise errors.InvalidArgumentError(
            None, None, "Quote inside a string has to be escaped by another quote"
        )
    return b'"'.join(parts), end + 2


def _value(text: bytes, dtype: DType, default: np.ndarray, na_value: bytes, where: str) -> Any:
    if not text or text == na_value:
        if default.size == 0:
            raise errors.InvalidArgumentError(
                None, None, f"{where} is required but missing: it has no default"
            )
        return default.ravel()[0]
    if dtype.name == "string":
        return text
    try:
        if dtype.is_integer:
            number = np.array(_integer(text), dtype.as_numpy_dtype)
        else:
            number = np.array(float(text), dtype.as_numpy_dtype)
    except (ValueError, OverflowError):
        shown = text.decode(errors="replace")
        raise errors.InvalidArgumentError(
            None, None, f"{where} is not a valid {dtype.name}: {shown}"
        ) from None
    return number


def _integer(text: bytes) -> int:
    if b"_" in text:  # Python's way to group digits
        raise ValueError(text)
    return int(text)


def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
) -> list[Tensor]:
    """The fields of lines of comma-separated values, as one tensor for each column.

    Args:
      records: strings of any shape, each a line.
      record_defaults: for each column a scalar or vector of one: the value of empty fields; an
        empty vector where a field is required. Their types are those of the columns.
      field_delim: what stands between fields, one character.
      use_quote_delim: whether a field may be in double quotes, with delimiters inside.
      name: the node's name.
      na_value: a text that stands for an empty field.
      select_cols: which columns to take, in ascending order; all by default.

    Returns:
      Tensors of the shape of `records`.

    Raises:
      ValueError: `select_cols` is not in order, or not as long as `record_defaults`. In a run,
        InvalidArgumentError: a line has other columns, or a field is missing or no number.
    """
    if select_cols is not None:
        if any(a >= b for a, b in zip(select_cols, select_cols[1:], strict=False)):
            raise ValueError("select_cols is not strictly increasing.")
        if select_cols and select_cols[0] < 0:
            raise ValueError("select_cols contains negative values.")
        if len(select_cols) != len(record_defaults):
            raise ValueError("Length of select_cols and record_defaults do not match.")
    return list(
        decode_csv_op(
            records,
            record_defaults,
            field_delim=field_delim,
            use_quote_delim=use_quote_delim,
            na_value=na_value,
            select_cols=select_cols or [],
            name=name,
        )
    )
