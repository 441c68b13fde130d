"""The ops that name a queue, FIFOQueueV2 and the others: a handle to what the session holds.

The run-time value of a handle is an array with the `Queue` as its only element, so that handles can
be stacked, and one of them selected. The ops without V2, in graphs from before
TF 1.0, give it as a reference; they take part in everything, as the rest of their graphs does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..random.common import SEEDS
from ..shape_rules import scalar_shape
from .queue import UNBOUNDED, Queue, QueueSpec
from .stores import FifoStore, ShuffledStore, SortedStore, Store

_TYPES = "component_types: list(type) >= 1"
_SHAPES = "shapes: list(shape) >= 0 = []"


def old_handle_shape(context: ShapeContext) -> TensorShape:
    """The handles of old are pairs of container and name."""
    return TensorShape([2])


def check_old_handle(context: ShapeContext, index: int) -> None:
    """Checks that an input has the shape of a handle of old.

    Raises:
      ValueError: it has another one.
    """
    (size,) = context.with_rank(index, 1).as_list()
    if size not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {size}")


def _define_queue(
    kind: str,
    attrs: Sequence[str],
    spec: Callable[[Any], QueueSpec],
    store: Callable[[QueueSpec], Store],
) -> OpDef:
    """Defines an op that names a queue, of today and of old.

    Args:
      kind: the op type without V2.
      attrs: its attributes but `capacity`, `container` and `shared_name`.
      spec: from a node's attributes to what it declares.
      store: makes a queue's store.

    Returns:
      The op of today.
    """

    def queue_reference(node: Any, context: Any) -> np.ndarray:
        def make(name: str) -> Queue:
            wanted = spec(node.attrs)
            return Queue(name, wanted, store(wanted))

        queue: Queue = context.resource("queue", node, make)
        if node.name not in queue.named_by:
            queue.check_agrees(spec(node.attrs))
            queue.named_by.add(node.name)
        return queue.handle

    for op_type, handle, shape in (
        (kind, "Ref(string)", old_handle_shape),
        (f"{kind}V2", "resource", scalar_shape),
    ):
        op = define_op(
            op_type,
            outputs=[f"handle: {handle}"],
            attrs=_in_their_order(attrs),
            shape=shape,
            is_stateful=True,
        )
        op.no_grad()
        op.define_with_context(queue_reference)
    return op


def _in_their_order(attrs: Sequence[str]) -> list[str]:
    types, shapes, *more = attrs
    names = ["container: string = ''", "shared_name: string = ''"]
    return [types, shapes, "capacity: int = -1", *more, *names]


def _capacity(attrs: Any) -> int:
    capacity: int = attrs["capacity"]
    return UNBOUNDED if capacity < 0 else capacity


def _fifo_spec(attrs: Any) -> QueueSpec:
    return QueueSpec("FIFOQueue", _capacity(attrs), attrs["component_types"], attrs["shapes"])


def _shuffle_spec(attrs: Any) -> QueueSpec:
    return QueueSpec(
        "RandomShuffleQueue",
        _capacity(attrs),
        attrs["component_types"],
        attrs["shapes"],
        min_after_dequeue=attrs["min_after_dequeue"],
        seeds=(attrs["seed"], attrs["seed2"]),
    )


def _padding_spec(attrs: Any) -> QueueSpec:
    types, shapes = attrs["component_types"], attrs["shapes"]
    if len(types) != len(shapes):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Shapes must be provided for all components, but received {len(types)} dtypes and "
            f"{len(shapes)} shapes.",
        )
    return QueueSpec("PaddingFIFOQueue", _capacity(attrs), types, shapes, pads=True)


def _priority_spec(attrs: Any) -> QueueSpec:
    types, shapes = attrs["component_types"], attrs["shapes"]
    if shapes:
        shapes = (TensorShape([]), *shapes)
    return QueueSpec("PriorityQueue", _capacity(attrs), (dtypes.int64, *types), shapes)


fifo_queue_v2_op = _define_queue(
    "FIFOQueue", [_TYPES, _SHAPES], _fifo_spec, lambda spec: FifoStore()
)
random_shuffle_queue_v2_op = _define_queue(
    "RandomShuffleQueue",
    [_TYPES, _SHAPES, "min_after_dequeue: int = 0", *SEEDS],
    _shuffle_spec,
    lambda spec: ShuffledStore(*spec.seeds),
)
padding_fifo_queue_v2_op = _define_queue(
    "PaddingFIFOQueue", [_TYPES, _SHAPES], _padding_spec, lambda spec: FifoStore()
)
priority_queue_v2_op = _define_queue(
    "PriorityQueue",
    ["component_types: list(type) >= 0 = []", "shapes: list(shape) >= 0"],
    _priority_spec,
    lambda spec: SortedStore(),
)

# A queue of today for a reader of old.
fake_queue_op = define_op(
    "FakeQueue",
    inputs=["resource: resource"],
    outputs=["handle: Ref(string)"],
    shape=old_handle_shape,
    is_stateful=True,
)
fake_queue_op.no_grad()


@fake_queue_op.define
def fake_queue_reference(node: Any, handle: Any) -> np.ndarray:
    return queue_of(handle).handle


def queue_of(handle: Any) -> Queue:
    """The queue that a handle's value stands for.

    Raises:
      InvalidArgumentError: it stands for none.
    """
    value = handle.item() if isinstance(handle, np.ndarray) and handle.size == 1 else handle
    if not isinstance(value, Queue):
        raise errors.InvalidArgumentError(
            None, None, f"Trying to access a queue by the handle of a {type(value).__name__}"
        )
    return value


_SPECS = {
    "FIFOQueueV2": _fifo_spec,
    "RandomShuffleQueueV2": _shuffle_spec,
    "PaddingFIFOQueueV2": _padding_spec,
    "PriorityQueueV2": _priority_spec,
}


def declared_component_shapes(handle: Tensor) -> tuple[TensorShape, ...] | None:
    """The shapes of the components of the queue behind a handle, if they are known."""
    source: Tensor | None = handle
    while source is not None and source.op.type not in _SPECS:
        if source.op.type == "Identity":
            source = source.op.inputs[0]
        else:
            source = source.graph._captured_source(source)
    if source is None:
        return None
    shapes = _SPECS[source.op.type](source.op.node_attrs).shapes
    return shapes or None
