"""Divisions of integers that cannot fail: by constants without zeros.

    FloorMod(global_step, 100)  ->  the same, `NONZERO`

To divide an integer by zero is an error, which the NumPy reference looks for. Where there is no
zero, a division is arithmetic like any other: nobody has to wait for it, and it can be fused.
"""

from __future__ import annotations

from ..ops.elementwise.division import NONZERO, WHOLE_DIVISIONS
from ..program.program import Program
from .rewriter import Rewriter


def mark_safe_divisions(program: Program) -> Program:
    """Marks the divisions of integers whose divisors are known, and not zero."""
    divisions = [i for i, node in enumerate(program.nodes) if node.op in WHOLE_DIVISIONS]
    if not divisions:
        return program
    rewriter = Rewriter(program)
    for index in divisions:
        node = rewriter.nodes[index]
        divisor = rewriter.constant(rewriter.input(node, 1))
        if node.attrs["T"].is_integer and divisor is not None and divisor.all():
            rewriter.change(index, attrs={**node.attrs, NONZERO: True})
    return rewriter.finished()
