"""Arguments with two names, shapes known in part, compositions, and errors."""

import numpy as np
import pytest

import graphflow as tf

ROWS = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], np.float32)


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_former_names_of_arguments(session):
    total = tf.reduce_sum(ROWS, reduction_indices=[1], keep_dims=True)
    np.testing.assert_array_equal(session.run(total), [[6], [2]])
    assert session.run(tf.argmax(ROWS, dimension=1)).tolist() == [0, 0]
    with pytest.raises(ValueError, match="Cannot specify both 'reduction_indices' and 'axis'"):
        tf.reduce_sum(ROWS, axis=0, reduction_indices=0)


def test_a_full_reduction_is_a_scalar_whatever_the_shape():
    x = tf.placeholder(tf.float32)
    assert tf.reduce_mean(x).shape.as_list() == []
    assert tf.reduce_logsumexp(x).shape.as_list() == []
    assert tf.reduce_sum(x, 0).shape.ndims is None


def test_shapes_known_in_part():
    x = tf.placeholder(tf.float32, [None, 3, 4])
    axes = tf.placeholder(tf.int32, [1])
    assert tf.reduce_max(x, [0, -1]).shape.as_list() == [3]
    assert tf.reduce_max(x, [-1], keepdims=True).shape.as_list() == [None, 3, 1]
    assert tf.reduce_max(x, axes, keepdims=True).shape.as_list() == [None, None, None]
    assert tf.argmin(x, axes[0]).shape.as_list() == [None, None]
    assert tf.segment_sum(x, tf.placeholder(tf.int32, [None])).shape.as_list() == [None, 3, 4]
    assert tf.unsorted_segment_sum(x, [0], 5).shape.as_list() == [5, 3, 4]


def test_gradients_of_partly_known_shapes(session):
    x = tf.placeholder(tf.float32, [None, None, 3])
    slopes = tf.gradients(tf.reduce_mean(x, [0, 1]) * [1.0, 2.0, 3.0], x)[0]
    value = session.run(slopes, {x: np.zeros([2, 5, 3])})
    np.testing.assert_allclose(value, np.broadcast_to([0.1, 0.2, 0.3], [2, 5, 3]), rtol=1e-6)


def test_gradient_of_a_sum_adds_no_shape_computation():
    x = tf.placeholder(tf.float32, [2, 3])
    total = tf.reduce_sum(x, 1)
    before = len(tf.get_default_graph().get_operations())
    tf.gradients(total, x)
    types = [op.type for op in tf.get_default_graph().get_operations()][before:]
    assert types.count("Tile") == types.count("Reshape") == 1
    assert not {"DynamicStitch", "BroadcastTo", "FloorMod"} & set(types)


def test_repeated_axes_count_once(session):
    assert session.run(tf.reduce_sum(ROWS, (0, -2))).tolist() == [4, 2, 2]


@pytest.mark.parametrize("axis", [2, -3])
def test_axes_out_of_range(session, axis):
    with pytest.raises(ValueError, match=f"Invalid reduction dimension {axis}"):
        tf.reduce_sum(ROWS, axis)
    fed = tf.placeholder(tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid reduction dimension"):
        session.run(tf.reduce_sum(ROWS, fed), {fed: axis})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected scan axis in the range"):
        session.run(tf.cumsum(ROWS, fed), {fed: axis})


def test_segment_ids_must_be_sorted(session):
    with pytest.raises(tf.errors.InvalidArgumentError, match="segment ids are not increasing"):
        session.run(tf.segment_sum(ROWS[:, 0], [1, 0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="should be the same size"):
        fed = tf.placeholder(tf.int32, [None])
        session.run(tf.segment_sum(ROWS, fed), {fed: [0, 0, 1]})


def test_unsorted_segment_ids_must_be_in_range(session):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"segment_ids\[1\] = 4 is out of"):
        session.run(tf.unsorted_segment_sum(ROWS, [0, 4], 3))


def test_sparse_segment_indices_must_be_in_range(session):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[0\] == 2 out of range"):
        session.run(tf.sparse_segment_sum(ROWS, [2, 0], [0, 0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be < num_segments"):
        session.run(tf.sparse_segment_mean(ROWS, [1, 0], [0, 2], num_segments=2))


def test_variance_refuses_integers():
    with pytest.raises(TypeError, match="real or complex"):
        tf.math.reduce_variance([1, 2])


def test_confusion_matrix(session):
    counts = tf.confusion_matrix([0, 1, 1], [[0], [1], [0]])
    assert session.run(counts).tolist() == [[1, 0], [1, 1]]
    weighted = tf.confusion_matrix([0, 1, 1], [0, 1, 0], 3, tf.float32, weights=[1.0, 2.0, 0.5])
    assert session.run(weighted).tolist() == [[1, 0, 0], [0.5, 2, 0], [0, 0, 0]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="`labels` out of bound"):
        session.run(tf.confusion_matrix([0, 3], [0, 1], num_classes=2))
