"""Random graphs for stress tests: some thirty ops over a few shapes, with variables and updates.

What a graph computes must not hang on the last bit of a value, as kernels may round otherwise than
NumPy does. So comparisons, casts to integers and arg reductions read `is_exact` values only, which
are sums of fed multiples of 1/4; and each value has a bound, by which it is scaled down in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import graphflow as tf

FLOATS = (tf.float32, tf.float64)
NUMBERS = (*FLOATS, tf.int32, tf.int64)
MOST = 64.0  # larger values are scaled down
MOST_ELEMENTS = 30_000  # of an operand: many small graphs find more than a few large ones


@dataclass(frozen=True)
class Made:
    """A tensor of a random graph.

    Attributes:
      tensor: with a static shape.
      bound: what its elements are not larger than.
      is_exact: whether every way of computing it gives the same bits.
    """

    tensor: Any
    bound: float
    is_exact: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape.as_list())

    @property
    def dtype(self) -> Any:
        return self.tensor.dtype.base_dtype


@dataclass
class RandomGraph:
    """A graph with what is to be run of it.

    Attributes:
      feeds: arrays for its placeholders.
      fetches: tensors to be fetched.
      updates: operations to be run beside them.
      variables: to be compared after each run.
    """

    feeds: dict[Any, np.ndarray] = field(default_factory=dict)
    fetches: list[Any] = field(default_factory=list)
    updates: list[Any] = field(default_factory=list)
    variables: list[Any] = field(default_factory=list)


@dataclass
class _Cell:
    variable: Any
    shape: tuple[int, ...]
    dtype: Any


class _Builder:
    """Adds random ops to the default graph."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw
        self.values: list[Made] = []
        self.graph = RandomGraph()
        self.cells: list[_Cell] = []
        self.batch = self.one_of([1, 3, 8, 32])
        self.side = self.one_of([4, 5, 8, 14])
        self.channels = self.one_of([1, 3, 8, 17])
        self._random = np.random.default_rng(self.number(0, 1 << 16))

    # --- choices ---------------------------------------------------------------------------------

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[self.number(0, len(choices) - 1)]

    def value(self, allows: Callable[[Made], bool] = lambda _: True) -> Made | None:
        """One of the newer values that a condition allows."""
        found = [v for v in self.values if allows(v) and np.prod(v.shape) <= MOST_ELEMENTS][-12:]
        return self.one_of(found) if found else None

    def shape(self) -> tuple[int, ...]:
        b, s, c = self.batch, self.side, self.channels
        return self.one_of(
            [(), (c,), (b, c), (b, s, s, c), (b, s, s, c), (1, c), (b, 1), (s, 1, c)]
        )

    def array(self, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """Multiples of 1/4 between -2 and 2."""
        quarters = self._random.integers(-8, 9, shape)
        return (quarters / (1 if dtype.is_integer else 4)).astype(dtype.as_numpy_dtype)

    # --- what a graph starts with -----------------------------------------------------------------

    def add_placeholder(self) -> None:
        dtype = self.one_of([tf.float32, tf.float32, tf.float32, tf.float64, tf.int32])
        shape = self.shape()
        x = tf.placeholder(dtype, shape)
        self.graph.feeds[x] = self.array(shape, dtype)
        self.values.append(Made(x, 8.0, True))

    def add_variable(self) -> None:
        dtype = self.one_of([tf.float32, tf.float32, tf.float64, tf.int32])
        shape = self.shape()
        variable = tf.Variable(self.array(shape, dtype), use_resource=bool(self.number(0, 1)))
        self.cells.append(_Cell(variable, shape, dtype))
        self.graph.variables.append(variable)

    def keep(self, tensor: Any, bound: float, is_exact: bool) -> None:
        made = Made(tensor, bound, is_exact)
        if bound > MOST and made.dtype in FLOATS:
            made = Made(tensor * tf.constant(4.0 / bound, made.dtype), 4.0, False)
        elif bound > MOST:
            made = Made(tf.clip_by_value(tensor, -8, 8), 8.0, is_exact)
        self.values.append(made)

    # --- ops: each adds a value, or nothing when there is no operand for it -----------------------

    def add_unary(self) -> None:
        x = self.value(lambda v: v.dtype in FLOATS)
        if x is None:
            return
        name = self.one_of("tanh sigmoid relu negative abs square exp softplus sqrt log1p".split())
        if name in ("relu", "negative", "abs"):
            function = tf.nn.relu if name == "relu" else getattr(tf, name)
            self.keep(function(x.tensor), x.bound, x.is_exact)
        elif name == "square":
            self.keep(tf.square(x.tensor), x.bound**2, False)
        elif name == "exp":
            self.keep(tf.exp(x.tensor / tf.constant(x.bound, x.dtype)), 3.0, False)
        elif name in ("sqrt", "log1p"):
            self.keep(getattr(tf, name)(tf.abs(x.tensor) + 0.25), x.bound, False)
        else:
            function = tf.nn.softplus if name == "softplus" else getattr(tf, name)
            self.keep(function(x.tensor), x.bound + 1, False)

    def add_binary(self) -> None:
        x = self.value(lambda v: v.dtype in NUMBERS)
        y = x and self.value(lambda v: v.dtype == x.dtype and _broadcast(x.shape, v.shape))
        if not y:
            return
        name = self.one_of("add add subtract multiply maximum minimum squared_difference".split())
        is_exact = x.is_exact and y.is_exact
        made = getattr(tf, name)(x.tensor, y.tensor)
        if name == "multiply":
            self.keep(made, x.bound * y.bound, is_exact and x.dtype.is_integer)
        elif name == "squared_difference":
            self.keep(made, (x.bound + y.bound) ** 2, is_exact and x.dtype.is_integer)
        else:
            self.keep(made, x.bound + y.bound, is_exact)

    def add_choice(self) -> None:
        x = self.value(lambda v: v.is_exact and v.dtype in NUMBERS)
        y = x and self.value(lambda v: v.dtype in NUMBERS and v.shape == x.shape)
        z = y and self.value(lambda v: v.dtype == y.dtype and v.shape == x.shape)
        if z:
            is_larger = self.one_of([tf.greater, tf.less_equal])(x.tensor, tf.zeros([], x.dtype))
            made = tf.where(is_larger, y.tensor, z.tensor)
            self.keep(made, max(y.bound, z.bound), y.is_exact and z.is_exact)

    def add_cast(self) -> None:
        x = self.value(lambda v: v.dtype in NUMBERS)
        dtype = self.one_of(NUMBERS)
        if x is not None and (x.is_exact or dtype in FLOATS):
            self.keep(tf.cast(x.tensor, dtype), x.bound, x.is_exact)

    def add_matmul(self) -> None:
        x = self.value(lambda v: v.dtype in FLOATS and len(v.shape) == 2)
        y = x and self.value(lambda v: v.dtype == x.dtype and len(v.shape) == 2)
        if not y:
            return
        for a in (False, True):
            for b in (False, True):
                inner = x.shape[0 if a else 1]
                if inner == y.shape[1 if b else 0]:
                    made = tf.matmul(x.tensor, y.tensor, transpose_a=a, transpose_b=b)
                    self.keep(made, x.bound * y.bound * inner, False)
                    return

    def add_dense(self) -> None:
        """A product with its own weights, a bias, and perhaps a relu: what plans fuse."""
        x = self.value(lambda v: v.dtype in FLOATS and len(v.shape) == 2)
        if x is None:
            return
        inner, outer = x.shape[1], self.one_of([1, self.channels, 20])
        w = tf.constant(self.array((inner, outer), x.dtype))
        made = tf.matmul(x.tensor, w) + tf.constant(self.array((outer,), x.dtype))
        made = tf.nn.relu(made) if self.number(0, 1) else made
        self.keep(made, x.bound * inner * 2 + 2, False)

    def add_conv(self) -> None:
        x = self.value(lambda v: v.dtype in FLOATS and len(v.shape) == 4)
        if x is None:
            return
        size = self.one_of([1, 3, 5])
        filters = self.array((size, size, x.shape[3], self.channels), x.dtype)
        stride = self.one_of([1, 1, 2])
        made = tf.nn.conv2d(x.tensor, tf.constant(filters), [1, stride, stride, 1], "SAME")
        if self.number(0, 1):
            made = tf.nn.bias_add(made, tf.constant(self.array((self.channels,), x.dtype)))
        made = tf.nn.relu(made) if self.number(0, 1) else made
        self.keep(made, x.bound * size * size * x.shape[3] * 2 + 2, False)

    def add_pool(self) -> None:
        x = self.value(lambda v: v.dtype in FLOATS and len(v.shape) == 4 and v.shape[1] > 1)
        if x is None:
            return
        size, stride = self.one_of([(2, 2), (3, 2), (3, 1)])
        padding = self.one_of(["SAME", "VALID"] if min(x.shape[1:3]) >= size else ["SAME"])
        pool = self.one_of([tf.nn.max_pool, tf.nn.max_pool, tf.nn.avg_pool])
        made = pool(x.tensor, [1, size, size, 1], [1, stride, stride, 1], padding)
        self.keep(made, x.bound, x.is_exact and pool is tf.nn.max_pool)

    def add_reduction(self) -> None:
        x = self.value(lambda v: v.dtype in NUMBERS and v.shape)
        if x is None:
            return
        name = self.one_of("reduce_sum reduce_mean reduce_max reduce_min".split())
        if name == "reduce_mean" and x.dtype.is_integer:
            return
        axes = [a for a in range(len(x.shape)) if self.number(0, 1)]
        made = getattr(tf, name)(x.tensor, axes, keepdims=bool(self.number(0, 1)))
        count = int(np.prod(x.shape)) if name == "reduce_sum" else 1
        self.keep(made, x.bound * count, x.is_exact and name != "reduce_mean")

    def add_arg_reduction(self) -> None:
        x = self.value(lambda v: v.is_exact and v.dtype in NUMBERS and v.shape)
        if x is not None:
            axis = self.number(0, len(x.shape) - 1)
            made = self.one_of([tf.argmax, tf.argmin])(x.tensor, axis)
            self.keep(made, x.shape[axis], True)

    def add_slice(self) -> None:
        x = self.value(lambda v: v.shape and v.shape[0] > 1)
        if x is None:
            return
        last = x.shape[-1]
        parts = [x.tensor[1:], x.tensor[:-1], x.tensor[::-1], x.tensor[..., : max(1, last // 2)]]
        self.keep(self.one_of(parts), x.bound, x.is_exact)

    def add_concat(self) -> None:
        x = self.value(lambda v: len(v.shape) > 0)
        y = x and self.value(lambda v: v.dtype == x.dtype and v.shape == x.shape)
        if y:
            axis = self.number(-1, len(x.shape) - 1)
            made = tf.concat([x.tensor, y.tensor], axis)
            self.keep(made, max(x.bound, y.bound), x.is_exact and y.is_exact)

    def add_movement(self) -> None:
        x = self.value(lambda v: len(v.shape) > 1)
        if x is None:
            return
        rank = len(x.shape)
        kind = self.number(0, 3)
        if kind == 0:
            made = tf.transpose(x.tensor, [*range(1, rank), 0])
        elif kind == 1:
            made = tf.reshape(x.tensor, [x.shape[0], -1])
        elif kind == 2:
            made = tf.pad(x.tensor, [[0, 1]] + [[0, 0]] * (rank - 1))
        else:
            made = tf.expand_dims(tf.identity(x.tensor), 0) if rank < 4 else tf.identity(x.tensor)
        self.keep(made, x.bound, x.is_exact)

    def add_softmax(self) -> None:
        x = self.value(lambda v: v.dtype in FLOATS and len(v.shape) == 2)
        if x is not None:
            self.keep(self.one_of([tf.nn.softmax, tf.nn.log_softmax])(x.tensor), MOST, False)

    def add_gather(self) -> None:
        x = self.value(lambda v: len(v.shape) > 0 and v.shape[0] > 0)
        if x is None:
            return
        places = self._random.integers(0, x.shape[0], self.one_of([1, 3, 8]))
        self.keep(tf.gather(x.tensor, tf.constant(places.astype(np.int32))), x.bound, x.is_exact)

    def add_batch_norm(self) -> None:
        x = self.value(lambda v: v.dtype == tf.float32 and len(v.shape) == 4)
        if x is None:
            return
        scale, offset = (self.array((x.shape[3],), x.dtype) for _ in range(2))
        made, mean, _ = tf.nn.fused_batch_norm(
            x.tensor, tf.constant(scale), tf.constant(offset), epsilon=1.0
        )
        self.keep(made, 2 * x.bound + 2, False)
        self.keep(mean, x.bound, False)

    def add_split(self) -> None:
        x = self.value(lambda v: len(v.shape) > 0 and v.shape[-1] % 2 == 0 and v.shape[-1] > 0)
        if x is not None:
            for part in tf.split(x.tensor, 2, -1):
                self.keep(part, x.bound, x.is_exact)

    def add_stack(self) -> None:
        x = self.value(lambda v: len(v.shape) < 4)
        y = x and self.value(lambda v: v.dtype == x.dtype and v.shape == x.shape)
        if y:
            axis = self.number(0, len(x.shape))
            made = tf.stack([x.tensor, y.tensor], axis)
            self.keep(made, max(x.bound, y.bound), x.is_exact and y.is_exact)

    def add_logic(self) -> None:
        x = self.value(lambda v: v.is_exact and v.dtype in NUMBERS)
        y = x and self.value(lambda v: v.is_exact and v.dtype == x.dtype and v.shape == x.shape)
        if y:
            both = tf.logical_and(tf.less(x.tensor, y.tensor), tf.not_equal(x.tensor, y.tensor))
            made = tf.cast(tf.logical_not(both), self.one_of(NUMBERS))
            self.keep(made, 1.0, True)

    def add_one_hot(self) -> None:
        x = self.value(lambda v: v.dtype in (tf.int32, tf.int64) and len(v.shape) < 4)
        if x is not None:
            self.keep(tf.one_hot(x.tensor, 5, dtype=self.one_of(NUMBERS)), 1.0, x.is_exact)

    def add_hidden(self) -> None:
        """A value whose shape is only known in a run, what is made of it, and its shape again."""
        x = self.value(lambda v: v.dtype in NUMBERS)
        if x is None:
            return
        hidden = tf.py_func(lambda value: value, [x.tensor], x.dtype)
        made = tf.maximum(tf.negative(hidden), hidden) + hidden
        self.keep(tf.reshape(made, x.shape), 2 * x.bound, x.is_exact)

    def add_loss(self) -> None:
        """A loss with its gradient: what training steps end with."""
        x = self.value(lambda v: v.dtype in FLOATS and len(v.shape) == 2 and v.shape[1] > 1)
        if x is None:
            return
        labels = tf.constant(self._random.integers(0, x.shape[1], x.shape[0]), tf.int32)
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x.tensor)
        )
        self.keep(loss, 2 * x.bound + 4, False)
        self.keep(tf.gradients(loss, [x.tensor])[0], 1.0, False)

    def add_gradient(self) -> None:
        y = self.value(lambda v: v.dtype in FLOATS and v.shape != ())
        if y is None:
            return
        total = tf.reduce_mean(tf.tanh(y.tensor / tf.constant(y.bound, y.dtype)))
        before = [v for v in self.values if v.dtype == y.dtype and v is not y]
        found = [dx for dx in tf.gradients(total, [x.tensor for x in before]) if dx is not None]
        for dx in found[:3]:  # the oldest ones: their gradients go through most ops
            self.keep(tf.tanh(dx), 1.0, False)

    def add_read(self) -> None:
        if self.cells:
            cell = self.one_of(self.cells)
            how = self.number(0, 2)
            read = cell.variable.value() if how == 0 else cell.variable.read_value()
            self.values.append(Made(read if how < 2 else cell.variable + 0, MOST, False))

    def add_update(self) -> None:
        """Writes a variable, perhaps after something; perhaps something waits for the write."""
        if not self.cells:
            return
        cell = self.one_of(self.cells)
        x = self.value(lambda v: v.dtype == cell.dtype and v.shape == cell.shape)
        new = tf.clip_by_value(x.tensor, -4, 4) if x else tf.ones(cell.shape, cell.dtype)
        before = self.value() if self.number(0, 1) else None
        with tf.control_dependencies([before.tensor] if before else []):
            update = getattr(cell.variable, self.one_of(["assign", "assign_add", "assign_sub"]))(
                new
            )
        operation = update if isinstance(update, tf.Operation) else update.op
        self.graph.updates.append(operation)
        if self.number(0, 1):
            self.values.append(Made(tf.identity(update), MOST, False))
        y = self.value(lambda v: v.dtype in NUMBERS)
        if y and self.number(0, 1):
            with tf.control_dependencies([operation]):
                self.values.append(Made(tf.identity(y.tensor), y.bound, y.is_exact))

    def finish(self) -> RandomGraph:
        """Fetches some values, the last one for sure."""
        self.graph.fetches = [v.tensor for v in self.values if self.number(0, 3) == 0]
        self.graph.fetches.append(self.values[-1].tensor)
        return self.graph


def _broadcast(a: Sequence[int], b: Sequence[int]) -> bool:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(x == y or 1 in (x, y) for x, y in pairs)


_OPS = (
    *(_Builder.add_unary, _Builder.add_binary, _Builder.add_binary) * 2,
    *(_Builder.add_choice, _Builder.add_cast, _Builder.add_matmul, _Builder.add_dense),
    *(_Builder.add_conv, _Builder.add_pool, _Builder.add_reduction, _Builder.add_arg_reduction),
    *(_Builder.add_slice, _Builder.add_concat, _Builder.add_movement, _Builder.add_softmax),
    *(
        _Builder.add_gradient,
        _Builder.add_gradient,
        _Builder.add_read,
        _Builder.add_update,
        _Builder.add_update,
    ),
    *(_Builder.add_gather, _Builder.add_batch_norm, _Builder.add_split, _Builder.add_stack),
    *(_Builder.add_logic, _Builder.add_one_hot, _Builder.add_loss),
)


@st.composite
def random_graphs(
    draw: Callable[[Any], Any], size: int = 30, hides_shapes: bool = False
) -> RandomGraph:
    """Graphs of about `size` ops; each is built in the default graph, which is reset before.

    Args:
      draw: hypothesis'.
      size: how many ops, at most.
      hides_shapes: whether shapes of some values are unknown until they are there.
    """
    tf.reset_default_graph()
    builder = _Builder(draw)
    ops = [*_OPS, *[_Builder.add_hidden] * 4 * hides_shapes]
    for _ in range(4):
        builder.add_placeholder()
    for _ in range(builder.number(0, 3)):
        builder.add_variable()
    for _ in range(builder.number(5, size)):
        builder.one_of(ops)(builder)
    return builder.finish()
