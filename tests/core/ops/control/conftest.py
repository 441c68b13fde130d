"""A graph built on graphflow and on TensorFlow, whose functional control flow ours follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow


@pytest.fixture
def functional_oracle(oracle: ModuleType) -> Iterator[ModuleType]:
    """TensorFlow with If and While: its older loops have no gradients of gradients."""
    oracle.enable_control_flow_v2()
    yield oracle
    oracle.disable_control_flow_v2()


@pytest.fixture
def agree(functional_oracle: ModuleType) -> Callable[..., None]:
    """`agree(build, *feeds)`: both frameworks compute the same from `build(tf, *placeholders)`."""

    def check(build: Callable[..., Any], *feeds: Any, rtol: float = 1e-4) -> None:
        mine, theirs = (run(tf, build, feeds) for tf in (graphflow, functional_oracle))
        assert len(mine) == len(theirs)
        for value, wanted in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(value, wanted, rtol, 1e-5)

    return check


def run(tf: Any, build: Callable[..., Any], feeds: Any) -> list[np.ndarray]:
    with tf.Graph().as_default(), tf.Session() as session:
        arrays = [np.asarray(feed) for feed in feeds]
        inputs = [tf.placeholder(tf.as_dtype(a.dtype), a.shape) for a in arrays]
        results = build(tf, *inputs)
        session.run(tf.global_variables_initializer())
        fetched = session.run(results, dict(zip(inputs, arrays, strict=True)))
        return [np.asarray(value) for value in fetched]
