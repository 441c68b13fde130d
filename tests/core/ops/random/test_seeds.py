"""Graph seeds and op seeds."""

from __future__ import annotations

from types import ModuleType

import pytest

import graphflow as tf
from graphflow.core.ops.random.seeds import DEFAULT_GRAPH_SEED, derive_seeds

LARGEST = 2**31 - 1


@pytest.mark.parametrize(
    ("graph_seed", "op_seed", "last_op_id", "seeds"),
    [
        (None, None, 3, (None, None)),
        (None, 7, 3, (DEFAULT_GRAPH_SEED, 7)),
        (5, None, 3, (5, 3)),
        (5, 7, 3, (5, 7)),
        (0, 0, 3, (0, LARGEST)),
        (0, None, 0, (0, LARGEST)),
        (LARGEST, LARGEST, 3, (0, LARGEST)),
        (-1, -2, 3, (LARGEST - 1, LARGEST - 2)),
        (2**40 + 1, None, 2**31, ((2**40 + 1) % LARGEST, 1)),
        (None, 0, 3, (DEFAULT_GRAPH_SEED, 0)),
    ],
)
def test_rule(
    graph_seed: int | None,
    op_seed: int | None,
    last_op_id: int,
    seeds: tuple[int, int] | tuple[None, None],
) -> None:
    assert derive_seeds(graph_seed, op_seed, last_op_id) == seeds


@pytest.mark.parametrize("graph_seed", [None, 0, 87, -3, 2**31, 2**33 + 5])
@pytest.mark.parametrize("op_seed", [None, 0, 4, -1, 2**31 - 1])
def test_seeds_are_tensorflows(
    oracle: ModuleType, graph_seed: int | None, op_seed: int | None
) -> None:
    """But for a graph seed alone, where TF 2 does not count operations as TF1 does."""
    results = []
    for framework in (tf, oracle):
        with framework.Graph().as_default():
            framework.set_random_seed(graph_seed)
            results.append(framework.get_seed(op_seed))
    if graph_seed is not None and op_seed is None:
        assert results[0][0] == results[1][0]
    else:
        assert results[0] == results[1]


def test_a_graph_seed_counts_the_operations_made_so_far() -> None:
    tf.set_random_seed(9)
    assert tf.get_seed(None) == (9, 0)
    tf.constant(1.0)
    tf.constant(2.0)
    assert tf.get_seed(None) == (9, 2)
    assert tf.get_seed(4) == (9, 4)
    node = tf.random_normal([2]).op.inputs[0].op.inputs[0].op
    assert node.type == "RandomStandardNormal"
    assert (node.get_attr("seed"), node.get_attr("seed2")) == (9, 5)  # shape, mean, stddev
    tf.random.set_random_seed(None)
    assert tf.random.get_seed(None) == (None, None)


def test_each_graph_has_a_seed_of_its_own() -> None:
    tf.set_random_seed(9)
    with tf.Graph().as_default():
        assert tf.get_seed(None) == (None, None)
    assert tf.get_seed(1) == (9, 1)


def test_an_op_without_seeds_has_zeros() -> None:
    node = tf.random_uniform([2]).op
    assert (node.get_attr("seed"), node.get_attr("seed2")) == (0, 0)
