"""Updates of the rows that indices name, against the NumPy references, rule by rule."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from core.codegen.cpu.narrow_targets import TARGETS, vectors_of

from graphflow.core.base import dtypes, errors
from graphflow.core.base.ref import Ref
from graphflow.core.base.tensor_shape import TensorShape
from graphflow.core.graph.op_def import OpDef, find_op, registered_ops
from graphflow.core.ops.array.unique_rows import PADDED, no_row

OPS = sorted(name for name in registered_ops() if "SparseApply" in name)
_NUMBERS = {"l1": 0.02, "l2": 0.1, "lr_power": -0.5, "epsilon": 1e-3, "lr": 0.05, "global_step": 7}
_TOLERANCE = {"float32": 1e-5, "float64": 1e-13}
REPEATED = [4, 0, 4, 4, 2, 0, 5, 1, 4]


def arguments(op: OpDef, kind: str, columns: tuple[int, ...], indices: np.ndarray) -> list[Any]:
    """Values for an op's inputs: variables of 6 rows, slots positive, a gradient per index."""
    rng = np.random.default_rng(len(op.name))
    values: list[Any] = []
    for position, arg in enumerate(op.inputs):
        if arg.is_ref or arg.dtype == dtypes.resource:
            cell = rng.uniform(0.1, 1.0, (6, *columns)) * (1 if position else -1)
            cell += arg.name == "ms"  # mean squares are no less than squared means
            values.append(cell.astype(kind))
        elif arg.name == "grad":
            values.append(rng.normal(size=(len(indices), *columns)).astype(kind))
        elif arg.name == "indices":
            values.append(indices)
        else:
            number_kind = "int64" if arg.name == "global_step" else kind
            values.append(np.array(_NUMBERS.get(arg.name, 0.7), number_kind))
    return values


def attrs_of(op: OpDef, kind: str, option: bool, padded: bool = False) -> dict[str, Any]:
    attrs = {a.name: option for a in op.attrs if a.kind == "bool"}
    return {**attrs, "T": dtypes.as_dtype(kind), PADDED: padded}


def cells_of(op: OpDef) -> int:
    return sum(bool(arg.is_ref) or arg.dtype == dtypes.resource for arg in op.inputs)


def updated(op: OpDef, attrs: dict[str, Any], inputs: list[Any]) -> Any:
    """The variables after an update, natively and by the reference."""
    count = cells_of(op)
    refs = [Ref("cell", attrs["T"], TensorShape(x.shape), x) for x in inputs[:count]]
    node = SimpleNamespace(name=op.name, op=op, attrs=attrs)
    assert op.reference is not None
    op.reference(node, *refs, *inputs[count:])
    outputs = [inputs[0]] if op.outputs else []
    shapes, types = [x.shape for x in outputs], [x.dtype for x in outputs]
    got = lower_and_run(op.name, attrs, inputs, shapes, types, cells=count)
    return got[:count], [ref.read() for ref in refs]


def check_rule(name: str, kind: str) -> None:
    op = find_op(name)
    assert op is not None
    for columns in ((), (1,), (3,), (16,), (5, 61)):
        for index_type in (np.int32, np.int64):
            repeated = np.array(REPEATED, index_type)
            padded = np.array([4, 0, 5, *[no_row(repeated.dtype)] * 4], index_type)
            for indices in (repeated, padded):
                for option in (False, True):
                    attrs = attrs_of(op, kind, option, padded=indices is padded)
                    inputs = arguments(op, kind, columns, indices)
                    for got, want in zip(*updated(op, attrs, inputs), strict=True):
                        tolerance = _TOLERANCE[kind]
                        np.testing.assert_allclose(got, want, tolerance, tolerance)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", _TOLERANCE)
@pytest.mark.parametrize("name", OPS)
def test_rules(name: str, kind: str, target: str) -> None:
    with vectors_of(target):
        check_rule(name, kind)


def test_padding_is_not_touched() -> None:
    op = find_op("ResourceSparseApplyAdagrad")
    assert op is not None
    indices = np.array([3, *[no_row(np.dtype(np.int32))] * 5], np.int32)
    inputs = arguments(op, "float32", (20,), indices)
    inputs[3][1:] = np.nan
    got, _ = updated(op, attrs_of(op, "float32", True, padded=True), inputs)
    others = [0, 1, 2, 4, 5]
    for cell, old in zip(got, inputs, strict=False):
        np.testing.assert_array_equal(cell[others], old[others])
        assert (cell[3] != old[3]).all()


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("bad", [6, -1])
def test_an_update_of_a_bad_row_is_refused(bad: int, padded: bool) -> None:
    op = find_op("SparseApplyFtrl")
    assert op is not None
    inputs = arguments(op, "float32", (40,), np.array([0, bad, -1], np.int32))
    attrs = attrs_of(op, "float32", False, padded)
    with pytest.raises(errors.InvalidArgumentError, match=f"Index {bad} at offset 1 in indices is"):
        lower_and_run(op.name, attrs, inputs, [(6, 40)], [np.float32], cells=3)


def test_padding_where_there_should_be_none_is_refused() -> None:
    op = find_op("SparseApplyMomentum")
    assert op is not None
    lowest = no_row(np.dtype(np.int32))
    inputs = arguments(op, "float32", (2,), np.array([0, lowest], np.int32))
    with pytest.raises(errors.InvalidArgumentError, match=f"Index {lowest} at offset 1"):
        lower_and_run(
            op.name, attrs_of(op, "float32", False), inputs, [(6, 2)], [np.float32], cells=2
        )
