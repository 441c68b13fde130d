"""Which of TF 1's and TF 2's ways are in force: graphs and sessions, always.

Programs for TF 1.14 and later say which they want; what asks for TF 1's way is granted, and what
asks for eager execution is refused at once.
"""

from __future__ import annotations

from typing import Any, NoReturn

from .core.base.tensor_shape import disable_v2_tensorshape
from .core.graph.indexed_slices import IndexedSlices, SparseTensor
from .core.graph.tensor import Tensor
from .core.variables.creators import disable_resource_variables
from .core.variables.variable import Variable


def executing_eagerly() -> bool:
    """False: an op adds a node to the graph, and `Session.run` runs it."""
    return False


def disable_eager_execution() -> None:
    """Does nothing, for there is no eager execution."""


def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> NoReturn:
    """Refuses.

    Args:
      config, device_policy, execution_mode: as in TF1.

    Raises:
      RuntimeError: always.
    """
    raise RuntimeError(
        "graphflow has no eager execution: build a graph and run it with tf.Session, or leave out "
        "tf.enable_eager_execution() if the program does so already"
    )


def disable_v2_behavior() -> None:
    """Goes back to TF 1's ways: Dimension objects in shapes, variables of the older kind."""
    disable_v2_tensorshape()
    disable_resource_variables()


def enable_v2_behavior() -> NoReturn:
    """Refuses, for TF 2's ways include eager execution.

    Raises:
      RuntimeError: always.
    """
    enable_eager_execution()


def disable_tensor_equality() -> None:
    """Does nothing: `==` on Tensors compares identity, as in TF 1."""


def control_flow_v2_enabled() -> bool:
    """True: branches and loops are functions that `If` and `While` nodes run."""
    return True


def enable_control_flow_v2() -> None:
    """Does nothing, for branches and loops are functions always."""


def disable_control_flow_v2() -> None:
    """Does nothing: there are no Switch and Merge nodes, and programs run the same without."""


def is_tensor(x: Any) -> bool:
    """Whether a value is a Tensor, IndexedSlices, SparseTensor or Variable, or says it is like one.

    Args:
      x: any object.
    """
    if isinstance(x, Tensor | IndexedSlices | SparseTensor | Variable):
        return True
    return bool(getattr(x, "is_tensor_like", False))
