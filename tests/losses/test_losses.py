"""tf.losses against TensorFlow: values, gradients, node names, what is kept and what is refused."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(4, 3)).astype(np.float32)
SHARES = RNG.uniform(0.05, 0.95, (4, 3)).astype(np.float32)
BINARY = RNG.integers(0, 2, (4, 3)).astype(np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[[0, 2, 1, 2]]
CLASSES = np.array([0, 2, 1, 2], np.int32)
OF_ELEMENTS = [1.0, 0.0, np.float32(2.5), SHARES, np.array([[1.0], [0], [2], [0]], np.float32)]
OF_ROWS = [1.0, 0.0, np.array([1.0, 0, 2, 0.5], np.float32)]

# name: labels, what is compared with them, keywords, weights
CASES: dict[str, tuple[Any, Any, dict[str, Any], list[Any]]] = {
    "absolute_difference": (BINARY, SHARES, {}, OF_ELEMENTS),
    "cosine_distance": (ONE_HOT, SHARES, {"axis": 1}, [1.0, OF_ELEMENTS[-1]]),
    "hinge_loss": (BINARY, LOGITS, {}, OF_ELEMENTS),
    "huber_loss": (BINARY, LOGITS, {"delta": 0.6}, OF_ELEMENTS),
    "log_loss": (BINARY, SHARES, {"epsilon": 1e-3}, OF_ELEMENTS),
    "mean_squared_error": (BINARY, SHARES, {}, OF_ELEMENTS),
    "mean_pairwise_squared_error": (BINARY, SHARES, {}, [1.0, OF_ELEMENTS[-1]]),
    "sigmoid_cross_entropy": (BINARY, LOGITS, {"label_smoothing": 0.1}, OF_ELEMENTS),
    "softmax_cross_entropy": (ONE_HOT, LOGITS, {"label_smoothing": 0.1}, OF_ROWS),
    "sparse_softmax_cross_entropy": (CLASSES, LOGITS, {}, OF_ROWS),
}
REDUCTIONS = [
    "none",
    "weighted_sum",
    "weighted_sum_over_batch_size",
    "weighted_mean",
    "weighted_sum_by_nonzero_weights",
]


def computed(tf: ModuleType, name: str, weights: Any, reduction: str | None, known: bool) -> Any:
    """A loss, its gradient, the losses that are kept, and the names of all nodes."""
    labels, values, keywords, _ = CASES[name]
    if reduction is not None and name != "mean_pairwise_squared_error":
        keywords = {**keywords, "reduction": reduction}
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, values.shape if known else None, name="x")
        y = tf.placeholder(labels.dtype, labels.shape if known else None, name="y")
        if not known:
            x, y = (tf.placeholder_with_default(t, [None] * np.ndim(v)) for t, v in
                    ((x, values), (y, labels)))  # fmt: skip
        loss = getattr(tf.losses, name)(y, x, weights=weights, **keywords)
        slope = tf.gradients(loss, x)[0]
        kept = [tensor.name for tensor in tf.losses.get_losses()]
        nodes = [op.name for op in graph.get_operations() if not op.name.startswith("gradients")]
        feeds = {"x:0": values, "y:0": labels}
        return [*session.run([loss, slope], feeds), loss.name, kept, nodes]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_losses(name: str, known: bool, oracle: ModuleType) -> None:
    for weights in CASES[name][-1]:
        for reduction in [None, *REDUCTIONS] if known else [None]:
            ours = computed(graphflow, name, weights, reduction, known)
            theirs = computed(oracle, name, weights, reduction, known)
            for a, b in zip(ours[:2], theirs[:2], strict=True):
                np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)
            if known:
                assert ours[2:4] == theirs[2:4], f"{weights} {reduction}"


@pytest.mark.parametrize("name", CASES)
def test_arguments_that_are_none(name: str) -> None:
    labels, values, keywords, _ = CASES[name]
    function = getattr(graphflow.losses, name)
    for given in ((None, values), (labels, None)):
        with pytest.raises(ValueError, match="must not be None"):
            function(*given, **keywords)


def test_shapes_that_do_not_fit() -> None:
    tf = graphflow
    with pytest.raises(ValueError):
        tf.losses.mean_squared_error(BINARY, SHARES[:2])
    with pytest.raises(ValueError, match=r"values.rank=2. weights.rank=1"):
        tf.losses.mean_squared_error(BINARY, SHARES, np.ones(4))
    with pytest.raises(ValueError, match="Mismatch at dim 1"):
        tf.losses.mean_squared_error(BINARY, SHARES, np.ones((4, 2)))
    with pytest.raises(ValueError, match="Invalid Reduction Key mean"):
        tf.losses.mean_squared_error(BINARY, SHARES, reduction="mean")


@pytest.mark.parametrize("shape", [(4,), (2, 3), (4, 3, 1)])
def test_weights_that_turn_out_not_to_fit(shape: tuple[int, ...]) -> None:
    tf = graphflow
    weights = tf.placeholder(tf.float32)
    loss = tf.losses.mean_squared_error(BINARY, SHARES, weights)
    with tf.Session() as session:
        for good in (2.0, SHARES, SHARES[:1], SHARES[:, :1]):
            wanted = (good * (BINARY - SHARES) ** 2).mean()
            np.testing.assert_allclose(session.run(loss, {weights: good}), wanted, rtol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="can not be broadcast"):
            session.run(loss, {weights: np.ones(shape)})


def test_sums_of_losses() -> None:
    tf = graphflow
    assert tf.losses.get_regularization_loss().op.type == "Const"
    with pytest.raises(ValueError, match="no losses to add up"):
        tf.losses.get_total_loss()
    with tf.name_scope("a"):
        first = tf.losses.mean_squared_error(BINARY, SHARES)
    tf.losses.absolute_difference(BINARY, SHARES, loss_collection=None)
    tf.losses.add_loss(tf.constant(2.0, name="b"))
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.constant(4.0))
    with tf.Session() as session:
        own = session.run(first)
        assert session.run(tf.losses.get_total_loss()) == own + 6
        assert session.run(tf.losses.get_total_loss(False)) == own + 2
        assert session.run(tf.losses.get_total_loss(False, scope="a")) == own
        assert session.run(tf.losses.get_regularization_loss()) == 4
    assert tf.losses.get_losses("b")[0].op.name == "b"


def test_labels_and_weights_with_a_last_dimension_of_one() -> None:
    tf = graphflow
    weights = np.array([1.0, 2, 0, 1], np.float32)
    flat = tf.losses.sparse_softmax_cross_entropy(CLASSES, LOGITS, weights)
    deep = tf.losses.sparse_softmax_cross_entropy(CLASSES[:, None], LOGITS, weights[:, None])
    with tf.Session() as session:
        one, other = session.run([flat, deep])
        assert one == other


def test_losses_are_computed_in_plans() -> None:
    from core.native import host_ops, plan_of

    tf = graphflow
    x = tf.placeholder(tf.float32, [4, 3])
    made = [
        getattr(tf.losses, name)(labels, x, **keywords)
        for name, (labels, _, keywords, _) in CASES.items()
    ]
    assert host_ops(plan_of([*made, *tf.gradients(made, x)], [x])) == []
