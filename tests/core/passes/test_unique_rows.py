"""Sums of repeated rows in arrays of known size: where the rewrite applies, and what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from core.native import host_ops, op_names, plan_of, program_of, rewritten, session

import graphflow as tf

IDS = np.array([3, 1, 3, 3, 0, 1], np.int32)
GRADIENTS = np.arange(24, dtype=np.float32).reshape(6, 4)


class Step:
    """Repeated ids, their summed gradients, and variables to be changed by them."""

    def __init__(self, dtype: Any = tf.float32, index_type: Any = tf.int32) -> None:
        tf.reset_default_graph()
        self.ids = tf.placeholder(index_type, [6])
        self.dy = tf.placeholder(dtype, [6, 4])
        self.table = tf.get_variable(
            "table", initializer=tf.cast(tf.reshape(tf.range(20), [5, 4]), dtype)
        )
        self.rows, self.places = tf.unique(self.ids)
        self.count = tf.shape(self.rows)[0]
        self.sums = tf.unsorted_segment_sum(self.dy, self.places, self.count)

    @property
    def feeds(self) -> list[Any]:
        return [self.ids, self.dy]


CHANGES: dict[str, Callable[[Step], Any]] = {
    "add": lambda s: tf.scatter_add(s.table, s.rows, s.sums),
    "set": lambda s: tf.scatter_update(s.table, s.rows, s.sums),
    "scaled": lambda s: tf.scatter_sub(s.table, s.rows, 0.5 * tf.square(s.sums) / [1.0, 2, 3, 4]),
    "a number": lambda s: tf.scatter_add(s.table, s.rows, 2.0),
    "rows read": lambda s: tf.scatter_update(
        s.table, s.rows, 0.9 * tf.gather(s.table, s.rows) + s.sums
    ),
    "several": lambda s: tf.group(
        tf.scatter_add(s.table, s.rows, s.sums), tf.scatter_sub(s.table, s.rows, s.sums * s.sums)
    ),
    "each sum": lambda s: tf.scatter_add(
        s.table, s.rows, s.sums + tf.unsorted_segment_sum(s.dy * 2, s.places, s.count)
    ),
}


def numbers_after(change: Callable[[Step], Any], jit: str, index_type: Any) -> np.ndarray:
    step = Step(index_type=index_type)
    update = change(step)
    with session(jit=jit) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(2):
            sess.run(update, {step.ids: IDS, step.dy: GRADIENTS})
        result: np.ndarray = sess.run(step.table)
    return result


@pytest.mark.parametrize("index_type", [tf.int32, tf.int64], ids=["int32", "int64"])
@pytest.mark.parametrize("name", CHANGES)
def test_rows_of_variables_are_changed_in_a_plan(name: str, index_type: Any) -> None:
    step = Step(index_type=index_type)
    update = CHANGES[name](step)
    fetched = update if isinstance(update, tf.Operation) else update.op
    program = rewritten(program_of(fetched, step.feeds))
    assert "_UniqueRows" in op_names(program) and "Unique" not in op_names(program)
    assert host_ops(plan_of(fetched, step.feeds)) == []
    ours = numbers_after(CHANGES[name], "now", index_type)
    np.testing.assert_array_equal(ours, numbers_after(CHANGES[name], "off", index_type))
    assert (ours[[2, 4]] == np.arange(20).reshape(5, 4)[[2, 4]]).all()


SEEN: dict[str, Callable[[Step], Any]] = {
    "the rows": lambda s: s.rows,
    "the sums": lambda s: s.sums,
    "how many": lambda s: s.count,
    "a sum over them": lambda s: tf.scatter_add(s.table, s.rows, s.sums / tf.reduce_sum(s.sums)),
    "their mean": lambda s: tf.scatter_add(s.table, s.rows, s.sums / tf.cast(s.count, tf.float32)),
    "an order": lambda s: tf.scatter_add(s.table, s.rows, tf.reverse(s.sums, [0])),
    "other rows": lambda s: tf.scatter_add(s.table, s.rows + 1, s.sums),
    "no variable": lambda s: tf.scatter_nd(s.rows[:, None], s.sums, [5, 4]),
    "whole": lambda s: tf.assign(s.table, s.sums + tf.zeros([4, 4]), validate_shape=False),
    "one row for each": lambda s: tf.scatter_add(s.table, s.rows, s.sums * tf.ones([3, 1])),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_somebody_sees_is_not_padded(name: str) -> None:
    step = Step()
    seen = SEEN[name](step)
    program = rewritten(
        program_of([seen, tf.scatter_add(step.table, step.rows, step.sums)], step.feeds)
    )
    assert "Unique" in op_names(program) and "_UniqueRows" not in op_names(program)


def test_where_each_row_came_from_can_be_seen() -> None:
    step = Step()
    update = tf.scatter_add(step.table, step.rows, step.sums)
    with session() as sess:
        sess.run(tf.global_variables_initializer())
        places, _ = sess.run([step.places, update.op], {step.ids: IDS, step.dy: GRADIENTS})
        assert host_ops(plan_of([step.places, update.op], step.feeds)) == []
    np.testing.assert_array_equal(places, [0, 1, 0, 0, 2, 1])


@pytest.mark.parametrize("bad", [5, -1, np.iinfo(np.int32).min])
def test_a_bad_row_changes_nothing(bad: int) -> None:
    step = Step()
    optimizer = tf.train.MomentumOptimizer(1.0, 0.9)
    update = optimizer.apply_gradients([(tf.IndexedSlices(step.dy, step.ids), step.table)])
    with session() as sess:
        sess.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match=str(bad)):
            sess.run(update, {step.ids: [3, bad, 1, 1, 0, 0], step.dy: GRADIENTS})
        np.testing.assert_array_equal(sess.run(step.table), np.arange(20).reshape(5, 4))


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "adadelta": lambda: tf.train.AdadeltaOptimizer(0.1),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "centered rmsprop": lambda: tf.train.RMSPropOptimizer(0.1, centered=True),
    "dual averaging": lambda: tf.train.AdagradDAOptimizer(0.1, tf.Variable(1, dtype=tf.int64)),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "proximal adagrad": lambda: tf.train.ProximalAdagradOptimizer(0.1),
    "proximal descent": lambda: tf.train.ProximalGradientDescentOptimizer(0.1),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.1),
    "shrinkage": lambda: tf.train.FtrlOptimizer(0.1, l2_shrinkage_regularization_strength=0.1),
}


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("use_resource", [False, True], ids=["reference", "resource"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_embeddings_are_trained_in_a_plan(name: str, use_resource: bool, dtype: Any) -> None:
    tf.reset_default_graph()
    ids = tf.placeholder(tf.int32, [2, 3])
    with tf.variable_scope("", use_resource=use_resource):
        table = tf.get_variable("table", [5, 4], dtype)
        more = tf.get_variable("more", [5], dtype)
    loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)
    loss += tf.reduce_sum(tf.gather(more, ids[0]) * tf.gather(more, ids[1]))
    assert host_ops(plan_of(OPTIMIZERS[name]().minimize(loss), [ids])) == []
