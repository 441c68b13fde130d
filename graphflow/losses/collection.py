"""The collections in which losses are kept, and their sums."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.scopes import add_to_collection
from ..core.graph.stacks import get_default_graph
from ..core.graph.tensor import Tensor


def add_loss(loss: Tensor, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Keeps a loss, so that `get_total_loss` counts it.

    Args:
      loss: a tensor.
      loss_collection: the collection's name; None for none.
    """
    if loss_collection:
        add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses of a collection, perhaps only those whose names begin with a scope."""
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses of regularizers, perhaps only those whose names begin with a scope."""
    return get_losses(scope, GraphKeys.REGULARIZATION_LOSSES)


def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Tensor:
    """The sum of the regularizers' losses: a scalar, 0 if there are none.

    Args:
      scope: which losses; see `get_regularization_losses`.
      name: the node's name.
    """
    losses = get_regularization_losses(scope)
    total: Tensor = ops.elementwise.add_n(losses, name) if losses else ops.array.constant(0.0)
    return total


def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Tensor:
    """The sum of all losses that were kept.

    Args:
      add_regularization_losses: whether the regularizers' losses count.
      name: the node's name.
      scope: what the names of the losses begin with; None for all.

    Raises:
      ValueError: there are none.
    """
    losses = get_losses(scope)
    if add_regularization_losses:
        losses = losses + get_regularization_losses(scope)
    if not losses:
        where = f" in scope {scope!r}" if scope else ""
        raise ValueError(
            f"There are no losses{where} to add up: tf.losses functions keep theirs, tf.losses."
            "add_loss keeps others."
        )
    total: Tensor = ops.elementwise.add_n(losses, name)
    return total
