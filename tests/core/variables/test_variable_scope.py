"""variable_scope and get_variable: names, sharing, defaults, getters, partitions."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core import ops
from graphflow.core.base import dtypes
from graphflow.core.variables.partition_info import PartitionInfo

ZEROS = tf.zeros_initializer()


def test_sharing() -> None:
    with tf.variable_scope("a", initializer=ZEROS) as scope:
        v = tf.get_variable("v", [1])
        with tf.variable_scope("b"):
            assert tf.get_variable("v", [1]).name == "a/b/v:0"
    with tf.variable_scope("a", reuse=True):
        assert tf.get_variable("v") is v
        with tf.variable_scope("b", reuse=False):  # sharing is inherited
            assert tf.get_variable_scope().reuse is True
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        assert tf.get_variable("v", [1]) is v
        assert tf.get_variable("w", [1]).name == "a/w:0"
    scope.reuse_variables()
    with tf.variable_scope(scope):
        assert tf.get_variable("v") is v


def test_errors_of_sharing() -> None:
    v = tf.get_variable("v", [2], initializer=ZEROS)
    with pytest.raises(ValueError) as raised:
        tf.get_variable("v", [2])
    message = str(raised.value)
    assert "Variable v already exists, disallowed. Did you mean to set reuse=True" in message
    assert "Originally defined at:" in message
    assert 'v = tf.get_variable("v", [2], initializer=ZEROS)' in message
    with tf.variable_scope("", reuse=True):
        with pytest.raises(ValueError, match="specified shape .* and found shape"):
            tf.get_variable("v", [3])
        with pytest.raises(ValueError, match="specified dtype int32 and found dtype float32_ref"):
            tf.get_variable("v", [2], dtype=dtypes.int32)
        with pytest.raises(ValueError, match="Variable w does not exist, or was not created"):
            tf.get_variable("w", [2])
        assert tf.get_variable("v", [2]) is v


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": [1], "initializer": 1.0}, "If initializer is a constant, do not specify shape"),
        ({"initializer": 1.0, "dtype": "int32"}, "Initializer type .* don't match"),
        ({"shape": [1], "dtype": "complex64"}, "An initializer for variable v of .* is required"),
        ({"initializer": ZEROS}, "The initializer passed is not valid"),
    ],
)
def test_bad_initializers(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tf.get_variable("v", **arguments)


def test_bad_scopes() -> None:
    with pytest.raises(TypeError, match="If default_name is None then name_or_scope is required"):
        tf.variable_scope(None)
    with pytest.raises(ValueError, match="reuse parameter must be True or False or None"):
        tf.variable_scope("a", reuse="yes")
    with pytest.raises(ValueError, match="reuse=True cannot be used without a name_or_scope"):
        with tf.variable_scope(None, "a", reuse=True):
            pass
    with pytest.raises(TypeError, match="must be a string or VariableScope"):
        with tf.variable_scope(3):
            pass
    outer = tf.variable_scope("outer")
    outer.__enter__()
    with tf.variable_scope("inner"), pytest.raises(RuntimeError, match="Improper nesting"):
        outer.__exit__(None, None, None)
    outer.__exit__(None, None, None)
    assert tf.get_variable_scope().name == ""


def test_default_names_are_made_unique_where_they_stand() -> None:
    names = []
    with tf.variable_scope("a"):
        for _ in range(2):
            with tf.variable_scope(None, "layer") as scope:
                names.append(scope.name)
    with tf.variable_scope("a"):  # opened again, it counts from the start
        with tf.variable_scope(None, "layer") as scope:
            names.append(scope.name)
            assert scope.original_name_scope == "a_1/layer/"
    assert names == ["a/layer", "a/layer_1", "a/layer"]


def test_defaults_come_from_the_scope() -> None:
    getter_calls = []

    def getter(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        getter_calls.append(name)
        return getter(name, *args, **kwargs)

    def constraint(x: Any) -> Any:
        return x

    with tf.variable_scope(
        "a",
        initializer=tf.constant_initializer(3),
        dtype=dtypes.int32,
        use_resource=True,
        custom_getter=getter,
        constraint=constraint,
        caching_device="/cpu:0",
    ):
        v = tf.get_variable("v", [2])
        with tf.variable_scope("b", custom_getter=getter):
            tf.get_variable("v", [2])
    assert (v.dtype, v.constraint, v.value().device) == (dtypes.int32, constraint, "/device:CPU:0")
    assert getter_calls == ["a/v", "a/b/v", "a/b/v"]
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(v).tolist() == [3, 3]


def test_a_getter_may_give_something_else() -> None:
    def doubled(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        return getter(f"{name}_0", *args, **kwargs) * 2.0

    with tf.variable_scope("a", custom_getter=doubled):
        assert tf.get_variable("v", [2], initializer=ZEROS).op.type == "Mul"
    assert [v.op.name for v in tf.global_variables()] == ["a/v_0"]


def test_regularizers_add_losses() -> None:
    with tf.variable_scope("a", regularizer=lambda v: v * 0.5, initializer=ZEROS):
        tf.get_variable("v", [2])
        tf.get_variable("w", [2], regularizer=tf.no_regularizer)
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert loss.op.name == "a/v/Regularizer/mul"


def test_lists_of_a_scope() -> None:
    with tf.variable_scope("a", initializer=ZEROS) as scope:
        v = tf.get_variable("v", [1])
        w = tf.get_variable("w", [1], trainable=False)
        local = tf.get_local_variable("l", [1])
    tf.get_variable("ab", [1])
    assert scope.global_variables() == [v, w]
    assert scope.trainable_variables() == [v]
    assert scope.local_variables() == [local]


def test_initializers_of_several_forms() -> None:
    values = {
        "value": tf.get_variable("value", initializer=[1.0, 2.0]),
        "function": tf.get_variable("function", [2], initializer=lambda s, **_: np.ones(s, "f")),
        "class": tf.get_variable("class", [2], initializer=tf.ones_initializer),
        "bound": tf.get_variable("bound", initializer=lambda: [4.0]),
        "int": tf.get_variable("int", [2], dtype=dtypes.int32),
        "string": tf.get_variable("string", [1], dtype=dtypes.string),
    }
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        result = {name: v.tolist() for name, v in session.run(values).items()}
    assert result == {
        "value": [1.0, 2.0],
        "function": [1.0, 1.0],
        "class": [1.0, 1.0],
        "bound": [4.0],
        "int": [0, 0],
        "string": [b""],
    }


def test_scopes_of_threads_are_their_own() -> None:
    graph = tf.get_default_graph()
    names = []

    def work() -> None:
        with graph.as_default():
            names.append(tf.get_variable_scope().name)

    with tf.variable_scope("main"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert names == [""]


# --- partitions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])
def test_parts(use_resource: bool) -> None:
    whole = np.arange(10, dtype=np.float32).reshape(5, 2)
    with tf.variable_scope(
        "a", partitioner=tf.fixed_size_partitioner(3), use_resource=use_resource
    ):
        p = tf.get_variable("p", initializer=tf.constant(whole))
    parts = list(p)
    assert [v.op.name for v in parts] == [f"a/p/part_{i}" for i in range(3)]
    assert [v.shape.as_list() for v in parts] == [[2, 2], [2, 2], [1, 2]]
    assert [v._get_save_slice_info().spec for v in parts] == [
        "5 2 0,2:0,2",
        "5 2 2,2:0,2",
        "5 2 4,1:0,2",
    ]
    with tf.variable_scope("a", reuse=True):
        assert tf.get_variable("p") is p
    doubled = p.assign(tf.constant(2 * whole))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(tf.convert_to_tensor(p)), whole)
        session.run(doubled)
        np.testing.assert_array_equal(session.run(p.as_tensor()), 2 * whole)


def test_errors_of_parts() -> None:
    halves = tf.fixed_size_partitioner(2)
    tf.get_variable("p", [4], initializer=ZEROS, partitioner=halves)
    tf.get_variable("v", [4], initializer=ZEROS)
    for arguments, message in [
        ({"name": "p", "shape": [4]}, "No partitioner was provided, but a partitioned version"),
        ({"name": "v", "shape": [4], "partitioner": halves}, "an unpartitioned version"),
        ({"name": "p", "shape": [4], "partitioner": halves}, "p already exists"),
        ({"name": "q", "partitioner": halves}, "must be fully defined"),
        (
            {"name": "q", "shape": [4, 4], "partitioner": lambda **_: [2, 2]},
            "Can only slice a variable along one dimension",
        ),
        ({"name": "q", "shape": [4], "partitioner": lambda **_: [0]}, "zero partitions"),
        ({"name": "q", "shape": [4], "partitioner": lambda **_: [1, 1]}, "does not match the"),
    ]:
        with pytest.raises(ValueError, match=message):
            tf.get_variable(**arguments)


@pytest.mark.parametrize(
    ("partitioner", "shape", "partitions"),
    [
        (tf.fixed_size_partitioner(4), [3, 2], [3, 1]),
        (tf.fixed_size_partitioner(4, axis=1), [3, 8], [1, 4]),
        (tf.variable_axis_size_partitioner(64), [10, 4], [3, 1]),
        (tf.variable_axis_size_partitioner(1), [10, 4], [10, 1]),
        (tf.variable_axis_size_partitioner(64, max_shards=2), [10, 4], [2, 1]),
        (tf.min_max_variable_partitioner(max_partitions=8, min_slice_size=32), [10, 4], [5, 1]),
        (tf.min_max_variable_partitioner(max_partitions=2, min_slice_size=32), [10, 4], [2, 1]),
    ],
)
def test_partitioners(partitioner: Any, shape: list[int], partitions: list[int]) -> None:
    static = ops.array.placeholder(dtypes.float32, shape).shape
    assert partitioner(shape=static, dtype=dtypes.float32) == partitions


def test_partition_info() -> None:
    info = PartitionInfo([9, 3], [4, 0])
    assert (info.single_slice_dim([2, 3]), info.single_offset([2, 3])) == (0, 4)
    assert PartitionInfo([9, 3], [0, 0]).single_offset([9, 3]) == 0
    for error, message, call in [
        (TypeError, "must be a sequence", lambda: PartitionInfo("ab", [0])),  # type: ignore[arg-type]
        (ValueError, "Expected equal length", lambda: PartitionInfo([1], [0, 0])),
        (ValueError, "0 <= offset < shape", lambda: PartitionInfo([1], [1])),
        (ValueError, "would exceed", lambda: info.single_slice_dim([6, 3])),
        (ValueError, "could be either", lambda: info.single_slice_dim([2, 2])),
    ]:
        with pytest.raises(error, match=message):
            call()


# --- templates -----------------------------------------------------------------------------------


def test_templates_share_their_variables() -> None:
    def linear(x: Any, units: int) -> Any:
        return x * tf.get_variable("w", [units], initializer=ZEROS)

    first = tf.make_template("linear", linear, units=2)
    second = tf.make_template("linear", linear, units=2)
    for template in (first, first, second):
        template(tf.constant([1.0, 2.0]))
    assert [v.op.name for v in tf.global_variables()] == ["linear/w", "linear_1/w"]
    assert first.variables == first.trainable_variables == tf.global_variables("linear/")
    assert (first.name, first.variable_scope_name) == ("linear", "linear/")
    now = tf.make_template("now", linear, create_scope_now_=True, units=1)
    assert now.variable_scope.name == "now"


def test_a_later_call_makes_no_trainable_variable() -> None:
    template = tf.make_template("t", lambda: tf.Variable(1.0))
    template()
    with pytest.raises(
        ValueError, match="Trainable variable created when calling(.|\n)*defined at"
    ):
        template()
