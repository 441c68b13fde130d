"""Generated elementwise kernels against the NumPy references of the ops that they were made of."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import graphflow
from graphflow.core.base import dtypes
from graphflow.core.base.ref import Ref
from graphflow.core.base.tensor_shape import TensorShape
from graphflow.core.codegen.cpu.elementwise import describe, generate
from graphflow.core.graph.op_def import OpDef, find_op, registered_ops
from graphflow.core.ops.elementwise.division import NONZERO, WHOLE_DIVISIONS
from graphflow.core.ops.fused_body import (
    TYPES,
    FusedBody,
    FusedInput,
    FusedStep,
    can_fuse,
    step_attrs,
)
from graphflow.core.ops.lowering import Access, Buffer, Call, Home, KernelName, Operand, Storage

from .calls import Memory, run_call
from .narrow_targets import NARROW, TARGETS, vectors_of

assert graphflow  # registers the ops
FLOATS = ["float16", "float32", "float64"]
INTEGERS = sorted(TYPES - {*FLOATS, "bool"})


def compute(
    body: FusedBody,
    shape: Sequence[int],
    inputs: Sequence[np.ndarray],
    ranges: int = 3,
    in_place: Sequence[tuple[int, int]] = (),
) -> list[np.ndarray]:
    """The outputs of a body, from inputs that hold what varies; memory around them is guarded.

    `in_place`: pairs of an output and the input whose memory it is written to.
    """
    memories: dict[Storage, Memory] = {}
    items = int(np.prod(shape[:-1] if len(shape) > 1 else shape, dtype=np.int64))

    def operand(kind: str, value: np.ndarray | None, is_item: bool, writes: bool) -> Operand:
        size = int(np.prod(shape, dtype=np.int64)) if value is None else value.size
        nbytes = size * np.dtype(kind).itemsize
        storage = Storage(Home.ARENA, nbytes)
        memories[storage] = memory = Memory(nbytes, offset=np.dtype(kind).itemsize)
        if value is not None:
            memory.bytes[:] = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        made = Buffer(storage, tuple(shape), dtypes.as_dtype(kind))
        access = Access.ITEM if is_item else Access.WHOLE
        return Operand(made, access, reads=not writes, writes=writes)

    reads = [
        operand(spec.dtype, value, spec.is_full, False)
        for spec, value in zip(body.inputs, inputs, strict=True)
    ]
    kinds = [body.value_types[number] for number in body.outputs]
    written = [operand(kind, None, True, True) for kind in kinds]
    for output, source in in_place:
        written[output] = reads[source]
    args = [*shape, *reads, *written]
    node = SimpleNamespace(name="fused")
    run_call(Call(KernelName("fused", body), items, tuple(args), node), memories, ranges)
    for memory in memories.values():
        memory.check()
    return [
        memories[one.buffer.storage].bytes.view(kind).reshape(shape).copy()
        for one, kind in zip(written, kinds, strict=True)
    ]


def reference(op: OpDef, attrs: dict[str, Any], types: Sequence[str], *inputs: Any) -> Any:
    """What an op's NumPy reference gives."""
    node = SimpleNamespace(
        name=op.name,
        attrs=attrs,
        input_dtypes=[dtypes.as_dtype(x.dtype) for x in inputs if isinstance(x, np.ndarray)],
        output_dtypes=[dtypes.as_dtype(t) for t in types],
    )
    assert op.reference is not None
    with np.errstate(all="ignore"):
        return op.reference(node, *inputs)


def assert_close(actual: np.ndarray, expected: np.ndarray, kind: str, message: str) -> None:
    """Equal for integers and bools, to a few units in the last place for floats."""
    expected = np.asarray(expected).astype(kind)
    if kind in FLOATS:
        tolerance = 6 * float(np.finfo(kind).eps)
        # The references of float16 round between two operations of an op, kernels once.
        near_zero = 20 if kind == "float16" else 4
        wide = actual.astype(np.float64), expected.astype(np.float64)
        absolute = near_zero * float(np.finfo(kind).eps)
        np.testing.assert_allclose(*wide, tolerance, absolute, err_msg=message)
    else:
        np.testing.assert_array_equal(actual, expected, err_msg=message)


# --- every op ------------------------------------------------------------------------------------

_EXACT = [-3.5, -1.0, -0.25, 0.0, 0.3, 1.0, 2.5, 7.0, np.inf, -np.inf, np.nan]


def _values(kind: str, size: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if kind == "bool":
        return random.integers(0, 2, size).astype(bool)
    if kind in FLOATS:
        values = random.normal(size=size) * random.choice([0.1, 1, 5], size)
        return np.where(random.random(size) < 0.3, random.choice(_EXACT, size), values).astype(kind)
    values = (
        random.integers(-20, 20, size) if kind.startswith("int") else random.integers(0, 9, size)
    )
    return values.astype(kind)


def _attrs_of(op: OpDef, kind: str) -> dict[str, Any]:
    attrs = {attr.name: attr.default for attr in op.attrs if attr.has_default}
    return {**attrs, "T": dtypes.as_dtype(kind), "N": 3}


def _steps_of_kind(kind: str) -> list[tuple[OpDef, dict[str, Any], tuple[str, ...], str]]:
    """All ops that take a type, but for updates and Cast: (op, attrs, input types, output type)."""
    found = []
    for op in registered_ops().values():
        if op.scalar_body is None or op.scalar_cells or op.name in ("Cast", "NextAfter"):
            continue
        attrs = _attrs_of(op, kind)
        type_attr = op.attr_by_name.get("T")
        if type_attr is not None and type_attr.allowed is not None:
            if dtypes.as_dtype(kind) not in type_attr.allowed:
                continue
        try:
            inputs = tuple(t.name for t in op.input_dtypes(attrs))
            output = op.output_dtypes(attrs)[0].name
        except KeyError:
            continue  # an op on complex numbers
        if type_attr is None and kind != "bool":
            continue  # of bools only
        if can_fuse(op, attrs, inputs, [output]):
            found.append((op, attrs, inputs, output))
    return found


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_op(kind: str) -> None:
    check_every_op(kind)


@pytest.mark.parametrize("target", NARROW)
@pytest.mark.parametrize("kind", ["bool", "int8", "int64", "float16", "float32", "float64"])
def test_every_op_with_narrower_vectors(kind: str, target: str) -> None:
    with vectors_of(target):
        check_every_op(kind)


def check_every_op(kind: str) -> None:
    """Compares all ops of a type, computed by one kernel, with their references."""
    size = 83
    given_types = [kind, kind, kind, "bool"]
    arrays = [_values(t, size, seed) for seed, t in enumerate(given_types)]
    used, steps = [], []
    for op, attrs, inputs, output in _steps_of_kind(kind):
        numbers = iter(range(3))
        args = tuple(3 if t == "bool" and kind != "bool" else next(numbers) for t in inputs)
        steps.append(FusedStep(op.name, step_attrs(op, attrs), args, (output,)))
        used.append((op, attrs, args))
    first = len(given_types)
    outputs = tuple(range(first, first + len(steps)))
    body = FusedBody(1, tuple(FusedInput(t, (True,)) for t in given_types), tuple(steps), outputs)
    results = compute(body, [size], arrays)
    assert len(steps) > 5
    for (op, attrs, args), step, result in zip(used, steps, results, strict=True):
        inputs = [arrays[i] for i in args]
        expected = reference(op, attrs, step.dtypes, *inputs)
        assert_close(result, expected, step.dtypes[0], f"{op.name} of {kind}")


def test_ops_that_can_fail_are_left_to_the_reference() -> None:
    for name in ("Div", "FloorDiv", "TruncateDiv", "Mod", "FloorMod", "TruncateMod", "Pow"):
        op = find_op(name)
        assert op is not None
        for kind, is_safe in ("int32", False), ("float32", True):
            assert can_fuse(op, {"T": dtypes.as_dtype(kind)}, [kind, kind], [kind]) == is_safe


@st.composite
def divisions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Integers, and what to divide them by: one number, or as many, none of them zero."""
    kind = np.dtype(draw(st.sampled_from(INTEGERS)))
    low, high = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    extremes = st.sampled_from([low, low + 1, high - 1, high, max(low, -1), 0, 1, 2])
    numbers = st.one_of(extremes, st.integers(low, high), st.integers(max(low, -9), 9))
    size = draw(st.integers(1, 40))
    xs = draw(st.lists(numbers, min_size=size, max_size=size))
    count = draw(st.sampled_from([1, size]))
    ys = draw(st.lists(numbers.filter(bool), min_size=count, max_size=count))
    return np.array(xs, kind), np.array(ys, kind)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=60, deadline=None)
@given(numbers=divisions())
@example(numbers=(np.array([-(2**63), 2**63 - 1, 5]), np.array([-1])))
@example(numbers=(np.array([-(2**63), 7, 9]), np.array([-1, 2, -2])))
@example(numbers=(np.array([-(2**31), 7], np.int32), np.array([-1], np.int32)))
def test_divisions_of_integers(target: str, numbers: tuple[np.ndarray, np.ndarray]) -> None:
    """The extremes too: the smallest integer divided by -1 has no quotient, and traps on x86."""
    x, y = numbers
    kind = x.dtype.name
    attrs = {"T": dtypes.as_dtype(kind), NONZERO: True}
    assert all(can_fuse(op, attrs, [kind, kind], [kind]) for op in WHOLE_DIVISIONS)
    steps = tuple(FusedStep(op.name, (), (0, 1), (kind,)) for op in WHOLE_DIVISIONS)
    inputs = (FusedInput(kind, (True,)), FusedInput(kind, (y.size == x.size > 1,)))
    outputs = tuple(range(2, 2 + len(steps)))
    with vectors_of(target):
        results = compute(FusedBody(1, inputs, steps, outputs), [x.size], [x, y])
    for op, result in zip(WHOLE_DIVISIONS, results, strict=True):
        expected = reference(op, attrs, [kind], x, y)
        np.testing.assert_array_equal(result, expected, err_msg=op.name)


@pytest.mark.parametrize("source", sorted(TYPES))
def test_casts(source: str) -> None:
    check_casts(source)


@pytest.mark.parametrize("target", NARROW)
@pytest.mark.parametrize("source", ["float16", "float32", "float64", "int64"])
def test_casts_with_narrower_vectors(source: str, target: str) -> None:
    with vectors_of(target):
        check_casts(source)


def check_casts(source: str) -> None:
    """Compares casts to all types with NumPy's."""
    x = _values(source, 300, 5)
    if source in FLOATS:
        with np.errstate(over="ignore"):
            x[:6] = np.array([3e9, -3e9, 1e30, 65519, 65520, 2.0**63]).astype(source)
    elif source != "bool":
        info = np.iinfo(source)
        x[:4] = [info.min, info.max, info.max - 1, info.max // 3]
    targets = sorted(TYPES)
    steps = tuple(FusedStep("Cast", (), (0,), (target,)) for target in targets)
    body = FusedBody(1, (FusedInput(source, (True,)),), steps, tuple(range(1, len(steps) + 1)))
    for target, actual in zip(targets, compute(body, [x.size], [x]), strict=True):
        with np.errstate(all="ignore"):
            expected = x.astype(target)
        if source in FLOATS and target not in (*FLOATS, "bool"):
            inside = np.abs(x.astype(np.float64)) < np.iinfo(target).max
            inside &= (x >= 0) if target.startswith("u") else True
            actual, expected = actual[inside], expected[inside]  # others depend on the machine
        np.testing.assert_array_equal(actual, expected, err_msg=f"{source} to {target}")


@pytest.mark.parametrize("target", TARGETS)
def test_float16_is_loaded_and_rounded_as_numpy_does(target: str) -> None:
    with vectors_of(target):
        check_float16()


def check_float16() -> None:
    """Compares all float16 values, and what is rounded to them, with NumPy's."""
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    steps = (FusedStep("Cast", (), (0,), ("float32",)), FusedStep("Neg", (), (0,), ("float16",)))
    body = FusedBody(1, (FusedInput("float16", (True,)),), steps, (1, 2))
    singles, negated = compute(body, [halves.size], [halves])
    np.testing.assert_array_equal(singles, halves.astype(np.float32))
    np.testing.assert_array_equal(negated, -halves)
    # Between two halves: below, at, and above the middle.
    low = halves[:31743].astype(np.float32)
    middle = (low + halves[1:31744].astype(np.float32)) / 2
    x = np.concatenate([middle, np.nextafter(middle, 0), np.nextafter(middle, np.float32(np.inf))])
    x = np.concatenate([x, -x, np.array([65519, 65520, 1e30, 1e-10, np.inf, np.nan], np.float32)])
    for kind in ("float32", "float64"):
        step = FusedStep("Cast", (), (0,), ("float16",))
        body = FusedBody(1, (FusedInput(kind, (True,)),), (step,), (1,))
        wide = x.astype(kind)
        if kind == "float64":
            wide = np.concatenate([wide, np.nextafter(wide, 0), np.nextafter(wide, np.inf)])
        (rounded,) = compute(body, [wide.size], [wide])
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(rounded, wide.astype(np.float16))


# --- loops ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_broadcasting(data: st.DataObject) -> None:
    with vectors_of(data.draw(st.sampled_from(TARGETS))):
        check_broadcasting(data)


def check_broadcasting(data: st.DataObject) -> None:
    """Compares a body over drawn shapes with NumPy."""
    rank = data.draw(st.integers(0, 4))
    shape = data.draw(st.tuples(*[st.sampled_from([1, 2, 3, 5, 17, 40])] * rank))
    varies = [
        tuple(data.draw(st.lists(st.booleans(), min_size=rank, max_size=rank))) for _ in range(3)
    ]
    inputs = (FusedInput("float32", (True,) * rank), *(FusedInput("float32", v) for v in varies))
    random = np.random.default_rng(len(shape))
    arrays = [
        random.normal(size=[n if v else 1 for n, v in zip(shape, spec.varies, strict=True)]).astype(
            np.float32
        )
        for spec in inputs
    ]
    steps = (
        FusedStep("Mul", (), (1, 2), ("float32",)),
        FusedStep("Maximum", (), (3, 4), ("float32",)),
        FusedStep("Sub", (), (0, 5), ("float32",)),
        FusedStep("Less", (), (6, 2), ("bool",)),
    )
    body = FusedBody(rank, inputs, steps, (6, 7))
    difference, is_less = compute(body, shape, arrays, ranges=data.draw(st.integers(1, 5)))
    x, a, b, c = arrays
    expected = x - np.maximum(c, a * b)
    np.testing.assert_array_equal(difference, expected)
    np.testing.assert_array_equal(is_less, expected < b)


@pytest.mark.parametrize("shape", [(0,), (1,), (15,), (16,), (129,), (1000,), (5, 0), (0, 5)])
def test_sizes(shape: tuple[int, ...]) -> None:
    full = (True,) * len(shape)
    inputs = (FusedInput("float64", full), FusedInput("int8", full))
    steps = (
        FusedStep("Cast", (), (1,), ("float64",)),
        FusedStep("AddV2", (), (0, 2), ("float64",)),
    )
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    y = (np.arange(np.prod(shape)) % 100 - 50).astype(np.int8).reshape(shape)
    (total,) = compute(FusedBody(len(shape), inputs, steps, (3,)), shape, [x, y])
    np.testing.assert_array_equal(total, x + y)


def test_outputs_in_the_memory_of_inputs() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 211)).astype(np.float32)
    inputs = (FusedInput("float32", (True,)),) * 2
    steps = (
        FusedStep("AddV2", (), (0, 1), ("float32",)),
        FusedStep("Sub", (), (0, 1), ("float32",)),
    )
    body = FusedBody(1, inputs, steps, (2, 3))
    total, difference = compute(body, [211], [x, y], in_place=[(0, 1), (1, 0)])
    np.testing.assert_array_equal(total, x + y)
    np.testing.assert_array_equal(difference, x - y)


def test_ranges_of_items_do_not_change_a_bit() -> None:
    x = np.random.default_rng(2).normal(size=501).astype(np.float32)
    names = ["Exp", "Log1p", "Tanh", "Sigmoid", "Erf", "Sin", "Softplus", "Rsqrt", "Atan"]
    steps = [FusedStep(name, (), (0,), ("float32",)) for name in names]
    steps.append(FusedStep("Pow", (), (1, 0), ("float32",)))
    inputs = (FusedInput("float32", (True,)),)
    body = FusedBody(1, inputs, tuple(steps), tuple(range(1, len(steps) + 1)))
    whole = compute(body, [501], [x], ranges=1)
    for ranges in (2, 7, 100):
        parts = compute(body, [501], [x], ranges=ranges)
        for name, a, b in zip([*names, "Pow"], whole, parts, strict=True):
            np.testing.assert_array_equal(a.view(np.int32), b.view(np.int32), err_msg=name)


def test_a_body_may_store_what_does_not_vary() -> None:
    steps = (
        FusedStep("OnesLike", (), (0,), ("float32",)),
        FusedStep("Exp", (), (1,), ("float32",)),
    )
    inputs = (FusedInput("float32", (True, True)), FusedInput("float32", (True, False)))
    x, rates = np.zeros((3, 7), np.float32), np.array([0.5, 1, 2], np.float32)
    ones, powers = compute(FusedBody(2, inputs, steps, (2, 3)), (3, 7), [x, rates])
    assert (ones == 1).all()
    np.testing.assert_allclose(powers, np.broadcast_to(np.exp(rates)[:, None], (3, 7)), 3e-7)


# --- updates of variables ------------------------------------------------------------------------

_UPDATES = [
    op
    for op in registered_ops().values()
    if op.scalar_cells and op.name.startswith("ResourceApply")
]
_NUMBERS = {"l1": 0.02, "l2": 0.1, "lr_power": -0.5, "epsilon": 1e-3, "lr": 0.05, "global_step": 7}


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("op", _UPDATES, ids=[op.name for op in _UPDATES])
def test_updates(op: OpDef, kind: str) -> None:
    random = np.random.default_rng(1)
    size, cells = 37, op.scalar_cells
    attrs = _attrs_of(op, kind)
    values: list[np.ndarray] = []
    for index, arg in enumerate(op.inputs):
        if index < cells or arg.name in ("grad", "delta"):
            value = random.uniform(0.1, 1.0, size) * (random.choice([-1, 1], size))
            values.append((np.abs(value) if 0 < index < cells else value).astype(kind))
        else:
            number_kind = "int64" if arg.name == "global_step" else kind
            values.append(np.array(_NUMBERS.get(arg.name, 0.7), number_kind))
    types = [str(value.dtype) for value in values]
    assert can_fuse(op, attrs, types, [kind] * cells)
    inputs = tuple(FusedInput(t, (v.ndim > 0,)) for t, v in zip(types, values, strict=True))
    step = FusedStep(op.name, step_attrs(op, attrs), tuple(range(len(values))), (kind,) * cells)
    body = FusedBody(1, inputs, (step,), tuple(range(len(values), len(values) + cells)))
    updated = compute(body, [size], values, in_place=[(i, i) for i in range(cells)])

    cell_type, shape = dtypes.as_dtype(kind), TensorShape([size])
    refs = [Ref(op.name, cell_type, shape, value) for value in values[:cells]]
    reference(op, attrs, [], *refs, *values[cells:])
    for ref, actual in zip(refs, updated, strict=True):
        tolerance = 1e-5 if kind == "float32" else 1e-13
        np.testing.assert_allclose(actual, ref.value, tolerance, tolerance / 10)


def test_describe() -> None:
    inputs = (FusedInput("float32", (True, True)), FusedInput("float32", (False, True)))
    steps = (
        FusedStep("AddV2", (), (0, 1), ("float32",)),
        FusedStep("LeakyRelu", (("alpha", 0.2),), (2,), ("float32",)),
    )
    assert describe(FusedBody(2, inputs, steps, (3,))).splitlines() == [
        "x0: float32 [**]",
        "x1: float32 [1*]",
        "t2 = AddV2(x0, x1)  # float32",
        "t3 = LeakyRelu(t2, alpha=0.2)  # float32",
        "store t3",
    ]


def test_source_names_the_ops() -> None:
    step = FusedStep("Relu", (), (0,), ("float32",))
    source = generate(FusedBody(1, (FusedInput("float32", (True,)),), (step,), (1,)))
    assert "; Relu" in source
