"""tf.cond: one of two functions, chosen when the graph runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ops
from ...base import dtypes, nest
from ...graph.conversion import convert_to_tensor
from ...graph.func_graph import FuncGraph, trace
from ...graph.indexed_slices import IndexedSlices
from ...graph.scopes import name_scope
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor
from .if_op import SCALAR_PREDICATE, add_if
from .results import flatten_result, pack_result


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """The result of `true_fn()` where `pred` is true in a run, else that of `false_fn()`.

    Only nodes of the chosen branch are run, and of those only what its result needs. What the
    functions use from outside is computed in any case.

    Args:
      pred: bool scalar tensor.
      true_fn: returns tensors, operations, IndexedSlices, SparseTensors, TensorArrays, or a nesting
        of these.
      false_fn: returns the same structure with the same types.
      strict: whether a list or tuple of one element stays one.
      name: the name scope of the nodes.
      fn1: the old name of `true_fn`.
      fn2: the old name of `false_fn`.

    Returns:
      The result, an operation in it replaced by a bool tensor that waits for it.

    Raises:
      TypeError: a function is missing or cannot be called, `pred` is a Python bool or not of type
        bool, or the structures differ in type.
      ValueError: a function returns None, or the results differ in structure or types.
    """
    true_fn, false_fn = _functions(true_fn, false_fn, fn1, fn2)
    with name_scope(name, "cond", [pred]):
        if isinstance(pred, bool):
            raise TypeError("pred must not be a Python bool")
        pred = _as_predicate(pred)
        then_branch, then_result = _trace_branch("true_fn", true_fn, strict)
        else_branch, else_result = _trace_branch("false_fn", false_fn, strict)
        then_result, else_result = _with_same_indices(
            then_branch, then_result, else_branch, else_result
        )
        _check_structures(then_result, else_result)
        then_flat = flatten_result(then_branch, then_result)
        else_flat = flatten_result(else_branch, else_result)
        _check_types(then_flat, else_flat)
        then_branch.outputs = [t for t in then_flat if t is not None]
        else_branch.outputs = [t for t in else_flat if t is not None]
        with get_default_graph()._attr_scope({SCALAR_PREDICATE: True}):
            op = add_if(pred, then_branch, else_branch, "Merge")
        outputs = iter(op.outputs)
        return pack_result(then_result, [None if t is None else next(outputs) for t in then_flat])


def _functions(true_fn: Any, false_fn: Any, fn1: Any, fn2: Any) -> tuple[Any, Any]:
    if fn1 is not None:
        if true_fn is not None:
            raise TypeError("cond(): true_fn and fn1 may not be set simultaneously.")
        true_fn = fn1
    elif true_fn is None:
        raise TypeError("cond(): true_fn argument required")
    if fn2 is not None:
        if false_fn is not None:
            raise TypeError("cond(): false_fn and fn2 may not be set simultaneously.")
        false_fn = fn2
    elif false_fn is None:
        raise TypeError("cond(): false_fn argument required")
    if not callable(true_fn):
        raise TypeError("true_fn must be callable.")
    if not callable(false_fn):
        raise TypeError("false_fn must be callable.")
    return true_fn, false_fn


def _as_predicate(pred: Any) -> Tensor:
    pred = convert_to_tensor(pred, name="pred")
    if pred.dtype.base_dtype != dtypes.bool:
        raise TypeError(
            f"Input 'pred' of 'If' Op has type {pred.dtype.base_dtype.name} that does not match "
            "expected type of bool."
        )
    if pred.shape.ndims not in (None, 0):
        raise ValueError(
            f"Shape must be rank 0 but is rank {pred.shape.ndims} for the pred of cond"
        )
    tensor: Tensor = pred
    return tensor


def _trace_branch(name: str, function: Any, strict: bool) -> tuple[FuncGraph, Any]:
    body, result = trace(name, function)
    if result is None:
        raise ValueError(f"{name} must have a return value.")
    if not strict and isinstance(result, list | tuple) and len(result) == 1:
        result = result[0]
    if isinstance(result, list | tuple | dict) and not nest.flatten(result):
        raise ValueError("true_fn and false_fn must return at least one result.")
    return body, result


def _with_same_indices(
    then_branch: FuncGraph, then_result: Any, else_branch: FuncGraph, else_result: Any
) -> tuple[Any, Any]:
    """IndexedSlices with indices of different types both get int64 ones."""
    both = isinstance(then_result, IndexedSlices) and isinstance(else_result, IndexedSlices)
    if not both or then_result.indices.dtype == else_result.indices.dtype:
        return then_result, else_result
    return _with_int64(then_branch, then_result), _with_int64(else_branch, else_result)


def _with_int64(branch: FuncGraph, slices: IndexedSlices) -> IndexedSlices:
    with branch.as_default():
        indices = ops.elementwise.cast(slices.indices, dtypes.int64)
    return IndexedSlices(slices.values, indices, slices.dense_shape)


def _check_structures(then_result: Any, else_result: Any) -> None:
    try:
        nest.assert_same_structure(then_result, else_result, expand_composites=True)
    except TypeError as e:
        raise TypeError(f"Incompatible return types of true_fn and false_fn: {e}") from None
    except ValueError as e:
        raise ValueError(f"Incompatible return values of true_fn and false_fn: {e}") from None


def _check_types(then_flat: list[Any], else_flat: list[Any]) -> None:
    for x, y in zip(then_flat, else_flat, strict=True):
        if (x is None) != (y is None):
            raise ValueError(
                "Incompatible return values of true_fn and false_fn: IndexedSlices with and "
                "without dense_shape"
            )
        if x is not None and x.dtype.base_dtype != y.dtype.base_dtype:
            raise ValueError(
                "Outputs of true_fn and false_fn must have the same type: "
                f"{x.dtype.name}, {y.dtype.name}"
            )
