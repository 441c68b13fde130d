"""Session.run: fetches, feeds, pruning, callables, partial runs, threads, errors."""

from __future__ import annotations

import collections
import threading
import types

import numpy as np
import pytest

import graphflow as tf


def test_fetches_keep_their_nesting():
    a, b = tf.constant(1.0), tf.constant([2, 3])
    pair = collections.namedtuple("pair", "left right")
    with tf.Session() as sess:
        out = sess.run({"list": [a, (b, a.op)], "named": pair(a, "Const_1:0")})
    assert out["list"][0] == 1.0 and isinstance(out["list"][0], np.float32)
    np.testing.assert_array_equal(out["list"][1][0], [2, 3])
    assert out["list"][1][1] is None
    assert type(out["named"]) is pair
    np.testing.assert_array_equal(out["named"].right, [2, 3])


def test_mappings_and_attrs_keep_their_type():
    attr = pytest.importorskip("attr")
    point = attr.make_class("point", ["x", "y"])
    a = tf.constant(1.0)
    with tf.Session() as sess:
        counted = sess.run(collections.defaultdict(list, {"a": a}))
        assert type(counted) is collections.defaultdict and counted == {"a": 1.0}
        ordered = sess.run(collections.OrderedDict([("z", a), ("y", a)]))
        assert type(ordered) is collections.OrderedDict and list(ordered) == ["z", "y"]
        frozen = sess.run(types.MappingProxyType({"a": a}))
        assert frozen == {"a": 1.0}
        assert sess.run([point(a, {"b": a})]) == [point(1.0, {"b": 1.0})]


def test_sparse_and_slices_are_fetched_by_parts():
    sparse = tf.SparseTensor([[0, 1]], [5.0], [2, 2])
    slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([3]))
    with tf.Session() as sess:
        value, parts = sess.run([sparse, slices])
    assert isinstance(value, tf.SparseTensorValue)
    np.testing.assert_array_equal(value.dense_shape, [2, 2])
    np.testing.assert_array_equal(parts.indices, [3])
    assert parts.dense_shape is None


def test_any_tensor_can_be_fed_and_what_only_it_needed_is_not_run():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    hidden = x * 2.0
    y = hidden + 1.0
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(y, {hidden: [[1, 2]]}), [[2, 3]])
        np.testing.assert_array_equal(sess.run(y, {"x:0": np.ones((3, 2))}), np.full((3, 2), 3.0))


def test_results_are_the_callers_own():
    x = tf.placeholder(tf.float32, [2])
    c = tf.constant([1.0, 2.0])
    fed = np.array([1, 2], np.float32)
    with tf.Session() as sess:
        out, const = sess.run([tf.identity(x), c], {x: fed})
        out[0] = const[0] = 99
        assert fed[0] == 1
        assert sess.run(c)[0] == 1


def test_unfed_placeholder_names_itself_and_its_line():
    x = tf.placeholder(tf.float32, [2], name="images")
    y = x + 1.0
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError) as e:
        sess.run(y)
    assert "You must feed a value for placeholder tensor 'images'" in str(e.value)
    assert "test_session.py" in str(e.value)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (np.zeros((3, 3)), ValueError, "Cannot feed value of shape (3, 3) for Tensor 'x:0'"),
        ("words", ValueError, "Cannot feed 'words'"),
        (tf.constant, TypeError, "Cannot feed"),
    ],
)
def test_wrong_feeds_are_refused(value, error, text):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.Session() as sess, pytest.raises(error) as e:
        sess.run(x, {x: value})
    assert text in str(e.value)


def test_feeding_a_tensor_or_too_large_an_int_is_a_type_error():
    x = tf.placeholder(tf.int32, name="x")
    with tf.Session() as sess:
        with pytest.raises(TypeError, match="cannot be a tf.Tensor"):
            sess.run(x, {x: tf.constant(1)})
        with pytest.raises((TypeError, OverflowError)):
            sess.run(x, {x: 2**40})


def test_bad_fetches():
    tf.constant(1.0, name="c")
    other = tf.Graph()
    with other.as_default():
        foreign = tf.constant(2.0)
    with tf.Session() as sess:
        with pytest.raises(TypeError, match="invalid type"):
            sess.run(None)
        with pytest.raises(ValueError, match="Did you mean 'c'"):
            sess.run("cc")
        with pytest.raises(ValueError, match="not an element of this graph"):
            sess.run(foreign)


def test_closed_and_empty_sessions():
    sess = tf.Session()
    with pytest.raises(RuntimeError, match="graph is empty"):
        sess.run("c")
    c = tf.constant(1.0)
    sess.close()
    with pytest.raises(RuntimeError, match="closed Session"):
        sess.run(c)


def test_uninitialised_variable_is_named():
    v = tf.Variable(1.0, name="weights")
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value weights"):
            sess.run(v + 1.0)
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value weights"):
            sess.run(v)


def test_a_failing_run_leaves_later_variables_as_they_were():
    v = tf.Variable([1.0, 2.0])
    x = tf.placeholder(tf.int32)
    row = tf.gather(v, x)
    with tf.control_dependencies([row]):
        update = v.assign([9.0, 9.0])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError):
            sess.run(update, {x: 5})
        np.testing.assert_array_equal(sess.run(v), [1, 2])


def test_make_callable():
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with tf.Session() as sess:
        call = sess.make_callable([x * y, x - y], [x, y])
        assert call(3.0, 2.0) == [6.0, 1.0]
        with pytest.raises(TypeError, match="expected 2 feed values"):
            call(1.0)


def test_partial_run_computes_each_node_once():
    a, b = tf.placeholder(tf.float32, name="a"), tf.placeholder(tf.float32, name="b")
    count = tf.Variable(0)
    with tf.control_dependencies([count.assign_add(1)]):
        double = tf.identity(a * 2.0)
    total = double + b
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        handle = sess.partial_run_setup([double, total], [a, b])
        assert sess.partial_run(handle, double, {a: 3.0}) == 6.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be fed"):
            sess.partial_run(handle, total)
        assert sess.partial_run(handle, total, {b: 1.0}) == 7.0
        assert sess.run(count) == 1
        with pytest.raises(tf.errors.InvalidArgumentError, match="has already been fetched"):
            sess.partial_run(handle, total)


def test_partial_runs_use_each_feed_and_fetch_once():
    a, b = tf.placeholder(tf.float32, name="a"), tf.placeholder(tf.float32, name="b")
    double = tf.multiply(a, 2.0, name="double")
    with tf.Session() as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="at least one target to fetch"):
            sess.partial_run_setup([], [a])
        handle = sess.partial_run_setup([double], [a])
        with pytest.raises(tf.errors.InvalidArgumentError, match="feed b:0 was not specified"):
            sess.partial_run(handle, double, {b: 1.0})
        with pytest.raises(tf.errors.InvalidArgumentError, match="fetch a was not specified"):
            sess.partial_run(handle, a.op)
        assert sess.partial_run(handle, [], {a: 3.0}) == []
        with pytest.raises(tf.errors.InvalidArgumentError, match="feed a:0 has already been fed"):
            sess.partial_run(handle, double, {a: 4.0})
        assert sess.partial_run(handle, double) == 6.0


def test_run_metadata_has_a_time_for_each_node():
    x = tf.placeholder(tf.float32, name="x")
    y = tf.multiply(x, 2.0, name="product") + 1.0
    metadata = tf.RunMetadata()
    with tf.Session() as sess:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        sess.run(y, {x: 3.0}, options=options, run_metadata=metadata)
    names = {s.node_name for s in metadata.step_stats.dev_stats[0].node_stats}
    assert names >= {"product", "add"}


def test_one_session_from_several_threads():
    v = tf.Variable(0)
    add = v.assign_add(1, use_locking=True)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())

        def work():
            for _ in range(50):
                sess.run(add)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sess.run(v) == 200


def test_sessions_have_their_own_variables():
    v = tf.Variable(1.0)
    with tf.Session() as first, tf.Session() as second:
        first.run(v.initializer)
        second.run(v.initializer)
        first.run(v.assign(5.0))
        assert (first.run(v), second.run(v)) == (5.0, 1.0)


def test_a_graph_that_grows_in_a_loop_is_noticed():
    x = tf.constant(1.0)
    with tf.Session() as sess:
        sess.run(x)
        with pytest.warns(RuntimeWarning, match=r"test_session.py:\d+ \(x = x \+ 1.0\)"):
            for _ in range(12):
                x = x + 1.0
                sess.run(x)


def test_interactive_session_is_the_default():
    sess = tf.InteractiveSession()
    try:
        assert tf.constant(4.0).eval() == 4.0
        assert tf.get_default_session() is sess
    finally:
        sess.close()
    assert tf.get_default_session() is None
    with pytest.raises(ValueError, match="No default session"):
        tf.constant(1.0).eval()


def test_a_cycle_is_named():
    a = tf.constant(1.0, name="a")
    b = tf.identity(a, name="b")
    a.op._add_control_input(b.op)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="cycle") as e:
        sess.run(b)
    assert "a -> b -> a" in str(e.value) or "b -> a -> b" in str(e.value)


def test_sessions_are_entered_once():
    x = tf.constant(1.0)
    with tf.Session() as sess:
        with pytest.raises(RuntimeError, match="not re-entrant"), sess:
            pass
        with sess.as_default():
            assert x.eval() == 1.0


def test_other_targets_are_not_found():
    with pytest.raises(tf.errors.NotFoundError, match=r"No session factory.*grpc://host:1"):
        tf.Session("grpc://host:1")


@pytest.mark.parametrize("of_session", [False, True])
def test_a_loop_without_end_is_timed_out(of_session):
    loop = tf.while_loop(lambda i: True, lambda i: i + 1, [0])
    config = tf.ConfigProto(operation_timeout_in_ms=50 if of_session else 0)
    options = None if of_session else tf.RunOptions(timeout_in_ms=50)
    with tf.Session(config=config) as sess:
        with pytest.raises(tf.errors.DeadlineExceededError, match="Timed out"):
            sess.run(loop, options=options)
        assert sess.run(tf.constant(1.0)) == 1.0


def test_devices_are_as_many_as_the_config_says():
    config = tf.ConfigProto(device_count={"CPU": 2, "GPU": 0})
    with tf.Session() as one, tf.Session(config=config) as two:
        names = [[device.name for device in sess.list_devices()] for sess in (one, two)]
    assert [len(group) for group in names] == [1, 2]
    assert names[1][1] == "/job:localhost/replica:0/task:0/device:CPU:1"


@pytest.mark.parametrize("jit", ["off", "now"])
def test_run_metadata_has_the_sizes_of_outputs(jit, monkeypatch):
    monkeypatch.setenv("GRAPHFLOW_JIT", jit)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    product = tf.matmul(x, tf.ones([4, 8]), name="product")
    parts = tf.split(product, 2, axis=1, name="parts")
    texts = tf.as_string(tf.reduce_sum(parts[1], name="sum"), name="texts")
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session() as sess:
        for _ in range(2):
            metadata = tf.RunMetadata()
            sess.run([parts[0], texts], {x: np.ones([2, 4])}, options, metadata)
    outputs = {
        stats.node_name: [
            ([d.size for d in o.shape.dim], o.dtype, o.allocation_description.allocated_bytes)
            for o in (output.tensor_description for output in stats.output)
        ]
        for stats in metadata.step_stats.dev_stats[0].node_stats
    }
    assert outputs["product"] == [([2, 8], tf.float32.as_datatype_enum, 64)]
    assert outputs["parts"] == [([2, 4], tf.float32.as_datatype_enum, 32)] * 2
    assert outputs["texts"][0][:2] == ([], tf.string.as_datatype_enum)
