"""Rows of core/ops/elementwise."""

from __future__ import annotations

from . import OpCase, floats

CASES = [
    OpCase("AddV2", lambda tf, x, y: tf.add(x, y), [floats(2, 3), floats(3)]),
    OpCase("Exp", lambda tf, x: tf.exp(x), [floats(2, 3)]),
]
