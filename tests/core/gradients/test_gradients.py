"""The reverse walk: what is reached, summed, stopped and refused."""

from __future__ import annotations

import numpy as np
import pytest

import graphflow as tf


def _run(value):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(value)


def test_a_tensor_used_twice_gets_the_sum():
    x = tf.constant(3.0)
    assert _run(tf.gradients(x * x + 2.0 * x, x)) == [8.0]


def test_unconnected_xs_get_none_or_zeros():
    x, other = tf.constant(3.0), tf.constant([1.0, 2.0])
    assert tf.gradients(x * 2.0, other) == [None]
    zeros = tf.gradients(x * 2.0, other, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    np.testing.assert_array_equal(_run(zeros)[0], [0, 0])


def test_gradients_of_intermediate_tensors():
    x = tf.constant(2.0)
    y = x * 3.0
    z = y * y
    assert _run(tf.gradients(z, [x, y, z])) == [36.0, 12.0, 1.0]


def test_stop_gradients_and_grad_ys():
    x = tf.constant(2.0)
    y = x * x
    total = x + y
    assert _run(tf.gradients(total, x, stop_gradients=[y])) == [1.0]
    assert _run(tf.gradients([total, y], x, grad_ys=[10.0, None])) == [10.0 * 5 + 4]
    with pytest.raises(ValueError, match="Passed 1 grad_ys for 2 ys"):
        tf.gradients([total, y], x, grad_ys=[None])


def test_variables_and_second_gradients():
    v = tf.Variable(2.0)
    first = tf.gradients(v * v * v, v)[0]
    assert _run([first, tf.gradients(first, v)[0]]) == [12.0, 12.0]


def test_gathered_rows_get_slices_that_are_summed():
    table = tf.Variable(np.ones((4, 2), np.float32))
    rows = tf.gather(table, [1, 3, 1])
    gradient = tf.gradients(rows, table)[0]
    assert isinstance(gradient, tf.IndexedSlices)
    both = tf.gradients([rows, tf.gather(table, [0])], table)[0]
    dense = _run(tf.convert_to_tensor(both))
    np.testing.assert_array_equal(dense, [[1, 1], [2, 2], [0, 0], [1, 1]])


def test_an_op_without_gradient_is_named():
    x = tf.constant(1.0)
    with pytest.raises(LookupError, match="No gradient defined for operation 'r'.*test_gradients"):
        with tf.get_default_graph().gradient_override_map({"Exp": "NobodyRegisteredThis"}):
            tf.gradients(tf.exp(x, name="r"), x)


def test_a_gradient_function_must_give_one_gradient_per_input():
    tf.RegisterGradient("OneTooMany")(lambda op, dy: [dy, dy])
    x = tf.constant(1.0)
    with tf.get_default_graph().gradient_override_map({"Exp": "OneTooMany"}):
        y = tf.exp(x)
    with pytest.raises(ValueError, match="do not match num inputs 1"):
        tf.gradients(y, x)
    with pytest.raises(KeyError, match="Registering two gradient"):
        tf.RegisterGradient("OneTooMany")(lambda op, dy: dy)


def test_nothing_flows_through_integers():
    x = tf.constant([1, 2])
    assert tf.gradients(x * x, [x]) == [None]
    y = tf.constant([1.5, 2.5])
    through_ints = tf.cast(tf.cast(y, tf.int32), tf.float32)
    assert tf.gradients(through_ints, [y]) == [None]


def test_gradient_names_are_tensorflows(oracle):
    graphs = []
    for module in (tf, oracle):
        with module.Graph().as_default() as graph:
            x = module.placeholder(module.float32, [3, 2])
            w = module.Variable(np.ones((2, 4), np.float32))
            y = module.nn.relu(module.matmul(x, w))
            module.gradients(module.reduce_sum(y), w)
            graphs.append({op.name for op in graph.get_operations() if "gradients" in op.name})
    assert {n for n in graphs[0] if "MatMul" in n} == {n for n in graphs[1] if "MatMul" in n}


def test_unknown_aggregation_method():
    x = tf.constant(1.0)
    with pytest.raises(ValueError, match="Invalid aggregation_method specified 7"):
        tf.gradients(x * x, x, aggregation_method=7)
