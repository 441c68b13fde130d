"""Update ops change variables, so no row shows them: their tests compare whole steps."""

from __future__ import annotations

from graphflow.core.graph.op_def import registered_ops

CASES: list[object] = []

TESTED_ELSEWHERE = {
    name: "tests/core/ops/updates/test_updates.py" for name in registered_ops() if "Apply" in name
}
