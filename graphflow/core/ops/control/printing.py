"""Print: an identity that writes values to the standard error."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .summarize import summarize_array

print_op = define_op(
    "Print",
    inputs=["input: T", "data: U"],
    outputs=["output: T"],
    attrs=[
        "T: type",
        "U: list(type) >= 0",
        "message: string = ''",
        "first_n: int = -1",
        "summarize: int = 3",
    ],
    shape=same_as_input,
    is_stateful=True,
)


@print_op.grad
def print_grad(op: Any, dy: Any) -> list[Any]:
    return [dy, *[None] * (len(op.inputs) - 1)]


@print_op.define_with_context
def print_reference(node: Any, context: Any, x: np.ndarray, *data: np.ndarray) -> np.ndarray:
    printed: list[int] = context.op_state(node, lambda: [0])
    first_n, limit = node.attrs["first_n"], node.attrs["summarize"]
    if first_n < 0 or printed[0] < first_n:
        printed[0] += 1
        values = "".join(f"[{summarize_array(array, limit)}]" for array in data)
        sys.stderr.write(f"{node.attrs['message']}{values}\n")
        sys.stderr.flush()
    return x


def Print(
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`input_`, whose evaluation prints `data` to the standard error.

    Args:
      input_: any tensor.
      data: the tensors to print.
      message: text to print before them.
      first_n: how many times to print in a session; always by default.
      summarize: how many elements of each tensor to print; 3 by default, all when negative.
      name: the node's name.

    Returns:
      A tensor with the value of `input_`.
    """
    tensor: Tensor = print_op(
        input_,
        [convert_to_tensor(item, name=f"data_{i}") for i, item in enumerate(data)],
        message=message,
        first_n=first_n,
        summarize=summarize,
        name=name,
    )
    return tensor
