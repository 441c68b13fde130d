"""tf.train.batch and its kin: elements go into a queue one by one, and come out in batches.

batch                one list of tensors, perhaps by several threads
batch_join           several lists, each by a thread of its own
shuffle_batch(_join) the same through a queue that shuffles
maybe_...            the same, where a tensor says what is put in
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core import ops
from ...core.base import dtypes
from ...core.base.tensor_shape import as_shape
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.indexed_slices import convert_to_tensor_or_indexed_slices
from ...core.graph.scopes import name_scope
from ...core.graph.tensor import Tensor
from ...core.ops.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue
from ..queue_runner import QueueRunner, add_queue_runner
from .sparse_components import (
    Component,
    restore_sparse_tensors,
    smart_cond,
    store_sparse_tensors,
)

MakeQueue = Callable[[list[Any], Any], QueueBase]


# --- the public functions ------------------------------------------------------------------------


def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of what tensors are in successive runs.

    Args:
      tensors: a list or dict of tensors and SparseTensors: one element.
      batch_size: how many elements a batch has.
      num_threads: how many threads compute elements; with several the order is left to chance.
      capacity: how many elements the queue holds.
      enqueue_many: whether the tensors are many elements, one in each row.
      shapes: the shape of each tensor's elements; by default what is known of it.
      dynamic_pad: whether sizes may differ between elements; they are padded with zeros.
      allow_smaller_final_batch: whether elements that are left at the end make a smaller batch;
        then the first size of the result is not known.
      shared_name: the queue's shared name.
      name: the name scope.

    Returns:
      As `tensors`, with one more dimension; a tensor for a list of one. In a run they raise
      OutOfRangeError at the end of the input. The graph's collection QUEUE_RUNNERS has the
      QueueRunner that fills the queue.

    Raises:
      ValueError: there is no tensor, or a shape is not known and not given.
    """
    return maybe_batch(
        tensors,
        True,
        batch_size,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch`, of the elements that a tensor says to keep.

    Args:
      keep_input: bool scalar; or a vector with an entry for each row, with `enqueue_many`.
      tensors, batch_size, num_threads, capacity, enqueue_many, shapes, dynamic_pad,
      allow_smaller_final_batch, shared_name, name: as in `batch`.

    Returns, Raises: as `batch`; ValueError too when `keep_input` is of another rank.
    """
    tensor_list = _as_list(tensors)
    with name_scope(name, "batch", [*tensor_list, keep_input]) as scope:
        make = _fifo_maker(dynamic_pad, capacity, shared_name)
        pipeline = _Pipeline([tensor_list], keep_input, enqueue_many, shapes, make)
        pipeline.fill(num_threads)
        _add_fullness_summary(pipeline.queue, capacity)
        batches = pipeline.batches(batch_size, allow_smaller_final_batch, scope)
        return _like(tensors, batches)


def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of what several lists of tensors are, each list computed in a thread of its own.

    Args:
      tensors_list: a list of lists or dicts, each as the `tensors` of `batch`.
      batch_size, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch,
      shared_name, name: as in `batch`.

    Returns, Raises: as `batch`; ValueError and TypeError too when the lists do not agree.
    """
    return maybe_batch_join(
        tensors_list,
        True,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`batch_join`, of the elements that a tensor says to keep.

    Args:
      keep_input: as in `maybe_batch`.
      tensors_list, batch_size, capacity, enqueue_many, shapes, dynamic_pad,
      allow_smaller_final_batch, shared_name, name: as in `batch_join`.

    Returns, Raises: as `batch_join`.
    """
    lists = _as_lists(tensors_list)
    with name_scope(name, "batch_join", [*_flat(lists), keep_input]) as scope:
        make = _fifo_maker(dynamic_pad, capacity, shared_name)
        pipeline = _Pipeline(lists, keep_input, enqueue_many, shapes, make)
        pipeline.fill()
        _add_fullness_summary(pipeline.queue, capacity)
        batches = pipeline.batches(batch_size, allow_smaller_final_batch, scope)
        return _like(tensors_list[0], batches)


def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of what tensors are in successive runs, in random order.

    Args:
      capacity: how many elements the queue holds; more than `min_after_dequeue`.
      min_after_dequeue: how many elements stay in it, so that there is a choice.
      seed: of the order.
      tensors, batch_size, num_threads, enqueue_many, shapes, allow_smaller_final_batch,
      shared_name, name: as in `batch`.

    Returns, Raises: as `batch`.
    """
    return maybe_shuffle_batch(
        tensors,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        num_threads,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch`, of the elements that a tensor says to keep.

    Args:
      keep_input: as in `maybe_batch`.
      tensors, batch_size, capacity, min_after_dequeue, num_threads, seed, enqueue_many, shapes,
      allow_smaller_final_batch, shared_name, name: as in `shuffle_batch`.

    Returns, Raises: as `shuffle_batch`.
    """
    tensor_list = _as_list(tensors)
    with name_scope(name, "shuffle_batch", [*tensor_list, keep_input]) as scope:
        make = _shuffle_maker(capacity, min_after_dequeue, seed, shared_name)
        pipeline = _Pipeline([tensor_list], keep_input, enqueue_many, shapes, make)
        pipeline.fill(num_threads)
        _add_choice_summary(pipeline.queue, capacity, min_after_dequeue)
        batches = pipeline.batches(batch_size, allow_smaller_final_batch, scope)
        return _like(tensors, batches)


def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches of what several lists of tensors are, in random order.

    Args:
      tensors_list: as in `batch_join`.
      batch_size, capacity, min_after_dequeue, seed, enqueue_many, shapes,
      allow_smaller_final_batch, shared_name, name: as in `shuffle_batch`.

    Returns, Raises: as `batch_join`.
    """
    return maybe_shuffle_batch_join(
        tensors_list,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`shuffle_batch_join`, of the elements that a tensor says to keep.

    Args:
      keep_input: as in `maybe_batch`.
      tensors_list, batch_size, capacity, min_after_dequeue, seed, enqueue_many, shapes,
      allow_smaller_final_batch, shared_name, name: as in `shuffle_batch_join`.

    Returns, Raises: as `shuffle_batch_join`.
    """
    lists = _as_lists(tensors_list)
    with name_scope(name, "shuffle_batch_join", [*_flat(lists), keep_input]) as scope:
        make = _shuffle_maker(capacity, min_after_dequeue, seed, shared_name)
        pipeline = _Pipeline(lists, keep_input, enqueue_many, shapes, make)
        pipeline.fill()
        _add_choice_summary(pipeline.queue, capacity, min_after_dequeue)
        batches = pipeline.batches(batch_size, allow_smaller_final_batch, scope)
        return _like(tensors_list[0], batches)


# --- what they share -----------------------------------------------------------------------------


class _Pipeline:
    """A queue between lists of tensors and batches of them.

    Args:
      lists: one list of tensors for each enqueue operation.
      keep_input: bool scalar or vector; what to put in.
      enqueue_many: whether each row is an element.
      shapes: the shapes of the elements, if they are given.
      make_queue: from types and shapes to the queue.
    """

    def __init__(
        self,
        lists: Sequence[Sequence[Any]],
        keep_input: Any,
        enqueue_many: bool,
        shapes: Any,
        make_queue: MakeQueue,
    ) -> None:
        converted = [[convert_to_tensor_or_indexed_slices(t) for t in one] for one in lists]
        if not converted[0]:
            raise ValueError("Expected at least one tensor in batch().")
        self._keep_input = _checked_keep_input(keep_input, enqueue_many)
        self._enqueue_many = enqueue_many
        self._lists, self._components = self._without_sparse(converted)
        types = _common_types(self._lists)
        if shapes is None:
            shapes = _common_shapes(self._lists, enqueue_many)
        self.queue = make_queue(types, shapes)

    def _without_sparse(
        self, lists: Sequence[Sequence[Any]]
    ) -> tuple[list[list[Tensor]], list[Component]]:
        first, components = store_sparse_tensors(lists[0], self._enqueue_many, self._keep_input)
        stored = [first]
        for tensors in lists[1:]:
            more, others = store_sparse_tensors(
                tensors, self._enqueue_many, self._keep_input, components
            )
            agree = len(others) == len(components) and all(
                a.agrees_with(b) for a, b in zip(components, others, strict=True)
            )
            if not agree:
                raise ValueError(f"Inconsistent SparseTensors list: {lists[0]} vs. {tensors}")
            stored.append(more)
        return stored, components

    def fill(self, num_threads: int = 1) -> None:
        """Adds the QueueRunner: a thread for each list, or several for the only one."""
        enqueue = self.queue.enqueue_many if self._enqueue_many else self.queue.enqueue
        if self._keep_input.shape.ndims == 1:
            enqueues = [enqueue(self._kept_rows(tensors)) for tensors in self._lists]
        else:
            enqueues = [
                smart_cond(self._keep_input, _call(enqueue, tensors), ops.control.no_op)
                for tensors in self._lists
            ]
        add_queue_runner(QueueRunner(self.queue, enqueues * num_threads))

    def _kept_rows(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        kept = ops.elementwise.cast(self._keep_input, dtypes.int32)
        return [ops.array.dynamic_partition(t, kept, num_partitions=2)[1] for t in tensors]

    def batches(self, batch_size: Any, may_be_smaller: bool, name: str) -> Any:
        """The dequeue operation's outputs, SparseTensors where they were put in."""
        if may_be_smaller:
            dequeued = self.queue.dequeue_up_to(batch_size, name=name)
        else:
            dequeued = self.queue.dequeue_many(batch_size, name=name)
        return restore_sparse_tensors(dequeued, self._components)


def _call(function: Callable[[Any], Any], argument: Any) -> Callable[[], Any]:
    return lambda: function(argument)


def _fifo_maker(dynamic_pad: bool, capacity: int, shared_name: str | None) -> MakeQueue:
    def make(types: list[Any], shapes: Any) -> QueueBase:
        if dynamic_pad:
            return PaddingFIFOQueue(capacity, types, shapes, shared_name=shared_name)
        return FIFOQueue(capacity, types, shapes, shared_name=shared_name)

    return make


def _shuffle_maker(
    capacity: int, min_after_dequeue: int, seed: int | None, shared_name: str | None
) -> MakeQueue:
    if capacity <= min_after_dequeue:
        raise ValueError(
            f"capacity {capacity} must be bigger than min_after_dequeue {min_after_dequeue}."
        )

    def make(types: list[Any], shapes: Any) -> QueueBase:
        return RandomShuffleQueue(
            capacity, min_after_dequeue, types, shapes, seed=seed, shared_name=shared_name
        )

    return make


def _add_fullness_summary(queue: QueueBase, capacity: int) -> None:
    size = ops.elementwise.cast(queue.size(), dtypes.float32)
    ops.summary.scalar(f"fraction_of_{capacity}_full", size * (1.0 / capacity))


def _add_choice_summary(queue: QueueBase, capacity: int, least: int) -> None:
    above = ops.elementwise.maximum(0, queue.size() - least)
    room = capacity - least
    fullness = ops.elementwise.cast(above, dtypes.float32) * (1.0 / room)
    ops.summary.scalar(f"fraction_over_{least}_of_{room}_full", fullness)


def _checked_keep_input(keep_input: Any, enqueue_many: bool) -> Tensor:
    keep: Tensor = convert_to_tensor(keep_input)
    rank = keep.shape.ndims
    if rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if rank == 1 and not enqueue_many:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep


def _common_types(lists: Sequence[Sequence[Tensor]]) -> list[Any]:
    types = [tensor.dtype for tensor in lists[0]]
    for tensors in lists[1:]:
        others = [tensor.dtype for tensor in tensors]
        if others != types:
            mine, theirs = (", ".join(t.name for t in some) for some in (types, others))
            raise TypeError(f"Expected types to be consistent: {mine} vs. {theirs}.")
    return types


def _common_shapes(lists: Sequence[Sequence[Tensor]], enqueue_many: bool) -> list[list[int | None]]:
    shapes = []
    for of_one in zip(*lists, strict=True):
        for tensor in of_one:
            if tensor.shape.ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
        known = [as_shape(tensor.shape) for tensor in of_one]
        if enqueue_many:
            known = [shape.with_rank_at_least(1)[1:] for shape in known]
        for other in known[1:]:
            known[0].merge_with(other)  # TF too asks only that they agree
        shapes.append(known[0].as_list())
    return shapes


def _as_list(tensors: Any) -> list[Any]:
    if isinstance(tensors, dict):
        return [tensors[key] for key in sorted(tensors, key=str)]
    return list(tensors)


def _as_lists(tensors_list: Any) -> list[list[Any]]:
    if not tensors_list:
        raise ValueError("Expected at least one set of tensors")
    first = tensors_list[0]
    if isinstance(first, dict) and any(set(one) != set(first) for one in tensors_list[1:]):
        raise ValueError("All dictionaries in tensors_list must have the same keys")
    return [_as_list(tensors) for tensors in tensors_list]


def _flat(lists: Sequence[Sequence[Any]]) -> list[Any]:
    return [tensor for one in lists for tensor in one]


def _like(given: Any, batches: Any) -> Any:
    if not isinstance(given, dict):
        return batches
    listed = [batches] if len(given) == 1 else batches
    return {key: listed[index] for index, key in enumerate(sorted(given, key=str))}
