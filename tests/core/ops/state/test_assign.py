"""Assign, AssignAdd, AssignSub, CountUpTo: values, what fails, and what a failure leaves."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core import ops
from graphflow.core.base import dtypes, errors

KINDS = pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])


@KINDS
def test_changes_are_seen_by_later_runs(use_resource: bool) -> None:
    v = tf.Variable([1.0, 2.0], use_resource=use_resource)
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(tf.assign(v, [3.0, 4.0])).tolist() == [3.0, 4.0]
        assert session.run(tf.assign_add(v, [1.0, 1.0])).tolist() == [4.0, 5.0]
        assert session.run(tf.assign_sub(v, [0.5, 0.5])).tolist() == [3.5, 4.5]
        assert session.run(v.assign([0.0, 0.0], read_value=False)) is None
        assert session.run(v).tolist() == [0.0, 0.0]


@KINDS
def test_reading_before_a_value_is_a_failed_precondition(use_resource: bool) -> None:
    v = tf.Variable(1.0, name="weights", use_resource=use_resource)
    with tf.Session() as session:
        for fetch in (v, v + 1.0, v.assign_add(1.0)):
            with pytest.raises(errors.FailedPreconditionError, match="weights"):
                session.run(fetch)


def test_an_assigned_array_stays_the_users() -> None:
    v = tf.Variable([0.0, 0.0])
    x = ops.array.placeholder(dtypes.float32, [2])
    array = np.array([1.0, 2.0], np.float32)
    with tf.Session() as session:
        session.run(tf.assign(v, x), {x: array})
        array[0] = 9.0
        session.run(v)[1] = 9.0
        assert session.run(v).tolist() == [1.0, 2.0]


def test_validate_shape() -> None:
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    x = ops.array.placeholder(dtypes.float32)
    strict = tf.assign(v, x, validate_shape=True)
    free = tf.assign(v, x, validate_shape=False)
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(
            errors.InvalidArgumentError, match=r"lhs shape= \[2\] rhs shape= \[1,3\]"
        ):
            session.run(strict, {x: [[1.0, 2.0, 3.0]]})
        assert session.run(v).tolist() == [1.0, 2.0]
        assert session.run(free, {x: [[1.0, 2.0, 3.0]]}).shape == (1, 3)
    with pytest.raises(ValueError, match=r"must be equal, but are 2 and 3"):
        tf.assign(tf.Variable([1.0, 2.0]), [1.0, 2.0, 3.0])


def test_an_update_of_another_shape_changes_nothing() -> None:
    v = tf.Variable([1.0, 2.0])
    x = ops.array.placeholder(dtypes.float32)
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(errors.InvalidArgumentError, match="must be the same size"):
            session.run(v.assign_add(x), {x: [1.0]})
        assert session.run(v).tolist() == [1.0, 2.0]


def test_only_variables_can_be_assigned() -> None:
    with pytest.raises(TypeError, match="requires that input 'ref' be a mutable tensor"):
        ops.state.assign_op(tf.constant(1.0), 2.0)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@KINDS
def test_count_up_to(dtype: str, use_resource: bool) -> None:
    v = tf.Variable(np.zeros([], dtype), use_resource=use_resource)
    count = tf.count_up_to(v, 2)
    with tf.Session() as session:
        session.run(v.initializer)
        assert [session.run(count), session.run(count)] == [0, 1]
        with pytest.raises(errors.OutOfRangeError, match="Reached limit of 2"):
            session.run(count)
        assert session.run(v) == 2


def test_temporary_variables_live_for_one_run() -> None:
    shape, dtype = [2], dtypes.float32
    ref = ops.state.temporary_variable_op(shape=shape, dtype=dtype, var_name="sum")
    filled = tf.assign_add(tf.assign(ref, [1.0, 2.0]), [10.0, 10.0])
    total = ops.state.destroy_temporary_variable_op(filled, var_name="sum")
    with tf.Session() as session:
        for _ in range(2):
            assert session.run(total).tolist() == [11.0, 12.0]


@KINDS
@pytest.mark.parametrize("use_locking", [False, True])
def test_no_update_is_lost_between_threads(use_locking: bool, use_resource: bool) -> None:
    v = tf.Variable(np.zeros(2000), use_resource=use_resource)
    add = v.assign_add(np.ones(2000), use_locking=use_locking, read_value=False)
    rows = tf.scatter_add(v, [0, 1], np.ones(2), use_locking=use_locking)
    step = tf.group(add, rows)
    with tf.Session() as session:
        session.run(v.initializer)

        def run(times: int) -> None:
            for _ in range(times):
                session.run(step)

        threads = [threading.Thread(target=run, args=(100,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        result: Any = session.run(v)
    assert result[:3].tolist() == [800.0, 800.0, 400.0]
