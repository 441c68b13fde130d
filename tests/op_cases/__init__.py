"""The table of ops: a row is a small graph around one op, from which its tests are generated.

Each module here has a list `CASES` of rows, and may have `TESTED_ELSEWHERE`, a dict from op type to
the test file (relative to the repository) that covers an op that no row can show: ops with state,
control flow, files. `test_op_cases.py` runs the rows and sees that no registered op is missing.

    OpCase("Exp", lambda tf, x: tf.exp(x), [floats(2, 3)])
    OpCase(("MaxPool", "MaxPoolGrad"), max_pool, [floats(1, 4, 4, 2)], second_order=False)
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class OpCase:
    """One row.

    Attributes:
      op: the op type; or several, of which the first is in the forward graph and the others are in
        it or in the graph of its gradient.
      build: `(tf, *tensors) -> tensor or list of tensors`, with graphflow or TensorFlow as `tf`;
        `raw` calls ops that have no Python function.
      inputs: the values fed, arrays of float32 where a gradient is to be checked numerically.
      grad: whether gradients are compared, or with respect to which inputs; only floating and
        complex ones count.
      second_order: whether gradients of gradients are compared too.
      numeric: whether gradients are also compared with differences of float64 values.
      rtol, atol: tolerances of the comparison with TensorFlow; by default those of the type.
      grad_rtol: the tolerance for gradients, where theirs must be wider.
      unknown_dims: whether the graph can be built on placeholders whose shape is unknown.
      graph_differs: why node names or types differ from TensorFlow 2.21's; empty when they agree.
      shape_differs: why static shapes differ; empty when they agree.
      label: tells rows of one op apart.
    """

    op: str | tuple[str, ...]
    build: Callable[..., Any]
    inputs: Sequence[Any] = ()
    grad: bool | tuple[int, ...] = True
    second_order: bool = True
    numeric: bool = True
    rtol: float | None = None
    atol: float | None = None
    grad_rtol: float | None = None
    unknown_dims: bool = True
    graph_differs: str = ""
    shape_differs: str = ""
    label: str = ""

    @property
    def op_types(self) -> tuple[str, ...]:
        return (self.op,) if isinstance(self.op, str) else tuple(self.op)

    @property
    def id(self) -> str:
        return self.op_types[0] + (f"-{self.label}" if self.label else "")

    @property
    def arrays(self) -> list[np.ndarray]:
        """The input values."""
        return [np.asarray(value) for value in self.inputs]


def raw(tf: ModuleType, op_type: str, **arguments: Any) -> Any:
    """A node of that type, by TensorFlow's `tf.raw_ops` or graphflow's op definition."""
    if tf.__name__.startswith("graphflow"):
        from graphflow.core.graph.op_def import registered_ops

        return registered_ops()[op_type](**arguments)
    return getattr(tf.raw_ops, op_type)(**arguments)


def floats(*shape: int, low: float = -2.0, high: float = 2.0, dtype: Any = np.float32) -> Any:
    """The same floats each time, spread over (low, high), none of them round."""
    count = int(np.prod(shape))
    spread = (np.arange(count) * 0.6180339887 + 0.137) % 1.0  # golden ratio: no two close
    return (low + (high - low) * spread).reshape(shape).astype(dtype)


def complexes(*shape: int, dtype: Any = np.complex64) -> Any:
    """Complex numbers around 0, none on an axis."""
    count = int(np.prod(shape))
    angles = np.arange(count) * 2.399963 + 0.4
    radii = 0.3 + np.arange(count) * 1.1 / max(count, 1)
    return (radii * np.exp(1j * angles)).reshape(shape).astype(dtype)


def ints(*shape: int, low: int = -5, high: int = 6, dtype: Any = np.int32) -> Any:
    """The same integers each time, from [low, high)."""
    count = int(np.prod(shape))
    return (low + (np.arange(count) * 7 + 3) % (high - low)).reshape(shape).astype(dtype)


def strings(*values: str) -> Any:
    """A vector of strings."""
    return np.array([value.encode() for value in values], dtype=object)


def _gather() -> tuple[list[OpCase], dict[str, str]]:
    cases: list[OpCase] = []
    elsewhere: dict[str, str] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        cases += module.CASES
        elsewhere.update(getattr(module, "TESTED_ELSEWHERE", {}))
    return cases, elsewhere


def load() -> tuple[list[OpCase], dict[str, str]]:
    """All rows, and where the ops without rows are tested.

    Raises:
      ValueError: two rows have one id.
    """
    cases, elsewhere = _gather()
    ids = [case.id for case in cases]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"rows with the same op and label: {twice}")
    return cases, elsewhere
