"""Functions composed of several ops, lists that hold tensors, slices as tensors, and errors."""

import numpy as np
import pytest

import graphflow as tf

ROWS = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]], np.float32)


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


# --- lists that hold tensors ----------------------------------------------------------------------


def test_nested_lists_are_packed_with_tf_names(session):
    x = tf.constant(1, name="x")
    packed = tf.convert_to_tensor([[x, 2], [3, 4]], name="packed")
    names = [(op.name, op.type) for op in tf.get_default_graph().get_operations()]
    assert names == [
        ("x", "Const"),
        ("packed/0/1", "Const"),
        ("packed/0", "Pack"),
        ("packed/1_1", "Const"),
        ("packed", "Pack"),
    ]
    assert session.run(packed).tolist() == [[1, 2], [3, 4]]


def test_list_is_cast_to_the_type_asked_for(session):
    x = tf.constant(1.5)
    assert session.run(tf.convert_to_tensor([x, 2.0], dtype=tf.float64)).dtype == np.float64
    with pytest.raises(TypeError):
        tf.stack([x, tf.constant(1)])


def test_stack_of_numbers_is_one_constant():
    assert tf.stack([1, 2]).op.type == "Const"
    assert tf.stack([1, 2], axis=-1).op.type == "Pack"


# --- compositions against NumPy -------------------------------------------------------------------


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_meshgrid(session, indexing):
    axes = [np.arange(3), np.arange(2), np.arange(4)]
    grids = session.run(tf.meshgrid(*axes, indexing=indexing))
    for mine, wanted in zip(grids, np.meshgrid(*axes, indexing=indexing), strict=True):
        np.testing.assert_array_equal(mine, wanted)


@pytest.mark.parametrize(("repeats", "axis"), [(2, None), ([1, 0, 3], 1), (3, 0), ([2, 1], -2)])
def test_repeat(session, repeats, axis):
    repeated = tf.repeat(ROWS, repeats, axis)
    np.testing.assert_array_equal(session.run(repeated), np.repeat(ROWS, repeats, axis))


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint8, np.float16])
@pytest.mark.parametrize("axis", [0, -1])
def test_sort_and_argsort(session, dtype, axis):
    values = ROWS.astype(dtype)
    up, down = tf.sort(values, axis), tf.sort(values, axis, "DESCENDING")
    np.testing.assert_array_equal(session.run(up), np.sort(values, axis))
    np.testing.assert_array_equal(session.run(down), np.flip(np.sort(values, axis), axis))
    order = session.run(tf.argsort(values, axis))
    np.testing.assert_array_equal(order, np.argsort(values, axis, kind="stable"))


def test_searchsorted(session):
    rows = [[1.0, 3.0, 3.0, 5.0], [0.0, 1.0, 2.0, 9.0]]
    wanted = [[3.0, 6.0], [-1.0, 2.0]]
    assert session.run(tf.searchsorted(rows, wanted)).tolist() == [[1, 4], [0, 2]]
    assert session.run(tf.searchsorted(rows, wanted, "right")).tolist() == [[3, 4], [0, 3]]


def test_eye(session):
    assert session.run(tf.eye(2, 3, batch_shape=[2])).shape == (2, 2, 3)
    size = tf.placeholder(tf.int32, [])
    np.testing.assert_array_equal(session.run(tf.eye(size), {size: 3}), np.eye(3))


def test_zeros_and_ones_of_types_that_are_no_numbers(session):
    assert session.run(tf.zeros([2], tf.string)).tolist() == [b"", b""]
    assert session.run(tf.ones([1500], tf.bool)).all()
    with pytest.raises(TypeError, match="string"):
        tf.ones([2], tf.string)


def test_sequence_mask(session):
    assert session.run(tf.sequence_mask([[1], [3]])).tolist() == [
        [[True, False, False]],
        [[True] * 3],
    ]
    assert session.run(tf.sequence_mask([2], 3, tf.int64)).tolist() == [[1, 1, 0]]


def test_boolean_mask_along_an_axis(session):
    masked = tf.boolean_mask(ROWS, [True, False, True], axis=1)
    np.testing.assert_array_equal(session.run(masked), ROWS[:, [0, 2]])
    with pytest.raises(ValueError, match="incompatible|not compatible"):
        tf.boolean_mask(ROWS, [True])
    with pytest.raises(ValueError, match="scalar"):
        tf.boolean_mask(ROWS, True)


def test_where_with_two_tensors(session):
    chosen = tf.where(ROWS > 1, ROWS, -ROWS)
    np.testing.assert_array_equal(session.run(chosen), np.where(ROWS > 1, ROWS, -ROWS))
    broadcast = tf.where_v2([True, False, True], ROWS, 9.0)
    np.testing.assert_array_equal(session.run(broadcast), np.where([True, False, True], ROWS, 9))
    with pytest.raises(ValueError, match="both be non-None"):
        tf.where(ROWS > 1, ROWS)


def test_paddings_for_blocks(session):
    paddings, crops = tf.required_space_to_batch_paddings([5, 6], [2, 4])
    assert session.run(paddings).tolist() == [[0, 1], [0, 2]]
    assert session.run(crops).tolist() == [[0, 1], [0, 2]]


@pytest.mark.parametrize(("bad", "found"), [(np.nan, "NaN"), (np.inf, "Inf")])
def test_checks_of_numbers(session, bad, found):
    x = tf.placeholder(tf.float32, [1])
    checked = tf.verify_tensor_all_finite(tf.negative(x), "the message")
    assert checked.op.name == "VerifyFinite/control_dependency"
    assert session.run(checked, {x: [1.0]}) == [-1.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"the message : Tensor had {found}"):
        session.run(checked, {x: [bad]})


def test_check_of_all_numbers(session):
    x = tf.placeholder(tf.float32, [1])
    tf.negative(x)
    check_all = tf.add_check_numerics_ops()
    session.run(check_all, {x: [0.0]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Placeholder:0 : Tensor had NaN"):
        session.run(check_all, {x: [np.nan]})


# --- gradients that are slices --------------------------------------------------------------------


def test_gradient_of_gather_is_slices(session):
    x = tf.constant(ROWS)
    (slices,) = tf.gradients(tf.gather(x, [1, 0, 1]) * [[1.0], [2.0], [4.0]], [x])
    assert isinstance(slices, tf.IndexedSlices)
    np.testing.assert_array_equal(session.run(slices.indices), [1, 0, 1])
    dense = session.run(tf.convert_to_tensor(slices))
    np.testing.assert_array_equal(dense, [[2.0] * 3, [5.0] * 3])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_slices_through_concat(session, axis):
    x, y = tf.constant(ROWS), tf.constant(2 * ROWS)
    joined = tf.gather(tf.concat([x, y], axis), [1, 1, 0])
    slices = tf.gradients(joined, [x, y])
    assert all(isinstance(part, tf.IndexedSlices) for part in slices)
    dense = session.run([tf.convert_to_tensor(part) for part in slices])
    counts = np.array([[1.0], [2.0], [0.0], [0.0]]) if axis == 0 else np.array([[1.0], [2.0]])
    wanted = np.split(np.broadcast_to(counts, (4, 3) if axis == 0 else (2, 6)), 2, axis)
    for mine, expected in zip(dense, wanted, strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_slices_through_tile_and_reshape(session):
    x = tf.constant(ROWS)
    (dx,) = tf.gradients(tf.gather(tf.tile(x, [2, 1]), [3, 1, 0]), [x])
    np.testing.assert_array_equal(session.run(dx), [[1.0] * 3, [2.0] * 3])
    (dx,) = tf.gradients(tf.gather(tf.reshape(x, [-1]), [5, 5]), [x])
    np.testing.assert_array_equal(session.run(dx), [[0, 0, 0], [0, 0, 2]])


def test_slices_without_a_shape_are_no_tensor():
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]))
    with pytest.raises(ValueError, match="IndexedSlices without dense_shape"):
        tf.convert_to_tensor(slices)


def test_prevented_gradient_is_an_error():
    from graphflow.core.ops.array import prevent_gradient

    x = tf.constant(1.0)
    with pytest.raises(LookupError, match="because I say so"):
        tf.gradients(prevent_gradient(x, "because I say so"), [x])


# --- errors, at build time and in a run -----------------------------------------------------------

ERRORS = {
    "concat": (lambda x: tf.concat([x, tf.zeros([3, 2])], 0), [2, 3], "Dimension 1 in both shapes"),
    "stack": (lambda x: tf.stack([x, tf.zeros([3])]), [2], "From merging shape 0|must match"),
    "reshape": (lambda x: tf.reshape(x, [4, -1]), [2, 3], "divisible by 4|a multiple of 4"),
    "reshape size": (lambda x: tf.reshape(x, [7]), [2, 3], "with 6 (elements|values)"),
    "squeeze": (lambda x: tf.squeeze(x, [0]), [2, 3], r"Can not squeeze dim\[0\], expected a dim"),
    "split": (lambda x: tf.split(x, 2), [3], "evenly divi"),
    "split sizes": (lambda x: tf.split(x, [1, 1]), [3], "can't split axis|Determined shape must"),
    "unstack": (lambda x: tf.unstack(x, 2), [3], "must be 2 but is 3|must equal 2"),
    "tile": (
        lambda x: tf.tile(x, [2]),
        [2, 3],
        "must be rank 1 but is rank 2|a vector of length 2",
    ),
    "transpose": (lambda x: tf.transpose(x, [0]), [2, 3], "must be 2 but is 1|vector of size 2"),
    "gather axis": (
        lambda x: tf.gather(x, [0], axis=2),
        [2, 3],
        "at least rank 3|axis in the range",
    ),
    "gather_nd": (lambda x: tf.gather_nd(x, [[0, 0]]), [2], "must be <= params"),
    "top_k": (lambda x: tf.nn.top_k(x, 3), [2], "last dimension >= k = 3|needed 3"),
    "reverse": (lambda x: tf.reverse(x, [1]), [2], r"'axis'\[0\] = 1 is out of valid range|'axis'"),
    "broadcast_to": (
        lambda x: tf.broadcast_to(x, [2, 2]),
        [3],
        "must be equal|Incompatible shapes",
    ),
    "diag_part": (lambda x: tf.diag_part(x), [2, 3], "incompatible|do not match"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(session, name):
    build, shape, message = ERRORS[name]
    with pytest.raises(ValueError, match=message):
        build(tf.placeholder(tf.float32, shape))
    x = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(build(x), {x: np.zeros(shape)})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda i: tf.gather(ROWS, [[0, i]]), r"indices\[0,1\] = 7 is not in \[0, 2\)"),
        (lambda i: tf.gather_nd(ROWS, [[1, i]]), r"indices\[0\] = \[1, 7\] does not index into"),
        (lambda i: tf.scatter_nd([[i]], [1.0], [3]), r"indices\[0\] = \[7\] does not index into"),
        (
            lambda i: tf.dynamic_partition(ROWS, [0, i], 2),
            r"partitions\[1\] = 7 is not in \[0, 2\)",
        ),
        (lambda i: tf.invert_permutation([0, i]), "7 is not between 0 and 2"),
        (lambda i: tf.slice(ROWS, [0, 0], [1, i]), r"Expected size\[1\] in \[0, 3\], but got 7"),
        (lambda i: tf.range(i, 0), "Requires start <= limit when delta > 0: 7/0"),
        (lambda i: tf.fill([2, -i], 1.0), "must be >= 0"),
        (lambda i: tf.one_hot([0], -i), "depth must be non-negative, got: -7"),
        (lambda i: tf.matrix_band_part(ROWS, i, 0), "num_lower must be negative or less or equal"),
        (lambda i: tf.reverse_sequence(ROWS, [1, i], 1), r"seq_lens\(1\) > input.dims\(1\)"),
    ],
)
def test_bad_values_in_a_run(session, build, message):
    position = tf.placeholder(tf.int32, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(build(position), {position: 7})
