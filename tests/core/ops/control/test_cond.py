"""cond and case: what runs, what is returned, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphflow as tf


@pytest.fixture
def session() -> Any:
    with tf.Session() as session:
        yield session


def test_only_what_the_taken_branch_returns_is_run(session: Any) -> None:
    v = tf.Variable(0.0)
    pred = tf.placeholder(tf.bool, [])

    def true_fn() -> Any:
        v.assign_add(100.0)  # made, but not returned
        return v.assign_add(1.0)

    result = tf.cond(pred, true_fn, lambda: v.assign_add(10.0))
    session.run(v.initializer)
    assert session.run(result, {pred: True}) == 1.0
    assert session.run(result, {pred: False}) == 11.0
    assert session.run(v) == 11.0


def test_operations_become_tensors_that_wait(session: Any) -> None:
    v = tf.Variable(0.0)
    done = tf.cond(tf.constant(True), lambda: v.assign(5.0).op, tf.no_op)
    session.run(v.initializer)
    assert session.run(done)
    assert session.run(v) == 5.0


def test_nested_structures_and_sparse_values(session: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    sparse = tf.SparseTensor([[0, 1]], [x], [2, 2])
    slices = tf.IndexedSlices(tf.expand_dims(x, 0), tf.constant([1]))
    twice = tf.SparseTensor([[0, 1]], [x * 2], [2, 2])
    zero = tf.IndexedSlices(tf.zeros([1]), tf.constant([1], tf.int64))
    structure = tf.cond(x > 0, lambda: {"a": (x, [sparse])}, lambda: {"a": (x * x, [twice])})
    result = tf.cond(x > 0, lambda: slices, lambda: zero)
    value = session.run(structure, {x: -3.0})
    assert value["a"][0] == 9.0
    np.testing.assert_array_equal(value["a"][1][0].values, [-6.0])
    assert isinstance(result, tf.IndexedSlices)
    assert result.indices.dtype == tf.int64
    assert session.run(result, {x: 2.0}).values == [2.0]


def test_strict_keeps_lists_of_one(session: Any) -> None:
    pred = tf.constant(True)
    assert isinstance(tf.cond(pred, lambda: [1.0], lambda: [2.0]), tf.Tensor)
    assert isinstance(tf.cond(pred, lambda: [1.0], lambda: [2.0], strict=True), list)
    assert session.run(tf.cond(pred, fn1=lambda: 1.0, fn2=lambda: 2.0)) == 1.0


def test_static_shapes_are_what_both_branches_have() -> None:
    pred = tf.placeholder(tf.bool, [])
    result = tf.cond(pred, lambda: tf.ones([2, 3]), lambda: tf.ones([4, 3]))
    assert result.shape.as_list() == [None, 3]
    assert result.name == "cond/Merge:0"


def test_waits_for_what_nodes_inside_wait_for(session: Any) -> None:
    v = tf.Variable(1.0)
    update = v.assign(7.0)

    def read() -> Any:
        with tf.control_dependencies([update]):
            return v.read_value()

    session.run(v.initializer)
    assert session.run(tf.cond(tf.constant(True), read, lambda: 0.0)) == 7.0


def test_errors_name_the_node_inside(session: Any) -> None:
    x = tf.placeholder(tf.int32, [])
    result = tf.cond(x > 0, lambda: tf.gather([1.0, 2.0], x, name="bad"), lambda: 0.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)cond/bad.*test_cond\.py"):
        session.run(result, {x: 5})


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda p: tf.cond(True, lambda: 1, lambda: 2), TypeError, "must not be a Python bool"),
        (lambda p: tf.cond(p, lambda: 1), TypeError, "false_fn argument required"),
        (lambda p: tf.cond(p, 1, lambda: 1), TypeError, "true_fn must be callable"),
        (lambda p: tf.cond(p, lambda: 1, lambda: 2, fn1=abs), TypeError, "simultaneously"),
        (lambda p: tf.cond(p, lambda: None, lambda: 2), ValueError, "must have a return value"),
        (lambda p: tf.cond(p, lambda: 1.0, lambda: 2), ValueError, "must have the same type"),
        (lambda p: tf.cond(p, lambda: (p, p), lambda: p), ValueError, "Incompatible return values"),
        (lambda p: tf.cond(tf.constant(1.0), lambda: 1, lambda: 2), TypeError, "type of bool"),
        (lambda p: tf.cond([p, p], lambda: 1, lambda: 2), ValueError, "must be rank 0"),
        (lambda p: tf.case([]), ValueError, "at least one"),
        (lambda p: tf.case([(p, 1)]), TypeError, "must be callable"),
        (lambda p: tf.case([(True, lambda: 1)]), TypeError, "pred must be a Tensor"),
        (lambda p: tf.case([p]), TypeError, "2-tuple"),
    ],
)
def test_refusals(build: Callable[[Any], Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        build(tf.placeholder(tf.bool, []))


def test_case(session: Any) -> None:
    x = tf.placeholder(tf.int32, [])

    def pick(pairs: Any, **options: Any) -> Any:
        return tf.case(pairs, **options)

    pairs = [(x < 1, lambda: 10), (x < 5, lambda: 20), (x < 9, lambda: 30)]
    first = pick(pairs, default=lambda: 40)
    assert [session.run(first, {x: value}) for value in (0, 3, 7, 10)] == [10, 20, 30, 40]
    assert session.run(pick(dict(pairs), default=lambda: 40), {x: 20}) == 40
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 1 conditions"):
        session.run(pick(pairs, default=lambda: 40, exclusive=True), {x: 0})
    without_default = pick(pairs)
    assert session.run(without_default, {x: 7}) == 30
    with pytest.raises(tf.errors.InvalidArgumentError, match="None of conditions"):
        session.run(without_default, {x: 9})


@pytest.mark.parametrize("index", [-1, 0, 1, 2, 3])
def test_switch_case(index: int, session: Any) -> None:
    branches = {n: (lambda n=n: [tf.constant(10 * n), tf.constant(float(n))]) for n in (2, 0, 1)}
    chosen = tf.placeholder(tf.int32, [])
    last, other = (
        tf.switch_case(chosen, branches),
        tf.switch_case(chosen, branches, lambda: [tf.constant(-1), tf.constant(0.5)]),
    )
    known = index if index in (0, 1, 2) else None
    assert session.run(last, {chosen: index}) == [10 * (2 if known is None else known)] + [
        2.0 if known is None else float(known)
    ]
    wanted = [-1, 0.5] if known is None else [10 * known, float(known)]
    assert session.run(other, {chosen: index}) == wanted


def test_switch_case_has_gradients(session: Any) -> None:
    x, chosen = tf.constant(3.0), tf.placeholder(tf.int32, [])
    y = tf.switch_case(chosen, [lambda: x * x, lambda: tf.exp(x), lambda: 2.0 * x])
    (slope,) = tf.gradients(y, x)
    slopes = [session.run(slope, {chosen: index}) for index in range(3)]
    np.testing.assert_allclose(slopes, [6.0, np.exp(3.0), 2.0], 1e-6)


@pytest.mark.parametrize(
    ("index", "branches", "error", "message"),
    [
        (1, [abs], TypeError, "branch_index must be a Tensor"),
        (None, 3, TypeError, "must be a list, tuple, or dict"),
        (None, [], ValueError, "at least one"),
        (None, [(0, abs), (2, abs)], ValueError, "must form contiguous range"),
        (None, [(0, abs), (0, abs)], ValueError, "must form contiguous range"),
        (None, [("a", abs)], TypeError, "must be a Python `int`"),
        (None, [(0, 3)], TypeError, "fn for key 0 must be callable"),
        (None, [(0, abs, 1)], TypeError, "2-tuple"),
    ],
)
def test_switch_case_refusals(index: Any, branches: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        tf.switch_case(tf.constant(0) if index is None else index, branches)


def test_a_fed_predicate_must_be_a_scalar(session: Any) -> None:
    chosen = tf.placeholder(tf.bool)
    y = tf.cond(chosen, lambda: 1, lambda: 2)
    assert session.run(y, {chosen: False}) == 2
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a scalar, but it has shape \[2\]"):
        session.run(y, {chosen: [True, False]})
