"""What a generated elementwise kernel computes, as data: made by `plan`, read by `codegen`.

A body is a list of steps on numbered values: first the inputs, then the outputs of the steps. The
arrays have been collapsed to `rank` loop dimensions, the last one the fastest:

    y = relu(x + b), x [32, 28, 28, 6], b [6]      rank 2: sizes 25088, 6
    inputs   0: x, varies (True, True)    1: b, varies (False, True)
    steps    2 = Add(0, 1)    3 = Relu(2)
    outputs  3

The kernel's arguments are words: the sizes of the dimensions, the addresses of the inputs, the
addresses of the outputs. An output is a full, contiguous array, and so is an input that varies in
every dimension; any other input is packed: it holds the dimensions that it varies along, in order.
An output may be the memory of a full input of its type: an element is read before it is written.

A body may work on the rows that indices name, instead of all of an array: its outputs, and as many
of the first inputs, are then arrays `[k, columns]`, of which row `indices[i]` goes with row i of
the other inputs, `[n, columns]`. The address of the indices is one more word, the last.

Items: of rank 0 there is one, of rank 1 an item is an element, of higher ranks a row: all of the
innermost dimension. Full inputs and outputs are `ITEM` operands, packed inputs `WHOLE`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph.op_def import OpDef

# The types that bodies may have, as NumPy names them.
TYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
)


@dataclass(frozen=True, slots=True)
class FusedInput:
    """An array that a body reads.

    Attributes:
      dtype: NumPy's name of its type.
      varies: for each dimension, whether it moves along it; it is broadcast along the others.
    """

    dtype: str
    varies: tuple[bool, ...]

    @property
    def is_full(self) -> bool:
        """Whether it has an element of its own for each of the output's."""
        return all(self.varies)


@dataclass(frozen=True, slots=True)
class FusedStep:
    """One op of a body.

    Attributes:
      op: TF's op type; the op has a scalar body.
      attrs: the attributes that the scalar body names, as sorted pairs.
      args: the numbers of the values it takes.
      dtypes: NumPy's names of the types of its outputs.
    """

    op: str
    attrs: tuple[tuple[str, Hashable], ...]
    args: tuple[int, ...]
    dtypes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FusedBody:
    """A kernel; see the module's docstring.

    Attributes:
      rank: how many dimensions its loops have.
      inputs: what it reads.
      steps: what it computes.
      outputs: the numbers of the values it stores.
      indices: where it works on rows by their indices (rank 2), NumPy's name of the indices' type;
        a negative index stands for no row.
    """

    rank: int
    inputs: tuple[FusedInput, ...]
    steps: tuple[FusedStep, ...]
    outputs: tuple[int, ...]
    indices: str = ""

    @property
    def value_types(self) -> tuple[str, ...]:
        """The types of all values, by number."""
        types = [given.dtype for given in self.inputs]
        for step in self.steps:
            types.extend(step.dtypes)
        return tuple(types)


def can_fuse(
    op: OpDef, attrs: Mapping[str, Any], input_types: Sequence[str], output_types: Sequence[str]
) -> bool:
    """Whether a node can be a step: its op has a scalar body that is right for it.

    Args:
      op: its type.
      attrs: the node's attributes.
      input_types: NumPy's names of the types of its inputs; of a variable, that of its value.
      output_types: those of the step's outputs.
    """
    if op.scalar_body is None or not TYPES.issuperset((*input_types, *output_types)):
        return False
    if op.scalar_when is not None and not op.scalar_when(attrs):
        return False
    return all(np.dtype(name).kind in op.scalar_kinds for name in input_types)


def step_attrs(op: OpDef, attrs: Mapping[str, Any]) -> tuple[tuple[str, Hashable], ...]:
    """Those of a node's attributes that its scalar body takes, as `FusedStep` holds them."""
    code = getattr(op.scalar_body, "__code__", None)
    if code is None:  # a NumPy function
        return ()
    start = code.co_argcount
    names = code.co_varnames[start : start + code.co_kwonlyargcount]
    return tuple((name, attrs[name]) for name in sorted(names))
