"""while_loop, map_fn, scan and folds: values, structures, shapes, state, and what is refused."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphflow as tf


@pytest.fixture
def session() -> Any:
    with tf.Session() as session:
        yield session


def test_values_and_the_iteration_limit(session: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    i, power = tf.while_loop(lambda i, _: i < 10, lambda i, a: (i + 1, a * x), [0, 1.0])
    limited = tf.while_loop(lambda a: a < 1e6, lambda a: a * x, [x], maximum_iterations=3)
    assert session.run([i, power], {x: 2.0}) == [10, 1024.0]
    assert session.run(limited, {x: 2.0}) == 16.0
    assert limited.name == "while_1/Exit:0"


def test_nested_structures_keep_their_kind(session: Any) -> None:
    Pair = collections.namedtuple("Pair", "j k")
    sparse = tf.SparseTensor([[0, 0]], [1.0], [1, 1])

    def body(i: Any, pair: Any, more: Any) -> Any:
        doubled = tf.SparseTensor(more["s"].indices, more["s"].values * 2, more["s"].dense_shape)
        array = more["a"].write(i, pair.j)
        return [i + 1, Pair(pair.j + pair.k, pair.j - pair.k), {"s": doubled, "a": array}]

    array = tf.TensorArray(tf.int32, 3)
    i, pair, more = tf.while_loop(
        lambda i, *_: i < 3,
        body,
        (0, Pair(tf.constant(1), tf.constant(2)), {"s": sparse, "a": array}),
    )
    assert isinstance(pair, Pair)
    assert session.run(pair) == (6, -2)
    assert session.run(more["s"]).values == [8.0]
    np.testing.assert_array_equal(session.run(more["a"].stack()), [1, 3, 2])


def test_one_variable_comes_back_alone_unless_asked() -> None:
    args: Any = (lambda i: i < 3, lambda i: [i + 1], [0])
    assert isinstance(tf.while_loop(*args), tf.Tensor)
    assert isinstance(tf.while_loop(*args, return_same_structure=True), list)


def test_shape_invariants(session: Any) -> None:
    def grow(i: Any, m: Any) -> Any:
        return [i + 1, tf.concat([m, m], axis=0)]

    start = [tf.constant(0), tf.ones([2, 2])]
    shapes = [tf.TensorShape([]), tf.TensorShape([None, 2])]
    _, grown = tf.while_loop(lambda i, _: i < 3, grow, start, shapes)
    assert grown.shape.as_list() == [None, 2]
    assert session.run(grown).shape == (16, 2)
    with pytest.raises(ValueError, match=r"'ones:0' enters the loop with shape \(2, 2\), but has"):
        tf.while_loop(lambda i, _: i < 3, grow, start)
    with pytest.raises(ValueError, match="not compatible with the initial shape"):
        wrong = [tf.TensorShape([]), tf.TensorShape([3, None])]
        tf.while_loop(lambda i, _: i < 3, grow, start, wrong)


def test_variables_are_assigned_once_per_iteration_also_with_gradients(session: Any) -> None:
    v = tf.Variable(0.0)
    x = tf.constant(2.0)

    def body(i: Any, a: Any) -> Any:
        with tf.control_dependencies([v.assign_add(1.0)]):
            return i + 1, tf.square(tf.identity(a))

    _, y = tf.while_loop(lambda i, _: i < 3, body, [0, x])
    session.run(v.initializer)
    assert session.run([y, tf.gradients(y, x)[0]]) == [256.0, 1024.0]
    assert session.run(v) == 3.0


def test_random_ops_draw_once_per_iteration_also_with_gradients(session: Any) -> None:
    x = tf.constant(2.0)

    def body(i: Any, a: Any, drawn: Any) -> Any:
        u = tf.random_uniform([])
        return i + 1, a * u, drawn.write(i, u)

    start = [0, x, tf.TensorArray(tf.float32, 4)]
    _, y, drawn = tf.while_loop(lambda i, *_: i < 4, body, start)
    slope, values = session.run([tf.gradients(y, x)[0], drawn.stack()])
    assert len(set(values)) == 4
    np.testing.assert_allclose(slope, np.prod(values), rtol=1e-5)


def test_variables_made_in_a_body_belong_to_the_graph(session: Any) -> None:
    def body(a: Any) -> Any:
        with tf.variable_scope("inside", reuse=tf.AUTO_REUSE):
            return a + tf.get_variable("v", [], initializer=tf.ones_initializer())

    total = tf.while_loop(lambda a: a < 5.0, body, [0.0])
    session.run(tf.global_variables_initializer())
    assert session.run(total) == 5.0
    assert [v.name for v in tf.trainable_variables()] == ["inside/v:0"]


def test_errors_name_the_node_inside(session: Any) -> None:
    def body(i: Any) -> Any:
        with tf.control_dependencies([tf.gather([1.0, 2.0], i, name="bad")]):
            return i + 1

    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)while/bad.*test_while_loop\.py"):
        session.run(tf.while_loop(lambda i: i < 5, body, [0]))


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: tf.while_loop(1, abs, [0]), TypeError, "cond must be callable"),
        (lambda: tf.while_loop(abs, 1, [0]), TypeError, "body must be callable"),
        (lambda: tf.while_loop(abs, abs, []), ValueError, "No loop variables"),
        (
            lambda: tf.while_loop(abs, abs, [0], parallel_iterations=0),
            TypeError,
            "positive integer",
        ),
        (
            lambda: tf.while_loop(lambda i: i < 3, abs, [0], maximum_iterations=[1]),
            ValueError,
            "maximum_iterations must be a scalar",
        ),
        (
            lambda: tf.while_loop(lambda i: i < 3, tf.to_float, [0]),
            TypeError,
            "has type float32 after 1 iteration",
        ),
        (
            lambda: tf.while_loop(lambda i: i < 3, lambda i: (i, i), [0]),
            ValueError,
            "same nested structure",
        ),
        (lambda: tf.while_loop(lambda i: i, abs, [0]), TypeError, "must return a bool"),
        (lambda: tf.map_fn(abs, 1.0), ValueError, "not a scalar"),
        (lambda: tf.map_fn(1, [1.0]), TypeError, "fn must be callable"),
        (lambda: tf.scan(1, [1.0]), TypeError, "fn must be callable"),
    ],
)
def test_refusals(build: Callable[[], Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_functional_loops(agree: Callable[..., None]) -> None:
    def build(tf: Any, x: Any, y: Any) -> list[Any]:
        pairs = tf.map_fn(lambda t: (t[0] + t[1], t[0] * t[1]), (x, y))
        fold = lambda a, t: a * t - t  # noqa: E731
        return [
            *pairs,
            tf.map_fn(lambda t: tf.to_int32(t), x, dtype=tf.int32),
            tf.foldl(fold, x),
            tf.foldr(fold, x),
            tf.foldl(fold, x, initializer=2.0),
            tf.foldr(fold, x, initializer=2.0),
            tf.scan(fold, x),
            tf.scan(fold, x, reverse=True),
            tf.scan(fold, x, initializer=2.0),
            tf.scan(fold, x, initializer=2.0, reverse=True),
            *tf.scan(lambda a, t: (a[1] + t, a[0]), x, (1.0, 2.0)),
        ]

    agree(build, np.float32([1.5, 2.0, -3.0, 0.5]), np.float32([1.0, 0.2, 0.3, 0.4]))


def test_tensor_array(session: Any) -> None:
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)
    array = array.write(1, [1.0, 2.0]).write(0, [3.0, 4.0])
    assert session.run(array.size()) == 2
    assert array.element_shape.as_list() == [2]
    np.testing.assert_array_equal(session.run(array.concat()), [3, 4, 1, 2])
    np.testing.assert_array_equal(session.run(array.gather([1, 1])), [[1, 2], [1, 2]])
    scattered = array.scatter([2], [[5.0, 6.0]])
    np.testing.assert_array_equal(session.run(scattered.read(2)), [5, 6])
    split = tf.TensorArray(tf.float32, 2, infer_shape=False).split([1.0, 2.0, 3.0], [1, 2])
    np.testing.assert_array_equal(session.run(split.read(1)), [2, 3])
    with pytest.raises(ValueError, match="Inconsistent shapes"):
        array.write(2, 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="trying to write dtype int32"):
        array.write(2, tf.constant([1, 2]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="already been written"):
        session.run(array.write(1, [0.0, 0.0]).flow)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="read from index 2 but array size is: 2"
    ):
        session.run(array.read(2))


def test_invariants_of_kinds_of_values(session: Any) -> None:
    i, x = tf.constant(0), tf.constant([1])
    specs = [tf.TensorSpec([], tf.int32), tf.TensorSpec(None, tf.int32)]
    doubled = lambda i, x: (i + 1, tf.concat([x, x], 0))  # noqa: E731
    assert session.run(tf.while_loop(lambda i, _: i < 3, doubled, [i, x], specs))[1].shape == (8,)
    sparse = tf.SparseTensor([[0], [3]], [2.0, 4.0], [10])
    kept = lambda i, x: (i + 1, x)  # noqa: E731
    specs = [tf.TensorSpec([], tf.int32), tf.SparseTensorSpec([None])]
    _, value = session.run(tf.while_loop(lambda i, _: i < 3, kept, [i, sparse], specs))
    np.testing.assert_array_equal(value.values, [2.0, 4.0])
    for wrong in (x, tf.SparseTensor([[0]], [1], [10])):
        with pytest.raises(TypeError, match="SparseTensorSpec.* is not compatible with"):
            tf.while_loop(lambda i, _: i < 3, kept, [i, wrong], specs)
    with pytest.raises(ValueError, match=r"invariant \(5,\) is not compatible with"):
        shapes = [tf.TensorShape([]), tf.TensorShape([5])]
        tf.while_loop(lambda i, _: i < 3, kept, [i, sparse], shapes)


def test_a_list_without_tensors_is_kept_where_there_is_a_limit(session: Any) -> None:
    body = lambda i, _: [i + 1, []]  # noqa: E731
    assert session.run(tf.while_loop(lambda i, _: i < 10, body, [0, []])) == 10
    limited = tf.while_loop(lambda i, _: i < 10, body, [0, []], maximum_iterations=50)
    assert session.run(limited) == [10, []]
