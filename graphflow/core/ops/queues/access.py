"""The ops on queues: QueueEnqueueV2, QueueDequeueManyV2 and their kin, of today and of old.

Those that may wait can be begun and called again (`OpDef.waits`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.dtypes import DType
from ...base.tensor_shape import TensorShape
from ...graph.op_def import TOGETHER, OpDef, define_op
from ...graph.shape_context import ShapeContext
from ..shape_rules import no_outputs, scalar_shape, unknown
from .handles import check_old_handle, declared_component_shapes, queue_of
from .queue import Queue, types_text

_COMPONENTS_IN = ("components: Tcomponents",)
_COMPONENTS_OUT = ("components: component_types",)
_IN_TYPES = ("Tcomponents: list(type) >= 1", "timeout_ms: int = -1")
_OUT_TYPES = ("component_types: list(type) >= 1", "timeout_ms: int = -1")

ShapeRule = Callable[[ShapeContext], Any]


def _define_access(
    op_type: str,
    reference: Callable[..., Any],
    shape: ShapeRule,
    old_shape: ShapeRule,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    attrs: Sequence[str] = (),
    waits: bool = False,
) -> OpDef:
    """Defines an op on a queue for the handles of today and of old; gives that of today."""
    for name, handle, rule in (
        (op_type, "Ref(string)", old_shape),
        (f"{op_type}V2", "resource", shape),
    ):
        # Stateful, unlike TensorFlow's, whose executor never merges or drops what takes a handle.
        op = define_op(
            name,
            inputs=[f"handle: {handle}", *inputs],
            outputs=outputs,
            attrs=attrs,
            shape=rule,
            is_stateful=True,
        )
        op.no_grad()
        op.define_with_context(reference)
        if waits:
            op.waits(TOGETHER)
    return op


def _check_types(node: Any, queue: Queue, given: Sequence[DType], between: str) -> None:
    """Checks a node's component types against the queue's.

    Args:
      node: the node.
      queue: its queue.
      given: the types.
      between: what stands between the handle and the components in TF's words for a signature.

    Raises:
      InvalidArgumentError: they differ.
    """
    if tuple(given) == queue.spec.types:
        return
    handle = "resource" if node.input_dtypes[0] == dtypes.resource else "string_ref"
    arrow = "->" if between == ", " else ""
    have, expected = (
        f"{handle}{between}{types_text(types)}{arrow}" for types in (given, queue.spec.types)
    )
    raise errors.InvalidArgumentError(
        None, None, f"Signature mismatch, have: {have} expected: {expected}"
    )


# --- enqueue -------------------------------------------------------------------------------------


def enqueue_reference(node: Any, context: Any, handle: Any, *components: Any) -> None:
    queue = queue_of(handle)
    _check_types(node, queue, node.attrs["Tcomponents"], ", ")
    queue.enqueue(components, context)


queue_enqueue_v2_op = _define_access(
    "QueueEnqueue",
    enqueue_reference,
    no_outputs,
    no_outputs,
    inputs=_COMPONENTS_IN,
    attrs=_IN_TYPES,
    waits=True,
)


def enqueue_many_reference(node: Any, context: Any, handle: Any, *components: Any) -> None:
    queue = queue_of(handle)
    _check_types(node, queue, node.attrs["Tcomponents"], ", ")
    queue.enqueue_many(components, context)


queue_enqueue_many_v2_op = _define_access(
    "QueueEnqueueMany",
    enqueue_many_reference,
    no_outputs,
    no_outputs,
    inputs=_COMPONENTS_IN,
    attrs=_IN_TYPES,
    waits=True,
)


# --- dequeue -------------------------------------------------------------------------------------


def _component_shapes(context: ShapeContext, rows: Sequence[int | None]) -> list[TensorShape]:
    """What is known of the components before a run begins.

    While a graph is built TensorFlow does not look at the queue, and leaves it to `QueueBase` to
    set the shapes.
    """
    if context.is_of_a_run:
        shapes = declared_component_shapes(context.inputs[0].op.outputs[0])
        if shapes is not None and len(shapes) == context.num_outputs:
            return [TensorShape(rows).concatenate(shape) for shape in shapes]
    return unknown(context)


def dequeue_shape(context: ShapeContext) -> list[TensorShape]:
    return _component_shapes(context, [])


def dequeue_reference(node: Any, context: Any, handle: Any) -> tuple[Any, ...]:
    queue = queue_of(handle)
    _check_types(node, queue, node.output_dtypes, "->")
    return queue.dequeue(context)


queue_dequeue_v2_op = _define_access(
    "QueueDequeue",
    dequeue_reference,
    dequeue_shape,
    unknown,
    outputs=_COMPONENTS_OUT,
    attrs=_OUT_TYPES,
    waits=True,
)


def dequeue_many_shape(context: ShapeContext) -> list[TensorShape]:
    count = context.constant(1)
    if count is not None and int(count) < 0:
        raise ValueError(f"Input 'n' must be >= 0, but is {int(count)}")
    return _component_shapes(context, [None if count is None else int(count)])


def dequeue_up_to_shape(context: ShapeContext) -> list[TensorShape]:
    return _component_shapes(context, [None])


def _dequeue_batch(
    node: Any, context: Any, handle: Any, count: np.ndarray, may_be_fewer: bool
) -> tuple[np.ndarray, ...]:
    number = int(count.reshape(-1)[0])
    if number < 0:
        what = "DequeueUpToOp" if may_be_fewer else "DequeueManyOp"
        raise errors.InvalidArgumentError(None, None, f"{what} requested {number} < 0 elements")
    queue = queue_of(handle)
    _check_types(node, queue, node.output_dtypes, ", int32->")
    return tuple(queue.dequeue_many(number, may_be_fewer, context))


def dequeue_many_reference(node: Any, context: Any, handle: Any, n: np.ndarray) -> Any:
    return _dequeue_batch(node, context, handle, n, may_be_fewer=False)


queue_dequeue_many_v2_op = _define_access(
    "QueueDequeueMany",
    dequeue_many_reference,
    dequeue_many_shape,
    unknown,
    inputs=("n: int32",),
    outputs=_COMPONENTS_OUT,
    attrs=_OUT_TYPES,
    waits=True,
)


def dequeue_up_to_reference(node: Any, context: Any, handle: Any, n: np.ndarray) -> Any:
    return _dequeue_batch(node, context, handle, n, may_be_fewer=True)


queue_dequeue_up_to_v2_op = _define_access(
    "QueueDequeueUpTo",
    dequeue_up_to_reference,
    dequeue_up_to_shape,
    unknown,
    inputs=("n: int32",),
    outputs=_COMPONENTS_OUT,
    attrs=_OUT_TYPES,
    waits=True,
)


# --- the queue as a whole ------------------------------------------------------------------------


def old_no_outputs(context: ShapeContext) -> list[TensorShape]:
    check_old_handle(context, 0)
    return []


def old_scalar_shape(context: ShapeContext) -> TensorShape:
    check_old_handle(context, 0)
    return TensorShape([])


def handle_shape(context: ShapeContext) -> TensorShape:
    return context.shape(0)


def close_reference(node: Any, context: Any, handle: Any) -> None:
    queue_of(handle).close(node.attrs["cancel_pending_enqueues"], context)


queue_close_v2_op = _define_access(
    "QueueClose",
    close_reference,
    no_outputs,
    old_no_outputs,
    attrs=("cancel_pending_enqueues: bool = false",),
    waits=True,
)


def is_closed_reference(node: Any, context: Any, handle: Any) -> np.ndarray:
    return np.array(queue_of(handle).is_closed)


queue_is_closed_v2_op = _define_access(
    "QueueIsClosed",
    is_closed_reference,
    scalar_shape,
    scalar_shape,
    outputs=("is_closed: bool",),
)


def size_reference(node: Any, context: Any, handle: Any) -> np.ndarray:
    return np.array(queue_of(handle).size, np.int32)


queue_size_v2_op = _define_access(
    "QueueSize", size_reference, handle_shape, old_scalar_shape, outputs=("size: int32",)
)
