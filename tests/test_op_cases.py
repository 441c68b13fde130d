"""Every op against TensorFlow: graph, values, types, static shapes, first and second gradients."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import op_cases
import pytest
from op_cases import OpCase

import graphflow
from graphflow.core.graph.op_def import registered_ops

CASES, TESTED_ELSEWHERE = op_cases.load()
ROOT = Path(__file__).parent.parent

# Relative tolerance by the type compared, and the absolute one in units of it.
_RTOL = {"float64": 1e-10, "complex128": 1e-10, "float16": 4e-3, "bfloat16": 2e-2}
_DEFAULT_RTOL = 2e-5

all_cases = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
differentiable_cases = pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.grad],
    ids=[case.id for case in CASES if case.grad],
)


class Built:
    """A case built once, on one framework: its placeholders, outputs and session."""

    def __init__(self, tf: ModuleType, case: OpCase, shapes: list[Any], arrays: list[Any]) -> None:
        self.tf = tf
        self.graph = tf.Graph()
        self.arrays = arrays
        with self.graph.as_default():
            self.inputs = [
                tf.placeholder(_dtype_of(tf, array), shape, name=f"input_{i}")
                for i, (array, shape) in enumerate(zip(arrays, shapes, strict=True))
            ]
            self.outputs = _as_list(case.build(tf, *self.inputs))
        self.nodes = [(op.name, op.type) for op in self.graph.get_operations()]
        self.feeds = dict(zip(self.inputs, arrays, strict=True))

    def run(self, fetches: Any, feeds: dict[Any, Any] | None = None) -> Any:
        with self.tf.Session(graph=self.graph) as session:
            return session.run(fetches, self.feeds if feeds is None else feeds)


def _dtype_of(tf: ModuleType, array: np.ndarray) -> Any:
    return tf.string if array.dtype == object else tf.as_dtype(array.dtype)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def build(tf: ModuleType, case: OpCase, arrays: list[Any] | None = None) -> Built:
    arrays = case.arrays if arrays is None else arrays
    return Built(tf, case, [list(array.shape) for array in arrays], arrays)


def build_unknown(case: OpCase, rank_known: bool) -> Built:
    arrays = case.arrays
    shapes = [[None] * array.ndim if rank_known else None for array in arrays]
    return Built(graphflow, case, shapes, arrays)


def assert_same(case: OpCase, mine: Any, theirs: Any, rtol: float | None = None) -> None:
    mine, theirs = np.asarray(mine), np.asarray(theirs)
    assert mine.dtype == theirs.dtype
    assert mine.shape == theirs.shape
    if mine.dtype.kind in "fcV":
        rtol = rtol or case.rtol or _RTOL.get(mine.dtype.name, _DEFAULT_RTOL)
        wide = np.complex128 if mine.dtype.kind == "c" else np.float64
        atol = rtol if case.atol is None else case.atol
        np.testing.assert_allclose(mine.astype(wide), theirs.astype(wide), rtol, atol)
    else:
        np.testing.assert_array_equal(mine, theirs)
        if mine.dtype == object:  # a string is equal to an array of one
            assert [type(item) for item in mine.flat] == [type(item) for item in theirs.flat]


@all_cases
def test_forward_graph(case: OpCase, oracle: ModuleType) -> None:
    mine, theirs = build(graphflow, case), build(oracle, case)
    assert case.op_types[0] in {op_type for _, op_type in mine.nodes}
    if case.graph_differs:
        assert mine.nodes != theirs.nodes, "the graphs agree: drop the row's `graph_differs`"
    else:
        assert mine.nodes == theirs.nodes
    assert [t.dtype.name for t in mine.outputs] == [t.dtype.name for t in theirs.outputs]
    if not case.shape_differs:
        assert [_sizes(t) for t in mine.outputs] == [_sizes(t) for t in theirs.outputs]


def _sizes(tensor: Any) -> list[int | None] | None:
    return None if tensor.shape.ndims is None else tensor.shape.as_list()


@all_cases
def test_values(case: OpCase, oracle: ModuleType) -> None:
    expected = build(oracle, case)
    expected = expected.run(expected.outputs)
    known = build(graphflow, case)
    values, inputs = known.run([known.outputs, known.inputs])
    for value, array in zip(inputs, case.arrays, strict=True):
        np.testing.assert_array_equal(value, array, "an input was changed in place")
    results = [values, _with_constants(case)]
    if case.unknown_dims:
        for built in build_unknown(case, True), build_unknown(case, False):
            results.append(built.run(built.outputs))
            for tensor, value in zip(built.outputs, expected, strict=True):
                assert tensor.shape.is_compatible_with(np.shape(value))
    for result in results:
        for mine, theirs in zip(result, expected, strict=True):
            assert_same(case, mine, theirs)


def _with_constants(case: OpCase) -> list[Any]:
    with graphflow.Graph().as_default(), graphflow.Session() as session:
        constants = [graphflow.constant(array) for array in case.arrays]
        return session.run(_as_list(case.build(graphflow, *constants)))


# --- kernels --------------------------------------------------------------------------------------


@all_cases
def test_kernels(case: OpCase) -> None:
    """A plan of native kernels gives what the references give: values and first gradients."""
    built = build(graphflow, case)
    fetches, feeds = list(built.outputs), built.feeds
    if case.grad:
        derivatives = Derivatives(case, built)
        fetches += [gradient for gradient in derivatives.first if gradient is not None]
        feeds = derivatives.feeds
    levels = graphflow.OptimizerOptions
    expected, given = (_run_at(built, fetches, feeds, level) for level in (levels.OFF, levels.ON_2))
    for mine, theirs in zip(given, expected, strict=True):
        assert_same(case, mine, theirs)


def _run_at(built: Built, fetches: list[Any], feeds: Any, jit_level: int) -> list[Any]:
    options = graphflow.OptimizerOptions(global_jit_level=jit_level)
    config = graphflow.ConfigProto(graph_options=graphflow.GraphOptions(optimizer_options=options))
    with graphflow.Session(graph=built.graph, config=config) as session:
        given: list[Any] = session.run(fetches, feeds)
        return given


# --- gradients ------------------------------------------------------------------------------------


class Derivatives:
    """First gradients, weighted by fixed numbers, and the second ones of those."""

    def __init__(self, case: OpCase, built: Built) -> None:
        self.built, tf = built, built.tf
        outputs = [t for t in built.outputs if _is_differentiable(t)]
        wanted = range(len(built.inputs)) if case.grad is True else case.grad
        assert isinstance(wanted, range | tuple)
        xs = [built.inputs[i] for i in wanted if _is_differentiable(built.inputs[i])]
        self.xs = xs
        with built.graph.as_default():
            sizes = built.run(outputs)
            self.dys = [tf.placeholder(t.dtype, t.shape) for t in outputs]
            self.feeds = dict(built.feeds)
            for index, (dy, value) in enumerate(zip(self.dys, sizes, strict=True)):
                self.feeds[dy] = _weights(np.shape(value), value.dtype, 0.3 + index)
            self.first = [_dense(tf, g) for g in tf.gradients(outputs, xs, grad_ys=self.dys)]
            self.second = self._second(tf) if case.second_order else []

    def _second(self, tf: ModuleType) -> list[Any]:
        ys = [g for g in self.first if g is not None]
        weights = [tf.placeholder(g.dtype, g.shape) for g in ys]
        of_first = zip(self.xs, self.first, strict=True)
        shapes = [np.shape(self.feeds[x]) for x, g in of_first if g is not None]
        for index, (weight, shape) in enumerate(zip(weights, shapes, strict=True)):
            self.feeds[weight] = _weights(shape, weight.dtype.as_numpy_dtype, 0.7 + index)
        self.weights = weights
        second = tf.gradients(ys, [*self.xs, *self.dys], grad_ys=weights)
        return [_dense(tf, g) for g in second]

    def run(self, feeds: dict[Any, Any] | None = None) -> tuple[list[Any], list[Any]]:
        """Values of the first and second gradients, None where there is none."""
        tensors = [*self.first, *self.second]
        values = iter(self.built.run([t for t in tensors if t is not None], feeds or self.feeds))
        results = [None if t is None else next(values) for t in tensors]
        return results[: len(self.first)], results[len(self.first) :]


def _is_differentiable(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def _dense(tf: ModuleType, gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)


def _weights(shape: Any, dtype: Any, phase: float) -> np.ndarray:
    count = int(np.prod(shape))
    values = np.sin(np.arange(count) * 1.7 + phase) + 0.1
    return values.reshape(shape).astype(dtype)


@differentiable_cases
def test_gradients(case: OpCase, oracle: ModuleType) -> None:
    mine = build(graphflow, case)
    derivatives = Derivatives(case, mine)
    types = {op.type for op in mine.graph.get_operations()}
    assert types >= set(case.op_types)
    expected = Derivatives(case, build(oracle, case)).run()
    results = [derivatives.run()]
    if case.unknown_dims:
        results.append(Derivatives(case, build_unknown(case, False)).run())
    for first, second in results:
        _assert_same_gradients(case, first, expected[0])
        _assert_same_gradients(case, second, expected[1])


def _assert_same_gradients(case: OpCase, mine: list[Any], theirs: list[Any]) -> None:
    assert [g is None for g in mine] == [g is None for g in theirs]
    for value, wanted in zip(mine, theirs, strict=True):
        if value is not None:
            assert_same(case, value, wanted, case.grad_rtol)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.grad and case.numeric],
    ids=[case.id for case in CASES if case.grad and case.numeric],
)
def test_gradients_against_differences(case: OpCase) -> None:
    arrays = [a.astype(np.float64) if a.dtype == np.float32 else a for a in case.arrays]
    built = build(graphflow, case, arrays)
    derivatives = Derivatives(case, built)
    first, second = derivatives.run()
    outputs = [t for t in built.outputs if _is_differentiable(t)]
    for index, x in enumerate(derivatives.xs):
        if x.dtype != graphflow.float64:
            continue
        if first[index] is not None:
            _assert_slope(derivatives, x, outputs, derivatives.dys, first[index])
        if second and second[index] is not None:
            gradients = [g for g in derivatives.first if g is not None]
            _assert_slope(derivatives, x, gradients, derivatives.weights, second[index])


def _assert_slope(
    derivatives: Derivatives, x: Any, ys: list[Any], weights: list[Any], gradient: np.ndarray
) -> None:
    """The slope of the weighted sum of ys in one direction of x is that of its gradient."""
    value = derivatives.feeds[x]
    direction = _weights(value.shape, np.float64, 2.1)
    step = 1e-5 / max(1.0, float(np.abs(direction).max(initial=0)))

    def weighted_sum(at: np.ndarray) -> float:
        values = derivatives.built.run(ys, {**derivatives.feeds, x: at})
        pairs = zip(values, weights, strict=True)
        return sum(float(np.sum(v * derivatives.feeds[w])) for v, w in pairs)

    rise = weighted_sum(value + step * direction) - weighted_sum(value - step * direction)
    np.testing.assert_allclose(
        rise / (2 * step), float(np.sum(gradient * direction)), rtol=2e-4, atol=2e-5
    )


# --- completeness ---------------------------------------------------------------------------------


def test_every_op_has_a_case() -> None:
    shown = {op_type for case in CASES for op_type in case.op_types}
    public = {name for name in registered_ops() if not name.startswith("_")}
    missing = public - shown - set(TESTED_ELSEWHERE)
    assert not missing, f"no row in tests/op_cases and no TESTED_ELSEWHERE: {sorted(missing)}"
    assert not set(TESTED_ELSEWHERE) - public, "TESTED_ELSEWHERE names ops that are not registered"


def test_ops_without_a_case_are_tested_where_it_says() -> None:
    for op_type, path in TESTED_ELSEWHERE.items():
        assert (ROOT / path).is_file(), f"{op_type}: there is no {path}"
