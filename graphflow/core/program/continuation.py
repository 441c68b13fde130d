"""_Continue: the rest of a program, which is planned when the shapes of its inputs are known.

It stands only in Programs, where `passes/continue_later.py` puts it in place of all that comes
after values whose shapes depend on data. A plan runs it as a program of its own, which has plans
for the shapes that it meets.

The attribute `program` is the rest. Its arguments are the first inputs; the inputs after them are
the variables that it writes, so that the other nodes know.
"""

from __future__ import annotations

from typing import Any

from ..graph.op_def import define_op
from .interpreter import Interpreter

CONTINUE = define_op(
    "_Continue",
    inputs=["inputs: Tin"],
    outputs=["outputs: Tout"],
    attrs=["Tin: list(type)", "Tout: list(type)"],
    is_stateful=True,
)


@CONTINUE.define_with_context
def continue_reference(node: Any, context: Any, *values: Any) -> tuple[Any, ...]:
    program = node.attrs["program"]
    return tuple(Interpreter(program).run_body(values[: len(program.args)], context))
