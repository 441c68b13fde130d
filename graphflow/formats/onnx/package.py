"""The packages `onnx` and `onnxruntime`: extras, imported when a model is made or checked."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

# The first with bitwise ops and with the axes of all reductions as inputs; onnxruntime has had it
# since 1.14.
OPSET = 18


def import_onnx() -> ModuleType:
    """The package `onnx`.

    Raises:
      ImportError: it is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise ImportError(
            "ONNX models need the package onnx: pip install 'graphflow[onnx]'"
        ) from None
    return onnx


def find_onnxruntime() -> ModuleType | None:
    """The package `onnxruntime`, or None when it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    return onnxruntime


def element_type(dtype: Any) -> int:
    """ONNX' number of a type.

    Raises:
      ValueError: ONNX has no such type.
    """
    onnx = import_onnx()
    try:
        number: int = onnx.helper.np_dtype_to_tensor_dtype(
            np.dtype(dtype.base_dtype.as_numpy_dtype)
        )
    except (KeyError, ValueError, TypeError):
        raise ValueError(f"ONNX has no type for tf.{dtype.name}") from None
    return number
