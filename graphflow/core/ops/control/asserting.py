"""Assert: stops the run when a condition does not hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import errors
from ...graph.conversion import convert_n_to_tensor
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.scopes import name_scope
from ..shape_rules import no_outputs
from .summarize import summarize_array

assert_op = define_op(
    "Assert",
    inputs=["condition: bool", "data: T"],
    attrs=["T: list(type) >= 1", "summarize: int = 3"],
    shape=no_outputs,
    is_stateful=True,
)
assert_op.no_grad()


@assert_op.define
def assert_reference(node: Any, condition: np.ndarray, *data: np.ndarray) -> None:
    if condition.ndim != 0:
        raise errors.InvalidArgumentError(
            None, None, f"In[0] should be a scalar: {list(condition.shape)}"
        )
    if not condition:
        limit = node.attrs["summarize"]
        values = " ".join(f"[{summarize_array(array, limit)}]" for array in data)
        raise errors.InvalidArgumentError(None, None, f"assertion failed: {values}")


def Assert(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> Operation:
    """An operation that fails with `data` in its message unless `condition` is true.

    It is run by what depends on it: `with tf.control_dependencies([tf.Assert(...)]):`. TF1 puts it
    into a branch when `data` is numeric; here it always is a plain node.

    Args:
      condition: bool scalar.
      data: tensors for the message.
      summarize: how many elements of each go into the message; 3 by default.
      name: the name scope of the node.

    Returns:
      The operation.
    """
    with name_scope(name, "Assert", [condition, data]):
        # TF1 looks at these tensors' types and then converts `data` anew. The constants count: the
        # number of nodes so far is the seed of a random op that has none of its own.
        convert_n_to_tensor(data)
        op: Operation = assert_op(condition, data, summarize=summarize, name="Assert")
    return op
