"""Operations and tensors as objects: what can still be changed, references, signatures."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import graphflow as tf


def test_references_are_equal_when_their_objects_are_the_same():
    x, y = tf.constant(3), tf.constant(3)
    v = tf.Variable(3)
    assert x.experimental_ref() == x.experimental_ref()
    assert v.experimental_ref() == v.experimental_ref()
    assert x.experimental_ref() != y.experimental_ref()
    assert x.experimental_ref() != x
    keys = {x.experimental_ref(): "x", y.experimental_ref(): "y", v.experimental_ref(): "v"}
    keys[x.experimental_ref()] = "x again"
    assert list(keys.values()) == ["x again", "y", "v"]
    assert [key.deref() for key in keys] == [x, y, v]
    assert repr(x.experimental_ref()) == f"<Reference wrapping {x!r}>"


def test_an_input_may_be_replaced():
    x, y = tf.constant(1), tf.constant(2)
    z = x + y
    with tf.Session() as session:
        assert session.run(z) == 3
        z.op._update_input(0, y)
        assert list(z.op.inputs) == [y, y]
        assert x.consumers() == []
        assert y.consumers() == [z.op, z.op]
        assert session.run(z) == 4
        z.op._update_input(0, x)
        assert y.consumers() == [z.op]
        assert session.run(z) == 3


def test_values_known_early_follow_a_replaced_input():
    x, y = tf.constant([1]), tf.constant([2])
    size = x + 1
    assert tf.zeros(size).shape == [2]
    size.op._update_input(0, y)
    assert tf.zeros(size).shape == [3]


def test_an_input_is_replaced_only_by_one_of_its_kind():
    z = tf.constant(1, shape=[3, 1]) + tf.placeholder(tf.int32, [3, None])
    update = z.op._update_input
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"incompatible shapes: \[2\] and \[3"):
        update(0, tf.constant([1, 2]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[2\] and \[3,\?\]"):
        update(1, tf.constant([1, 2]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="was passed string from .*:0 incomp"):
        update(0, tf.constant("a"))
    with pytest.raises(tf.errors.OutOfRangeError, match=r"index \[2\] is greater .* inputs \[2\]"):
        update(2, tf.constant(1))
    update(0, tf.placeholder(tf.int32))
    update(0, tf.constant(1, shape=[3, 1]))
    with tf.Graph().as_default(), pytest.raises(ValueError, match="must be from the same graph"):
        update(0, tf.constant(1, shape=[3, 1]))


def test_signatures_read_as_tensorflows_messages(oracle: ModuleType) -> None:
    def signature(op: Any) -> list[Any]:
        args = [
            (arg.name, arg.type, arg.type_attr, arg.number_attr, arg.type_list_attr, arg.is_ref)
            for arg in (*op.input_arg, *op.output_arg)
        ]
        attrs = [
            (
                attr.name,
                attr.type,
                attr.default_value.SerializeToString(),
                sorted(attr.allowed_values.list.type),
                list(attr.allowed_values.list.s),
                attr.has_minimum,
                attr.minimum,
            )
            for attr in op.attr
        ]
        return [op.name, args, attrs]

    def signatures(tf: ModuleType) -> list[Any]:
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [1, 4, 4, 1])
            v = tf.get_variable("v", [2, 2], use_resource=False)
            tf.nn.avg_pool(x, 2, 2, "SAME")
            tf.concat([v, v], 0)
            tf.scatter_add(v, [0], [[1.0, 2.0]])
            tf.identity_n([x, v])
            tf.one_hot([1], 2)
            tf.where([True])
            return [signature(op.op_def) for op in graph.get_operations()]

    assert signatures(tf) == signatures(oracle)


def test_errors_of_gradients_name_what_they_are_the_gradient_of() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    checked = tf.check_numerics(x, "bad", name="checked")
    slope = tf.gradients(tf.log(checked), x)[0]
    assert slope.op._original_op is checked.op
    assert checked.op._original_op is None
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(slope, {x: 0.0})
    place, origin = str(caught.value).split("...which was originally created as")
    assert "[[node gradients/checked_grad/CheckNumerics (defined at" in place
    assert "slope = tf.gradients(tf.log(checked), x)[0]" in place
    assert "[[node checked (defined at" in origin
    assert 'checked = tf.check_numerics(x, "bad", name="checked")' in origin


def test_an_operation_is_no_tensor() -> None:
    with pytest.raises(TypeError, match="Can't convert Operation 'NoOp' to Tensor: .* no value"):
        tf.identity(tf.no_op())
    with pytest.raises(TypeError, match="Can't convert Operation 'NoOp' to Tensor"):
        tf.convert_to_tensor(tf.get_default_graph().get_operation_by_name("NoOp"))
