"""tf.Variable: its arguments, what it is as a tensor, initial values, protos, collections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core import ops
from graphflow.core.base import dtypes, errors
from graphflow.core.graph.func_graph import trace
from graphflow.core.variables.ref_variable import RefVariable
from graphflow.core.variables.resource_variable import ResourceVariable

KINDS = pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])


@KINDS
def test_attributes(use_resource: bool) -> None:
    v = tf.Variable([[1.0, 2.0]], name="W", use_resource=use_resource)
    assert isinstance(v, tf.Variable)
    assert isinstance(v, ResourceVariable if use_resource else RefVariable)
    assert (v.name, v.op.name, v.shape.as_list(), v.graph) == (
        "W:0",
        "W",
        [1, 2],
        tf.get_default_graph(),
    )
    assert v.dtype.base_dtype == dtypes.float32
    assert v.trainable
    assert repr(v) == f"<tf.Variable 'W:0' shape=(1, 2) dtype={v.dtype.name}>"
    assert {v: 1}[v] == 1
    assert v.initializer.name == "W/Assign"
    assert tf.global_variables() == tf.trainable_variables() == [v]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "initial_value must be specified"),
        ({"initial_value": 1.0, "collections": "x"}, ValueError, "must be a list, tuple, or set"),
        ({"initial_value": 1.0, "constraint": 0}, ValueError, "`constraint` argument must be"),
        ({"initial_value": 1.0, "synchronization": 9}, ValueError, "Invalid variable synchroniz"),
        ({"initial_value": 1.0, "aggregation": 9}, ValueError, "Invalid variable aggregation"),
        ({"initial_value": "x", "dtype": "float32"}, TypeError, "float32"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tf.Variable(**arguments)


def test_an_unknown_shape_needs_validate_shape_false() -> None:
    x = ops.array.placeholder(dtypes.float32, [None])
    with pytest.raises(ValueError, match="initial_value must have a shape specified"):
        tf.Variable(x)
    v = tf.Variable(x, validate_shape=False)
    assert v.shape.ndims is None
    with tf.Session() as session:
        session.run(v.initializer, {x: [1.0, 2.0]})
        assert session.run(v).tolist() == [1.0, 2.0]


@KINDS
def test_it_acts_as_a_tensor(use_resource: bool) -> None:
    v = tf.Variable([3.0, -4.0], use_resource=use_resource)
    fetches = [v + 1.0, 1.0 - v, v * v, -v, abs(v), v / 2.0, v**2.0, v < 0.0, v[1], np.ones(2) + v]
    with tf.Session() as session:
        session.run(v.initializer)
        results = session.run(fetches)
        array = np.array([3.0, -4.0], np.float32)
        expected = [array + 1, 1 - array, array**2, -array, abs(array), array / 2, array**2]
        for result, value in zip(results, [*expected, array < 0, array[1], 1 + array], strict=True):
            np.testing.assert_allclose(result, value)
        assert v.eval(session).tolist() == [3.0, -4.0]
        assert session.run({"v": v})["v"].tolist() == [3.0, -4.0]
    with pytest.raises(TypeError, match="not iterable"):
        iter(v)
    with pytest.raises(ValueError, match="Incompatible type conversion"):
        tf.convert_to_tensor(v, dtype=dtypes.int32)


@KINDS
def test_load(use_resource: bool) -> None:
    v = tf.Variable([0.0], use_resource=use_resource)
    with pytest.raises(ValueError, match="session"):
        v.load([1.0])
    with tf.Session():
        v.load([2.0])
        assert v.eval().tolist() == [2.0]


@KINDS
def test_an_initial_value_may_depend_on_another_variable(use_resource: bool) -> None:
    a = tf.Variable([2.0], name="a", use_resource=use_resource)
    b = tf.Variable(a.initialized_value() * 3.0, name="b", use_resource=use_resource)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([a, b]) == [[2.0], [6.0]]
        session.run(a.assign([5.0]))
        session.run(b.initializer)
        assert session.run(b) == [15.0]


def test_reads_in_an_initial_value_become_initialized_values() -> None:
    a = tf.Variable([2.0], name="a")
    b = tf.Variable(a * 3.0 + 1.0, name="b")
    with tf.Session() as session:
        session.run(b.initializer)
        assert session.run(b) == [7.0]


@KINDS
def test_a_variable_made_in_a_body_belongs_to_the_graph_around(use_resource: bool) -> None:
    made = []

    def function(x: Any) -> Any:
        made.append(tf.Variable(lambda: [1.0], dtype=dtypes.float32, use_resource=use_resource))
        return made[0] + x

    body, _ = trace("body", function, [(dtypes.float32, [1])])
    assert made[0].graph is tf.get_default_graph()
    assert len(body.captures) == 1
    assert tf.global_variables() == made
    with pytest.raises(ValueError, match="from inside a control-flow construct"):
        trace("body", lambda x: tf.Variable(x, use_resource=use_resource), [(dtypes.float32, [1])])


@KINDS
def test_as_a_proto(use_resource: bool) -> None:
    v = tf.Variable([1.0], name="s/W", trainable=False, use_resource=use_resource)
    v._set_save_slice_info(tf.Variable.SaveSliceInfo("s/W", [2], [1], [1]))
    proto = v.to_proto()
    assert proto.variable_name == "s/W:0"
    assert proto.is_resource == use_resource
    w = tf.Variable.from_proto(proto)
    assert type(w) is type(v)
    assert (w.op, w.initializer, w.trainable, w.shape) == (v.op, v.initializer, False, v.shape)
    info = w._get_save_slice_info()
    assert info is not None
    assert info.spec == "2 1,1"
    assert v.to_proto(export_scope="s").variable_name == "W:0"
    assert v.to_proto(export_scope="other") is None
    with pytest.raises(ValueError, match="mutually exclusive"):
        tf.Variable(1.0, variable_def=proto)


def test_the_old_op_is_a_variable_too() -> None:
    old = ops.state.variable_op(shape=[], dtype=dtypes.float32)
    assert old.shape.ndims is None  # a scalar's shape was written for an unknown one
    initialized = ops.state.is_variable_initialized(old)
    with tf.Session() as session:
        assert not session.run(initialized)
        session.run(tf.assign(old, 1.0))
        assert session.run(initialized)
        assert session.run(old) == 1.0


def test_collections_and_initializers() -> None:
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(2.0, name="b", collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    assert (tf.global_variables(), tf.local_variables()) == ([a], [b])
    assert tf.global_variables("b") == []
    missing = tf.report_uninitialized_variables()
    both = tf.assert_variables_initialized()
    with tf.Session() as session:
        assert session.run(missing).tolist() == [b"a", b"b"]
        session.run(tf.global_variables_initializer())
        assert session.run(missing).tolist() == [b"b"]
        with pytest.raises(errors.FailedPreconditionError, match="uninitialized value b"):
            session.run(both)
        session.run(tf.local_variables_initializer())
        assert session.run(missing).tolist() == []
        session.run(both)
    with tf.Graph().as_default():
        assert tf.variables_initializer([]).type == "NoOp"
        assert tf.assert_variables_initialized() is None


def test_resource_variables_keep_what_was_read() -> None:
    v = tf.Variable(1.0, use_resource=True)
    before = v.read_value()
    with tf.control_dependencies([before]):
        after = v.assign_add(1.0)
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run([before, after, after + 0.0]) == [1.0, 2.0, 2.0]
    with pytest.raises(RuntimeError, match=r"Variable \+= value not supported"):
        v += 1.0


def test_creators_stand_around_each_other() -> None:
    order = []

    def outer(next_creator: Any, **arguments: Any) -> Any:
        order.append("outer")
        return next_creator(**arguments)

    def inner(next_creator: Any, **arguments: Any) -> Any:
        order.append("inner")
        return next_creator(**{**arguments, "name": "renamed"})

    with tf.variable_creator_scope(outer), tf.variable_creator_scope(inner):
        v = tf.Variable(1.0, name="v")
    assert (v.op.name, order) == ("renamed", ["inner", "outer"])
    assert tf.Variable(1.0, name="v").op.name == "v"
