"""tf.case and tf.switch_case: chains of conds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...base import dtypes, nest
from ...graph.conversion import convert_to_tensor
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


def switch_case(
    branch_index: Any, branch_fns: Any, default: Action | None = None, name: str = "switch_case"
) -> Any:
    """The result of the function that an index chooses.

    Args:
      branch_index: int32 scalar tensor.
      branch_fns: a list of functions, of pairs (int, function), or a dict of these; the ints must
        be 0 to n - 1.
      default: the function for other indices; by default that of the largest int.
      name: the name scope of the nodes.

    Returns:
      What the functions return; all must return the same structure and types.

    Raises:
      TypeError: the index is no int32 tensor, an int is none, or a function cannot be called.
      ValueError: the ints are not 0 to n - 1.
    """
    actions = _read_branches(branch_index, branch_fns)
    if default is not None:
        if not callable(default):
            raise TypeError("default must be callable.")
        actions.append(default)
    with name_scope(name, "switch_case", [branch_index]):
        index = convert_to_tensor(branch_index, name="branch_index")
        *chosen, action = actions
        for number, function in reversed(list(enumerate(chosen))):
            action = _one_of(ops.elementwise.equal(index, number), function, action, False)
        return action()


def _read_branches(branch_index: Any, branches: Any) -> list[Action]:
    """The functions in the order of their ints."""
    if not isinstance(branch_index, Tensor):
        raise TypeError(f"branch_index must be a Tensor, got {type(branch_index)}")
    if not isinstance(branches, list | tuple | dict):
        raise TypeError("branch_fns must be a list, tuple, or dict")
    if not branches:
        raise ValueError("Must provide at least one item in branch_fns")
    pairs = list(branches.items() if isinstance(branches, dict) else branches)
    if all(callable(item) for item in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in branch_fns must be a 2-tuple")
        number, action = pair
        if not isinstance(number, int):
            raise TypeError(f"key must be a Python `int`, got {type(number)}")
        if not callable(action):
            raise TypeError(f"fn for key {number} must be callable.")
    numbers = sorted(number for number, _ in pairs)
    if numbers != list(range(len(pairs))):
        raise ValueError(
            f"branch indices must form contiguous range of [0 to {len(pairs)}) but found {numbers}"
        )
    by_number = dict(pairs)
    return [by_number[number] for number in numbers]


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
