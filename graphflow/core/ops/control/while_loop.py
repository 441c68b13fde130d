"""tf.while_loop: a body repeated as long as a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...base import dtypes, nest
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value_as_shape
from ...graph.conversion import convert_to_tensor
from ...graph.func_graph import FuncGraph, trace
from ...graph.indexed_slices import IndexedSlices, SparseTensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from ...graph.type_spec import TypeSpec
from .results import as_tensors, flatten_result, pack_result
from .tensor_array import TensorArray
from .while_op import add_while


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeats `body` on the loop variables as long as `cond` of them is true.

    Args:
      cond: `(*loop_vars) -> bool scalar`.
      body: `(*loop_vars) -> the next values`, in the same structure.
      loop_vars: a list or tuple of initial values: tensors, TensorArrays, SparseTensors,
        IndexedSlices, or nestings of these.
      shape_invariants: a structure like `loop_vars` of TensorShapes or TypeSpecs that hold in every
        iteration; by default the shapes of the initial values.
      parallel_iterations: a hint that is not used here.
      back_prop: whether gradients can be taken through the loop.
      swap_memory: not used: there is no device memory to swap from.
      name: the name scope of the nodes.
      maximum_iterations: an int scalar that ends the loop in any case.
      return_same_structure: whether one loop variable is returned in its list too.

    Returns:
      The loop variables after the last iteration, in the structure that `body` returned.

    Raises:
      TypeError: `cond` or `body` cannot be called, a loop variable changes its type or is not of
        the kind that its invariant says.
      ValueError: there are no loop variables, or the body's result has another structure, or a
        shape that contradicts its invariant.
    """
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    if parallel_iterations < 1:
        raise TypeError("parallel_iterations must be a positive integer.")
    if not nest.is_sequence(loop_vars):
        loop_vars = [loop_vars]
    with name_scope(name, "while", [x for x in nest.flatten(loop_vars) if isinstance(x, Tensor)]):
        if not nest.flatten(loop_vars):
            raise ValueError("No loop variables provided")
        limit = _as_limit(maximum_iterations)
        loop = _Loop(loop_vars, shape_invariants)
        op = add_while(
            loop.trace_condition(cond, limit),
            loop.trace_body(body),
            [*loop.initial, ops.array.constant(0, name="loop_counter")],
            counter=len(loop.initial),
            name="Exit",
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
        )
        # as in TF1, where a loop with a limit has a counter as a second loop variable
        whole = return_same_structure or (limit is not None and len(loop_vars) > 1)
        return loop.pack_outputs(op.outputs, whole)


def _as_limit(maximum_iterations: Any) -> Tensor | None:
    if maximum_iterations is None:
        return None
    limit = convert_to_tensor(maximum_iterations, name="maximum_iterations")
    if limit.shape.ndims != 0:
        raise ValueError(f"maximum_iterations must be a scalar, saw shape: {limit.shape}")
    return limit


class _Loop:
    """One loop under construction: its variables as the user nests them and as flat tensors.

    Attributes:
      initial: the initial values, flat.
    """

    def __init__(self, loop_vars: Any, shape_invariants: Any) -> None:
        self._loop_vars = loop_vars
        leaves = [as_tensors(leaf) for leaf in nest.flatten(loop_vars)]
        components = nest.flatten(leaves, expand_composites=True)
        self._present = [t is not None for t in components]
        self.initial: list[Tensor] = [t for t in components if t is not None]
        self._converted = nest.pack_sequence_as(loop_vars, leaves)
        self._shapes = self._invariants(leaves, shape_invariants)
        self._result: Any = None

    def _invariants(self, leaves: Sequence[Any], given: Any) -> list[TensorShape]:
        if given is None:
            shapes = [_own_invariants(leaf) for leaf in leaves]
        else:
            nest.assert_same_structure(self._loop_vars, given, check_types=False)
            pairs = zip(nest.flatten(self._loop_vars), leaves, nest.flatten(given), strict=True)
            shapes = [_given_invariants(var, leaf, shape) for var, leaf, shape in pairs]
        flat = [shape for group in shapes for shape in group]
        for tensor, shape in zip(self.initial, flat, strict=True):
            if not _is_special_case(tensor.shape, shape):
                raise ValueError(
                    f"The shape invariant specified for {tensor.name} is not compatible with "
                    "the initial shape of the loop variable. It enters the loop "
                    f"with shape {tensor.shape}, but the specified shape invariant is {shape}."
                )
        return flat

    @property
    def _parameters(self) -> list[tuple[Any, Any]]:
        pairs = zip(self.initial, self._shapes, strict=True)
        return [(t.dtype.base_dtype, shape) for t, shape in pairs] + [(dtypes.int32, [])]

    def _pack_arguments(self, tensors: Sequence[Tensor]) -> Any:
        """The loop variables inside the loop, as the user's functions take them."""
        remaining = iter(tensors)
        components = [next(remaining) if present else None for present in self._present]
        # composites are rebuilt like the converted ones, TensorArrays like the user's
        leaves = nest.flatten(self._loop_vars)
        converted = nest.flatten(self._converted)
        like = [
            user if isinstance(user, TensorArray) else tensor
            for user, tensor in zip(leaves, converted, strict=True)
        ]
        return pack_result(nest.pack_sequence_as(self._loop_vars, like), components)

    def trace_condition(self, cond: Callable[..., Any], limit: Tensor | None) -> FuncGraph:
        def condition(*tensors: Tensor) -> Tensor:
            *variables, counter = tensors
            packed = self._pack_arguments(variables)
            result = convert_to_tensor(cond(*packed))
            if limit is None:
                return result
            below = ops.elementwise.less(ops.elementwise.cast(counter, limit.dtype), limit)
            both: Tensor = ops.elementwise.logical_and(below, result)
            return both

        graph, result = trace("cond", condition, self._parameters)
        if result.dtype.base_dtype != dtypes.bool:
            raise TypeError(
                f"cond must return a bool tensor, but its result has type {result.dtype.name}"
            )
        if result.shape.ndims not in (None, 0):
            raise ValueError(
                f"Shape must be rank 0 but is rank {result.shape.ndims} for the result of cond"
            )
        graph.outputs = [graph._own(result)]
        return graph

    def trace_body(self, body: Callable[..., Any]) -> FuncGraph:
        def iteration(*tensors: Tensor) -> Tensor:
            *variables, counter = tensors
            packed = self._pack_arguments(variables)
            result = body(*packed)
            if not nest.is_sequence(result):
                result = [result]
            self._check_structure(packed, result)
            self._result = result
            following: Tensor = ops.elementwise.add(counter, 1, name="next_iteration")
            return following

        graph, following = trace("body", iteration, self._parameters)
        tensors = [t for t in flatten_result(graph, self._result) if t is not None]
        self._check_tensors(tensors)
        graph.outputs = [*tensors, following]
        return graph

    @staticmethod
    def _check_structure(packed: Any, result: Any) -> None:
        nest.assert_same_structure(list(packed), list(result), expand_composites=True)

    def _check_tensors(self, tensors: Sequence[Tensor]) -> None:
        for before, shape, after in zip(self.initial, self._shapes, tensors, strict=True):
            if before.dtype.base_dtype != after.dtype.base_dtype:
                raise TypeError(
                    f"Loop var {before.name} enters the loop with type "
                    f"{before.dtype.base_dtype.name} but has type {after.dtype.base_dtype.name} "
                    "after 1 iteration."
                )
            if not _is_special_case(after.shape, shape):
                raise ValueError(
                    f"Input tensor '{before.name}' enters the loop with shape {before.shape}, but "
                    f"has shape {after.shape} after one iteration. To allow the shape to vary "
                    "across iterations, use the `shape_invariants` argument of tf.while_loop to "
                    "specify a less-specific shape."
                )

    def pack_outputs(self, outputs: Sequence[Tensor], whole: bool) -> Any:
        """The loop's result; one tensor without its list unless the `whole` is wanted."""
        remaining = iter(outputs)
        components = [next(remaining) if present else None for present in self._present]
        packed = pack_result(self._result, components)
        if whole or len(self.initial) != 1:
            return packed
        return packed[0] if isinstance(packed, list | tuple) else packed


def _is_special_case(shape: TensorShape, invariant: TensorShape) -> bool:
    """Whether all that `invariant` says is known of `shape` too."""
    if invariant.ndims is None:
        return True
    if shape.ndims != invariant.ndims:
        return False
    pairs = zip(shape.as_list(), invariant.as_list(), strict=True)
    return all(wanted is None or size == wanted for size, wanted in pairs)


def _own_invariants(value: Any) -> list[TensorShape]:
    """Invariants by default: a tensor's own shape; the number of sparse entries may change."""
    if isinstance(value, SparseTensor):
        rank = value.dense_shape.shape[0]
        return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]
    if isinstance(value, IndexedSlices):
        return [t.shape for t in (value.values, value.indices, value.dense_shape) if t is not None]
    return [value.shape]


def _given_invariants(variable: Any, value: Any, shape: Any) -> list[TensorShape]:
    if isinstance(shape, TypeSpec):
        if not shape.is_compatible_with(value):
            raise TypeError(f"The shape invariant {shape!r} is not compatible with {value!r}")
        return [component.shape for component in nest.flatten(shape._component_specs)]
    if not isinstance(shape, TensorShape):
        raise ValueError("`shapes` must be a (possibly nested) list of shapes.")
    if isinstance(variable, TensorArray):
        return [value.shape]
    if isinstance(value, SparseTensor | IndexedSlices) and value.dense_shape is not None:
        known = constant_value_as_shape(value.dense_shape)
        if not shape.is_compatible_with(known):
            raise ValueError(
                f"The shape invariant {shape} is not compatible with the loop variable's dense "
                f"shape {known}"
            )
    if isinstance(value, SparseTensor):
        rank = shape.ndims
        return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]
    if isinstance(value, IndexedSlices):
        parts = [shape, shape[:1], TensorShape([shape.ndims])]
        return parts if value.dense_shape is not None else parts[:2]
    return [shape]
