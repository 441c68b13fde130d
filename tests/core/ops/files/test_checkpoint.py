"""The ops that make names of files."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import graphflow
from tests.op_cases import raw


def _names(tf: ModuleType) -> Any:
    spec = raw(tf, "ShardedFilespec", basename="a/b", num_shards=12)
    with tf.Session() as session:
        return session.run(spec)


def test_names_of_files(oracle: ModuleType) -> None:
    with oracle.Graph().as_default():
        theirs = _names(oracle)
    assert _names(graphflow) == theirs == b"a/b-?????-of-00012"
