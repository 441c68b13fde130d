"""Rows chosen by a vector, as a selection that broadcasts."""

from __future__ import annotations

import pytest

import graphflow as tf
from graphflow.core.passes.pipeline import run_passes
from graphflow.core.program.build import build_program


def ops_of(condition: tuple[int, ...], values: tuple[int, ...]) -> list[str]:
    chosen = tf.placeholder(tf.bool)
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    program = build_program([tf.where(chosen, x, y)], [], [chosen, x, y])
    rewritten = run_passes(program, [condition, values, values])
    return [node.op.name for node in rewritten.nodes if node.op.name not in ("_Arg", "Const")]


@pytest.mark.parametrize("values", [(4, 3), (4, 3, 2)])
def test_rows_are_chosen_elementwise(values: tuple[int, ...]) -> None:
    assert ops_of((4,), values) == ["Reshape", "SelectV2"]


@pytest.mark.parametrize(
    ("condition", "values"), [((4, 3), (4, 3)), ((4,), (4,)), ((), (4, 3)), ((3,), (4, 3))]
)
def test_other_selections_stay(condition: tuple[int, ...], values: tuple[int, ...]) -> None:
    assert ops_of(condition, values) == ["Select"]
