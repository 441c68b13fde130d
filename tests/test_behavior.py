"""Programs that say which of TensorFlow's ways they want, and `tf.compat.v1`."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import graphflow as tf


def test_graphs_are_always_the_way() -> None:
    assert not tf.executing_eagerly()
    tf.disable_eager_execution()
    tf.disable_tensor_equality()
    for switch in (tf.enable_control_flow_v2, tf.disable_control_flow_v2):
        switch()
        assert tf.control_flow_v2_enabled()
    x = tf.constant(1)
    assert (x == tf.constant(1)) is False


@pytest.mark.parametrize("enable", [tf.enable_eager_execution, tf.enable_v2_behavior])
def test_eager_execution_is_refused(enable) -> None:
    with pytest.raises(RuntimeError, match=r"no eager execution: build a graph and run it with tf"):
        enable()


def test_going_back_to_the_ways_of_tf1() -> None:
    tf.enable_v2_tensorshape()
    tf.enable_resource_variables()
    tf.disable_v2_behavior()
    assert isinstance(tf.TensorShape([2])[0], tf.Dimension)
    assert tf.get_variable("v", [2]).op.type == "VariableV2"


def test_what_is_like_a_tensor() -> None:
    class Like:
        is_tensor_like = True

    x = tf.constant([1.0])
    slices, sparse = tf.IndexedSlices(x, tf.constant([0])), tf.SparseTensor([[0]], [1], [1])
    for value in (x, slices, sparse, tf.Variable(1.0), Like()):
        assert tf.is_tensor(value)
    for value in (1.0, [x], np.ones(2), x.op, tf.SparseTensorValue([[0]], [1], [1])):
        assert not tf.is_tensor(value)


def test_the_api_under_its_name_of_later_releases() -> None:
    assert tf.compat.v1.placeholder is tf.placeholder
    assert tf.compat.v1.train.Saver is tf.train.Saver
    assert "Session" in dir(tf.compat.v1)
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        tf.compat.v1.no_such_name  # noqa: B018
    script = (
        "import graphflow.compat.v1 as tf\n"
        "from graphflow.compat.v1 import Session, nn\n"
        "tf.disable_v2_behavior()\n"
        "with Session() as session:\n"
        "    print(session.run(nn.relu(tf.constant([-1.0, 2.0]))).tolist())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[0.0, 2.0]\n", done.stderr


def test_versions() -> None:
    assert (tf.__version__, tf.__git_version__) == (tf.VERSION, tf.GIT_VERSION)
    assert tf.GRAPH_DEF_VERSION_MIN_PRODUCER <= tf.GRAPH_DEF_VERSION_MIN_CONSUMER
    assert tf.GRAPH_DEF_VERSION_MIN_CONSUMER <= tf.GRAPH_DEF_VERSION
    assert tf.__compiler_version__ == tf.COMPILER_VERSION
