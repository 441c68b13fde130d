"""The argument `training` of layers: known when the graph is made, or a tensor of each run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import ops
from ..core.graph.constant_value import constant_value
from ..core.graph.conversion import convert_to_tensor


def known_training(training: Any) -> bool | None:
    """Whether a layer trains, as far as that is known before a run.

    Args:
      training: a bool, 0 or 1, or a bool tensor or Variable.

    Returns:
      True or False; None if a run decides.

    Raises:
      TypeError: it is none of these.
    """
    if isinstance(training, bool | np.bool_) or (
        isinstance(training, int | np.integer) and training in (0, 1)
    ):
        return bool(training)
    if training is None or isinstance(training, int | float | str):
        raise TypeError(f"`training` must be a bool or a bool tensor, not {training!r}.")
    value = constant_value(convert_to_tensor(training, name="training"))
    return None if value is None else bool(value)


def if_training(training: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """What one of two functions gives: a `tf.cond` only where a run decides.

    Args:
      training: as for `known_training`.
      true_fn: makes the tensors of training.
      false_fn: makes as many tensors of the same types.
    """
    known = known_training(training)
    if known is None:
        return ops.control.cond(convert_to_tensor(training), true_fn, false_fn)
    return true_fn() if known else false_fn()
