"""What a box says of a constant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_defs import constant, set_shape

from graphflow.core.base import dtypes
from graphflow.protos import tensor_pb2
from graphflow.viz.constant_text import constant_text, type_name


def listed(dtype: dtypes.DType, shape: list[int], **values: Any) -> Any:
    """A TensorProto with its elements in a list."""
    tensor = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum, **values)
    set_shape(tensor.tensor_shape, shape)
    return tensor


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (0.1, np.float32, "0.1"),
        (1.0, np.float64, "1"),
        (7, np.int64, "7"),
        (True, np.bool_, "True"),
        ([-1, 28, 28, 1], np.int32, "[-1, 28, 28, 1]"),
        ([[1, 2], [3, 4]], np.int16, "[[1, 2], [3, 4]]"),
        ([], np.float32, "[]"),
        (range(32), np.uint8, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …"),
        (range(9), np.int32, "9 int32, 36 bytes"),
        (np.zeros((28, 28)), np.float32, "28×28 float32, 3,136 bytes"),
    ],
)
def test_a_constant_in_bytes(value: Any, dtype: Any, text: str) -> None:
    assert constant_text(constant("c", value, dtype).attr["value"].tensor, 32) == text


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (listed(dtypes.float32, [2], float_val=[1.5, 2.5]), "[1.5, 2.5]"),
        (listed(dtypes.float32, [2, 2], float_val=[1.5]), "[[1.5, 1.5], [1.5, 1.5]]"),
        (listed(dtypes.int32, [4], int_val=[1, 2]), "[1, 2, 2, 2]"),
        (listed(dtypes.bool, [], bool_val=[True]), "True"),
        (listed(dtypes.float16, [], half_val=[0x3C00]), "1"),
        (listed(dtypes.string, [2], string_val=[b"ab", b"\xff"]), "['ab', '\\xff']"),
        (listed(dtypes.string, [2], string_val=[b"a" * 40, b""]), "2 string, 40 bytes"),
        (listed(dtypes.resource, [3]), "3 resource"),
        (listed(dtypes.int32, [3]), "3 int32, 12 bytes"),
        (listed(dtypes.int32, [3], tensor_content=b"12345"), "3 int32, 12 bytes"),
    ],
    ids=str,
)
def test_a_constant_in_a_list(tensor: Any, text: str) -> None:
    assert constant_text(tensor, 32) == text


def test_the_limit_is_the_users() -> None:
    tensor = constant("c", [1.0, 2.0]).attr["value"].tensor
    assert constant_text(tensor, 8) == "[1, 2]"
    assert constant_text(tensor, 7) == "2 float32, 8 bytes"


def test_names_of_types() -> None:
    assert type_name(dtypes.float32._as_ref.as_datatype_enum) == "float32"
    assert type_name(9999) == "type 9999"
