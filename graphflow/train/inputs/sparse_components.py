"""SparseTensors among what is batched: kept in maps while their numbers go through the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import ops
from ...core.base import dtypes
from ...core.base.tensor_shape import Dimension
from ...core.graph.constant_value import constant_value
from ...core.graph.indexed_slices import SparseTensor
from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor

_ADDS = ("AddSparseToTensorsMap", "AddManySparseToTensorsMap")


@dataclass(frozen=True)
class Component:
    """What a component of a queue's elements is.

    Attributes:
      map_op: the operation that keeps the SparseTensor; None for a Tensor.
      rank: the SparseTensor's rank, as far as it is known.
    """

    map_op: Operation | None = None
    rank: Dimension = Dimension(None)

    def agrees_with(self, other: Component) -> bool:
        """Whether both can be batched together."""
        return self.map_op is other.map_op and self.rank.is_compatible_with(other.rank)


def smart_cond(keep: Tensor, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`tf.cond`, but only one of the two where it is known which."""
    known = constant_value(keep)
    if known is None:
        return ops.control.cond(keep, true_fn, false_fn)
    return true_fn() if bool(known) else false_fn()


def store_sparse_tensors(
    tensors: Sequence[Any],
    enqueue_many: bool,
    keep_input: Tensor,
    like: Sequence[Component] | None = None,
) -> tuple[list[Tensor], list[Component]]:
    """Puts SparseTensors into maps.

    Args:
      tensors: Tensors and SparseTensors.
      enqueue_many: whether each row is an element.
      keep_input: bool; whether to put them in, for all or for each row.
      like: components of which to use the maps.

    Returns:
      Tensors, numbers in place of the SparseTensors; and what they are.
    """
    stored: list[Tensor] = []
    components: list[Component] = []
    for index, tensor in enumerate(tensors):
        if not isinstance(tensor, SparseTensor):
            stored.append(tensor)
            components.append(Component())
            continue
        map_op = None if like is None else like[index].map_op
        numbers = _store(tensor, enqueue_many, keep_input, map_op and map_op.name)
        rank = tensor.dense_shape.shape.with_rank(1).dims[0]
        component = Component(map_op or _adding_op(numbers), rank - 1 if enqueue_many else rank)
        stored.append(ops.array.expand_dims(numbers, [-1]))
        components.append(component)
    return stored, components


def _store(
    sparse: SparseTensor, enqueue_many: bool, keep_input: Tensor, map_name: str | None
) -> Tensor:
    add_one = ops.queues.add_sparse_to_tensors_map
    add_many = ops.queues.add_many_sparse_to_tensors_map
    if keep_input.shape.ndims == 1:
        is_kept = ops.array.gather(keep_input, sparse.indices[:, 0])
        kept = ops.array.reshape(ops.array.where(is_kept), [-1])
        indices = ops.array.gather(sparse.indices, kept)
        values = ops.array.gather(sparse.values, kept)
        return add_many(SparseTensor(indices, values, sparse.dense_shape), map_name)
    numbers: Tensor
    if not enqueue_many:
        numbers = smart_cond(
            keep_input,
            lambda: add_one(sparse, map_name),
            lambda: ops.array.constant(-1, dtypes.int64),
        )
        return numbers
    numbers = smart_cond(
        keep_input,
        lambda: add_many(sparse, map_name),
        lambda: -1 * ops.array.ones(sparse.dense_shape[0:1], dtypes.int64),
    )
    numbers.set_shape([None])
    return numbers


def _adding_op(numbers: Tensor) -> Operation:
    """The operation that put a SparseTensor into its map, perhaps in a branch."""
    op = numbers.op
    if op.type in _ADDS:
        return op
    branch = op.node_attrs["then_branch"].outputs[numbers.value_index].op
    while branch.type not in _ADDS:
        branch = branch.inputs[0].op
    found: Operation = branch
    return found


def restore_sparse_tensors(dequeued: Any, components: Sequence[Component]) -> Any:
    """Takes SparseTensors out of their maps.

    Args:
      dequeued: what a queue gives: a list of tensors, or one.
      components: what they are.

    Returns:
      The same with SparseTensors. None of it is there before all are out of their maps, so that
      nothing stays in one.
    """
    is_list = isinstance(dequeued, list | tuple)
    tensors = [
        _restored(tensor, component)
        for tensor, component in zip(dequeued if is_list else [dequeued], components, strict=True)
    ]
    if not is_list:
        return tensors[0]
    if any(isinstance(tensor, SparseTensor) for tensor in tensors):
        values = [t.values if isinstance(t, SparseTensor) else t for t in tensors]
        tensors = [_after(values, tensor) for tensor in tensors]
    return tensors


def _restored(tensor: Tensor, component: Component) -> Any:
    if component.map_op is None:
        return tensor
    handles = ops.array.squeeze(tensor, [1])
    rank = (component.rank + 1).value
    return ops.queues.take_many_sparse_from_tensors_map(component.map_op, handles, rank)


def _after(values: Sequence[Tensor], tensor: Any) -> Any:
    wait = ops.control.with_dependencies
    if not isinstance(tensor, SparseTensor):
        return wait(values, tensor)
    return SparseTensor(
        wait(values, tensor.indices), wait(values, tensor.values), wait(values, tensor.dense_shape)
    )
