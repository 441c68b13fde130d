"""Update ops against TensorFlow's: values after several steps, in all forms and types."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.core.graph.op_def import OpDef, registered_ops
from tests.op_cases import raw

NAMES = sorted(name for name in registered_ops() if "Apply" in name)
_TOLERANCES = {np.float32: 2e-5, np.float64: 1e-12}


def _is_cell(arg: Any) -> bool:
    return bool(arg.is_ref) or (arg.dtype is not None and arg.dtype.name == "resource")


def _inputs(op: OpDef, dtype: Any) -> dict[str, Any]:
    """Values for all inputs: positive cells, numbers below 1, and a row that occurs twice."""
    rng = np.random.default_rng(len(op.name))
    values: dict[str, Any] = {}
    for arg in op.inputs:
        if arg.name == "indices":
            values[arg.name] = np.array([2, 0, 2], np.int32)
        elif arg.name == "global_step":
            values[arg.name] = np.int64(3)
        elif arg.name in ("grad", "delta"):
            values[arg.name] = rng.standard_normal([3, 2]).astype(dtype)
        elif _is_cell(arg):
            values[arg.name] = (rng.random([3, 2]) + 0.5).astype(dtype)
        else:
            values[arg.name] = dtype(-0.5 if arg.name == "lr_power" else 0.1 + rng.random() / 2)
    return values


def _after_steps(
    tf: ModuleType, op: OpDef, values: dict[str, Any], attrs: dict[str, Any]
) -> list[Any]:
    """The variables after three steps."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables, arguments = [], {}
        for arg in op.inputs:
            if _is_cell(arg):
                variable = tf.Variable(values[arg.name], use_resource=not arg.is_ref)
                variables.append(variable)
                arguments[arg.name] = variable._ref() if arg.is_ref else variable.handle
            else:
                arguments[arg.name] = tf.constant(values[arg.name])
        step = raw(tf, op.name, **arguments, **attrs)
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(step)
        results: list[Any] = session.run([variable.read_value() for variable in variables])
    return results


@pytest.mark.parametrize("dtype", _TOLERANCES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_steps(name: str, dtype: Any, oracle: ModuleType) -> None:
    op = registered_ops()[name]
    flags = [attr for attr in op.attrs if attr.kind == "bool" and attr.name != "use_locking"]
    for attrs in [{}, *({flag.name: not flag.default} for flag in flags)]:
        values = _inputs(op, dtype)
        ours = _after_steps(graphflow, op, values, attrs)
        theirs = _after_steps(oracle, op, values, attrs)
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.dtype == dtype
            np.testing.assert_allclose(mine, other, rtol=_TOLERANCES[dtype], atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grad": np.zeros([2, 2])}, r"var and grad do not have the same shape\[3,2\] \[2,2\]"),
        ({"accum": np.zeros([3])}, r"var and accum do not have the same shape\[3,2\] \[3\]"),
        ({"lr": np.zeros([2])}, r"lr is not a scalar: \[2\]"),
    ],
)
def test_what_does_not_fit(arguments: dict[str, Any], message: str) -> None:
    tf = graphflow
    given: dict[str, Any] = {
        "var": np.ones([3, 2]),
        "accum": np.ones([3, 2]),
        "lr": np.float64(0.1),
        "grad": np.ones([3, 2]),
    } | arguments
    cells = {n: tf.Variable(given[n], validate_shape=False)._ref() for n in ("var", "accum")}
    fed = {n: tf.placeholder(tf.float64, name=n) for n in ("lr", "grad")}
    step = raw(tf, "ApplyAdagrad", **cells, **fed)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(step, {fed[n]: given[n] for n in fed})
        np.testing.assert_array_equal(session.run(cells["var"]), given["var"])


def test_rows_outside_change_nothing() -> None:
    tf = graphflow
    var, accum = tf.Variable(np.ones([3, 2])), tf.Variable(np.ones([3, 2]))
    grad, indices = np.ones([2, 2]), tf.placeholder(tf.int32)
    step = raw(
        tf,
        "SparseApplyAdagrad",
        var=var._ref(),
        accum=accum._ref(),
        lr=0.1,
        grad=grad,
        indices=indices,
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        message = "Index 3 at offset 1 in indices is out of range"
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(step, {indices: [0, 3]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="same size as indices"):
            session.run(step, {indices: [0]})
        for value in session.run([var, accum]):
            np.testing.assert_array_equal(value, np.ones([3, 2]))


def test_shapes_that_cannot_fit_are_found_early() -> None:
    tf = graphflow
    variable = tf.Variable(np.ones([3, 2], np.float32))
    with pytest.raises(ValueError, match="ApplyGradientDescent"):
        raw(tf, "ApplyGradientDescent", var=variable._ref(), alpha=0.1, delta=np.ones(2, "f"))
    with pytest.raises(ValueError, match="Shape must be rank 0 but is rank 1"):
        raw(
            tf, "ApplyGradientDescent", var=variable._ref(), alpha=[0.1], delta=np.ones([3, 2], "f")
        )


def test_large_variables_take_several_blocks() -> None:
    tf = graphflow
    rng = np.random.default_rng(0)
    start, slope = rng.standard_normal([2, 7, 20_011]).astype(np.float32)
    variable = tf.Variable(start)
    step = tf.train.MomentumOptimizer(0.5, 0.9).apply_gradients([(tf.constant(slope), variable)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        session.run(step)
        expected = start - np.float32(0.5) * slope - np.float32(0.5) * np.float32(1.9) * slope
        np.testing.assert_allclose(session.run(variable), expected, rtol=1e-4, atol=1e-5)
