"""The nodes that variables add: TensorFlow's names, types, inputs, order and colocation."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import graphflow

Builder = Callable[[Any], Any]


def from_value(tf: Any) -> None:
    w = tf.Variable([[1.0, 2.0]], name="W")
    tf.Variable(3, trainable=False)
    tf.Variable(w.initial_value, name="copy")
    tf.global_variables_initializer()


def from_function(tf: Any) -> None:
    tf.Variable(lambda: tf.zeros([2]), name="W", dtype=tf.float32)


def get_variable(tf: Any) -> None:
    with tf.variable_scope("s"):
        tf.get_variable("w", [2, 3])
        tf.get_variable("i", [2, 3], dtype=tf.int32)
        tf.get_variable("b", [3], initializer=tf.ones_initializer())
        tf.get_variable("c", initializer=tf.constant([1.0]))


def use(tf: Any) -> None:
    w = tf.Variable([1.0, 2.0], name="W")
    _ = w + 1.0, 2.0 * w, -w
    w.assign_add([1.0, 1.0])
    w.assign_sub([1.0, 1.0], name="less")
    tf.assign(w, [1.0, 1.0])
    w.read_value()
    tf.scatter_add(w, [0], [1.0])
    with tf.control_dependencies([w.initializer]):
        w.read_value()
    _ = w[0], w[0:1].assign([3.0])


def use_resource(tf: Any) -> None:
    w = tf.Variable([1.0, 2.0], name="W", use_resource=True)
    _ = w + 1.0
    w.assign_add([1.0, 1.0])
    w.read_value()
    w.assign(w * 2.0)
    tf.gather(w, [0])
    tf.scatter_add(w, [0], [1.0])
    with tf.variable_scope("s", use_resource=True):
        tf.get_variable("w", [2, 3])


def scopes(tf: Any) -> None:
    with tf.name_scope("n"):
        tf.Variable(1.0, caching_device="/cpu:0")
        with tf.variable_scope("v") as scope:
            tf.get_variable("x", [], initializer=tf.zeros_initializer())
            tf.Variable(2.0)
    with tf.variable_scope(scope, reuse=True):
        tf.get_variable("x", [])
        tf.constant(1.0)
    with tf.variable_scope(None, "v"), tf.variable_scope("w", auxiliary_name_scope=False):
        tf.get_variable("x", [], initializer=tf.zeros_initializer())
        tf.constant(1.0)


def parts(tf: Any) -> None:
    p = tf.get_variable("p", [4, 2], partitioner=tf.fixed_size_partitioner(2))
    tf.convert_to_tensor(p)


def initializers(tf: Any) -> None:
    for name, initializer in [
        ("o", tf.orthogonal_initializer(seed=1)),
        ("u", tf.random_uniform_initializer(-1.0, 1.0, seed=1)),
        ("n", tf.random_normal_initializer(seed=1)),
        ("t", tf.truncated_normal_initializer(seed=1)),
        ("s", tf.variance_scaling_initializer(seed=1)),
        ("g", tf.glorot_normal_initializer(seed=1)),
        ("c", tf.constant_initializer(3.0)),
    ]:
        tf.get_variable(name, [4, 2], initializer=initializer)


def questions(tf: Any) -> None:
    v = tf.Variable([1.0, 2.0])
    tf.Variable(1, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    tf.report_uninitialized_variables()
    tf.assert_variables_initialized()
    tf.is_variable_initialized(v)
    tf.variables_initializer([])


def nodes(tf: Any, build: Builder) -> list[Any]:
    with tf.Graph().as_default() as graph:
        build(tf)
        return [
            (
                op.name,
                op.type,
                [t.name for t in op.inputs],
                [c.name for c in op.control_inputs],
                op.colocation_groups(),
                op.device,
            )
            for op in graph.get_operations()
        ]


BUILDERS = [
    from_value,
    from_function,
    get_variable,
    use,
    use_resource,
    scopes,
    parts,
    initializers,
    questions,
]


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_nodes(oracle: ModuleType, build: Builder) -> None:
    assert nodes(graphflow, build) == nodes(oracle, build)
