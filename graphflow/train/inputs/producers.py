"""tf.train.input_producer and its kin: a queue filled with the rows of a tensor, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core import ops
from ...core.base import dtypes
from ...core.graph.collection_keys import GraphKeys
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.indexed_slices import convert_to_tensor_or_indexed_slices
from ...core.graph.scopes import control_dependencies, name_scope
from ...core.graph.tensor import Tensor
from ...core.ops.queues import FIFOQueue
from ...core.variables.variable import Variable
from ..queue_runner import QueueRunner, add_queue_runner


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """A variable that holds the files whose names match, from its initialization on.

    Args:
      pattern: a shell pattern, or a vector of them.
      name: the variable's name.

    Returns:
      A local variable: initialize it with `tf.local_variables_initializer()`.
    """
    with name_scope(name, "matching_filenames", [pattern]) as scope:
        return Variable(
            initial_value=ops.files.matching_files(pattern),
            name=scope,
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """A tensor that can be computed only so many times.

    Args:
      tensor: the tensor.
      num_epochs: how many times; None for any.
      name: the node's name.

    Returns:
      The same value. In a run it raises OutOfRangeError when the times are over; a local variable
      counts them.

    Raises:
      ValueError: `num_epochs` is not positive.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        zero = ops.array.constant(0, dtype=dtypes.int64)
        epochs = Variable(
            zero, name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES]
        )
        with control_dependencies([epochs.count_up_to(num_epochs)]):
            return ops.array.identity(tensor, name=scope)


def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue that is filled with the rows of a tensor, again and again.

    Args:
      input_tensor: the tensor, of at least one dimension.
      element_shape: the shape of a row, where the tensor's does not say it.
      num_epochs: how many times each row comes; then the queue is closed. None for ever. Needs
        `tf.local_variables_initializer()`.
      shuffle: whether the rows come in another order in each epoch.
      seed: of that order.
      capacity: the queue's capacity.
      shared_name: the queue's shared name.
      summary_name: the name of a summary that says how full the queue is; None for no summary.
      name: the queue's name.
      cancel_op: the operation that closes the queue after an error.

    Returns:
      The queue; the graph's collection QUEUE_RUNNERS has the QueueRunner that fills it.

    Raises:
      ValueError: the shape of a row is not known.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        tensor = convert_to_tensor(input_tensor, name="input_tensor")
        element_shape = tensor.shape[1:].merge_with(element_shape)
        if not element_shape.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be "
                "specified"
            )
        if shuffle:
            tensor = ops.random.random_shuffle(tensor, seed=seed)
        tensor = limit_epochs(tensor, num_epochs)
        queue = FIFOQueue(
            capacity=capacity,
            dtypes=[tensor.dtype.base_dtype],
            shapes=[element_shape],
            shared_name=shared_name,
            name=name,
        )
        enqueue = queue.enqueue_many([tensor])
        add_queue_runner(QueueRunner(queue, [enqueue], cancel_op=cancel_op))
        if summary_name is not None:
            fullness = ops.elementwise.cast(queue.size(), dtypes.float32) * (1.0 / capacity)
            ops.summary.scalar(summary_name, fullness)
        return queue


def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue that is filled with strings, such as the names of files.

    Args:
      string_tensor: the strings, a vector.
      num_epochs, shuffle, seed, capacity, shared_name, cancel_op: as in `input_producer`.
      name: the name scope.

    Returns:
      As `input_producer`.

    Raises:
      ValueError: the list of strings is empty. A tensor without strings fails in the run.
    """
    not_empty = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, Tensor) and not string_tensor:
        raise ValueError(not_empty)
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        tensor = convert_to_tensor(string_tensor, dtype=dtypes.string)
        has_strings = ops.elementwise.greater(ops.array.size(tensor), 0)
        with control_dependencies([ops.control.Assert(has_strings, [not_empty])]):
            tensor = ops.array.identity(tensor)
        return input_producer(
            tensor,
            element_shape=[],
            num_epochs=num_epochs,
            shuffle=shuffle,
            seed=seed,
            capacity=capacity,
            shared_name=shared_name,
            name=scope,
            summary_name=f"fraction_of_{capacity}_full",
            cancel_op=cancel_op,
        )


def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> FIFOQueue:
    """A queue that is filled with the integers below a limit.

    Args:
      limit: an int32 scalar.
      num_epochs, shuffle, seed, capacity, shared_name: as in `input_producer`.
      name: the name scope.

    Returns:
      As `input_producer`.
    """
    with name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(
            ops.array.range(limit),
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
        )


def slice_input_producer(
    tensor_list: Sequence[Any],
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """The rows of several tensors, one row of each in each run.

    Args:
      tensor_list: tensors with the same number of rows.
      num_epochs, shuffle, seed, capacity, shared_name: as in `input_producer`.
      name: the name scope.

    Returns:
      For each tensor one that is a row of it; the position is taken from a queue.

    Raises:
      ValueError: there is no tensor.
    """
    with name_scope(name, "input_producer", tensor_list):
        tensors = [convert_to_tensor_or_indexed_slices(tensor) for tensor in tensor_list]
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        rows = ops.array.shape(tensors[0])[0]
        queue = range_input_producer(
            rows,
            num_epochs=num_epochs,
            shuffle=shuffle,
            seed=seed,
            capacity=capacity,
            shared_name=shared_name,
        )
        index = queue.dequeue()
        return [ops.array.gather(tensor, index) for tensor in tensors]
