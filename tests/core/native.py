"""Sessions that run native plans, and the plans that they have made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import graphflow as tf
from graphflow.core.base.ref import Ref
from graphflow.core.passes import pipeline
from graphflow.core.passes.specialize import specialize
from graphflow.core.plan.make import make_plan
from graphflow.core.plan.plan import HostStep, Plan
from graphflow.core.program.build import build_program
from graphflow.core.program.interpreter import Interpreter
from graphflow.core.program.program import Program, verify
from graphflow.core.runtime.context import RunContext, SessionState
from graphflow.core.runtime.executable import ExecutionOptions
from graphflow.core.runtime.native import NativePlan

_LEVELS = {
    "off": tf.OptimizerOptions.OFF,
    "auto": tf.OptimizerOptions.ON_1,
    "now": tf.OptimizerOptions.ON_2,
}


def session(threads: int = 1, jit: str = "now", graph: tf.Graph | None = None) -> tf.Session:
    """A session that plans at the first run, or as `jit` says, for a number of threads."""
    options = tf.GraphOptions(optimizer_options=tf.OptimizerOptions(global_jit_level=_LEVELS[jit]))
    config = tf.ConfigProto(intra_op_parallelism_threads=threads, graph_options=options)
    return tf.Session(graph=graph, config=config)


def native_plans(sess: tf.Session) -> list[NativePlan]:
    """The native plans of a session's programs, in the order in which they were made."""
    found = [shaped for e in sess._programs.values() for shaped in e._shaped.values()]
    return [shaped.plan for shaped in found if shaped.plan is not None]


def last_plan(sess: tf.Session) -> Plan:
    """The plan that was made last."""
    return native_plans(sess)[-1].plan


def program_of(
    fetches: Any, feeds: Sequence[Any] = (), shapes: Sequence[Sequence[int]] | None = None
) -> Program:
    """The specialized program of tensors and operations, before all other passes.

    Args:
      fetches: tensors and operations.
      feeds: the tensors that are fed.
      shapes: of the fed arrays, where the tensors do not say.
    """
    if not isinstance(fetches, list | tuple):
        fetches = [fetches]
    tensors = [f for f in fetches if isinstance(f, tf.Tensor)]
    targets = [f for f in fetches if isinstance(f, tf.Operation)]
    if shapes is None:
        shapes = [tensor.shape.as_list() for tensor in feeds]
    program = build_program(tensors, targets, list(feeds))
    return specialize(program, [tuple(shape) for shape in shapes])


def rewritten(program: Program) -> Program:
    """A specialized program after all passes, each of which must leave it whole."""
    verify(program)
    for rewrite, _ in pipeline.PASSES:
        program = rewrite(program)
        verify(program)
    return program


def plan_of(
    fetches: Any, feeds: Sequence[Any] = (), shapes: Sequence[Sequence[int]] | None = None
) -> Plan:
    """The plan of tensors and operations; nothing is compiled. Arguments: as of `program_of`."""
    return make_plan(rewritten(program_of(fetches, feeds, shapes)))


def host_ops(plan: Plan) -> list[str]:
    """The types of the ops that a plan leaves to NumPy."""
    return [step.node.op.name for step in plan.steps if isinstance(step, HostStep)]


def op_names(program: Program) -> list[str]:
    """The types of a program's nodes, in order, without what only holds values."""
    silent = ("_Arg", "Const", "_Constants", "VariableV2", "VarHandleOp", "NoOp")
    return [node.op.name for node in program.nodes if node.op.name not in silent]


def interpret(program: Program, arrays: Sequence[Any] = (), variables: Any = None) -> list[Any]:
    """A program's results by the NumPy interpreter.

    Args:
      program: what to run.
      arrays: a value for each argument, in the order of the feeds.
      variables: the values of variables by name; they are changed as the program says.
    """
    state = SessionState(ExecutionOptions("off"))
    for name, value in (variables or {}).items():
        dtype = tf.as_dtype(value.dtype)
        state.variables["", name] = Ref(name, dtype, tf.TensorShape(value.shape), value.copy())
    results = Interpreter(program).run(list(arrays), RunContext(state))
    for name in variables or {}:
        variables[name] = state.variables["", name].read()
    return [np.asarray(getattr(result, "value", result)) for result in results]


def assert_same_numbers(
    before: Program, after: Program, arrays: Sequence[Any] = (), rtol: float = 1e-6
) -> None:
    """That two programs compute the same."""
    for one, other in zip(interpret(before, arrays), interpret(after, arrays), strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_allclose(other, one, rtol=rtol, atol=rtol)
