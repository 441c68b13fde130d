"""What `GRAPHFLOW_DEBUG` prints of a first run."""

from __future__ import annotations

import pytest

import graphflow as tf
from graphflow.core.base.config import Config
from graphflow.core.session import compile as compile_module


@pytest.mark.parametrize("stages", [frozenset(), frozenset({"program"})])
def test_a_program_is_printed_once_when_asked_for(monkeypatch, capsys, stages):
    monkeypatch.setattr(compile_module, "get_config", lambda: Config(debug=stages))
    y = tf.constant(1.0, name="one") + 2.0
    with tf.Session() as sess:
        sess.run(y)
        sess.run(y)
    printed = capsys.readouterr().err
    assert printed.count("AddV2(%0, %1)") == len(stages)
