"""tf.layers.batch_normalization against TensorFlow's: nodes, collections, values, averages."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from made_by_layers import assert_same_numbers, graph_of, numbers_of

import graphflow as tf

KEYS = tf.GraphKeys
RNG = np.random.RandomState(0)
IMAGES = [RNG.randn(4, 3, 5, 2).astype(np.float32) * 2 + 1 for _ in range(3)]
VECTORS = [RNG.randn(6, 3).astype(np.float32) * 2 + 1 for _ in range(3)]
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "unfused": {"fused": False, "momentum": 0.6, "epsilon": 0.1},
    "without_gamma": {"scale": False},
    "without_beta": {"center": False, "fused": False},
    "neither": {"center": False, "scale": False},
    "untrained": {"trainable": False},
    "channels_first": {"axis": 1, "fused": False},
    "negative_axis": {"axis": -3, "fused": False},
    "several_axes": {"axis": [1, 3]},
    "virtual_batches": {"virtual_batch_size": 2},
    "virtual_batches_first": {"virtual_batch_size": 2, "axis": 1},
    "renorm": {"renorm": True, "renorm_momentum": 0.7},
    "clipped_renorm": {
        "renorm": True,
        "renorm_clipping": {"rmin": 0.9, "rmax": 1.1, "dmax": 0.3},
    },
    "adjusted": {"adjustment": lambda shape: (1.5, 0.25)},
    "renorm_adjusted": {"renorm": True, "adjustment": lambda shape: (1.5, 0.25)},
}


def normalized(shape: list[int | None], training: bool | None, options: dict[str, Any]) -> Any:
    """What makes a layer and the gradients of a loss; None for `training` makes a placeholder."""

    def make(tf: Any) -> Any:
        x = tf.placeholder(tf.float32, shape, name="x")
        given = tf.placeholder(tf.bool, [], name="training") if training is None else training
        y = tf.layers.batch_normalization(x, training=given, **options)
        wanted = [x, *tf.trainable_variables()]
        return [y, *tf.gradients(tf.reduce_sum(tf.square(y) * tf.sin(x)), wanted)]

    return make


def feeds_of(values: list[np.ndarray], training: bool | None) -> list[dict[str, Any]]:
    feeds: list[dict[str, Any]] = [{"x": x} for x in values]
    if training is None:
        for feed, trains in zip(feeds, [True, False, True], strict=True):
            feed["training"] = trains
    return feeds


@pytest.mark.parametrize("training", [True, False, None], ids=["trains", "infers", "fed"])
@pytest.mark.parametrize("name", OPTIONS)
def test_images_are_tensorflows(oracle: ModuleType, name: str, training: bool | None) -> None:
    make = normalized([None, 3, 5, 2], training, OPTIONS[name])
    assert_same_numbers(tf, oracle, make, feeds_of(IMAGES, training))


@pytest.mark.parametrize("training", [True, False, None], ids=["trains", "infers", "fed"])
@pytest.mark.parametrize(
    "name", ["plain", "without_gamma", "virtual_batches", "renorm", "adjusted"]
)
def test_vectors_are_tensorflows(oracle: ModuleType, name: str, training: bool | None) -> None:
    make = normalized([None, 3], training, OPTIONS[name])
    assert_same_numbers(tf, oracle, make, feeds_of(VECTORS, training))


@pytest.mark.parametrize("training", [True, False], ids=["trains", "infers"])
@pytest.mark.parametrize("shape", [[None, 3], [None, 3, 5, 2]], ids=["vectors", "images"])
@pytest.mark.parametrize("name", ["plain", "neither", "untrained"])
def test_nodes_are_tensorflows(
    oracle: ModuleType, name: str, shape: list[int | None], training: bool
) -> None:
    def make(tf: Any) -> None:
        x = tf.placeholder(tf.float32, shape, name="x")
        options = OPTIONS[name] | {"training": training}
        x = tf.layers.batch_normalization(x, **options)
        tf.layers.batch_normalization(x, **options)
        tf.layers.batch_normalization(x, name="bn", gamma_regularizer=tf.nn.l2_loss, **options)
        tf.layers.batch_normalization(x, name="bn", reuse=True, **options)

    ours, theirs = graph_of(tf, make), graph_of(oracle, make)
    for described in (ours, theirs):  # TF 2 gives the fused op its empty statistics otherwise
        described["nodes"] = [name for name in described["nodes"] if "/Const" not in name]
    assert ours == theirs


def test_variables_updates_and_names() -> None:
    training = tf.placeholder(tf.bool, [])
    layer = tf.layers.BatchNormalization(beta_regularizer=tf.nn.l2_loss, gamma_constraint=tf.abs)
    for _ in range(2):
        layer(tf.ones([2, 5, 5, 3]), training=training)
    names = ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [v.op.name for v in layer.variables] == [f"batch_normalization/{n}" for n in names]
    assert layer.trainable_variables == [layer.gamma, layer.beta]
    assert len(layer.updates) == len(tf.get_collection(KEYS.UPDATE_OPS)) == 4
    assert len(tf.get_collection(KEYS.REGULARIZATION_LOSSES)) == 1
    assert layer.gamma.constraint is tf.abs
    assert layer.compute_output_shape([2, 3]) == [2, 3]


def test_channels_first_is_the_fused_op() -> None:
    results = []
    for axis, order in ((3, (0, 1, 2, 3)), (1, (0, 3, 1, 2))):
        values = [x.transpose(order) for x in IMAGES]
        make = normalized([None, *values[0].shape[1:]], None, {"axis": axis})
        results.append(numbers_of(tf, make, feeds_of(values, None)))
    for last, first in zip(*results, strict=True):
        for one, other in zip(last, first, strict=True):
            if other.ndim == 4:
                other = other.transpose(0, 2, 3, 1)
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    tf.layers.batch_normalization(tf.ones([2, 3, 4, 4]), axis=1)
    assert "FusedBatchNormV3" in [op.type for op in tf.get_default_graph().get_operations()]


@pytest.mark.parametrize("dtype", [tf.float64, tf.float16])
@pytest.mark.parametrize("shape", [[8, 3], [8, 4, 4, 3]], ids=["vectors", "images"])
def test_other_types(shape: list[int], dtype: Any) -> None:
    value = np.random.RandomState(1).randn(*shape)
    y = tf.layers.batch_normalization(tf.constant(value, dtype), training=True, epsilon=1e-4)
    kinds = {v.dtype.base_dtype for v in tf.global_variables()}
    assert kinds == {tf.float64 if dtype == tf.float64 else tf.float32}
    axes = tuple(range(len(shape) - 1))
    expected = (value - value.mean(axes)) / np.sqrt(value.var(axes) + 1e-4)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.get_collection(KEYS.UPDATE_OPS))
        got = session.run(y)
    assert got.dtype == dtype.as_numpy_dtype
    np.testing.assert_allclose(got, expected, atol=1e-9 if dtype == tf.float64 else 1e-2)


def test_averages_are_not_partitioned() -> None:
    with tf.variable_scope("outer", partitioner=tf.fixed_size_partitioner(2)):
        layer = tf.layers.BatchNormalization()
        y = layer(tf.ones([2, 4]), training=True)
    assert isinstance(layer.moving_mean, tf.Variable)
    assert len(list(layer.gamma)) == 2
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y), np.zeros([2, 4]), atol=1e-6)


def test_resource_variables() -> None:
    with tf.variable_scope("outer", use_resource=True):
        layer = tf.layers.BatchNormalization(momentum=0.5)
        layer(tf.fill([2, 4], 2.0), training=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.get_collection(KEYS.UPDATE_OPS))
        np.testing.assert_allclose(session.run(layer.moving_mean), [1.0] * 4)
        np.testing.assert_allclose(session.run(layer.moving_variance), [0.5] * 4)


def test_sizes_between_may_be_unknown() -> None:
    x = tf.placeholder(tf.float32, [None, None, 3])
    y = tf.layers.batch_normalization(x, training=True, virtual_batch_size=2)
    assert y.shape.as_list() == [None, None, 3]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(y, {x: np.ones([4, 5, 3])}).shape == (4, 5, 3)


def test_a_net_learns_with_its_updates() -> None:
    """The tutorial's recipe: updates before the step, and inference by the averages."""
    x, training = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.bool, [])
    hidden = tf.layers.dense(x, 8, kernel_initializer=tf.initializers.random_normal(seed=1))
    hidden = tf.nn.relu(tf.layers.batch_normalization(hidden, training=training, momentum=0.9))
    loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1) - tf.reduce_sum(x, 1, True)))
    with tf.control_dependencies(tf.get_collection(KEYS.UPDATE_OPS)):
        step = tf.train.AdamOptimizer(0.05).minimize(loss)
    values = np.random.RandomState(0).randn(64, 3) * 3 + 1
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(loss, {x: values, training: False})
        for _ in range(150):
            session.run(step, {x: values, training: True})
        assert session.run(loss, {x: values, training: False}) < before / 20


def test_a_layer_is_made_from_its_configuration() -> None:
    layer = tf.layers.BatchNormalization(
        axis=[1, 2], momentum=0.5, renorm=True, renorm_clipping={"rmax": 2.0}, virtual_batch_size=4
    )
    again = tf.layers.BatchNormalization.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def apply(shape: list[int | None] | None, dtype: Any = tf.float32, **options: Any) -> Any:
    return tf.layers.batch_normalization(tf.placeholder(dtype, shape), **options)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: apply(None), ValueError, "undefined rank"),
        (lambda: apply([None, None]), ValueError, "undefined `axis` dimension"),
        (lambda: apply([2, 3], axis=2), ValueError, "Invalid axis: 2"),
        (lambda: apply([2, 3], axis=-3), ValueError, "Invalid axis: -3"),
        (lambda: apply([2, 3], axis=[1, -1]), ValueError, "Duplicate axis"),
        (lambda: apply([2, 3], axis="x"), TypeError, "axis must be int or list"),
        (lambda: apply([2, 3], tf.int32), TypeError, "non-floating point dtype int32"),
        (lambda: apply([2, 3], training=None), TypeError, "must be a bool or a bool tensor"),
        (lambda: apply([2, 3], virtual_batch_size=0), ValueError, "positive integer.* not 0"),
        (lambda: apply([3, 3], virtual_batch_size=2), ValueError, "does not divide .* 3"),
        (lambda: apply([2, 3], virtual_batch_size=2, axis=0), ValueError, "cannot include 0"),
        (
            lambda: apply([2, 3], virtual_batch_size=2, adjustment=lambda shape: (1, 0)),
            ValueError,
            "adjustment cannot be specified",
        ),
        (
            lambda: apply([2, 3], renorm=True, renorm_clipping={"rmx": 1}),
            ValueError,
            "contains keys not in",
        ),
        (lambda: apply([2, 3], gamma_regularizer=3), ValueError, "regularizer identifier: 3"),
        (lambda: apply([2, 3], name="bn", reuse=True), ValueError, "bn/gamma"),
    ],
)
def test_what_is_refused(use: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        use()
