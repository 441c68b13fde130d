"""tf.metrics against TensorFlow: values over several batches, names, collections, variables."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

RNG = np.random.default_rng(0)
CLASSES, GUESSES = RNG.integers(0, 3, (2, 3, 8))
TRUTHS, CALLED = RNG.integers(0, 2, (2, 3, 8)).astype(np.float32)
NUMBERS, ESTIMATES = RNG.normal(size=(2, 3, 8)).astype(np.float32)
WEIGHTS = RNG.integers(0, 3, (3, 8)).astype(np.float32)
PAIRS: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "accuracy": (CLASSES, GUESSES),
    "mean_absolute_error": (NUMBERS, ESTIMATES),
    "mean_squared_error": (NUMBERS, ESTIMATES),
    "root_mean_squared_error": (NUMBERS, ESTIMATES),
    "true_positives": (TRUTHS, CALLED),
    "true_negatives": (TRUTHS, CALLED),
    "false_positives": (TRUTHS, CALLED),
    "false_negatives": (TRUTHS, CALLED),
    "precision": (TRUTHS, CALLED),
    "recall": (TRUTHS, CALLED),
}
COLLECTIONS = {"metrics_collections": ["values"], "updates_collections": ["updates"]}


def computed(tf: ModuleType, make: Any, arrays: list[np.ndarray]) -> tuple[list[Any], list[Any]]:
    """Values and updates after each of three batches; what the graph is like."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        # by reference, as in TF 1
        with tf.variable_scope(tf.get_variable_scope(), use_resource=False):
            given = [tf.placeholder(a.dtype, a.shape[1:], name="given") for a in arrays]
            value, update = make(tf, *given)
        session.run(tf.local_variables_initializer())
        found = [session.run(value)]
        for batch in zip(*arrays, strict=True):
            feeds = dict(zip(given, batch, strict=True))
            found += [session.run(update, feeds), session.run(value)]
        facts = [
            value.name,
            update.name,
            sorted(v.op.name for v in tf.local_variables()),
            sorted(v.op.name for v in graph.get_collection(tf.GraphKeys.METRIC_VARIABLES)),
            [t.name for t in graph.get_collection("values") + graph.get_collection("updates")],
        ]
    return found, facts


def check(make: Any, arrays: list[np.ndarray], oracle: ModuleType) -> None:
    ours, facts = computed(graphflow, make, arrays)
    theirs, wanted = computed(oracle, make, arrays)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert facts == wanted


@pytest.mark.parametrize("name", PAIRS)
def test_metrics(name: str, oracle: ModuleType) -> None:
    labels, predictions = PAIRS[name]

    def plain(tf: Any, y: Any, x: Any) -> Any:
        return getattr(tf.metrics, name)(y, x, **COLLECTIONS)

    def weighted(tf: Any, y: Any, x: Any, w: Any) -> Any:
        return getattr(tf.metrics, name)(y, x, w, name="own")

    check(plain, [labels, predictions], oracle)
    check(weighted, [labels, predictions, WEIGHTS], oracle)
    check(plain, [labels, predictions[..., None]], oracle)
    check(weighted, [labels[..., None], predictions, WEIGHTS[..., None]], oracle)


def test_mean(oracle: ModuleType) -> None:
    check(lambda tf, x: tf.metrics.mean(x, **COLLECTIONS), [NUMBERS], oracle)
    check(lambda tf, x, w: tf.metrics.mean(x, w), [NUMBERS, WEIGHTS], oracle)
    check(lambda tf, x: tf.metrics.mean(x, 0.5, name="m"), [NUMBERS], oracle)
    columns = NUMBERS.reshape(3, 4, 2)
    check(lambda tf, x, w: tf.metrics.mean(x, w), [columns, WEIGHTS[:, :4]], oracle)


def test_names_of_several(oracle: ModuleType) -> None:
    def two(tf: Any, y: Any, x: Any) -> Any:
        tf.metrics.accuracy(y, x)
        return tf.metrics.accuracy(y, x)

    check(two, [CLASSES, GUESSES], oracle)


def test_shapes_that_do_not_fit() -> None:
    tf = graphflow
    with pytest.raises(ValueError):
        tf.metrics.accuracy(CLASSES[0], GUESSES[0, :3])
    with pytest.raises(ValueError, match="can not be broadcast"):
        tf.metrics.mean(NUMBERS[0], np.ones(3))


def test_training_metrics_run_in_plans() -> None:
    from core.native import host_ops, plan_of

    tf = graphflow
    x = tf.placeholder(tf.float32, [8])
    made = [
        getattr(tf.metrics, name)(tf.constant(labels[0].astype(np.float32)), x)[1]
        for name, (labels, _) in PAIRS.items()
    ]
    assert host_ops(plan_of(made, [x])) == []
