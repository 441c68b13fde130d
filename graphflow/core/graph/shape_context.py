"""What a shape rule may ask: shapes, attributes and, where they are known early, input values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.tensor_shape import TensorShape, as_shape
from .constant_value import constant_value, constant_value_as_shape

if TYPE_CHECKING:
    from .operation import Operation


class ShapeContext:
    """The view of a node that shape rules are written against.

    Attributes:
      attrs: the node's attributes.
      shapes: the input shapes, list inputs flattened.
      is_of_a_run: whether a run is being prepared: then a rule may say what TF leaves open while
        the graph is built.
    """

    is_of_a_run = False

    def __init__(self, op: Operation) -> None:
        self._op = op
        self.attrs = op.node_attrs
        self.shapes = [t.shape for t in op.inputs]

    @property
    def num_inputs(self) -> int:
        return len(self.shapes)

    @property
    def num_outputs(self) -> int:
        return len(self._op.outputs)

    @property
    def op_type(self) -> str:
        return self._op.type

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The input tensors themselves, for rules that look at types."""
        return self._op.inputs

    def shape(self, index: int) -> TensorShape:
        """The shape of one input."""
        return self.shapes[index]

    def with_rank(self, index: int, rank: int) -> TensorShape:
        """The shape of one input, which must have that rank.

        Raises:
          ValueError: it has another one.
        """
        try:
            return self.shapes[index].with_rank(rank)
        except ValueError:
            raise ValueError(
                f"Shape must be rank {rank} but is rank {self.shapes[index].ndims}"
            ) from None

    def with_rank_at_least(self, index: int, rank: int) -> TensorShape:
        """The shape of one input, which must have that rank or a higher one.

        Raises:
          ValueError: it has a lower one.
        """
        shape = self.shapes[index]
        if shape.ndims is not None and shape.ndims < rank:
            raise ValueError(f"Shape must be at least rank {rank} but is rank {shape.ndims}")
        return shape

    def with_rank_at_most(self, index: int, rank: int) -> TensorShape:
        """The shape of one input, which must have that rank or a lower one.

        Raises:
          ValueError: it has a higher one.
        """
        shape = self.shapes[index]
        if shape.ndims is not None and shape.ndims > rank:
            raise ValueError(f"Shape must be at most rank {rank} but is rank {shape.ndims}")
        return shape

    def constant(self, index: int) -> np.ndarray | None:
        """The value of one input when it is known before a run, else None."""
        return constant_value(self._op.inputs[index])

    def top_shape(self, index: int) -> TensorShape:
        """What is known of the shape of the last element of an input that is a list."""
        return TensorShape(None)

    def constant_shape(self, index: int) -> TensorShape:
        """The shape that an input's *value* spells, as far as it is known (-1: unknown)."""
        return constant_value_as_shape(self._op.inputs[index])


def shape_text(shape: TensorShape) -> str:
    """A shape as TF's shape functions write it: `[2,?]`, or `<unknown>`."""
    if shape.ndims is None:
        return "<unknown>"
    sizes = ("?" if size is None else str(size) for size in shape.as_list())
    return f"[{','.join(sizes)}]"


def infer_shapes(op: Operation) -> list[TensorShape]:
    """The output shapes that the op's rule gives.

    Raises:
      ValueError: the rule finds the inputs inconsistent; names the node, shapes and user's line.
    """
    count = len(op.outputs)
    if op.op_def.shape is None:
        return [TensorShape(None)] * count
    context = ShapeContext(op)
    try:
        shapes = op.op_def.shape(context)
    except ValueError as e:
        given = ", ".join(shape_text(s) for s in context.shapes)
        raise ValueError(
            f"{e} for '{op.name}' (op: '{op.type}') with input shapes: {given} "
            f"(defined at {op.user_frame}: {op.user_frame.line})"
        ) from None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    return [as_shape(shape) for shape in shapes]
