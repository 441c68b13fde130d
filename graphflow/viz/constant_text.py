"""The value of a constant in a few words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.base import dtypes
from ..core.files.tensor_proto import listed_values
from .graph_nodes import shape_of

_MAX_CHARACTERS = 40


def type_name(type_enum: int) -> str:
    """`float32` for a number of the DataType enum; a reference is named as what it refers to."""
    try:
        return dtypes.as_dtype(type_enum).base_dtype.name
    except TypeError:
        return f"type {type_enum}"


def constant_text(tensor: Any, max_bytes: int) -> str:
    """A TensorProto's value; its shape, type and size if it is larger than `max_bytes`."""
    shape = tuple(size or 0 for size in shape_of(tensor.tensor_shape) or ())
    element_bytes = _element_bytes(tensor)
    size = math.prod(shape) * element_bytes
    if element_bytes and size <= max_bytes:
        values = _values(tensor, math.prod(shape))
        if values.size == math.prod(shape):
            return _shortened(_written(values.reshape(shape)))
    sizes = "×".join(map(str, shape))
    bytes_text = f"{size:,} bytes" if element_bytes else ""
    return ", ".join(filter(None, [f"{sizes} {type_name(tensor.dtype)}".strip(), bytes_text]))


def _element_bytes(tensor: Any) -> int:
    """How long an element is, a string at its mean; 0 for what cannot be written out."""
    if tensor.string_val:
        return math.ceil(sum(map(len, tensor.string_val)) / len(tensor.string_val))
    try:
        return np.dtype(dtypes.as_dtype(tensor.dtype).as_numpy_dtype).itemsize
    except (TypeError, ImportError):  # resource, variant, unheard of; bfloat16 without ml_dtypes
        return 0


def _values(tensor: Any, elements: int) -> np.ndarray:
    dtype = dtypes.as_dtype(tensor.dtype)
    if tensor.tensor_content:
        whole = len(tensor.tensor_content) // np.dtype(dtype.as_numpy_dtype).itemsize
        return np.frombuffer(tensor.tensor_content, dtype.as_numpy_dtype, count=whole)
    values = listed_values(tensor, dtype)
    if 0 < len(values) < elements:  # the last one stands for all that follow
        values = np.concatenate([values, np.repeat(values[-1:], elements - len(values))])
    return values


def _written(value: np.ndarray) -> str:
    text = np.array2string(
        value,
        separator=", ",
        formatter={"float_kind": "{:.4g}".format, "object": lambda item: repr(item)[1:]},
    )
    return " ".join(text.split()).replace("[ ", "[")  # NumPy pads numbers to one width


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"
