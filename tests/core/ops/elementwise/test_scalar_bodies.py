"""Scalar bodies mean what the NumPy references mean: they are what kernels will be made from."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.core.base import dtypes
from graphflow.core.graph.op_def import OpDef, registered_ops
from graphflow.core.ops.fused_body import step_attrs

assert graphflow  # registers the ops

OPS = [op for op in registered_ops().values() if op.scalar_body is not None and not op.scalar_cells]
_NUMBERS = [-3.5, -1.0, -0.25, 0.0, 0.3, 1.0, 2.5, 40.0, np.inf, -np.inf, np.nan]
_WHOLE = [-7, -2, -1, 1, 2, 5]  # no 0: dividing integers by it is an error
_BOOLS = [False, True]


def _values(op: OpDef, index: int) -> np.ndarray:
    """Values that this input may have, of the widest type that the op takes."""
    arg = op.inputs[index]
    if arg.dtype == dtypes.bool:
        return np.array(_BOOLS)
    allowed = op.attr_by_name[arg.type_attr].allowed
    if allowed is None or dtypes.float64 in allowed:
        return np.array(_NUMBERS)
    if dtypes.int32 in allowed:
        return np.array(_WHOLE, np.int32)
    return np.array([1 + 2j, -0.5j, 3.0])


@pytest.mark.parametrize("op", OPS, ids=[op.name for op in OPS])
def test_scalar_body(op: OpDef) -> None:
    values = [_values(op, index) for index in range(len(op.inputs))]
    if op.name.endswith("Shift"):
        values[1] = np.array([0, 1, 2, 5, 6, 31], np.int32)  # others are undefined for kernels
    combinations = list(itertools.product(*values))
    columns = [np.array(column) for column in zip(*combinations, strict=True)]
    attrs = {attr.name: attr.default for attr in op.attrs}
    kinds = [dtypes.as_dtype(column.dtype) for column in columns]
    node = SimpleNamespace(attrs=attrs, input_dtypes=kinds, output_dtypes=kinds[:1])
    with np.errstate(all="ignore"):
        expected = np.asarray(op.reference(node, *columns))
        actual = np.array([_call(op, row) for row in combinations])
    wide: Any = np.complex128 if expected.dtype.kind == "c" else np.float64
    np.testing.assert_allclose(actual.astype(wide), expected.astype(wide), 1e-14, 1e-300)


def _call(op: OpDef, row: tuple[Any, ...]) -> Any:
    assert op.scalar_body is not None
    attrs = {attr.name: attr.default for attr in op.attrs}
    return op.scalar_body(*row, **dict(step_attrs(op, attrs)))
