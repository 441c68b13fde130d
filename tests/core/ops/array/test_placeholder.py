"""Placeholders: what a run says that does not feed them, and the sparse ones."""

import numpy as np
import pytest

import graphflow as tf


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_unfed_placeholder_names_type_shape_and_line(session):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        session.run(tf.identity(x))
    message = str(error.value)
    assert (
        "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,3]"
        in message
    )
    assert "x = tf.placeholder(tf.float32, [None, 3]" in message


def test_unknown_rank_is_not_part_of_the_message(session):
    x = tf.placeholder(tf.int32, name="x")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"'x' with dtype int32\n"):
        session.run(x)


def test_fed_placeholder_satisfies_control_inputs(session):
    x = tf.placeholder(tf.int32, [])
    with tf.control_dependencies([x]):
        y = tf.constant(5)
    assert session.run(y, {x: 1}) == 5


def test_gradients_stop_at_what_is_fed(session):
    x = tf.placeholder(tf.float32, [])
    y = tf.placeholder_with_default(x, [])
    (slope,) = tf.gradients(tf.square(y), [y])
    assert session.run([y, slope], {x: 2.0}) == [2.0, 4.0]
    assert session.run([y, slope], {y: 3.0}) == [3.0, 6.0]


def test_default_that_contradicts_the_shape():
    with pytest.raises(ValueError, match="incompatible"):
        tf.placeholder_with_default([[1.0]], [3])


def test_sparse_placeholder_is_fed_by_a_value(session):
    x = tf.sparse_placeholder(tf.float32, name="x")
    names = [tensor.op.name for tensor in (x.indices, x.values, x.dense_shape)]
    assert names == ["x/indices", "x/values", "x/shape"]
    given = tf.SparseTensorValue(
        np.array([[0, 1]], np.int64), np.array([2.5], np.float32), np.array([2, 3], np.int64)
    )
    values, shape = session.run([x.values, x.dense_shape], {x: given})
    assert values.tolist() == [2.5]
    assert shape.tolist() == [2, 3]


def test_sparse_placeholder_of_known_shape():
    x = tf.sparse_placeholder(tf.float32, shape=[None, 3])
    assert x.indices.shape.as_list() == [None, 2]
    assert x.shape.as_list() == [None, 3]
