"""Random graphs by the interpreter and by plans with one thread and with two."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from core.native import host_ops, plan_of, program_of
from core.runtime.random_graphs import RandomGraph, random_graphs
from hypothesis import HealthCheck, given, settings

import graphflow as tf
from graphflow.core.runtime.instance import Instance
from graphflow.core.runtime.native import NativePlan

INTERPRETER, COMPILED = tf.OptimizerOptions.OFF, tf.OptimizerOptions.ON_2
RUNS = 2


@pytest.fixture(autouse=True)
def poisoned(monkeypatch) -> None:
    """Fills a plan's memory with NaNs (integers: -1) before a run: what is unwritten shows."""

    def take_poisoned(plan: NativePlan) -> Instance:
        instance = take(plan)
        for memory in (instance.arena, instance.scratch, instance.workspace):
            memory.fill(0xFF)
        instance.prologue_of = None
        return instance

    take = NativePlan._take_instance
    monkeypatch.setattr(NativePlan, "_take_instance", take_poisoned)


def run_all(graph: RandomGraph, jit_level: int, threads: int) -> list[list[np.ndarray]]:
    """The fetches and then the variables, for each of a few runs in one session."""
    options = tf.OptimizerOptions(global_jit_level=jit_level)
    config = tf.ConfigProto(
        intra_op_parallelism_threads=threads,
        graph_options=tf.GraphOptions(optimizer_options=options),
    )
    feeds = {x: array.copy() for x, array in graph.feeds.items()}
    results = []
    with tf.Session(config=config) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(RUNS):
            fetched, _ = sess.run([graph.fetches, graph.updates], feeds)
            results.append([*fetched, *sess.run(graph.variables)])
    for x, array in graph.feeds.items():
        np.testing.assert_array_equal(feeds[x], array, err_msg="a run changed what was fed")
    return results


def assert_same(graph: RandomGraph) -> None:
    names = [tensor.name for tensor in [*graph.fetches, *graph.variables]]
    wanted = run_all(graph, INTERPRETER, 1)
    one = run_all(graph, COMPILED, 1)
    two = run_all(graph, COMPILED, 2)
    for run in range(RUNS):
        rows = zip(names, wanted[run], one[run], two[run], strict=True)
        for name, reference, alone, together in rows:
            where = f"{name} in run {run}"
            assert alone.dtype == together.dtype == reference.dtype, where
            assert np.shape(alone) == np.shape(reference), where
            assert alone.tobytes() == together.tobytes(), f"threads change {where}"
            if reference.dtype.kind in "bi":
                np.testing.assert_array_equal(alone, reference, err_msg=where)
            else:
                scale = float(np.abs(reference).max(initial=1.0))
                np.testing.assert_allclose(
                    alone, reference, rtol=1e-3, atol=2e-4 * scale, err_msg=where
                )


def test_random_graphs_have_many_ops_and_types():
    """The stress test is no stronger than its graphs."""
    ops: Counter[str] = Counter()
    kinds: set[str] = set()

    @settings(max_examples=80, suppress_health_check=list(HealthCheck), database=None)
    @given(random_graphs(size=40))
    def look_at(graph):
        program = program_of([*graph.fetches, *graph.updates], list(graph.feeds))
        plan = plan_of([*graph.fetches, *graph.updates], list(graph.feeds))
        ops.update({node.op.name for node in program.nodes})
        kinds.update(o.buffer.kind for call in plan.calls for o in call.operands)
        assert host_ops(plan) == []

    look_at()
    assert len(ops) >= 50
    assert {
        *("Conv2D", "MaxPool", "AvgPool", "FusedBatchNormV3", "MatMul", "Softmax", "GatherV2"),
        *("ConcatV2", "Split", "Pack", "Sum", "ArgMax", "OneHot", "StridedSlice", "Transpose"),
        *("AssignAdd", "AssignVariableOp", "SparseSoftmaxCrossEntropyWithLogits", "ReluGrad"),
        *("MaxPoolGrad", "FusedBatchNormGradV3", "Select", "Cast"),
    } <= {*ops}
    assert {"float32", "float64", "int32", "int64"} <= kinds


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(random_graphs())
def test_plans_compute_what_the_interpreter_does(graph):
    assert_same(graph)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(random_graphs(hides_shapes=True))
def test_plans_go_on_where_shapes_become_known(graph):
    assert_same(graph)


def test_random_graphs_hide_shapes():
    hosted: Counter[str] = Counter()

    @settings(max_examples=40, suppress_health_check=list(HealthCheck), database=None)
    @given(random_graphs(hides_shapes=True))
    def look_at(graph):
        hosted.update(host_ops(plan_of([*graph.fetches, *graph.updates], list(graph.feeds))))

    look_at()
    assert hosted["_Continue"] >= 10
