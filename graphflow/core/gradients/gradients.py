"""tf.gradients: one walk from the outputs back to the inputs, over a dict of output gradients.

Only nodes on a path from an x to a y are visited, each after all its consumers on such paths, so
that its output gradients are complete when its gradient function is called.
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

from .. import ops
from ..base import dtypes
from ..graph.conversion import convert_to_tensor
from ..graph.graph import Graph
from ..graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from ..graph.op_def import find_gradient
from ..graph.operation import Operation
from ..graph.scopes import name_scope
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor
from .aggregate import aggregate

Gradient = Any  # Tensor, IndexedSlices, or None


class AggregationMethod:
    """How several gradients of one tensor are summed. All of them give the same sum here."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


_AGGREGATION_METHODS = (
    AggregationMethod.ADD_N,
    AggregationMethod.EXPERIMENTAL_TREE,
    AggregationMethod.EXPERIMENTAL_ACCUMULATE_N,
)


class UnconnectedGradients(Enum):
    """What `tf.gradients` gives for an x that no y depends on."""

    NONE = "none"
    ZERO = "zero"


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Gradient]:
    """Symbolic derivatives of the sum of `ys` with respect to each x in `xs`.

    Args:
      ys: a tensor or list of tensors.
      xs: a tensor, variable, or list of these.
      grad_ys: gradients that stand for dy, one (or None, for ones) per y.
      name: the name scope of the nodes added.
      colocate_gradients_with_ops: whether they are placed with the nodes they belong to.
      gate_gradients: whether the gradients of a node's inputs wait for each other.
      aggregation_method: one of `tf.AggregationMethod`; they differ in nothing here.
      stop_gradients: tensors treated as constants.
      unconnected_gradients: `tf.UnconnectedGradients`: None or zeros for unconnected xs.

    Returns:
      For each x: a Tensor, an IndexedSlices (where only some rows were used), or None.

    Raises:
      LookupError: a node on the way has no gradient registered.
      ValueError: a gradient function's result has the wrong number, or `grad_ys` the wrong length;
        or `aggregation_method` is none of those.
      TypeError: a y or a grad_y is of a type that has no gradient.
    """
    if aggregation_method not in (None, *_AGGREGATION_METHODS):
        raise ValueError(f"Invalid aggregation_method specified {aggregation_method}.")
    ys, xs = _as_list(ys), _as_list(xs)
    stops = [] if stop_gradients is None else _as_list(stop_gradients)
    grads = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    if len(grads) != len(ys):
        raise ValueError(f"Passed {len(grads)} grad_ys for {len(ys)} ys")
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: {unconnected_gradients!r}"
        ) from None
    with name_scope(name, "gradients", [*ys, *xs, *stops, *grads]) as scope:
        ys = [_as_y(y) for y in ys]
        xs = [_as_x(x) for x in xs]
        stops = [_as_x(x) for x in stops]
        graph = _values_of(ys[0]).graph if ys else get_default_graph()
        x_tensors = [_handle(x, graph) for x in xs]
        stop_ops = {_handle(stop, graph).op for stop in stops}
        walk = _Walk(ys, x_tensors, stop_ops, scope, gate_gradients)
        walk.colocate = colocate_gradients_with_ops
        walk.run(ys, _initial_gradients(ys, grads, walk))
        results = [walk.gradient_of(x) for x in x_tensors]
    if unconnected is UnconnectedGradients.ZERO:
        results = [_zeros(x) if g is None else g for x, g in zip(xs, results, strict=True)]
    return results


def _zeros(x: Any) -> Tensor:
    tensor: Tensor = ops.array.zeros_like(_values_of(x))
    return tensor


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_y(y: Any) -> Any:
    y = convert_to_tensor_or_indexed_slices(y, name="y")
    return y


def _as_x(x: Any) -> Any:
    """Variables stand for themselves (their reference); the rest is converted."""
    if hasattr(x, "_as_graph_element") or isinstance(x, IndexedSlices):
        return x
    return convert_to_tensor(x, name="x")


def _values_of(x: Any) -> Any:
    return x.values if isinstance(x, IndexedSlices) else x


def _handle(x: Any, graph: Graph) -> Tensor:
    """The tensor that the nodes of `graph` read when they read x."""
    if isinstance(x, IndexedSlices):
        return _handle(x.values, graph)
    to_handle = getattr(x, "_gradient_handle", None) or getattr(x, "_as_graph_element", None)
    with graph.as_default():  # a variable may have a tensor for each body
        tensor: Tensor = x if to_handle is None else to_handle()
    return tensor


def _initial_gradients(ys: list[Any], grads: list[Any], walk: _Walk) -> list[Gradient]:
    result = []
    for index, (y, grad) in enumerate(zip(ys, grads, strict=True)):
        if grad is None:
            result.append(_ones_like(y, index, walk))
            continue
        if y.dtype.is_floating or y.dtype.is_integer or y.dtype.is_complex:
            grad = convert_to_tensor_or_indexed_slices(grad, name=f"grad_ys_{index}")
            kinds = ("is_floating", "is_integer", "is_complex")
            same_kind = any(getattr(grad.dtype, k) and getattr(y.dtype, k) for k in kinds)
            if not same_kind:
                raise TypeError(
                    f"Gradient type {grad.dtype.name} generated for tensor {y} of type "
                    f"{y.dtype.name}: they must be of one kind"
                )
        elif y.dtype not in (dtypes.resource, dtypes.variant):
            raise TypeError(
                f"Tensor {y} with type {y.dtype.name} must be numeric to have a gradient"
            )
        if isinstance(grad, IndexedSlices) or y.dtype in (dtypes.resource, dtypes.variant):
            result.append(grad)
        else:
            result.append(ops.array.identity(grad, name=f"grad_ys_{index}"))
    return result


def _ones_like(y: Any, index: int, walk: _Walk) -> Tensor:
    if y.dtype.is_complex:
        raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype!r})")
    y = _values_of(y)
    with walk.placed_with(y.op):
        ones: Tensor = ops.array.ones(
            ops.array.shape(y), dtype=y.dtype.base_dtype, name=f"grad_ys_{index}"
        )
    return ones


class _Walk:
    """One reverse walk: which nodes lie between xs and ys, and the gradients found so far."""

    def __init__(
        self,
        ys: Sequence[Any],
        xs: Sequence[Tensor],
        stop_ops: set[Operation],
        scope: str,
        gate_gradients: bool,
    ) -> None:
        self.colocate = False
        self._scope = scope
        self._gate = gate_gradients
        self._graph: Graph = get_default_graph()
        self._received: dict[Tensor, list[Gradient]] = {}
        # From a body, the walk goes on into the graph around it only if some x is there.
        self._leaves_body = any(x.graph is not _values_of(y).graph for y in ys for x in xs)
        self._between = self._ops_between([_values_of(y) for y in ys], xs)
        self._stopped_ops = self._find_stopped(xs, stop_ops)

    def _inputs_of(self, op: Operation) -> Sequence[Tensor]:
        """What a node reads; for the placeholder of a capture, the tensor captured."""
        if not self._leaves_body or op.inputs or not op.outputs:
            return op.inputs
        source = op.graph._captured_source(op.outputs[0])
        return () if source is None else (source,)

    def _ops_between(self, ys: Sequence[Tensor], xs: Sequence[Tensor]) -> set[Operation]:
        """The nodes that some y depends on and that depend on some x."""
        behind = _reach([y.op for y in ys], lambda op: [t.op for t in self._inputs_of(op)])
        consumers: dict[Operation, list[Operation]] = {op: [] for op in behind}
        for op in behind:
            for tensor in self._inputs_of(op):
                if _carries_gradients(tensor):
                    consumers[tensor.op].append(op)
        starts = [x.op for x in xs if x.op in behind and _carries_gradients(x)]
        return _reach(starts, lambda op: consumers[op])

    def _find_stopped(self, xs: Sequence[Tensor], stop_ops: set[Operation]) -> set[Operation]:
        """Where the walk ends: what the user stops at, and xs that depend on no other x."""
        stopped = set(stop_ops)
        for op in {x.op for x in xs}:
            if not any(tensor.op in self._between for tensor in self._inputs_of(op)):
                stopped.add(op)
        return stopped

    def run(self, ys: Sequence[Any], grads: Sequence[Gradient]) -> None:
        # noted before the walk: gradients may add inputs to an If or While
        sources = {op: self._sources_of(op) for op in self._between}
        waiting = dict.fromkeys(self._between, 0)
        for befores in sources.values():
            for before in befores:
                waiting[before] += 1
        for y, grad in zip(ys, grads, strict=True):
            self._received.setdefault(_values_of(y), []).append(grad)
        # first come, first served, as in TF: gradients are summed and named in the same order
        y_ops = [_values_of(y).op for y in ys]
        first = [op for op in dict.fromkeys([*y_ops, *waiting]) if waiting.get(op) == 0]
        ready = collections.deque(first)
        while ready:
            op = ready.popleft()
            self._visit(op)
            for before in sources[op]:
                waiting[before] -= 1
                if waiting[before] == 0:
                    ready.append(before)

    def _sources_of(self, op: Operation) -> list[Operation]:
        """The nodes that gradients flow on to from a node, each once, in the order of inputs."""
        if op in self._stopped_ops:
            return []
        befores = (t.op for t in self._inputs_of(op) if t.op in self._between)
        return list(dict.fromkeys(befores))

    def gradient_of(self, tensor: Tensor) -> Gradient:
        """The sum of what a tensor received; None for nothing."""
        received = [g for g in self._received.get(tensor, []) if g is not None]
        if len(received) <= 1:
            return received[0] if received else None
        total = aggregate(received)
        self._received[tensor] = [total]
        return total

    def _visit(self, op: Operation) -> None:
        with self.placed_with(op):
            out_grads = [self.gradient_of(tensor) for tensor in op.outputs]
        if op in self._stopped_ops or not self._inputs_of(op):
            return
        if all(grad is None for grad in out_grads):
            return
        if not op.inputs:  # the placeholder of a capture
            self._receive(op, self._inputs_of(op)[0], out_grads[0])
            return
        function = find_gradient(op)
        if function is None:
            return
        graph = get_default_graph()
        with self.placed_with(op), name_scope(f"{op.name}_grad"), graph._original_op(op):
            out_grads = [_zero_if_missing(op, i, g) for i, g in enumerate(out_grads)]
            in_grads = _as_list(function(op, *out_grads))
            if self._gate and sum(g is not None for g in in_grads) > 1:
                in_grads = _gated(in_grads)
        self._check_count(op, in_grads)
        for tensor, grad in zip(op.inputs, in_grads, strict=True):
            if grad is not None:
                self._receive(op, tensor, grad)

    @staticmethod
    def _check_count(op: Operation, in_grads: list[Gradient]) -> None:
        if len(in_grads) != len(op.inputs):
            raise ValueError(
                f"Num gradients {len(in_grads)} generated for op {op.node_def} do not match num "
                f"inputs {len(op.inputs)}"
            )

    def _receive(self, op: Operation, tensor: Tensor, grad: Gradient) -> None:
        if isinstance(grad, Tensor) and grad.dtype not in (dtypes.resource, dtypes.variant):
            if tensor.dtype != dtypes.resource:
                try:
                    grad.set_shape(tensor.shape)
                except ValueError:
                    raise ValueError(
                        f"Incompatible shapes between op input and calculated input gradient. "
                        f"Forward operation: {op.name}. Original input shape: {tensor.shape}. "
                        f"Calculated input gradient shape: {grad.shape}"
                    ) from None
        self._received.setdefault(tensor, []).append(grad)

    @contextlib.contextmanager
    def placed_with(self, op: Operation) -> Iterator[None]:
        """With `colocate_gradients_with_ops`, nodes go where `op` is."""
        if self.colocate and op.graph is self._graph:
            with self._graph.colocate_with(op, ignore_existing=True):
                yield
        else:
            yield


def _reach(roots: Iterable[Operation], neighbours: Any) -> set[Operation]:
    seen: set[Operation] = set()
    stack = list(roots)
    while stack:
        op = stack.pop()
        if op not in seen:
            seen.add(op)
            stack.extend(neighbours(op))
    return seen


def _carries_gradients(tensor: Tensor) -> bool:
    """Nothing flows through integers, bools and strings; handles may stand for floats."""
    dtype = tensor.dtype.base_dtype
    is_handle = dtype in (dtypes.resource, dtypes.variant)
    return dtype.is_floating or dtype.is_complex or is_handle


def _zero_if_missing(op: Operation, index: int, grad: Gradient) -> Gradient:
    """Gradient functions get zeros for an output that nothing needed, as in TF1.

    Ops that run bodies take None: what flows through them is found by walking their bodies.
    """
    if grad is not None or op.type in ("If", "While"):
        return grad
    output = op.outputs[index]
    dtype = output.dtype.base_dtype
    if not (dtype.is_floating or dtype.is_complex):
        return None
    return ops.array.zeros_like(output)


def _gated(grads: list[Gradient]) -> list[Gradient]:
    """The gradients, none of which is there before all are."""
    return list(ops.control.tuple(grads))
