"""`GRAPHFLOW_DEBUG=guard` notices kernels that write where they should not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.base.config import Config
from graphflow.core.codegen.cpu.library import Kernel, kernel_address
from graphflow.core.ops.lowering import Home, Operand, Table
from graphflow.core.runtime import make_native, native
from graphflow.core.runtime.executable import ExecutionOptions

# Writes a byte at `address + distance`, once.
BROKEN = """
define void @graphflow_kernel(i64 %lo, i64 %hi, i64 %args) {{
  %first = icmp eq i64 %lo, 0
  br i1 %first, label %write, label %done
write:
  %word = add i64 %args, {word}
  %place = inttoptr i64 %word to i64*
  %address = load i64, i64* %place
  %there = add i64 %address, {distance}
  %byte = inttoptr i64 %there to i8*
  store i8 77, i8* %byte
  br label %done
done:
  ret void
}}
"""


@pytest.fixture(autouse=True)
def guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_native, "get_config", lambda: Config(debug=frozenset({"guard"})))


def session(threads: int = 1) -> tf.Session:
    made = tf.Session()
    made._state.options = ExecutionOptions("now", threads)
    return made


def break_kernel(
    monkeypatch: pytest.MonkeyPatch, is_broken: Callable[[Operand], bool], distance: int
) -> None:
    """Has the kernels with such an operand write at a distance from its first byte."""

    def load_broken(plan):
        addresses = load_kernels(plan)
        for call in plan.calls:
            assert not any(isinstance(arg, Table) for arg in call.args)
            for word, arg in enumerate(call.args):
                if isinstance(arg, Operand) and is_broken(arg):
                    source = BROKEN.format(word=8 * word, distance=distance)
                    addresses[call.kernel] = kernel_address(Kernel("broken", source))
                    broken.append(call.node.name)
        return addresses

    broken: list[str] = []
    load_kernels = native.load_kernels
    monkeypatch.setattr(native, "load_kernels", load_broken)


def is_output(operand: Operand) -> bool:
    return operand.writes and operand.buffer.storage.home is Home.ARENA


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (4000, "0 bytes after the end of"),
        (4100, "100 bytes after the end of"),
        (8000, "4000 bytes after the end of"),
        (-1, "1 bytes before"),
        (-4000, "4000 bytes before"),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_write_next_to_a_value_is_an_error(monkeypatch, distance, words, threads) -> None:
    break_kernel(monkeypatch, is_output, distance)
    x = tf.placeholder(tf.float32, [1000])
    y = tf.exp(x, name="grown")
    with session(threads) as sess, pytest.raises(tf.errors.InternalError) as caught:
        sess.run(y, {x: np.zeros(1000)})
    message = str(caught.value)
    assert f"in the arena, {words} what they may write" in message
    assert "'grown'" in message
    assert "test_guard.py" in message


def test_a_write_into_an_operand_is_none(monkeypatch) -> None:
    break_kernel(monkeypatch, is_output, 3999)
    x = tf.placeholder(tf.float32, [1000])
    with session() as sess:
        y = sess.run(tf.exp(x), {x: np.zeros(1000)})
    # The kernel wrote that byte only; the others are poison.
    assert np.isnan(y[:-1]).all()


@pytest.mark.parametrize("distance", [-4000, -1, 8000, 12000])
def test_a_write_next_to_a_variable_is_an_error(monkeypatch, distance) -> None:
    v = tf.get_variable("v", [2000], initializer=tf.zeros_initializer())
    x = tf.placeholder(tf.float32, [2000])
    update = v.assign_add(x)
    with session() as sess:
        sess.run(v.initializer)
        break_kernel(
            monkeypatch, lambda o: o.writes and o.buffer.storage.home is Home.VARIABLE, distance
        )
        with pytest.raises(tf.errors.InternalError, match="in a variable, "):
            sess.run(update.op, {x: np.zeros(2000)})


@pytest.mark.parametrize("distance", [-4000, -1, 0, 4000, 8000])
def test_a_write_into_or_next_to_a_constant_is_an_error(monkeypatch, distance) -> None:
    break_kernel(monkeypatch, lambda o: o.buffer.storage.home is Home.CONSTANT, distance)
    x = tf.placeholder(tf.float32, [1000])
    y = tf.constant(np.ones(1000, np.float32)) * x
    with session() as sess, pytest.raises(tf.errors.InternalError, match="in a constant"):
        sess.run(y, {x: np.zeros(1000)})


def test_a_write_into_a_fed_array_is_an_error(monkeypatch) -> None:
    break_kernel(monkeypatch, lambda o: o.buffer.storage.home is Home.HOST, 100)
    break_kernel(monkeypatch, lambda o: o.buffer.storage.home is Home.ARG, 100)
    x = tf.placeholder(tf.float32, [2000])
    with session() as sess, pytest.raises(tf.errors.InternalError, match="an array from outside"):
        sess.run(tf.exp(x), {x: np.zeros(2000, np.float32)})


def test_right_kernels_pass(monkeypatch) -> None:
    x = tf.placeholder(tf.float32, [None, 30])
    w = tf.get_variable("w", [30, 7])
    hidden = tf.nn.relu(tf.matmul(x, w))
    loss = tf.reduce_mean(tf.square(hidden - 1.0))
    step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    with session(2) as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([loss, step], {x: np.ones((50, 30))})[0] for _ in range(5)]
    assert losses[-1] < losses[0]


def test_without_the_switch_nothing_is_guarded(monkeypatch) -> None:
    monkeypatch.setattr(make_native, "get_config", lambda: Config())
    x = tf.placeholder(tf.float32, [3])
    y = x * 2.0
    with session() as sess:
        sess.run(y, {x: np.zeros(3)})
        (executable,) = sess._programs.values()
        (shaped,) = executable._shaped.values()
        assert type(shaped.plan) is native.NativePlan
