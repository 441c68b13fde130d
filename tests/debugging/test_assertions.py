"""`tf.debugging` against TensorFlow: the same nodes, the same checks held, the same errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

Build = Callable[[ModuleType], Any]


def vector(tf: ModuleType) -> Any:
    return tf.placeholder(tf.int32, [None], name="p")


def unknown(tf: ModuleType, name: str = "u") -> Any:
    return tf.placeholder(tf.int32, None, name=name)


# The assertions whose data are strings and int32: TF1 puts others into a branch of `tf.cond`.
_GRAPHS: dict[str, Build] = {
    "equal": lambda tf: tf.assert_equal(vector(tf), 3, message="m"),
    "equal_to_itself": lambda tf: [tf.assert_equal(x, x) for x in [vector(tf)]],
    "equal_known": lambda tf: tf.assert_equal(tf.constant([1, 2]), [1, 2]),
    "none_equal": lambda tf: tf.assert_none_equal(vector(tf), 4, name="n"),
    "less": lambda tf: tf.assert_less(vector(tf), 4, data=["a", "b"]),
    "less_equal": lambda tf: tf.assert_less_equal(vector(tf), 4, summarize=7),
    "greater": lambda tf: tf.assert_greater(vector(tf), [1, 2]),
    "greater_equal": lambda tf: tf.assert_greater_equal(vector(tf), [1, 2]),
    "negative": lambda tf: tf.assert_negative(vector(tf), message="m"),
    "positive": lambda tf: tf.assert_positive(vector(tf)),
    "non_negative": lambda tf: tf.assert_non_negative(vector(tf)),
    "non_positive": lambda tf: tf.assert_non_positive(vector(tf)),
    "near": lambda tf: tf.assert_near([1.0], [2.0], rtol=0.5, data=["m"]),
    "rank_known": lambda tf: tf.assert_rank(vector(tf), 1),
    "rank": lambda tf: tf.assert_rank(unknown(tf), 1, message="m"),
    "rank_of_run": lambda tf: tf.assert_rank(unknown(tf), unknown(tf, "r")),
    "rank_at_least": lambda tf: tf.assert_rank_at_least(unknown(tf), 1),
    "rank_in": lambda tf: tf.assert_rank_in(unknown(tf), [1, 2]),
    "rank_in_of_run": lambda tf: tf.assert_rank_in(unknown(tf), [unknown(tf, "r"), 2]),
    "integer": lambda tf: tf.assert_integer(3, name="i"),
    "type": lambda tf: tf.assert_type(vector(tf), tf.int32),
    "scalar": lambda tf: tf.assert_scalar(3),
    "finite": lambda tf: tf.verify_tensor_all_finite(tf.constant([1.0]), "m"),
}


def nodes(tf: ModuleType, build: Build) -> list[tuple[str, str, list[str], list[str]]]:
    with tf.Graph().as_default() as graph:
        build(tf)
    return [
        (op.name, op.type, [t.name for t in op.inputs], [c.name for c in op.control_inputs])
        for op in graph.get_operations()
    ]


@pytest.mark.parametrize("name", _GRAPHS)
def test_nodes(name: str, oracle: ModuleType) -> None:
    assert nodes(graphflow, _GRAPHS[name]) == nodes(oracle, _GRAPHS[name])


_NUMBERS: list[tuple[str, list[Any], list[Any]]] = [
    ("assert_equal", [[1, 2]], [[1, 3], [[1, 2], [3, 4]]]),
    ("assert_none_equal", [[2, 3], []], [[1, 3], [2, 2]]),
    ("assert_less", [[0, 1], []], [[0, 2], [1, 1]]),
    ("assert_less_equal", [[1, 2], []], [[2, 2], [0, 3]]),
    ("assert_greater", [[2, 3], []], [[1, 3], [2, 2]]),
    ("assert_greater_equal", [[1, 2], []], [[0, 2], [1, 1]]),
    ("assert_near", [[1, 2.000001]], [[1, 2.001], [np.nan, 2]]),
]
_SIGNS: list[tuple[str, list[Any], list[Any]]] = [
    ("assert_negative", [[-1, -2], []], [[0], [-1, 1]]),
    ("assert_positive", [[1, 2], []], [[0], [1, -1]]),
    ("assert_non_negative", [[0, 2], []], [[-1], [1, -1]]),
    ("assert_non_positive", [[0, -2], []], [[1], [-1, 1]]),
]


def fails(tf: ModuleType, name: str, value: Any, other: list[Any]) -> bool:
    """Whether the assertion stops a run with this value."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None] if np.ndim(value) == 2 else [None])
        with tf.control_dependencies([getattr(tf, name)(x, *other)]):
            result = tf.identity(x)
        try:
            session.run(result, {x: value})
        except tf.errors.InvalidArgumentError:
            return True
    return False


@pytest.mark.parametrize(("name", "good", "bad"), _NUMBERS + _SIGNS, ids=lambda item: str(item))
def test_values(name: str, good: list[Any], bad: list[Any], oracle: ModuleType) -> None:
    for value in [*good, *bad]:
        other = [] if any(name == sign for sign, *_ in _SIGNS) else [[1.0, 2.0][: len(value) or 1]]
        assert fails(graphflow, name, value, other) == fails(oracle, name, value, other)
        assert fails(graphflow, name, value, other) == (value in bad)


@pytest.mark.parametrize("name", [name for name, *_ in _NUMBERS if name != "assert_near"])
def test_known_values_fail_at_once(name: str, oracle: ModuleType) -> None:
    (bad,) = [bad[0] for other, _, bad in _NUMBERS if other == name]

    def error(tf: ModuleType) -> str:
        with tf.Graph().as_default():
            x, y = tf.constant(bad, name="mine"), tf.constant([1, 2], name="yours")
            with pytest.raises(tf.errors.InvalidArgumentError) as caught:
                getattr(tf.debugging, name)(x, y, message="because")
        return str(caught.value.message)

    assert error(graphflow) == error(oracle)


def test_what_tensorflow_leaves_to_the_run_is_left_to_it(oracle: ModuleType) -> None:
    for tf in (graphflow, oracle):
        with tf.Graph().as_default(), tf.Session() as session:
            check = tf.assert_positive(tf.constant([1, 2]) - 2)
            with pytest.raises(tf.errors.InvalidArgumentError, match="x > 0 did not hold"):
                session.run(check)
            with pytest.raises(tf.errors.InvalidArgumentError, match="x > 0 did not hold"):
                tf.assert_positive(tf.stack([tf.constant(0), tf.size([1, 2])]))


def test_error_of_a_run(oracle: ModuleType) -> None:
    def error(tf: ModuleType, **arguments: Any) -> str:
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.int32, [None], name="x")
            check = tf.assert_less(x, 3, **arguments)
            with pytest.raises(tf.errors.InvalidArgumentError) as caught:
                session.run(check, {x: [1, 2, 3, 4, 5]})
        return re.findall(r"assertion failed: (.*?)(?:\s*\n|$)", str(caught.value))[0]

    for arguments in ({}, {"message": "m"}, {"summarize": 4}, {"data": ["a", [1, 2]]}):
        mine = error(graphflow, **arguments)
        assert mine in error(oracle, **arguments)
    assert mine == "[a] [1 2]"


def test_ranks_known_now() -> None:
    tf = graphflow
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    with pytest.raises(ValueError, match=r"^Tensor x:0 must have rank 1\.  Received rank 2, shape"):
        tf.assert_rank(x, 1)
    with pytest.raises(ValueError, match=r"^m\.  Tensor x:0 must have rank at least 3\. "):
        tf.assert_rank_at_least(x, 3, message="m")
    with pytest.raises(ValueError, match=r"must have rank in \(0, 1\)\.  Received rank 2"):
        tf.assert_rank_in(x, [0, 1])
    with pytest.raises(ValueError, match="Rank must be a scalar"):
        tf.assert_rank(x, [2])
    with pytest.raises(TypeError, match="must be of type <dtype: 'int32'>, got <dtype: 'float32'>"):
        tf.assert_rank(x, 2.0)
    assert tf.assert_rank_at_least(x, 1).type == "NoOp"


def test_ranks_of_a_run() -> None:
    tf = graphflow
    x, rank = unknown(tf), unknown(tf, "r")
    exact, least, either = (
        tf.assert_rank(x, rank),
        tf.assert_rank_at_least(x, rank),
        tf.assert_rank_in(x, [rank, 0]),
    )
    with tf.Session() as session:
        session.run([exact, least, either], {x: [1], rank: 1})
        session.run(either, {x: 1, rank: 1})
        session.run(least, {x: [[1]], rank: 1})
        for check in (exact, either):
            with pytest.raises(tf.errors.InvalidArgumentError, match="Tensor u:0 must have rank"):
                session.run(check, {x: [[1]], rank: 1})
        with pytest.raises(tf.errors.InvalidArgumentError, match="must have rank at least"):
            session.run(least, {x: 1, rank: 1})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Rank must be a scalar"):
            session.run(exact, {x: [1], rank: [1]})
    with pytest.raises(tf.errors.InvalidArgumentError), tf.Session() as session:
        session.run(tf.assert_rank_in(x, []), {x: 1})


def test_types() -> None:
    tf = graphflow
    x = tf.constant(1.0, name="x")
    with pytest.raises(TypeError, match=r"^x:0 must be of type <dtype: 'int32'>"):
        tf.assert_type(x, tf.int32)
    with pytest.raises(TypeError, match=r'^m  Expected "x" to be integer type.  Found: x:0'):
        tf.assert_integer(x, message="m")
    for tensor in (tf.constant([1.0], name="v"), tf.placeholder(tf.float32, name="w")):
        with pytest.raises(ValueError, match="m.*Expected scalar shape for .:0, saw shape"):
            tf.assert_scalar(tensor, message="m")
    assert tf.assert_scalar(x) is x
    assert tf.assert_scalar(2).dtype == tf.int32


def test_proper_iterables() -> None:
    tf = graphflow
    for proper in ([1], (tf.constant(1),), {"a": 1}, iter([])):
        tf.assert_proper_iterable(proper)
    sparse = tf.SparseTensor([[0]], [1], [1])
    for value in (tf.constant([1]), sparse, np.zeros(2), "text", b"text"):
        with pytest.raises(TypeError, match='"proper" iterable'):
            tf.assert_proper_iterable(value)
    with pytest.raises(TypeError, match="to be iterable"):
        tf.assert_proper_iterable(3)


def test_same_float_type() -> None:
    tf = graphflow
    half, single = tf.constant(1.0, tf.float16, name="h"), tf.Variable(1.0, name="s")
    assert tf.assert_same_float_dtype() is tf.float32
    assert tf.assert_same_float_dtype([None, half]) is tf.float16
    assert tf.assert_same_float_dtype([single], tf.float32) is tf.float32
    with pytest.raises(ValueError, match=r"s:0, type=.*float32.*must be .* \(.*float16.*\) as h:0"):
        tf.assert_same_float_dtype([half, single])
    with pytest.raises(ValueError, match="h:0, type=.*float16.* must be of the same type"):
        tf.assert_same_float_dtype([half], tf.float32)
    with pytest.raises(ValueError, match="Expected floating point type"):
        tf.assert_same_float_dtype([tf.constant(1)])


def test_numeric_tensors() -> None:
    tf = graphflow
    assert tf.is_numeric_tensor(tf.constant(1))
    assert tf.is_numeric_tensor(tf.constant(1j, tf.complex64))
    assert not any(tf.is_numeric_tensor(value) for value in (tf.constant("a"), 1, np.ones(1)))
    assert not tf.is_numeric_tensor(tf.constant(True))


@pytest.mark.parametrize("value", [[], [1], [1, 1], [1, 2, 3], [3, 2], [[1, 2], [2, 3]]], ids=str)
def test_order(value: Any, oracle: ModuleType) -> None:
    def ordered(tf: ModuleType) -> Any:
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.int32)
            checks = [tf.is_non_decreasing(x), tf.math.is_strictly_increasing(x, name="up")]
            return session.run(checks, {x: value}), [check.name for check in checks]

    assert ordered(graphflow) == ordered(oracle)


def test_order_needs_numbers() -> None:
    with pytest.raises(TypeError, match="Expected x to be numeric"):
        graphflow.is_non_decreasing(["a", "b"])


def test_shapes_known_now() -> None:
    tf = graphflow
    x, y = tf.zeros([2, 3], name="x"), tf.zeros([3, 4], name="y")
    tf.debugging.assert_shapes([(x, ("N", "Q")), (y, ("Q", 4)), (tf.constant(1), ())])
    tf.debugging.assert_shapes({x: (..., 3), y: ("*", None, "."), tf.zeros([]): "N"})
    tf.debugging.assert_shapes([(x, None), (tf.zeros([1]), [])])
    wrong: list[tuple[Any, str]] = [
        ([(x, ("N", "Q")), (y, ("N", "D"))], "Specified by tensor x:0 dimension 0.*size 2.*size 3"),
        ([(x, ("N", 5))], "Specified explicitly.*x:0 dimension 1 must have size 5"),
        ([(y, (..., 3))], "y:0 dimension -1 must have size 3"),
        ([(x, ("N",))], r"x:0 must have rank in \(0, 1\)"),
        ([(x, (1, 2, 3))], "x:0 must have rank 3"),
        ([(x, (..., 1, 2, 3))], "x:0 must have rank at least 3"),
        ([(x, 3)], "x:0.  Specified shape must be an iterable"),
        ([(x, (2, ...))], "x:0 specified shape index 1"),
    ]
    for shapes, words in wrong:
        with pytest.raises(ValueError, match=words):
            tf.debugging.assert_shapes(shapes)


def test_shapes_of_a_run(oracle: ModuleType) -> None:
    cases = [([2, 3], [3], True), ([2, 3], [2], False), ([2, 2], [2], False), ([2, 3], [], False)]

    def holds(tf: ModuleType, shape: list[int], other: list[int]) -> bool:
        with tf.Graph().as_default(), tf.Session() as session:
            x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
            z = tf.placeholder(tf.float32, [None, 3])
            check = tf.debugging.assert_shapes([(x, (2, "N")), (y, ("N",)), (z, (..., "N"))])
            try:
                session.run(check, {x: np.ones(shape), y: np.ones(other), z: np.ones([1, 3])})
            except tf.errors.InvalidArgumentError:
                return False
        return True

    for shape, other, good in cases:
        assert holds(graphflow, shape, other) == holds(oracle, shape, other) == good


def test_finite_numbers() -> None:
    tf = graphflow
    x = tf.placeholder(tf.float32)
    total = tf.reduce_sum(tf.log(x))
    checked = tf.debugging.assert_all_finite(x, "not finite")
    everything = tf.add_check_numerics_ops()
    with tf.Session() as session:
        assert session.run([checked, everything], {x: 1.0})[0] == 1.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="not finite : Tensor had NaN"):
            session.run(checked, {x: np.nan})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Log:0 : Tensor had Inf"):
            session.run([total, everything], {x: 0.0})


def test_the_functions_have_two_names() -> None:
    tf = graphflow
    own = {"Assert", "assert_all_finite", "assert_shapes", "check_numerics"}
    for name in tf.debugging.__dict__:
        if name.startswith(("assert_", "is_")) and name not in own:
            assert getattr(tf, name) is getattr(tf.debugging, name)
    assert tf.debugging.Assert is tf.Assert
    assert tf.debugging.assert_all_finite is tf.verify_tensor_all_finite
    assert tf.math.is_non_decreasing is tf.is_non_decreasing
