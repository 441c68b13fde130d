"""Fixtures shared by the tests: a fresh default graph for each, and TensorFlow as the oracle."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import hypothesis
import pytest

# TensorFlow reads these when it is imported, here or in a process that a test starts.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # its plain kernels: the numbers to compare with
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.layers and the RNN cells of TF1

# Tests say themselves where they want kernels; the others compare references with TensorFlow, and
# nothing is compiled in the background. `GRAPHFLOW_JIT=now pytest` runs them all natively.
os.environ.setdefault("GRAPHFLOW_JIT", "off")

# Examples take as long as the other worker allows, and a run can be repeated.
# `pytest --hypothesis-profile=default` explores new ones.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def fresh_default_graph() -> None:
    """Each test starts with an empty default graph. Tests that import no graphflow pay nothing."""
    graphflow = sys.modules.get("graphflow")
    if reset := getattr(graphflow, "reset_default_graph", None):
        reset()


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """TensorFlow with the behaviour of version 1, imported once by each worker that needs it."""
    import tensorflow.compat.v1 as tensorflow

    tensorflow.logging.set_verbosity(tensorflow.logging.ERROR)
    tensorflow.disable_v2_behavior()
    return tensorflow


@pytest.fixture
def oracle_graph(oracle: ModuleType) -> Iterator[Any]:
    """A new graph of TensorFlow's, its default graph during the test."""
    with oracle.Graph().as_default() as graph:
        yield graph


@pytest.fixture(params=[-1, 2], ids=["interpreted", "native"])
def runs(request: Any) -> Iterator[Any]:
    """Runs of one session that wait for each other, by the interpreter and by native plans."""
    from waiting_runs import session_runs

    with session_runs(request.param) as runs:
        yield runs
