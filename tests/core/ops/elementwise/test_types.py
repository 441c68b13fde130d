"""Elementwise ops on every type that their signatures allow, with no, one and several elements."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.base import dtypes
from graphflow.core.graph.op_def import OpDef, registered_ops
from graphflow.core.ops import elementwise

_TOLERANCE = {"bfloat16": 2e-2, "float16": 3e-3, "float32": 1e-5, "complex64": 1e-5}
_ANY = (tf.float32, tf.int32, tf.int8, tf.bool, tf.complex128, tf.float16)  # where all are allowed
_SHAPES = ((3,), (), (0,))


def _is_plain(op: OpDef) -> bool:
    """Whether all inputs are single tensors of one type attribute."""
    return bool(op.inputs) and all(a.type_attr == "T" and not a.is_list for a in op.inputs)


_DEFINED_HERE = {id(op) for op in vars(elementwise).values() if isinstance(op, OpDef)}
OPS = [op for op in registered_ops().values() if id(op) in _DEFINED_HERE and _is_plain(op)]


def _types(op: OpDef) -> list[dtypes.DType]:
    allowed = op.attr_by_name["T"].allowed or _ANY
    types = [t for t in allowed if not t.is_quantized and t not in (tf.variant, tf.string)]
    if op.name == "Round":
        types = [t for t in types if not t.is_integer]  # TensorFlow 2.21 makes them 0
    if op.name in ("FloorDiv", "TruncateDiv"):
        types = [t for t in types if not t.is_complex]  # no kernel there, an error here
    return types


def _inputs(op: OpDef, dtype: dtypes.DType, shape: tuple[int, ...]) -> list[np.ndarray]:
    values = np.array([[1, 2, 3], [2, 1, 3], [3, 3, 1]])[: len(op.inputs)]
    if op.name in ("Asin", "Acos", "Atanh", "Betainc"):
        values = values / np.array([[8.0], [4.0], [5.0]])[: len(op.inputs)]
    count = int(np.prod(shape))
    return [row[:count].reshape(shape).astype(dtype.as_numpy_dtype) for row in values]


@pytest.mark.parametrize("op", OPS, ids=[op.name for op in OPS])
def test_types(op: OpDef, oracle: ModuleType) -> None:
    compared = 0
    for dtype in _types(op):
        shapes = _SHAPES if dtype in (tf.float32, tf.int32, tf.complex64) else _SHAPES[:1]
        inputs = [_inputs(op, dtype, shape) for shape in shapes]
        with tf.Graph().as_default(), tf.Session() as session:
            results = session.run([_apply(op, arrays, tf) for arrays in inputs])
        expected = _run_oracle(op, inputs, oracle)
        for result, wanted in zip(results, expected, strict=False):
            _assert_close(result, wanted, dtype)
        compared += len(expected)
    assert compared


def _apply(op: OpDef, arrays: list[np.ndarray], framework: Any) -> Any:
    tensors = [framework.constant(array) for array in arrays]
    attrs = {}
    if "Tout" in op.attr_by_name:
        to_complex = {"float32": "complex64", "float64": "complex128"}
        name = tensors[0].dtype.name
        attrs = {"Tout": framework.as_dtype(to_complex.get(name) or tensors[0].dtype.real_dtype)}
    kwargs = dict(zip([arg.name for arg in op.inputs], tensors, strict=True))
    apply = op if framework is tf else getattr(framework.raw_ops, op.name)
    return apply(**kwargs, **attrs)


def _run_oracle(op: OpDef, inputs: list[list[np.ndarray]], oracle: Any) -> list[Any]:
    """TensorFlow's results; none where it has no kernel for the type."""
    try:
        with oracle.Graph().as_default(), oracle.Session() as session:
            return list(session.run([_apply(op, arrays, oracle) for arrays in inputs]))
    except oracle.errors.InvalidArgumentError as error:
        assert "No OpKernel was registered" in str(error)
        return []


def _assert_close(result: Any, expected: Any, dtype: dtypes.DType) -> None:
    result, expected = np.asarray(result), np.asarray(expected)
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    wide = np.complex128 if result.dtype.kind == "c" else np.float64
    tolerance = _TOLERANCE.get(dtype.name, 1e-12)
    np.testing.assert_allclose(result.astype(wide), expected.astype(wide), tolerance, tolerance)
