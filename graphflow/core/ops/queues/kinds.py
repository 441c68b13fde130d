"""tf.FIFOQueue, tf.RandomShuffleQueue, tf.PaddingFIFOQueue and tf.PriorityQueue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ...base import dtypes as dtypes_lib
from ...base.tensor_shape import TensorShape, as_shape
from ..random.seeds import get_seed
from .base import QueueBase
from .handles import (
    fifo_queue_v2_op,
    padding_fifo_queue_v2_op,
    priority_queue_v2_op,
    random_shuffle_queue_v2_op,
)


class FIFOQueue(QueueBase):
    """A queue that gives elements in the order in which they came.

    Args:
      capacity: how many elements it holds at most; any number if negative.
      dtypes: a type, or a list of types, one for each component of an element.
      shapes: a known shape for each component; None for any. Batches need them.
      names: a name for each component, or None; with names, elements are dicts.
      shared_name: nodes of one shared name are one queue in a session.
      name: the node's name.

    Raises:
      ValueError: a shape is not known in full, or the numbers of types, shapes and names differ.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str | None = "fifo_queue",
    ) -> None:
        dtypes = _type_list(dtypes)
        shapes = _known_shapes(shapes)
        names = _name_list(names, dtypes)
        queue_ref = fifo_queue_v2_op(
            component_types=dtypes,
            shapes=shapes,
            capacity=capacity,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(dtypes, shapes, names, queue_ref)


class RandomShuffleQueue(QueueBase):
    """A queue that gives elements in random order.

    Args:
      capacity: how many elements it holds at most; any number if negative.
      min_after_dequeue: how many elements stay in it until it is closed, so that there is a choice.
      dtypes: a type, or a list of types, one for each component of an element.
      shapes: a known shape for each component; None for any. Batches need them.
      names: a name for each component, or None; with names, elements are dicts.
      seed: the op's seed; see `tf.set_random_seed`.
      shared_name: nodes of one shared name are one queue in a session.
      name: the node's name.

    Raises:
      ValueError: a shape is not known in full, or the numbers of types, shapes and names differ.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str | None = "random_shuffle_queue",
    ) -> None:
        dtypes = _type_list(dtypes)
        shapes = _known_shapes(shapes)
        names = _name_list(names, dtypes)
        seed1, seed2 = get_seed(seed)
        if seed1 is None or seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:
            # the same in all graphs that share the queue, however many nodes they have
            digest = hashlib.md5(f"{seed1}{shared_name}".encode()).hexdigest()
            seed2 = int(digest[:8], 16) & 0x7FFFFFFF
        queue_ref = random_shuffle_queue_v2_op(
            component_types=dtypes,
            shapes=shapes,
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=seed1,
            seed2=seed2,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(dtypes, shapes, names, queue_ref)


class PaddingFIFOQueue(QueueBase):
    """A FIFO queue of elements of different sizes, which are padded with zeros in a batch.

    Args:
      capacity: how many elements it holds at most; any number if negative.
      dtypes: a type, or a list of types, one for each component of an element.
      shapes: a shape for each component; None stands for sizes that differ between elements.
      names: a name for each component, or None; with names, elements are dicts.
      shared_name: nodes of one shared name are one queue in a session.
      name: the node's name.

    Raises:
      ValueError: `shapes` is no list of shapes of known rank, or the numbers of types, shapes and
        names differ.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str | None = "padding_fifo_queue",
    ) -> None:
        dtypes = _type_list(dtypes)
        shapes = _partial_shapes(shapes)
        names = _name_list(names, dtypes)
        if len(dtypes) != len(shapes):
            raise ValueError(
                f"Shapes must be provided for all components, but received {len(dtypes)} dtypes "
                f"and {len(shapes)} shapes."
            )
        queue_ref = padding_fifo_queue_v2_op(
            component_types=dtypes,
            shapes=shapes,
            capacity=capacity,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(dtypes, shapes, names, queue_ref)


class PriorityQueue(QueueBase):
    """A queue that gives the element with the smallest priority first.

    Elements have one more component, the first: the priority, an int64 scalar.

    Args:
      capacity: how many elements it holds at most; any number if negative.
      types: a type, or a list of types, one for each component but the priority.
      shapes: a known shape for each of these; None for any. Batches need them.
      names: a name for each component, the priority too, or None; with names, elements are dicts.
      shared_name: nodes of one shared name are one queue in a session.
      name: the node's name.

    Raises:
      ValueError: a shape is not known in full, or the numbers of types, shapes and names differ.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str | None = "priority_queue",
    ) -> None:
        types = _type_list(types)
        shapes = _known_shapes(shapes)
        queue_ref = priority_queue_v2_op(
            component_types=types,
            shapes=shapes or [],
            capacity=capacity,
            shared_name=shared_name,
            name=name,
        )
        all_shapes = [TensorShape([]), *shapes] if shapes else shapes
        super().__init__([dtypes_lib.int64, *types], all_shapes, names, queue_ref)


def _type_list(dtypes: Any) -> list[Any]:
    return list(dtypes) if isinstance(dtypes, list | tuple) else [dtypes]


def _name_list(names: Any, dtypes: Sequence[Any]) -> list[Any] | None:
    if names is None:
        return None
    names = list(names) if isinstance(names, list | tuple) else [names]
    if len(names) != len(dtypes):
        raise ValueError("List of names must have the same length as the list of dtypes")
    return names


def _known_shapes(shapes: Any) -> list[TensorShape] | None:
    """Shapes that must be known in full."""
    listed = _shape_list(shapes)
    if listed is not None and not all(shape.is_fully_defined() for shape in listed):
        raise ValueError(f"All shapes must be fully defined: {listed}")
    return listed


def _partial_shapes(shapes: Any) -> list[TensorShape]:
    """Shapes of known rank, which must come as a list of shapes."""
    is_list = isinstance(shapes, Sequence) and len(shapes) > 0
    if not is_list or any(shape is None or isinstance(shape, int) for shape in shapes):
        raise ValueError("When providing partial shapes, a list of shapes must be provided.")
    listed = _shape_list(shapes)
    assert listed is not None
    if any(shape.ndims is None for shape in listed):
        raise ValueError(f"All shapes must have a defined rank: {listed}")
    return listed


def _shape_list(shapes: Any) -> list[TensorShape] | None:
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, list | tuple):
        raise TypeError("shapes must be a TensorShape or a list or tuple of TensorShapes.")
    if all(shape is None or isinstance(shape, int) for shape in shapes):
        shapes = [shapes]  # the sizes of a single shape
    return [as_shape(shape) for shape in shapes]
