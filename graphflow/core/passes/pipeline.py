"""The rewrites of a program, in the order in which they run, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..program.program import Program
from .batch_norm import unfold_batch_norms
from .continue_later import continue_later
from .drop_dead import drop_dead
from .matmul import fuse_matmuls
from .pooling import pool_with_masks
from .safe_division import mark_safe_divisions
from .select_rows import select_rows
from .specialize import Shape, specialize
from .trivial import drop_trivial
from .unique_rows import pad_unique_rows

Pass = Callable[[Program], Program]

PASSES: tuple[tuple[Pass, str], ...] = (
    (mark_safe_divisions, "by a constant that is not zero an integer divides like a float"),
    (drop_dead, "compute only what somebody needs"),
    (drop_trivial, "a sum over nothing, a tile of one: views that later rewrites can see through"),
    (pad_unique_rows, "sum the gradients of repeated rows in arrays of known size"),
    (continue_later, "plan what comes after data-dependent shapes when they are known"),
    (select_rows, "choose whole rows elementwise, in one kernel with what stands around"),
    (pool_with_masks, "keep a byte per maximum, do biases and relus behind"),
    (unfold_batch_norms, "at inference they are arithmetic that fuses with its neighbours"),
    (fuse_matmuls, "add biases while the products are in the cache"),
)


def run_passes(
    program: Program, arg_shapes: Sequence[Shape], top_shapes: Sequence[Shape | None] = ()
) -> Program:
    """The program for fed arrays of given shapes, rewritten.

    Args:
      program: from the graph.
      arg_shapes: a shape for each `_Arg`.
      top_shapes: the shape of the last element, for each `_Arg` that is a list; None for others.
    """
    program = specialize(program, arg_shapes, top_shapes)
    for rewrite, _ in PASSES:
        program = rewrite(program)
    return program
