"""Optimizer: gradients of a loss, the slots beside the variables, and the op that updates all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...core import ops
from ...core.base import dtypes, nest
from ...core.base.dtypes import DType
from ...core.gradients import gradients
from ...core.graph.collection_keys import GraphKeys
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.graph import Graph
from ...core.graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from ...core.graph.operation import Operation
from ...core.graph.scopes import (
    colocate_with,
    control_dependencies,
    get_collection,
    get_collection_ref,
    init_scope,
    name_scope,
)
from ...core.graph.stacks import get_default_graph
from ...core.graph.tensor import Tensor
from ...core.ops.updates import UpdateOps
from ...core.variables.collections import trainable_variables
from ...core.variables.resource_variable import ResourceVariable
from ...core.variables.variable import Variable
from .. import slot_creator

GradientAndVariable = tuple[Any, Any]


class Optimizer:
    """The base class of optimizers.

    `minimize(loss)` is `apply_gradients(compute_gradients(loss))`. A subclass calls this
    constructor and defines the hooks `_apply_dense`, `_resource_apply_dense`, `_apply_sparse`,
    `_resource_apply_sparse` (each adds the ops that update one variable), and where it needs them
    `_create_slots`, `_prepare` and `_finish`.

    Args:
      use_locking: passed on to the update ops; graphflow always locks.
      name: the scope of the update ops, and the name of slots.

    Raises:
      ValueError: no name.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[tuple[str, Graph], Any] = {}

    def get_name(self) -> str:
        """The name given to the constructor."""
        return self._name

    # --- the two steps ---------------------------------------------------------------------------

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """Adds the ops of one training step.

        Args:
          loss: a floating-point tensor.
          global_step: a variable to increment after the update.
          var_list: the variables to update; by default all trainable ones.
          gate_gradients: `GATE_NONE`, `GATE_OP` or `GATE_GRAPH`: which gradients wait for which.
          aggregation_method: one of `tf.AggregationMethod`.
          colocate_gradients_with_ops: whether gradients are placed with the ops they belong to.
          name: the name of the returned operation.
          grad_loss: the gradient of the loss, ones by default.

        Returns:
          The operation that updates the variables.

        Raises:
          ValueError: no variable, or the loss depends on none of them.
        """
        pairs = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(gradient is None for gradient, _ in pairs):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {[str(v) for _, v in pairs]} and loss "
                f"{loss}."
            )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[GradientAndVariable]:
        """The gradients of a loss.

        Args:
          loss: a floating-point tensor, or a function without arguments that gives one.
          var_list, gate_gradients, aggregation_method, colocate_gradients_with_ops, grad_loss: as
            in `minimize`.

        Returns:
          A list of (gradient, variable); the gradient is a Tensor, IndexedSlices, or None where the
          loss does not depend on the variable.

        Raises:
          ValueError: no variable, a type that cannot be optimized, or unknown `gate_gradients`.
        """
        traced = callable(loss)
        loss = loss() if traced else loss
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss] if grad_loss is None else [loss, grad_loss])
        variables = self._variables_to_train(var_list)
        grads = gradients(
            loss,
            variables,
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == self.GATE_GRAPH:
            grads = ops.control.tuple(grads)
        pairs = list(zip(grads, variables, strict=True))
        self._assert_valid_dtypes([v for g, v in pairs if g is not None])
        if traced and var_list is None:  # the variables that the function used
            return [(g, v) for g, v in pairs if g is not None]
        return pairs

    @staticmethod
    def _variables_to_train(var_list: Any) -> list[Any]:
        if var_list is not None:
            variables = nest.flatten(var_list)
        else:
            variables = trainable_variables()
            variables += get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
        for variable in variables:
            if not isinstance(variable, Variable | Tensor):
                raise NotImplementedError("Trying to optimize unsupported type ", variable)
        if not variables:
            raise ValueError("No variables to optimize.")
        return variables

    def apply_gradients(
        self,
        grads_and_vars: Iterable[GradientAndVariable],
        global_step: Any = None,
        name: str | None = None,
    ) -> Operation:
        """Adds the ops that update variables.

        Args:
          grads_and_vars: what `compute_gradients` gave, perhaps with other gradients.
          global_step: a variable to increment after the update.
          name: the name of the returned operation; by default the optimizer's.

        Returns:
          The operation that updates the variables.

        Raises:
          TypeError: a gradient is no tensor.
          ValueError: no variable, or no gradient.
        """
        given = tuple(grads_and_vars)
        if not given:
            raise ValueError("No variables provided.")
        pairs = [(_as_gradient(g), v) for g, v in given]
        variables = [v for g, v in pairs if g is not None]
        if not variables:
            names = [str(v) for _, v in pairs]
            raise ValueError(f"No gradients provided for any variable: {names}.")
        with init_scope():
            self._create_slots(variables)
        with name_scope(name, self._name) as scope:
            self._prepare()
            updates = []
            for gradient, variable in pairs:
                if gradient is not None:
                    with name_scope("update_" + variable.op.name), colocate_with(variable):
                        updates.append(self._update_variable(gradient, variable))
            step = self._finish_step(updates, global_step, scope)
            train_op = get_collection_ref(GraphKeys.TRAIN_OP)
            if step not in train_op:
                train_op.append(step)
            return step

    def _update_variable(self, gradient: Any, variable: Any) -> Any:
        """Adds the update of one variable, and of its constraint."""
        if not isinstance(variable, Variable):
            raise NotImplementedError("Trying to update a Tensor ", variable)
        by_handle = isinstance(variable, ResourceVariable)
        if isinstance(gradient, IndexedSlices):
            if variable.constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            if by_handle:
                return self._resource_apply_sparse_duplicate_indices(
                    gradient.values, variable, gradient.indices
                )
            return self._apply_sparse_duplicate_indices(gradient, variable)
        apply_dense = self._resource_apply_dense if by_handle else self._apply_dense
        update = apply_dense(gradient, variable)
        if variable.constraint is None:
            return update
        with control_dependencies([update]):
            # A RefVariable's own read may have happened before the update.
            updated = variable if by_handle else variable.read_value()
            return variable.assign(variable.constraint(updated))

    def _finish_step(self, updates: list[Any], global_step: Any, scope: str) -> Operation:
        if global_step is None:
            step = self._finish(updates, scope)
        else:
            with (
                control_dependencies([self._finish(updates, "update")]),
                colocate_with(global_step),
            ):
                if isinstance(global_step, ResourceVariable):
                    one = convert_to_tensor(1, dtype=global_step.dtype)
                    step = ops.state.assign_add_variable_op(global_step.handle, one, name=scope)
                else:
                    step = ops.state.assign_add(global_step, 1, name=scope)
        operation: Operation = step.op if isinstance(step, Tensor) else step
        return operation

    # --- slots -----------------------------------------------------------------------------------

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot of that name beside a variable, or None if there is none.

        Args:
          var: a variable given to `minimize` or `apply_gradients`.
          name: a name among `get_slot_names()`.
        """
        return self._slots.get(name, {}).get(_var_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of the kinds of slots made so far, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The variables that hold the optimizer's state in the default graph, sorted by name."""
        slots = [slot for named in self._slots.values() for slot in named.values()]
        graph = get_default_graph().outermost
        mine = [v for v in [*self._non_slot_variables(), *slots] if v.graph is graph]
        return sorted(mine, key=lambda variable: variable.name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """The slot of a variable, made with the initial value `val` if there is none."""
        slots = self._slot_dict(slot_name)
        if _var_key(var) not in slots:
            slots[_var_key(var)] = slot_creator.create_slot(var, val, op_name)
        return slots[_var_key(var)]

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """The slot of a variable, made by `initializer` if there is none."""
        slots = self._slot_dict(slot_name)
        if _var_key(var) not in slots:
            slots[_var_key(var)] = slot_creator.create_slot_with_initializer(
                var, initializer, shape, dtype, op_name
            )
        return slots[_var_key(var)]

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot of a variable, made of zeros if there is none."""
        slots = self._slot_dict(slot_name)
        if _var_key(var) not in slots:
            slots[_var_key(var)] = slot_creator.create_zeros_slot(var, op_name)
        return slots[_var_key(var)]

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """A variable of the optimizer's own, placed with `colocate_with`; made once a graph."""
        graph = colocate_with.graph
        variable = self._non_slot_dict.get((name, graph))
        if variable is None:
            with graph.colocate_with(colocate_with):
                variable = self._non_slot_dict[name, graph] = Variable(
                    initial_value,
                    name=name,
                    trainable=False,
                    use_resource=isinstance(colocate_with, ResourceVariable),
                )
        return variable

    def _get_non_slot_variable(self, name: str, graph: Graph | None = None) -> Any:
        return self._non_slot_dict.get((name, graph or get_default_graph().outermost))

    def _non_slot_variables(self) -> list[Any]:
        return list(self._non_slot_dict.values())

    # --- what subclasses define ------------------------------------------------------------------

    def _valid_dtypes(self) -> set[DType]:
        """The types that a loss, variables and gradients may have."""
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _assert_valid_dtypes(self, tensors: Sequence[Any]) -> None:
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(
                    f"Invalid type {dtype!r} for {tensor.name}, expected: {list(valid)}."
                )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Makes all slots for these variables."""

    def _prepare(self) -> None:
        """Makes tensors that all updates share, in the scope of the update ops."""

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        """Adds the update of a variable by a gradient of its shape."""
        raise NotImplementedError()

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        """Adds the update of a resource variable by a gradient of its shape."""
        raise NotImplementedError()

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        """Adds the update of some rows of a variable; no index occurs twice."""
        raise NotImplementedError()

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        """Adds the update of some rows of a resource variable; no index occurs twice."""
        raise NotImplementedError()

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        """As `_apply_sparse`, where indices may occur several times: their gradients are summed."""
        values, indices = _deduplicate_indexed_slices(grad.values, grad.indices)
        summed = IndexedSlices(values, indices, grad.dense_shape)
        return self._apply_sparse(summed, var)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Tensor, handle: Any, indices: Tensor
    ) -> Any:
        """As `_resource_apply_sparse`, where indices may occur several times."""
        values, unique = _deduplicate_indexed_slices(grad, indices)
        return self._resource_apply_sparse(values, handle, unique)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        """Adds what follows the updates; gives the operation for all of it, of that name."""
        return ops.control.group(*update_ops, name=name_scope)

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param


class RuleOptimizer(Optimizer):
    """An optimizer by a rule of `core/ops/updates`: one method for all forms of the update."""

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        """Adds the update of a variable of either kind.

        Args:
          var: the variable.
          grad: the gradient of all of it, or of the rows `indices`.
          indices: rows, none twice; or None.
        """
        raise NotImplementedError()

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        return self._update(var, grad)

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        return self._update(handle, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return self._update(var, grad.values, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        return self._update(handle, grad, indices)

    def _run_rule(
        self,
        rule: UpdateOps,
        var: Any,
        slot_names: Sequence[str],
        grad: Tensor,
        indices: Tensor | None,
        **arguments: Any,
    ) -> Operation:
        slots = [self.get_slot(var, name) for name in slot_names]
        return rule.update(var, slots, grad, indices, use_locking=self._use_locking, **arguments)

    def _tensor(self, value: Any, name: str) -> Tensor:
        """A hyperparameter, or what the function given for it returns, as a tensor."""
        return convert_to_tensor(self._call_if_callable(value), name=name)


def _as_gradient(gradient: Any) -> Any:
    if gradient is None:
        return None
    try:
        converted = convert_to_tensor_or_indexed_slices(gradient)
    except TypeError:
        raise TypeError(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}"
        ) from None
    if not isinstance(converted, Tensor | IndexedSlices):
        raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {gradient}")
    return converted


def _var_key(var: Any) -> tuple[Graph, str]:
    return var.op.graph, var.op.name


def _deduplicate_indexed_slices(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """The values summed over equal indices, and the indices without repetition."""
    unique, positions = ops.array.unique(indices)
    count = ops.array.shape(unique)[0]
    return ops.reduction.unsorted_segment_sum(values, positions, count), unique
