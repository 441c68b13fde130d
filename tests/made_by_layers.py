"""What a layer makes of a graph, as seen from outside, and what it computes; in any framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def graph_of(tf: Any, make: Callable[[Any], Any]) -> dict[str, Any]:
    """The nodes and collections that `make` leaves in a new graph, without those of a cond."""
    keys = tf.GraphKeys
    kept = (keys.TRAINABLE_VARIABLES, keys.GLOBAL_VARIABLES, keys.REGULARIZATION_LOSSES)
    with tf.Graph().as_default() as graph:
        make(tf)
        names = sorted(op.name for op in graph.get_operations() if "/cond" not in op.name)
        collections = {key: [item.name for item in tf.get_collection(key)] for key in kept}
        updates = len(tf.get_collection(keys.UPDATE_OPS))
    return {"nodes": names, "updates": updates} | collections


def numbers_of(tf: Any, make: Callable[[Any], Any], feeds: list[dict[str, Any]]) -> list[Any]:
    """The values of what `make` returns, and the variables after it, for each run of a session.

    UPDATE_OPS are run with it. The variables start as numbers that depend on nothing but their
    names and shapes. Feeds are by the placeholders' names.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        fetches = make(tf)
        for variable in tf.global_variables():
            variable.load(start_of(variable.op.name, variable.shape.as_list()), session)
        runs = []
        for feed in feeds:
            fed = {f"{name}:0": value for name, value in feed.items()}
            values, _ = session.run([fetches, tf.get_collection(tf.GraphKeys.UPDATE_OPS)], fed)
            runs.append([np.asarray(value) for value in values])
            runs.append([session.run(variable) for variable in tf.global_variables()])
    return runs


def start_of(name: str, shape: list[int]) -> np.ndarray:
    """Positive numbers for a variable."""
    seed = sum(map(ord, name))
    return np.random.RandomState(seed).uniform(0.3, 1.5, shape).astype(np.float32)


def assert_same_numbers(
    ours: Any, theirs: Any, make: Callable[[Any], Any], feeds: list[dict[str, Any]]
) -> None:
    """Compares what two frameworks compute."""
    for got, expected in zip(
        numbers_of(ours, make, feeds), numbers_of(theirs, make, feeds), strict=True
    ):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)
