"""Native random numbers against the references, bit by bit; host and kernels on one stream."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from core.codegen.cpu.calls import Memory, lower_and_run, run_call

from graphflow.core.base import dtypes, errors
from graphflow.core.graph.op_def import find_op
from graphflow.core.ops import cpu_lowerings
from graphflow.core.ops.lowering import Buffer, Home, Lowering, Storage
from graphflow.core.ops.random.cpu.philox import state_words, take_words
from graphflow.core.ops.random.numerics.philox import Philox

SIZES = [(), (0,), (1,), (5,), (3, 7), (64,), (129, 3), (1000, 9)]


class Context:
    """The op state of a session with one node."""

    def __init__(self, seed: int = 7, seed2: int = 2**63 + 5) -> None:
        self.philox = Philox(seed, seed2)

    def op_state(self, node, make):
        return self.philox


def node_of(op_type, dtype, attrs=None):
    attrs = attrs or {"seed": 7, "seed2": 5}
    return SimpleNamespace(
        name=op_type, op=find_op(op_type), attrs=attrs, output_dtypes=[dtypes.as_dtype(dtype)]
    )


def run_native(op_type, philox, inputs, shape, dtype, ranges=3) -> np.ndarray:
    """The numbers of a lowering with a state, which goes on in the generator."""
    cpu_lowerings.load()
    memories = {}

    def buffer(value: np.ndarray) -> Buffer:
        made = Buffer(Storage(Home.ARENA, value.nbytes), value.shape, dtypes.as_dtype(value.dtype))
        memories[made.storage] = memory = Memory(value.nbytes)
        memory.bytes[:] = value.reshape(-1).view(np.uint8)
        return made

    given = [buffer(x) for x in [*inputs, state_words(philox)]]
    output = buffer(np.zeros(shape, dtype))
    node = node_of(op_type, dtype)
    lowering = Lowering(node, given, [output], [None] * len(given))
    node.op.cpu_lowering(node, lowering)
    for call in lowering.calls:
        run_call(call, memories, ranges)
    for memory in memories.values():
        memory.check()
    take_words(philox, memories[given[-1].storage].bytes.view(np.int64))
    return memories[output.storage].bytes.view(dtype).reshape(shape).copy()


def check(op_type, dtype, shape, *bounds, exact=True) -> None:
    """Native, host, native: three runs of one stream."""
    ours, theirs = Context(), Context()
    node = node_of(op_type, dtype)
    inputs = [np.array(shape, np.int32), *bounds]
    for is_native in (True, False, True):
        want = node.op.reference(node, theirs, *inputs)
        if is_native:
            got = run_native(op_type, ours.philox, inputs, shape, dtype)
        else:
            got = node.op.reference(node, ours, *inputs)
        if exact:
            np.testing.assert_array_equal(got, want)
        else:
            np.testing.assert_allclose(got, want, rtol=1e-14)
    assert repr(ours.philox) == repr(theirs.philox)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SIZES)
def test_floats(dtype, shape):
    check("RandomUniform", dtype, shape)
    exact = dtype == np.float32  # NumPy's float64 logarithm is not the C library's
    check("RandomStandardNormal", dtype, shape, exact=exact)
    check("TruncatedNormal", dtype, shape, exact=exact)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("shape", SIZES)
def test_integers(dtype, shape):
    for low, high in ((0, 10), (-7, 1), (np.iinfo(dtype).min, np.iinfo(dtype).max)):
        check("RandomUniformInt", dtype, shape, np.array(low, dtype), np.array(high, dtype))


def test_an_empty_interval_is_refused():
    bounds = np.array(3, np.int32), np.array(3, np.int32)
    with pytest.raises(errors.InvalidArgumentError, match="Need minval < maxval, got 3 >= 3"):
        run_native("RandomUniformInt", Philox(1, 2), [np.array([4]), *bounds], (4,), np.int32)


def test_counters_carry():
    philox = Philox(3, 4)
    philox.reserve(2**64 - 5)  # the low half comes round within the first vector of blocks
    want = Context()
    want.philox.__dict__.update(_key=3, _counter=philox.reserve(0).counter)
    node = node_of("RandomUniform", np.float32)
    shape = (300,)
    for _ in range(2):
        got = run_native("RandomUniform", philox, [np.array(shape)], shape, np.float32)
        np.testing.assert_array_equal(got, node.op.reference(node, want, np.array(shape)))
    assert repr(philox) == repr(want.philox)


def test_numbers_do_not_depend_on_the_division():
    for op_type in ("RandomUniform", "TruncatedNormal"):
        runs = [
            run_native(op_type, Philox(1, 2), [np.array([777])], (777,), np.float32, ranges)
            for ranges in (1, 2, 7)
        ]
        np.testing.assert_array_equal(runs[0], runs[1])
        np.testing.assert_array_equal(runs[0], runs[2])


@pytest.mark.parametrize("seed_type", [np.int32, np.int64])
def test_stateless(seed_type):
    seeds, shape = np.array([-3, 99], seed_type), (37, 5)
    inputs = [np.array(shape, np.int32), seeds]
    for name in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
        node = node_of(name, np.float32)
        (got,) = lower_and_run(name, {}, inputs, [shape], [np.float32])
        np.testing.assert_array_equal(got, node.op.reference(node, *inputs))
    name = "StatelessRandomUniformInt"
    inputs += [np.array(-5), np.array(1000)]
    (got,) = lower_and_run(name, {}, inputs, [shape], [np.int64])
    node = node_of(name, np.int64)
    np.testing.assert_array_equal(got, node.op.reference(node, *inputs))
