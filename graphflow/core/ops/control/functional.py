"""map_fn, foldl, foldr and scan: functions over the first dimension, as loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...base import nest
from ...base.tensor_shape import Dimension, TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .tensor_array import TensorArray
from .while_loop import while_loop


class _Elements:
    """The rows of one tensor or of several, as the user nests them.

    Attributes:
      count: how many rows there are: an int when it is known, else a tensor.
    """

    def __init__(self, elems: Any) -> None:
        self.structure = elems
        self.tensors = [convert_to_tensor(e, name="elem") for e in nest.flatten(elems)]
        first = self.tensors[0].shape
        if first.ndims == 0:
            raise ValueError(
                "elems must be a 1+ dimensional Tensor, not a scalar"
                if len(self.tensors) == 1
                else "elements in elems must be 1+ dimensional Tensors, not scalars"
            )
        known = first[0].value if first.ndims else None
        self.count: Any = ops.array.shape(self.tensors[0])[0] if known is None else known
        self._arrays = [
            TensorArray(t.dtype, size=self.count, element_shape=t.shape[1:]).unstack(t)
            for t in self.tensors
        ]

    def read(self, index: Any) -> Any:
        """The rows at `index`, in the user's nesting."""
        rows = [array.read(index) for array in self._arrays]
        return nest.pack_sequence_as(self.structure, rows)

    def stacked(self, arrays: Sequence[TensorArray]) -> list[Tensor]:
        """Arrays with one element per row, as tensors."""
        rows = Dimension(None)
        for tensor in self.tensors:
            rows = rows.merge_with(tensor.shape.with_rank_at_least(1)[0])
        results = [array.stack() for array in arrays]
        for result in results:
            result.set_shape(TensorShape([rows]).concatenate(result.shape[1:]))
        return results


def _check_callable(fn: Any) -> None:
    if not callable(fn):
        raise TypeError("fn must be callable.")


def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """`fn` of each row of `elems`, stacked.

    Args:
      fn: `(rows) -> results`, called with the rows in the nesting of `elems`.
      elems: a tensor, or a nesting of tensors with the same first dimension.
      dtype: the types of the results in their nesting; by default as `elems`.
      parallel_iterations: a hint that is not used here.
      back_prop: whether gradients can be taken.
      swap_memory: not used here.
      infer_shape: whether all results have one shape, which is then known.
      name: the name scope of the nodes.

    Returns:
      The results in the nesting that `fn` returns, with the first dimension of `elems`.

    Raises:
      TypeError: `fn` cannot be called, `elems` is sparse, or structures differ.
      ValueError: `elems` is a scalar, or structures differ.
    """
    _check_callable(fn)
    if isinstance(elems, SparseTensor):
        raise TypeError(
            "To perform a map on the values of a sparse tensor use either "
            " SparseTensor(input.indices, fn(input.values), input.dense_shape) or "
            " SparseTensor(input.indices, map_fn(fn, input.values), "
            "input.dense_shape)"
        )
    with name_scope(name, "map", nest.flatten(elems)):
        elements = _Elements(elems)
        types = dtype
        if types is None:
            types = nest.pack_sequence_as(elems, [t.dtype for t in elements.tensors])
        results = [
            TensorArray(t, size=elements.count, infer_shape=infer_shape)
            for t in nest.flatten(types)
        ]

        def body(i: Any, arrays: Any) -> Any:
            values = fn(elements.read(i))
            nest.assert_same_structure(types, values)
            flat = nest.flatten(values)
            return i + 1, [a.write(i, value) for a, value in zip(arrays, flat, strict=True)]

        _, results = while_loop(
            lambda i, _: i < elements.count,
            body,
            (ops.array.constant(0), results),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=elements.count,
        )
        return nest.pack_sequence_as(types, elements.stacked(results))


def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combines the rows of `elems` from the first to the last.

    Args:
      fn: `(accumulator, rows) -> accumulator`.
      elems: a tensor, or a nesting of tensors with the same first dimension.
      initializer: the first accumulator; the first row by default.
      parallel_iterations: a hint that is not used here.
      back_prop: whether gradients can be taken.
      swap_memory: not used here.
      name: the name scope of the nodes.

    Returns:
      The last accumulator.

    Raises:
      TypeError: `fn` cannot be called.
    """
    options = (parallel_iterations, back_prop, swap_memory)
    with name_scope(name, "foldl", nest.flatten(elems)):
        return _fold(fn, elems, initializer, False, options)


def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combines the rows of `elems` from the last to the first; else as `foldl`."""
    options = (parallel_iterations, back_prop, swap_memory)
    with name_scope(name, "foldr", nest.flatten(elems)):
        return _fold(fn, elems, initializer, True, options)


def _fold(fn: Any, elems: Any, initializer: Any, reverse: bool, options: Sequence[Any]) -> Any:
    _check_callable(fn)
    elements = _Elements(elems)
    count = elements.count
    first = count - 1 if reverse else 0
    accumulator = elements.read(first) if initializer is None else initializer
    done = 1 if initializer is None else 0

    def body(i: Any, accumulator: Any) -> Any:
        index = count - 1 - i if reverse else i
        return [i + 1, fn(accumulator, elements.read(index))]

    parallel_iterations, back_prop, swap_memory = options
    _, result = while_loop(
        lambda i, _: i < count,
        body,
        [ops.array.constant(done), accumulator],
        parallel_iterations=parallel_iterations,
        back_prop=back_prop,
        swap_memory=swap_memory,
        maximum_iterations=count,
    )
    return result


def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """All the accumulators of `foldl`, stacked.

    Args:
      fn: `(accumulator, rows) -> accumulator`.
      elems: a tensor, or a nesting of tensors with the same first dimension.
      initializer: the accumulator before the first row, in its nesting; by default the first row
        is the first accumulator.
      parallel_iterations: a hint that is not used here.
      back_prop: whether gradients can be taken.
      swap_memory: not used here.
      infer_shape: whether the accumulator keeps its shape.
      reverse: whether rows are taken from the last to the first; results stay in their places.
      name: the name scope of the nodes.

    Returns:
      The accumulators in their nesting, with the first dimension of `elems`.

    Raises:
      TypeError: `fn` cannot be called, or structures differ.
      ValueError: structures differ.
    """
    _check_callable(fn)
    with name_scope(name, "scan", nest.flatten(elems)):
        elements = _Elements(elems)
        count = elements.count
        structure = elems if initializer is None else initializer
        start = elements.read(count - 1 if reverse else 0) if initializer is None else initializer
        accumulators = [convert_to_tensor(a) for a in nest.flatten(start)]
        results = [
            TensorArray(
                a.dtype,
                size=count,
                element_shape=a.shape if infer_shape else None,
                infer_shape=infer_shape,
            )
            for a in accumulators
        ]
        done = 0
        if initializer is None:
            done = 1
            first = count - 1 if reverse else 0
            pairs = zip(results, accumulators, strict=True)
            results = [array.write(first, a) for array, a in pairs]

        def body(i: Any, accumulators: Any, arrays: Any) -> Any:
            packed = nest.pack_sequence_as(structure, accumulators)
            following = fn(packed, elements.read(i))
            nest.assert_same_structure(structure, following)
            flat = nest.flatten(following)
            arrays = [array.write(i, a) for array, a in zip(arrays, flat, strict=True)]
            return (i - 1 if reverse else i + 1), flat, arrays

        index = count - 1 - done if reverse else done
        _, _, results = while_loop(
            (lambda i, _a, _r: i >= 0) if reverse else (lambda i, _a, _r: i < count),
            body,
            (convert_to_tensor(index), accumulators, results),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return nest.pack_sequence_as(structure, elements.stacked(results))
