"""The indexing language of tensors: against NumPy, its static shapes, and what it refuses."""

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.ops.array import strided_slice_assign_op

ARRAY = np.arange(120).reshape(2, 3, 4, 5)


class Index:
    def __getitem__(self, key):
        return key


at = Index()
KEYS = [
    at[0],
    at[-1, 2],
    at[1:],
    at[..., 3],
    at[:, 1:3, ::-1],
    at[0, ..., ::2],
    at[None, :, None, 0, ..., None],
    at[..., -3:9, 4:0:-2],
    at[5:, ...],
    at[1, 2, 3, 4],
    at[...],
    at[:, -100:100, 2:1],
    at[np.int64(1), :, np.int32(2)],
]


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_as_numpy(session, key):
    x = tf.constant(ARRAY)
    taken = x[key]
    np.testing.assert_array_equal(session.run(taken), ARRAY[key])
    assert taken.shape.as_list() == list(ARRAY[key].shape)


def test_masks_and_empty_index(session):
    x = tf.constant(ARRAY)
    np.testing.assert_array_equal(session.run(x[x > 100]), ARRAY[ARRAY > 100])
    np.testing.assert_array_equal(
        session.run(x[ARRAY[..., 0, 0] > 50]), ARRAY[1:, :][ARRAY[1:, :, 0, 0] > 50]
    )
    np.testing.assert_array_equal(session.run(x[()]), ARRAY)


def test_tensor_positions(session):
    x, i = tf.constant(ARRAY), tf.placeholder(tf.int32, [])
    taken = x[i, :i, i + 1 :]
    assert taken.shape.as_list() == [None, None, 5]
    np.testing.assert_array_equal(session.run(taken, {i: 1}), ARRAY[1, :1, 2:])
    wide = x[tf.constant(1, tf.int64), 0]
    assert wide.op.inputs[1].dtype == tf.int64
    np.testing.assert_array_equal(session.run(wide), ARRAY[1, 0])


def test_node_names():
    x = tf.placeholder(tf.float32, [4, 4], name="x")
    assert x[1:, 0].op.name == "strided_slice"
    assert [t.op.name for t in x[0].op.inputs] == [
        "x",
        "strided_slice_1/stack",
        "strided_slice_1/stack_1",
        "strided_slice_1/stack_2",
    ]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (at[5], "slice index 5 of dimension 0 out of bounds"),
        (at[0, 0, 0], "Index out of range using input dim 2; input has only 2 dims"),
        (at[::0], r"strides\[0\] must be non-zero"),
        (at[..., ...], "Multiple ellipses in slice spec not allowed"),
    ],
)
def test_bad_positions_at_build_time_and_in_a_run(session, key, message):
    with pytest.raises(ValueError, match=message):
        tf.placeholder(tf.float32, [4, 4])[key]
    x = tf.placeholder(tf.float32)
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        session.run(x[key], {x: np.zeros([4, 4])})


@pytest.mark.parametrize("key", [1.5, "a", [[0, 1]], np.array([0, 1])], ids=str)
def test_what_is_no_index(key):
    with pytest.raises(TypeError, match="Only integers, slices"):
        tf.zeros([4, 4])[key]


def test_assignment_to_a_tensor_is_refused():
    with pytest.raises(ValueError, match="only supported for variables"):
        tf.zeros([4])[1:].assign([1.0, 2.0, 3.0])


def test_assignment_to_a_variable(session):
    variable = tf.Variable(np.zeros([3, 4], np.float32))
    session.run(tf.global_variables_initializer())
    before = session.run(variable)
    ref = variable._ref()
    assign = strided_slice_assign_op(ref, [1, 0], [3, 4], [1, 2], [[1.0, 2.0], [3.0, 4.0]])
    session.run(assign.op)
    expected = before.copy()
    expected[1:3, ::2] = [[1, 2], [3, 4]]
    np.testing.assert_array_equal(session.run(variable), expected)
    wrong = strided_slice_assign_op(ref, [0, 0], [1, 4], [1, 1], [1.0, 2.0, 3.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="do not match"):
        session.run(wrong.op)
    np.testing.assert_array_equal(session.run(variable), expected)
