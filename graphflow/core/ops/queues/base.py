"""tf.QueueBase: the methods that add nodes to a queue."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import Dimension, TensorShape, as_shape, dimension_value, unknown_shape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, find_op
from ...graph.operation import Operation
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .access import (
    queue_close_v2_op,
    queue_dequeue_many_v2_op,
    queue_dequeue_up_to_v2_op,
    queue_dequeue_v2_op,
    queue_enqueue_many_v2_op,
    queue_enqueue_v2_op,
    queue_is_closed_v2_op,
    queue_size_v2_op,
)


class QueueBase:
    """A queue of tuples of tensors, in the session, between its runs.

    Args:
      dtypes: a type for each component of an element.
      shapes: a shape for each component, or None: any.
      names: a name for each component, or None; with names, elements are dicts.
      queue_ref: the queue's handle.

    Raises:
      ValueError: there are not as many shapes or names as types.
    """

    def __init__(self, dtypes: Any, shapes: Any, names: Any, queue_ref: Tensor) -> None:
        self._dtypes = dtypes
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes")
        if names is not None and len(names) != len(dtypes):
            raise ValueError("Queue names must have the same length as dtypes")
        if shapes is None:
            self._shapes = [unknown_shape() for _ in dtypes]
        else:
            self._shapes = [TensorShape(shape) for shape in shapes]
        self._names = names
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """The queue at a position that is known only in a run.

        Args:
          index: an integer scalar.
          queues: a list of queues.

        Raises:
          TypeError: it is no list of queues, or their types or names differ.
        """
        is_list = isinstance(queues, list) and bool(queues)
        if not is_list or not all(isinstance(queue, QueueBase) for queue in queues):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if not all(first.dtypes == queue.dtypes for queue in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if not all(first.names == queue.names for queue in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        shapes = [
            functools.reduce(_common_shape, of_one)
            for of_one in zip(*(queue.shapes for queue in queues))
        ]
        handles = ops.array.stack([queue.queue_ref for queue in queues])
        selected = ops.array.gather(handles, index)
        return QueueBase(first.dtypes, shapes, first.names, selected)

    @property
    def queue_ref(self) -> Tensor:
        """The queue's handle."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """The name of the node that gives the handle."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> Any:
        """The components' types."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """The components' shapes."""
        return self._shapes

    @property
    def names(self) -> Any:
        """The components' names, or None."""
        return self._names

    # --- enqueue ---------------------------------------------------------------------------------

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """Puts one element in; waits while the queue is full.

        Args:
          vals: a tensor, a list or tuple of tensors, or a dict of them for a queue with names.
          name: the node's name.

        Returns:
          The Operation. In a run it raises CancelledError when the queue or the session is closed.

        Raises:
          ValueError: `vals` does not fit the queue.
        """
        with name_scope(name, f"{self._name}_enqueue", _listed(vals)) as scope:
            values = self._components(vals)
            for value, shape in zip(values, self._shapes):
                value.shape.assert_is_compatible_with(shape)
            node: Operation = self._op(queue_enqueue_v2_op)(self._queue_ref, values, name=scope)
            return node

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """Puts an element in for each row of the tensors; waits while the queue is full.

        Args:
          vals: as in `enqueue`, with one more dimension, of one size.
          name: the node's name.

        Returns:
          The Operation. In a run it raises CancelledError when the queue or the session is closed.

        Raises:
          ValueError: `vals` does not fit the queue.
        """
        with name_scope(name, f"{self._name}_EnqueueMany", _listed(vals)) as scope:
            values = self._components(vals)
            rows = Dimension(None)
            for value, shape in zip(values, self._shapes):
                sizes = value.shape.with_rank_at_least(1)
                rows = rows.merge_with(Dimension(dimension_value(sizes[0])))
                sizes[1:].assert_is_compatible_with(shape)
            op = self._op(queue_enqueue_many_v2_op)
            node: Operation = op(self._queue_ref, values, name=scope)
            return node

    def _components(self, vals: Any) -> list[Tensor]:
        """The tensors of an element, in order.

        Raises:
          ValueError: it is a dict and should not be, or the other way round, or its keys are wrong.
        """
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"({sorted(vals)}), Queue: ({sorted(self._names)})"
                )
            vals = [vals[key] for key in self._names]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(vals, list | tuple):
            vals = [vals]
        return [
            convert_to_tensor(value, dtype=dtype, name=f"component_{index}")
            for index, (value, dtype) in enumerate(zip(vals, self._dtypes))
        ]

    # --- dequeue ---------------------------------------------------------------------------------

    def dequeue(self, name: str | None = None) -> Any:
        """Takes one element; waits while there is none.

        Args:
          name: the node's name.

        Returns:
          A Tensor; a list of them for several components, a dict for a queue with names. In a run
          they raise OutOfRangeError when the queue is closed and empty.
        """
        op = self._op(queue_dequeue_v2_op)
        outputs = op(
            self._queue_ref, component_types=self._dtypes, name=name or f"{self._name}_Dequeue"
        )
        return self._result(outputs, [])

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Takes `n` elements, in one tensor for each component; waits until there are as many.

        Args:
          n: an int32 scalar.
          name: the node's name.

        Returns:
          As `dequeue`, with one more dimension. In a run they raise OutOfRangeError when the queue
          is closed and has fewer.
        """
        op = self._op(queue_dequeue_many_v2_op)
        name = name or f"{self._name}_DequeueMany"
        outputs = op(self._queue_ref, n, component_types=self._dtypes, name=name)
        count = constant_value(outputs[0].op.inputs[1])
        return self._result(outputs, [None if count is None else int(count)])

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """As `dequeue_many`; but a closed queue gives the elements that are left, if any.

        Args, Returns: as `dequeue_many`; the first size is not known.
        """
        op = self._op(queue_dequeue_up_to_v2_op)
        name = name or f"{self._name}_DequeueUpTo"
        outputs = op(self._queue_ref, n, component_types=self._dtypes, name=name)
        return self._result(outputs, [None])

    def _result(self, outputs: Sequence[Tensor], rows: Sequence[int | None]) -> Any:
        for output, shape in zip(outputs, self._shapes):
            output.set_shape(TensorShape(rows).concatenate(shape))
        if self._names:
            return dict(zip(self._names, outputs))
        return outputs[0] if len(outputs) == 1 else outputs

    # --- the queue as a whole --------------------------------------------------------------------

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """Lets no more elements in; those that are in can still be taken.

        Args:
          cancel_pending_enqueues: whether enqueues that wait fail. If not, they go through first.
          name: the node's name.

        Returns:
          The Operation.
        """
        node: Operation = self._op(queue_close_v2_op)(
            self._queue_ref,
            cancel_pending_enqueues=cancel_pending_enqueues,
            name=name or f"{self._name}_Close",
        )
        return node

    def is_closed(self, name: str | None = None) -> Tensor:
        """Whether the queue has been closed, as a bool scalar."""
        op = self._op(queue_is_closed_v2_op)
        tensor: Tensor = op(self._queue_ref, name=name or f"{self._name}_Is_Closed")
        return tensor

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements in the queue, as an int32 scalar."""
        op = self._op(queue_size_v2_op)
        tensor: Tensor = op(self._queue_ref, name=name or f"{self._name}_Size")
        return tensor

    def _op(self, op: OpDef) -> OpDef:
        """The op, or its twin for a handle of old."""
        if self._queue_ref.dtype == dtypes.resource:
            return op
        twin = find_op(op.name.removesuffix("V2"))
        assert twin is not None
        return twin


def _listed(vals: Any) -> Sequence[Any]:
    if isinstance(vals, dict):
        return list(vals.values())
    return vals if isinstance(vals, list | tuple) else [vals]


def _common_shape(a: Any, b: Any) -> TensorShape:
    """What two shapes agree on."""
    a, b = as_shape(a), as_shape(b)
    if a.ndims is None or b.ndims is None or a.ndims != b.ndims:
        return unknown_shape()
    sizes = zip(a.as_list(), b.as_list(), strict=True)
    return TensorShape([x if x == y else None for x, y in sizes])
