"""tf.case: a chain of conds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...base import dtypes, nest
from ...graph.operation import Operation
from ...graph.scopes import control_dependencies, name_scope
from ...graph.tensor import Tensor
from .asserting import Assert
from .cond import cond
from .tensor_array import TensorArray

Action = Callable[[], Any]


def case(
    pred_fn_pairs: Any,
    default: Action | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """The result of the first function whose predicate is true.

    Args:
      pred_fn_pairs: a list of pairs (bool scalar tensor, function), or a dict of these.
      default: the function to call when no predicate is true; without one that is an error.
      exclusive: whether it is an error when several are true.
      strict: as in `tf.cond`.
      name: the name scope of the nodes.

    Returns:
      What the functions return; all must return the same structure and types.

    Raises:
      TypeError: the pairs are no list or dict of pairs, a predicate is no bool tensor, or a
        function cannot be called.
      ValueError: there are no pairs.
    """
    predicates, actions = _read_pairs(pred_fn_pairs)
    if default is not None and not callable(default):
        raise TypeError("default must be callable.")
    with name_scope(name, "case", [predicates]):
        if default is None:
            default, predicates, actions = _default_action(predicates, actions)
        if not predicates:
            return default()
        checks: list[Operation] = []
        if exclusive:
            checks.append(_assert_at_most(predicates, 1, f"Input error: exclusive={exclusive}"))
        with control_dependencies(checks):
            action = default
            for predicate, chosen in reversed(list(zip(predicates, actions, strict=True))):
                action = _one_of(predicate, chosen, action, strict)
            return action()


def _one_of(predicate: Tensor, chosen: Action, otherwise: Action, strict: bool) -> Action:
    return lambda: cond(predicate, chosen, otherwise, strict=strict)


def _read_pairs(pairs: Any) -> tuple[list[Tensor], list[Action]]:
    if not isinstance(pairs, list | tuple | dict):
        raise TypeError("fns must be a list, tuple, or dict")
    if isinstance(pairs, OrderedDict):
        pairs = list(pairs.items())
    elif isinstance(pairs, dict):
        pairs = sorted(pairs.items(), key=lambda item: item[0].name)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        predicate, action = pair
        if not isinstance(predicate, Tensor):
            raise TypeError(f"pred must be a Tensor, got: {predicate!r}")
        if predicate.dtype.base_dtype != dtypes.bool:
            raise TypeError(f"pred must be Tensor of type bool: {predicate.name}")
        if not callable(action):
            raise TypeError(f"fn for pred {predicate.name} must be callable.")
    if not pairs:
        raise ValueError("Must provide at least one pred_fn pair")
    return [predicate for predicate, _ in pairs], [action for _, action in pairs]


def _default_action(
    predicates: list[Tensor], actions: list[Action]
) -> tuple[Action, list[Tensor], list[Action]]:
    """Makes the last function the default, which checks that its predicate is true."""
    *others, last = predicates
    *other_actions, action = actions

    def checked() -> Any:
        message = "Input error: None of conditions evaluated as True:"
        data = [message, ops.array.stack(predicates, name="preds_c")]
        with control_dependencies([Assert(last, data)]):
            return _after_checks(action())

    return checked, others, other_actions


def _after_checks(result: Any) -> Any:
    """The result by way of nodes in the scope, so that tensors from outside wait as well."""

    def wait(leaf: Any) -> Any:
        if leaf is None or isinstance(leaf, Operation | TensorArray):
            return leaf
        return ops.array.identity(leaf)

    return nest.map_structure(wait, result, expand_composites=True)


def _assert_at_most(predicates: Sequence[Tensor], n: int, message: str) -> Operation:
    stacked = ops.array.stack(predicates, name="preds_c")
    count = ops.reduction.reduce_sum(
        ops.elementwise.cast(stacked, dtypes.int32), name="num_true_conds"
    )
    allowed = ops.elementwise.less_equal(count, ops.array.constant(n, name="n_true_conds"))
    names = ", ".join(predicate.name for predicate in predicates)
    text = f"{message}: more than {n} conditions ({names}) evaluated as True:"
    return Assert(allowed, [text, stacked], summarize=len(predicates))
