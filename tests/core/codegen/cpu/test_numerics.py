"""CheckNumerics against the NumPy reference."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from core.native import session

import graphflow as tf
from graphflow.core.base import errors
from graphflow.core.graph.op_def import find_op

SHAPES = [(), (1,), (0, 3), (5, 7), (4096,), (3, 4099), (2, 4096)]


def run(x: np.ndarray) -> np.ndarray:
    (y,) = lower_and_run("CheckNumerics", {"message": "here"}, [x], [x.shape], [x.dtype])
    return y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_finite_numbers_pass(shape, dtype):
    x = np.asarray(np.random.default_rng(0).standard_normal(shape), dtype)
    x *= np.finfo(dtype).max / 10
    np.testing.assert_array_equal(run(x), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [[np.nan], [np.inf], [-np.inf], [np.inf, np.nan]])
def test_the_message_names_all_that_was_found(bad, dtype):
    op = find_op("CheckNumerics")
    for shape in SHAPES[3:]:
        for start in (0, 17):
            x = np.zeros(shape, dtype)
            x.reshape(-1)[start] = bad[0]
            x.reshape(-1)[-1] = bad[-1]  # in another part, perhaps
            node = SimpleNamespace(name="check", attrs={"message": "here"})
            with pytest.raises(errors.InvalidArgumentError) as wanted:
                op.reference(node, x)
            with pytest.raises(errors.InvalidArgumentError) as got:
                run(x)
            assert str(got.value) == str(wanted.value)


def test_a_step_with_a_nan_changes_no_variable():
    v, x = tf.Variable(tf.ones([9000])), tf.placeholder(tf.float32, [9000])
    update = v.assign_add(tf.check_numerics(x, "the step"))
    ones = np.ones(9000, np.float32)
    bad = ones.copy()
    bad[-1] = np.nan
    with session(threads=2) as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(update, {x: ones})
        with pytest.raises(tf.errors.InvalidArgumentError, match="the step : Tensor had NaN"):
            sess.run(update, {x: bad})
        np.testing.assert_array_equal(sess.run(v), 2 * ones)
