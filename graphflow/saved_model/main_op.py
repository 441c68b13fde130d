"""tf.saved_model.main_op: what a SavedModel runs when it has been loaded."""

from __future__ import annotations

from typing import Any

from ..core.graph.collection_keys import GraphKeys
from ..core.graph.operation import Operation
from ..core.graph.scopes import control_dependencies, get_collection
from ..core.ops.control import group
from ..core.variables.collections import global_variables_initializer, local_variables_initializer


def main_op() -> Operation:
    """An operation that initializes all variables and tables."""
    init, init_local = global_variables_initializer(), local_variables_initializer()
    tables = group(*get_collection(GraphKeys.TABLE_INITIALIZERS), name="init_all_tables")
    return group(init, init_local, tables)


def main_op_with_restore(restore_op_name: Any) -> Operation:
    """An operation that initializes all variables and tables, and restores after that.

    Args:
      restore_op_name: the operation that restores.
    """
    with control_dependencies([main_op()]):
        return group(restore_op_name)
